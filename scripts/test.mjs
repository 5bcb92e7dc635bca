// `npm test`: installs what the tests need, then type check, format, lint and every layer of tests. Last line: `N passed, N failed`.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensurePackages, root } from './install.mjs'
import { build } from './build.mjs'
import { filesOfCalls, runLanes } from './test-lanes.mjs'
import { afterSecondRun, inLines, readReport, toRunAgain } from './test-report.mjs'

/** Programs that the wire and end-to-end tests call, and the Debian package that brings each. */
const programs = {
  sipp: 'sip-tester',
  baresip: 'baresip',
  linphonec: 'linphone-cli',
  lame: 'lame',
  flite: 'flite',
  sox: 'sox',
  chromium: 'chromium',
  turnserver: 'coturn',
  'redis-server': 'redis-server',
  postgres: 'postgresql',
}

/** Debian keeps the PostgreSQL server programs off the PATH. */
const postgresFolders = () =>
  existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').map((version) => join('/usr/lib/postgresql', version, 'bin')) : []
const onPath = (program) =>
  [...(process.env.PATH ?? '').split(delimiter), ...postgresFolders()].some((folder) => folder !== '' && existsSync(join(folder, program)))
/** Optional programs: without them tests are skipped, and say so. */
const optional = new Set(['postgres', 'turnserver'])

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
  const needed = missing.filter(([program]) => !optional.has(program))
  if (needed.length === 0) {
    console.error(`Left out, and counted as skipped: what needs ${packages.join(', ')}. As root: ${command}`)
    return
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

/** Both checks at once: each uses one core. Their output comes at the end. */
async function checks(...all) {
  const said = await Promise.all(
    all.map(
      ({ name, module, args }) =>
        new Promise((resolve) => {
          execFile(
            process.execPath,
            [join(root, 'node_modules', module), ...args],
            { cwd: root, maxBuffer: 64 * 1024 * 1024 },
            (error, stdout, stderr) => resolve({ name, ok: error === null, words: `${stdout}${stderr}` }),
          )
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
  console.log('\n== type check, format and lint')
  await checks(
    { name: 'type check', module: 'typescript/bin/tsc', args: ['--noEmit'] },
    { name: 'type check of packages/event-socket', module: 'typescript/bin/tsc', args: ['--noEmit', '-p', 'packages/event-socket'] },
    { name: 'format', module: 'prettier/bin/prettier.cjs', args: ['--check', '.'] },
    { name: 'lint', module: 'eslint/bin/eslint.js', args: ['.'] },
  )
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

mkdirSync(join(root, '.cache'), { recursive: true })
/** By layer and file; a second run replaces the first. */
const counts = new Map()

/** @returns the failures of a run, its counts being noted */
function noted(run) {
  const read = readReport({ ...run, root })
  for (const [file, count] of read.counts) counts.set(`${run.layer} ${file}`, count)
  return read.failures
}

function runLayer(layer, files, title = `${layer} tests`) {
  const report = join(root, '.cache', `test-${layer}-${process.pid}.json`)
  return { layer, report, ok: step(title, process.execPath, [...vitest(layer, report), ...files]) }
}

const failures = ['rules', 'embedded', 'properties'].flatMap((layer) => noted(runLayer(layer, filter)))
console.log('\n== calls tests')
for (const run of await runLanes(filesOfCalls(filter), (_lane, report) => vitest('calls', report)))
  failures.push(...noted({ layer: 'calls', ...run }))

const secondRun = toRunAgain(failures)
const again = []
for (const { layer, files } of secondRun) {
  console.log(`\n== once more, alone: ${files.join(', ')}`)
  const runs =
    layer === 'calls' ? await runLanes(files, (_lane, report) => vitest('calls', report), 1) : [runLayer(layer, files, `${layer} tests`)]
  for (const run of runs) again.push(...noted({ layer, ...run }))
}
const { failed: failedTwice, onlyFirst } = secondRun.length === 0 ? { failed: failures, onlyFirst: [] } : afterSecondRun(failures, again)
for (const count of counts.values()) {
  passed += count.passed
  skipped += count.skipped
}
failed += failedTwice.length
if (onlyFirst.length > 0)
  console.log(`\nFailed, then passed when run again alone (each has a race to find):\n${onlyFirst.map(inLines).join('\n')}`)
if (failedTwice.length > 0) console.log(`\nFailed:\n${failedTwice.map(inLines).join('\n')}`)
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)
