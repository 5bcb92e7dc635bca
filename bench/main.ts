/** `npm run bench`: measures this machine, prints a table, writes `bench-results.json`. See docs/bench.md. */
import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { compare, readBaseline, writeBaseline, type Measured } from './baseline.js'
import { ahead } from './engine.js'
import { met } from './figure.js'
import type { DatabaseName } from './growth/grown-store.js'
import { watchOtherWork } from './other-work.js'
import { noPostgres } from './own-postgres.js'
import type { PartResult } from './part.js'
import { parts } from './parts.js'
import { driftOf, figureTable, movedTable, otherWorkLine, yardstickTable } from './report.js'
import { measureYardstick } from './yardstick.js'

const usage = `Usage: npm run bench -- [options]
  --only PARTS       with commas between them; default: all that are not marked *; none: the yardstick alone
${parts.map(({ name, about, onlyWhenAsked }) => `                       ${name.padEnd(12)}${about}${onlyWhenAsked ? ' *' : ''}`).join('\n')}
  --quick            short: under two minutes a part
  --sizes NUMBERS    calls at a time, with commas between them (default 50,100,200,400; recorded also 250; quick: 100)
                     of \`growth\` and \`reports\`: calls in the store (default 10000,1000000; quick: 10000,100000)
  --database NAMES   of the same: sqlite, postgres (default: both, where there is a PostgreSQL)
  --keep FOLDER      of the same: where made stores stay for the next run; they are of this version, and need 10 GB
  --seconds N        how long each crowd talks while it is measured (default 20; quick: 8)
  --calls N          calls per latency figure (default 120; quick: 48)
  --profile          where the CPU time of \`throughput\` goes, function by function
  --out FILE         default bench-results.json
  --baseline FILE    what to compare with (default bench/baseline.json)
  --write-baseline   what was measured now is the baseline of these parts; --add-to-baseline: one more run of it`

function numbers(text: string): readonly number[] {
  const list = text.split(',').map(Number)
  if (list.some((number) => !Number.isInteger(number) || number < 1 || number > 10_000_000))
    throw new Error(`--sizes ${text}: whole numbers from 1 to 10000000, with commas between them`)
  return list
}

function databases(text: string | undefined): readonly DatabaseName[] {
  if (text === undefined) return noPostgres === undefined ? ['SQLite', 'PostgreSQL'] : ['SQLite']
  return text.split(',').map((name) => {
    if (name === 'sqlite') return 'SQLite'
    if (name !== 'postgres') throw new Error(`--database ${text}: sqlite, postgres, or both with a comma between them`)
    if (noPostgres !== undefined) throw new Error(noPostgres)
    return 'PostgreSQL'
  })
}

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      sizes: { type: 'string' },
      database: { type: 'string' },
      keep: { type: 'string' },
      seconds: { type: 'string' },
      calls: { type: 'string' },
      profile: { type: 'boolean', default: false },
      out: { type: 'string', default: 'bench-results.json' },
      baseline: { type: 'string', default: fileURLToPath(new URL('../../bench/baseline.json', import.meta.url)) },
      'write-baseline': { type: 'boolean', default: false },
      'add-to-baseline': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const only = values.only === 'none' ? [] : values.only?.split(',')
  const unknown = only?.find((part) => !parts.some(({ name }) => name === part))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: one of ${parts.map(({ name }) => name).join(', ')}`)
  return {
    chosen: parts.filter(({ name, onlyWhenAsked }) => only?.includes(name) ?? !onlyWhenAsked),
    part: {
      quick: values.quick,
      profile: values.profile,
      sizes: values.sizes === undefined ? undefined : numbers(values.sizes),
      databases: databases(values.database),
      keptIn: values.keep === undefined ? undefined : resolve(values.keep),
      seconds: Math.max(3, Number(values.seconds ?? (values.quick ? 8 : 20))),
      calls: Math.max(10, Number(values.calls ?? (values.quick ? 48 : 120))),
    },
    out: resolve(values.out),
    baselineFile: resolve(values.baseline),
    write: values['write-baseline'] ? ('replace' as const) : values['add-to-baseline'] ? ('add' as const) : undefined,
  }
}

function machine() {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    phones: ahead([]).length > 0 ? 'phones ahead of everything else' : 'phones beside everything else',
    placement:
      processors.length > 1
        ? 'crowds: engine, embedded switch and encoders on processor 0, phones on processor 1; latencies: anywhere'
        : 'everything on one processor',
  }
}

async function main(): Promise<void> {
  const { chosen, part, out, baselineFile, write } = options()
  const begun = Date.now()
  const tell = (line: string) => console.log(`[${String(Math.round((Date.now() - begun) / 1_000)).padStart(3)} s] ${line}`)
  tell('yardstick')
  const yardstick = await measureYardstick(true)
  const measured: Measured[] = []
  const details: Record<string, unknown> = {}
  const tables: string[] = []
  const failures: string[] = []
  for (const one of chosen) {
    tell(`part ${one.name}`)
    const otherWork = watchOtherWork()
    const result = await one.run(part, tell).catch((error: unknown): PartResult => {
      // The other parts' figures still stand.
      const why = `${one.name} has no figures: ${error instanceof Error ? error.message : String(error)}`
      failures.push(why)
      tell(why)
      return { figures: [] }
    })
    measured.push({ part: one.name, quick: part.quick, figures: result.figures, yardstick, otherWork: otherWork() })
    tables.push(...(result.tables ?? []))
    if (result.details !== undefined) details[one.name] = result.details
  }
  tell('yardstick again')
  const after = chosen.length > 0 ? await measureYardstick(false) : undefined
  const where = machine()
  const figures = measured.flatMap((one) => one.figures)
  const others = measured.map((one) => otherWorkLine(one.part, one.otherWork))
  writeFileSync(
    out,
    `${JSON.stringify({ measuredAt: new Date().toISOString(), machine: where, seconds: Math.round((Date.now() - begun) / 1_000), yardstick: { before: yardstick, after }, parts: measured.map(({ part: name, otherWork }) => ({ name, otherWork })), figures, details }, null, 2)}\n`,
  )

  console.log(`\n${Object.values(where).join(', ')}\n${others.join('\n')}\n\n${yardstickTable(yardstick, after)}\n`)
  console.log([...(figures.length > 0 ? [figureTable(figures, yardstick)] : []), ...tables].join('\n\n'), '\n')
  for (const one of figures) if (one.note !== undefined) console.log(`  ${one.name} (${one.of}): ${one.note}`)
  const baseline = readBaseline(baselineFile)
  if (baseline && after) console.log(`\n${movedTable(measured.flatMap((one) => compare(baseline, one, driftOf(yardstick, after))))}`)
  if (write !== undefined) {
    writeBaseline(baselineFile, where, measured, write === 'add')
    console.log(`\n${write === 'add' ? 'Added to' : 'Written to'} ${baselineFile}`)
  }
  if (failures.length > 0) {
    console.log(`\n${failures.join('\n')}`)
    process.exitCode = 1
  }
  const missed = figures.filter((one) => met(one, yardstick) === false)
  console.log(
    `\n${missed.length > 0 ? `Missed: ${missed.map((one) => `${one.name} ${one.of}`).join('; ')}.` : failures.length > 0 ? 'What could be measured meets its targets.' : 'Every target is met.'} Written to ${out}`,
  )
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(1)
  },
)
