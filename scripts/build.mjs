// Translates src/ (and bench/, training/) to dist/, only when something has changed since the last time.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundlePrograms } from './bundles.mjs'
import { ensurePackages, fail, root } from './install.mjs'

const sources = ['src', 'bench', 'training']

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** A file's fingerprint, much cheaper than reading it. A program can set a file's mtime back, but not its inode's ctime. */
function stateOf(files) {
  return files
    .map((file) => {
      const { size, mtimeMs, ctimeMs, ino } = statSync(file)
      return `${relative(root, file)} ${size} ${mtimeMs} ${ctimeMs} ${ino}`
    })
    .join('\n')
}

/** Written atomically. Without it, the next start reads all files again. */
function keepState(seen, state) {
  const fresh = `${seen}.${process.pid}`
  try {
    writeFileSync(fresh, state)
    renameSync(fresh, seen)
  } catch {
    rmSync(fresh, { force: true })
  }
}

/** Builds into a fresh folder and swaps it in, so that an engine that starts meanwhile never sees half of it. */
export async function build() {
  const files = sources
    .flatMap((folder) => filesBelow(join(root, folder)))
    .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('.d.ts'))
  const tools = ['package-lock.json', 'scripts/build.mjs', 'scripts/bundles.mjs']
  const dist = join(root, 'dist')
  const [stamp, seen] = [join(dist, '.built-from'), join(dist, '.built-from-files')]
  // Taken before reading the files: a change meanwhile shows the next time.
  const state = stateOf([...files, ...tools.map((file) => join(root, file))])
  if (existsSync(stamp) && textOf(seen) === state) return dist
  const hash = createHash('sha256')
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  for (const file of tools) hash.update(readFileSync(join(root, file)))
  const fingerprint = hash.digest('hex')
  if (textOf(stamp) === fingerprint) {
    keepState(seen, state)
    return dist
  }

  // Standard output belongs to the program being run.
  console.error('Building (the first time, and when sources have changed: some seconds) ...')
  const { build: translate, stop } = await import('esbuild')
  const fresh = join(root, '.cache', `dist-${process.pid}`)
  rmSync(fresh, { recursive: true, force: true })
  const typescript = files.filter((file) => file.endsWith('.ts'))
  try {
    await translate({
      entryPoints: typescript,
      outbase: root,
      outdir: fresh,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      logLevel: 'error',
    })
    await bundlePrograms(translate, root, fresh)
  } catch {
    fail('The sources do not translate (see the message above). Run `npm run typecheck`.')
  }
  for (const file of files.filter((name) => !name.endsWith('.ts'))) {
    const to = join(fresh, relative(root, file))
    mkdirSync(dirname(to), { recursive: true })
    cpSync(file, to)
  }
  const { bundling, bundledAssets } = await import(pathToFileURL(join(fresh, 'src/web/bundled-assets.js')).href)
  for (const name of bundledAssets) {
    const { outputFiles } = await translate(bundling(name)).catch(() => fail(`${name} does not translate (see the message above).`))
    writeFileSync(join(fresh, 'src/web/assets', name), outputFiles[0].contents)
  }
  // esbuild works in a process of its own, which would stay as long as the engine runs.
  await stop()
  writeFileSync(join(fresh, '.built-from'), fingerprint)
  writeFileSync(join(fresh, '.built-from-files'), state)
  const old = join(root, '.cache', `dist-before-${process.pid}`)
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
  rmSync(old, { recursive: true, force: true })
  return dist
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensurePackages('run')
  console.log(await build())
}
