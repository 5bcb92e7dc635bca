/** `npm run bench`: measures this machine, prints a table, writes `bench-results.json`. See docs/bench.md. */
import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { met, table, type Figure } from './figure.js'
import { latency } from './latency.js'
import { load, steadiness, type LoadResult } from './load.js'
import { throughput } from './throughput.js'

const usage = `Usage: npm run bench -- [options]
  --only PARTS       latency, throughput, bridged, recorded (with commas between them; default: all)
  --sizes NUMBERS    calls at a time, with commas between them (default 50,100,200,400; recorded also 250)
  --seconds N        how long each crowd talks while it is measured (default 20)
  --calls N          calls per latency figure (default 120)
  --out FILE         default bench-results.json`

const parts = ['latency', 'throughput', 'bridged', 'recorded'] as const

function numbers(text: string): readonly number[] {
  const list = text.split(',').map(Number)
  if (list.some((number) => !Number.isInteger(number) || number < 1 || number > 2_000)) throw new Error(`--sizes ${text}: whole numbers from 1 to 2000, with commas between them`)
  return list
}

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: parts.join(',') },
      sizes: { type: 'string' },
      seconds: { type: 'string', default: '20' },
      calls: { type: 'string', default: '120' },
      out: { type: 'string', default: 'bench-results.json' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const only = values.only.split(',')
  const unknown = only.find((part) => !parts.some((known) => known === part))
  if (unknown !== undefined) throw new Error(`--only ${unknown}: one of ${parts.join(', ')}`)
  return {
    only,
    sizes: numbers(values.sizes ?? '50,100,200,400'),
    recordedSizes: numbers(values.sizes ?? '50,100,200,250,400'),
    seconds: Math.max(3, Number(values.seconds)),
    calls: Math.max(10, Number(values.calls)),
    out: resolve(values.out),
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
    placement: processors.length > 1 ? 'crowds: engine, embedded switch and encoders on processor 0, phones on processor 1; latencies: anywhere' : 'everything on one processor',
  }
}

async function main(): Promise<void> {
  const { only, sizes, recordedSizes, seconds, calls, out } = options()
  const begun = Date.now()
  const tell = (line: string) => console.log(`[${String(Math.round((Date.now() - begun) / 1_000)).padStart(3)} s] ${line}`)
  const figures: Figure[] = []
  const crowds: LoadResult[] = []
  if (only.includes('latency')) figures.push(...(await latency({ calls, timeouts: Math.max(20, Math.round(calls / 2)) }, tell)))
  if (only.includes('throughput')) figures.push(...(await throughput({ width: 24, seconds: Math.min(seconds, 20) }, tell)))
  if (only.includes('bridged')) {
    const { results, figures: more } = await load({ sizes, seconds, recorded: false }, tell)
    crowds.push(...results)
    figures.push(...more)
  }
  if (only.includes('recorded')) {
    const { results, figures: more } = await load({ sizes: recordedSizes, seconds, recorded: true }, tell)
    crowds.push(...results)
    figures.push(...more)
    const wide = results.find((result) => result.calls >= 250) ?? results.at(-1)
    if (wide) figures.push(...steadiness(wide))
  }
  const where = machine()
  writeFileSync(out, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine: where, seconds: Math.round((Date.now() - begun) / 1_000), figures, crowds }, null, 2)}\n`)
  console.log(`\n${Object.values(where).join(', ')}\n\n${table(figures)}\n`)
  for (const one of figures) if (one.note !== undefined) console.log(`  ${one.name} (${one.of}): ${one.note}`)
  const missed = figures.filter((one) => met(one) === false)
  console.log(`\n${missed.length === 0 ? 'Every target is met.' : `Missed: ${missed.map((one) => `${one.name} ${one.of}`).join('; ')}.`} Written to ${out}`)
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(1)
  },
)
