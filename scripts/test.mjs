// `npm test`: installs what the tests need, then type check, lint and every layer of tests. Last line: `N passed, N failed`.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensurePackages, root } from './install.mjs'
import { build } from './build.mjs'
import { runLanes } from './test-lanes.mjs'

/** Programs that the wire and end-to-end tests call, and the Debian package that brings each. */
const programs = { sipp: 'sip-tester', baresip: 'baresip', linphonec: 'linphone-cli', lame: 'lame', flite: 'flite', sox: 'sox', chromium: 'chromium', 'redis-server': 'redis-server' }

const onPath = (program) => (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)))

function ensureDebianPackages() {
  const missing = Object.entries(programs).filter(([program]) => !onPath(program))
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    console.log(`Installing Debian packages: ${packages.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const quiet = { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    const install = () => spawnSync('sh', ['-c', command], quiet)
    let result = install()
    if (result.status !== 0) {
      spawnSync('apt-get', ['update'], quiet)
      result = install()
    }
    if (result.status === 0) return
    console.error(result.stderr.trim().split('\n').slice(-5).join('\n'))
  }
  console.error(`The tests need ${missing.map(([program]) => program).join(', ')}. Install them as root: ${command}`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

ensurePackages('all')
ensureDebianPackages()
await build()

let passed = 0
let failed = 0
let skipped = 0

function step(name, command, args) {
  console.log(`\n== ${name}`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return status === 0
}

/** Both checks at once: either uses one core. What they say comes when they are done. */
async function checks(...all) {
  const said = await Promise.all(
    all.map(
      ({ name, module, args }) =>
        new Promise((resolve) => {
          execFile(process.execPath, [join(root, 'node_modules', module), ...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => resolve({ name, ok: error === null, words: `${stdout}${stderr}` }))
        }),
    ),
  )
  for (const { name, ok, words } of said) {
    console.log(`\n== ${name}${ok ? '' : ' failed'}\n${words}`.trimEnd())
    if (ok) passed += 1
    else failed += 1
  }
}

const filter = process.argv.slice(2)
if (filter.length === 0) {
  console.log('\n== type check and lint')
  await checks({ name: 'type check', module: 'typescript/bin/tsc', args: ['--noEmit'] }, { name: 'lint', module: 'eslint/bin/eslint.js', args: ['.'] })
}
const vitest = (layer, report) => [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--project',
  layer,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  '--passWithNoTests',
]

function count(ok, report) {
  if (!existsSync(report)) {
    failed += 1
    return
  }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(report)
  passed += result.numPassedTests
  failed += result.numFailedTests
  skipped += result.numPendingTests + result.numTodoTests
  // A file that could not even be loaded, or an error outside any test, has no failed test of its own.
  if (!ok && result.numFailedTests === 0) failed += 1
}

mkdirSync(join(root, '.cache'), { recursive: true })
for (const layer of ['rules', 'properties']) {
  const report = join(root, '.cache', `test-${layer}-${process.pid}.json`)
  count(step(`${layer} tests`, process.execPath, [...vitest(layer, report), ...filter]), report)
}
console.log('\n== calls tests')
for (const { ok, report } of await runLanes(filter, (_lane, report) => vitest('calls', report))) count(ok, report)
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)
