// `npm run mutate [-- ROOM or FILE ...]`: changes the code in thousands of small ways, one at a time, and asks the rule tests of each whether they notice.
// What no test notices is printed, with the share of what was noticed per room. Outside CI: a room takes minutes to an hour. The first run installs
// Stryker into .cache/mutate, because nothing else needs its two hundred packages.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensurePackages, fail, root } from './install.mjs'

/** The rooms whose tests must notice at least `bar` per cent. */
const rooms = ['calls', 'guard', 'registrar', 'arrangements', 'rtp', 'live', 'metrics']
const bar = 85
/** The last version for Node 20. */
const stryker = { '@stryker-mutator/core': '9.6.1', '@stryker-mutator/vitest-runner': '9.6.1' }
const tools = join(root, '.cache', 'mutate')

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const files = (asked.length > 0 ? asked : rooms).flatMap(filesOf)

/** @returns the sources of a room, a folder or a file, relative to the root: no tests, no declarations, and nothing that only tests use */
function filesOf(name) {
  const place = [join(root, 'src', name), join(root, name)].find((path) => existsSync(path))
  if (place === undefined) fail(`${name}: there is no such room, folder or file below src/. The rooms: ${rooms.join(', ')}.`)
  const all = statSync(place).isDirectory() ? readdirSync(place, { recursive: true }).map((entry) => join(place, entry)) : [place]
  return all
    .map((path) => relative(root, path))
    .filter((path) => path.endsWith('.ts') && !/(\.test|\.d)\.ts$/.test(path) && !path.includes('/scenario/') && !path.includes('arbitraries'))
    .sort()
}

ensurePackages('all')
if (!existsSync(join(tools, 'node_modules', '@stryker-mutator', 'core'))) {
  console.log('Installing Stryker into .cache/mutate (once) ...')
  mkdirSync(tools, { recursive: true })
  // Plugins find vitest beside themselves: in the node_modules of the root.
  writeFileSync(join(tools, 'package.json'), JSON.stringify({ private: true, dependencies: stryker }))
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--loglevel=error'], { cwd: tools, stdio: 'inherit' })
  if (status !== 0) fail('npm could not install Stryker (its message is above).')
}

const report = join(tools, 'mutation.json')
const settings = join(tools, 'stryker.config.json')
writeFileSync(
  settings,
  JSON.stringify({
    testRunner: 'vitest',
    plugins: [pathToFileURL(join(tools, 'node_modules', '@stryker-mutator', 'vitest-runner', 'dist', 'src', 'index.js')).href],
    vitest: { configFile: 'vitest.mutate.config.ts' },
    mutate: files,
    // A sentence in a log or a refusal is no rule; the types hold what is one of a few words.
    mutator: { excludedMutations: ['StringLiteral'] },
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    tempDirName: join('.cache', 'mutate', 'sandbox'),
    ignorePatterns: ['.cache', 'dist', 'data', 'recordings', 'reports', 'coverage'],
    concurrency: Number(process.env.MUTATE_CONCURRENCY ?? 1),
  }),
)
// As few runs of the slow properties as still find what they are there for.
const env = { ...process.env, RINGROUND_PROPERTY_RUNS: process.env.RINGROUND_PROPERTY_RUNS ?? '0.02' }
const { status } = spawnSync(process.execPath, [join(tools, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js'), 'run', settings], { cwd: root, stdio: 'inherit', env })
if (status !== 0 || !existsSync(report)) fail('Stryker did not come to its end (its message is above).')
print(JSON.parse(readFileSync(report, 'utf8')))

/** Survivors that the type check refuses are noticed too: `npm test` runs it. Asked per file, with the change in place. */
function refusedByTypes(candidates) {
  const ts = createRequire(join(root, 'package.json'))('typescript')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const changed = new Map()
  const host = {
    getScriptFileNames: () => parsed.fileNames,
    getScriptVersion: (file) => String(changed.get(file)?.version ?? 0),
    getScriptSnapshot: (file) => {
      const text = changed.get(file)?.text ?? ts.sys.readFile(file)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => parsed.options,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
  }
  const service = ts.createLanguageService(host, ts.createDocumentRegistry())
  let version = 0
  return candidates.filter(({ file, source, mutant }) => {
    const path = join(root, file)
    const text = replaced(source, mutant)
    changed.set(path, { text, version: ++version })
    const refused = service.getSemanticDiagnostics(path).length + service.getSyntacticDiagnostics(path).length > 0
    changed.set(path, { text: source, version: ++version })
    return refused
  })
}

/** Stryker's places count lines and columns from 1. */
function replaced(source, { location: { start, end }, replacement }) {
  const lines = source.split('\n')
  const offset = ({ line, column }) => lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1
  return source.slice(0, offset(start)) + replacement + source.slice(offset(end))
}

function print({ files: found }) {
  const unnoticed = Object.entries(found).flatMap(([file, { source, mutants }]) =>
    mutants.filter(({ status: fate }) => fate === 'Survived' || fate === 'NoCoverage').map((mutant) => ({ file, source, mutant })),
  )
  const refused = new Set(refusedByTypes(unnoticed).map(({ mutant, file }) => `${file}#${mutant.id}`))
  const left = unnoticed.filter(({ mutant, file }) => !refused.has(`${file}#${mutant.id}`))
  for (const { file, source, mutant } of left) {
    const { start } = mutant.location
    const line = source.split('\n')[start.line - 1]?.trim() ?? ''
    console.log(`${file}:${start.line}:${start.column}  ${mutant.mutatorName}${mutant.status === 'NoCoverage' ? ' (no test comes here)' : ''}\n    ${line.slice(0, 150)}\n    -> ${mutant.replacement.replace(/\s+/g, ' ').slice(0, 120)}`)
  }
  const groups = new Map()
  for (const [file, { mutants }] of Object.entries(found)) {
    const room = file.split('/')[1] ?? file
    const counts = groups.get(room) ?? { total: 0, left: 0 }
    counts.total += mutants.filter(({ status: fate }) => fate !== 'Ignored' && fate !== 'CompileError').length
    counts.left += left.filter((each) => each.file === file).length
    groups.set(room, counts)
  }
  console.log('\nroom            changes  unnoticed  noticed')
  let below = false
  for (const [room, { total, left: missed }] of groups) {
    const share = total === 0 ? 100 : (100 * (total - missed)) / total
    below ||= share < bar
    console.log(`${room.padEnd(15)} ${String(total).padStart(7)} ${String(missed).padStart(10)}   ${share.toFixed(1)} %${share < bar ? `  (bar: ${bar} %)` : ''}`)
  }
  process.exitCode = below ? 1 : 0
}
