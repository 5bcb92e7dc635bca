// Brings node_modules to what package-lock.json says, and does nothing when it is there already.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Ends the program with one line that says what is wrong and what to change. */
export function fail(line) {
  console.error(line)
  process.exit(1)
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    fail(`ringround needs Node.js 20.19 or newer; this is ${process.version}. Install a newer Node.js.`)
}

/** Packages of the lock file not installed in their version: paths. `scope` 'run' leaves out development packages. */
function missingPackages(scope) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const hidden = join(root, 'node_modules', '.package-lock.json')
  const installed = existsSync(hidden) ? JSON.parse(readFileSync(hidden, 'utf8')).packages : {}
  return Object.entries(lock)
    .filter(([path, entry]) => path !== '' && !entry.optional && !entry.devOptional && !(scope === 'run' && entry.dev))
    .filter(([path, entry]) => installed[path]?.version !== entry.version || !existsSync(join(root, path)))
    .map(([path]) => path)
}

/** Waits while another start in the same folder installs. Takes over a lock whose owner is gone. */
function withLock(action) {
  const lock = join(root, '.cache', 'install.lock')
  mkdirSync(dirname(lock), { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`Cannot write ${lock}: ${error.message}. Make the folder writable.`)
      const owner = Number(readFileSync(lock, 'utf8') || '0')
      let alive = false
      try {
        process.kill(owner, 0)
        alive = owner > 0
      } catch {
        alive = false
      }
      if (!alive) rmSync(lock, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
    }
  }
  try {
    return action()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** @param {'run' | 'all'} scope what to install: what the engine needs to run, or also the tests' tools */
export function ensurePackages(scope) {
  checkNode()
  if (missingPackages(scope).length === 0) return
  withLock(() => {
    if (missingPackages(scope).length === 0) return
    // npm ci empties the folder first: a linked one belongs to another checkout.
    if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
      fail(
        `${join(root, 'node_modules')} is a link, and lacks ${missingPackages(scope)[0]}. Remove the link, or run npm ci where it points to.`,
      )
    console.log('Installing npm packages (first time, about half a minute) ...')
    // No package needs its install script: each carries its binaries or is pure JavaScript.
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...(scope === 'run' ? ['--omit=dev'] : [])]
    const npm = process.env.npm_execpath
    const [command, prefix] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
    const result = spawnSync(command, [...prefix, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    if (result.status !== 0)
      fail('npm could not install the packages (its message is above). Check that the npm registry can be reached, then start again.')
  })
}
