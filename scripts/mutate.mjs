// `npm run mutate [-- ROOM or FILE ...]`: changes the code in thousands of small ways, one at a time, and asks the rule tests of each whether they notice.
// Prints unnoticed changes, with the share of noticed ones per file and room. Outside CI: a room takes minutes.
// `--again`: in unchanged files, tries only the changes not noticed the last time; for adding tests.
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { ensurePackages, fail, root } from './install.mjs'
import { instrument, instrumented, journal, plan } from './mutants/instrument.mjs'

/** The rooms whose tests must notice at least `bar` per cent. */
const rooms = ['facts', 'calls', 'watch-list', 'shared', 'guard', 'registrar', 'arrangements', 'embedded/protocols/rtp', 'live', 'metrics']
const bar = 85
/** No test takes this long, in ms: by then the process is in an endless loop. */
const silenceMs = 60_000

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const files = (asked.length > 0 ? asked : rooms).flatMap(filesOf)

/** @returns the sources of a room, a folder or a file, relative to the root: no tests, no declarations, and nothing that only tests use */
function filesOf(name) {
  const place = [join(root, 'src', name), join(root, name)].find((path) => existsSync(path))
  if (place === undefined) fail(`${name}: there is no such room, folder or file below src/. The rooms: ${rooms.join(', ')}.`)
  const all = statSync(place).isDirectory() ? readdirSync(place, { recursive: true }).map((entry) => join(place, entry)) : [place]
  return all
    .map((path) => relative(root, path))
    .filter((path) => path.endsWith('.ts') && !/(\.test|\.d)\.ts$/.test(path))
    .sort()
}

ensurePackages('all')
const before = process.argv.includes('--again') ? noticedBefore() : new Set()
rmSync(journal, { force: true })
const { sources, mutants } = await instrument(files)
for (const mutant of mutants) if (before.has(sayChange(mutant, sources))) writeDown({ noticed: mutant.id })
console.log(`${mutants.filter(({ status }) => status === undefined).length} changes in ${files.length} files.`)
while (!(await runTests())) process.stderr.write('A change brought the process down; another goes on.\n')
rmSync(instrumented, { recursive: true })
print(fates())

/** @returns whether the tests finished; false: a change crashed the process, or put it into a loop, and counts as noticed */
async function runTests() {
  // As few runs of the slow properties as still find their bugs.
  const env = { ...process.env, RINGROUND_PROPERTY_RUNS: process.env.RINGROUND_PROPERTY_RUNS ?? '0.02' }
  const arguments_ = ['related', ...files, '--run', '--config', 'scripts/mutants/vitest.config.mjs', '--reporter', 'dot']
  const child = spawn(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...arguments_], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let size = -1
  const watch = setInterval(() => {
    const now = existsSync(journal) ? statSync(journal).size : 0
    if (now === size) child.kill('SIGKILL')
    size = now
  }, silenceMs)
  const code = await ended
  clearInterval(watch)
  const last = entries().at(-1)
  if (code !== 0 && last?.trying !== undefined) writeDown({ noticed: last.trying, test: last.test, failure: 'process' })
  else if (code !== 0 && last?.spoiled === undefined) fail(`The tests do not pass on code without changes:\n${output}`)
  return code === 0
}

function writeDown(entry) {
  appendFileSync(journal, `${JSON.stringify(entry)}\n`)
}

/** The changes noticed the last time, by keys that stay the same while their file does. */
function noticedBefore() {
  if (!existsSync(plan)) return new Set()
  const last = JSON.parse(readFileSync(plan, 'utf8'))
  const noticed = new Set(entries().map((entry) => entry.noticed))
  return new Set(last.mutants.filter(({ id }) => noticed.has(id)).map((mutant) => sayChange(mutant, last.sources)))
}

function sayChange({ fileName, location, mutatorName, replacement }, texts) {
  return JSON.stringify([fileName, createHash('sha256').update(texts[fileName]).digest('hex'), location, mutatorName, replacement])
}

/** The results, line by line. */
function entries() {
  return existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : []
}

/** @returns the changes of each file, with their results */
function fates() {
  const reached = new Set()
  const loads = new Set()
  const noticed = new Set()
  for (const entry of entries()) {
    for (const id of entry.loads ?? []) loads.add(id)
    for (const id of entry.passes ?? []) reached.add(id)
    if (entry.noticed !== undefined) noticed.add(entry.noticed)
  }
  const found = Object.fromEntries(files.map((file) => [file, { source: sources[file], mutants: [] }]))
  for (const mutant of mutants)
    found[mutant.fileName].mutants.push({
      ...mutant,
      status:
        mutant.status ??
        (noticed.has(mutant.id) ? 'Noticed' : reached.has(mutant.id) ? 'Survived' : loads.has(mutant.id) ? 'Ignored' : 'NoCoverage'),
    })
  return found
}

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

/** Stryker's places count lines and columns from 0. */
function replaced(source, { location: { start, end }, replacement }) {
  const lines = source.split('\n')
  const offset = ({ line, column }) => lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + column
  return source.slice(0, offset(start)) + replacement + source.slice(offset(end))
}

function print(found) {
  const unnoticed = Object.entries(found).flatMap(([file, { source, mutants }]) =>
    mutants.filter(({ status: fate }) => fate === 'Survived' || fate === 'NoCoverage').map((mutant) => ({ file, source, mutant })),
  )
  const refused = new Set(refusedByTypes(unnoticed).map(({ mutant, file }) => `${file}#${mutant.id}`))
  const left = unnoticed.filter(({ mutant, file }) => !refused.has(`${file}#${mutant.id}`))
  for (const { file, source, mutant } of left) {
    const { start } = mutant.location
    const line = source.split('\n')[start.line]?.trim() ?? ''
    console.log(
      `${file}:${start.line + 1}:${start.column + 1}  ${mutant.mutatorName}${mutant.status === 'NoCoverage' ? ' (no test comes here)' : ''}\n    ${line.slice(0, 150)}\n    -> ${mutant.replacement.replace(/\s+/g, ' ').slice(0, 120)}`,
    )
  }
  const share = ({ total, missed }) => (total === 0 ? 100 : (100 * (total - missed)) / total)
  const line = (name, counts) =>
    `${name.padEnd(40)} ${String(counts.total).padStart(7)} ${String(counts.missed).padStart(10)}   ${share(counts).toFixed(1)} %${share(counts) < bar ? `  (bar: ${bar} %)` : ''}`
  const groups = new Map()
  console.log(`\n${'file'.padEnd(40)} changes  unnoticed  noticed`)
  for (const [file, { mutants }] of Object.entries(found)) {
    const counts = {
      total: mutants.filter(({ status: fate }) => fate !== 'Ignored').length,
      missed: left.filter((each) => each.file === file).length,
    }
    if (counts.total > 0) console.log(line(file, counts))
    const room = file.split('/')[1] ?? file
    const { total, missed } = groups.get(room) ?? { total: 0, missed: 0 }
    groups.set(room, { total: total + counts.total, missed: missed + counts.missed })
  }
  console.log('')
  for (const [room, counts] of groups) console.log(line(room, counts))
  process.exitCode = [...groups.values()].some((counts) => share(counts) < bar) ? 1 : 0
}
