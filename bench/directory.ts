import { performance } from 'node:perf_hooks'
import { lineChoices } from '../src/directory/access.js'
import { daysOfWeek } from '../src/directory/calendar.js'
import { parseDirectory } from '../src/directory/parse-directory.js'
import { huntCandidates } from '../src/directory/rota.js'

/** Targets: a directory of 2,000 lines and 20,000 clinicians loads in under 2 s; a lookup takes under 1 ms. */
export interface DirectoryFigures {
  readonly lines: number
  readonly clinicians: number
  readonly megabytes: number
  /** Whole load from text to a checked directory, ms. */
  readonly loadMs: { readonly first: number; readonly median: number }
  /** The people on at a random instant in four years, on a random line: every look-up meets a new date. Microseconds. */
  readonly lookupMicros: { readonly median: number; readonly p99: number; readonly most: number }
  /** The people on now, as for a hunt. Microseconds. */
  readonly repeatedLookupMicros: { readonly median: number; readonly p99: number }
  /** The menu of a practice that may use 40 lines, ms. */
  readonly menuMs: { readonly median: number; readonly p99: number }
}

/** A directory file the size of the whole country: sessions for every day, three to five people on each. */
export function largeDirectory(lines: number, clinicians: number): string {
  const text = ['areas:']
  const areas = 50
  for (let i = 0; i < areas; i++) text.push(`  area-${i}: { name: Area ${i} }`)
  text.push('organisations:')
  for (let i = 0; i < 130; i++) text.push(`  trust-${i}: { kind: trust, name: Trust number ${i}, area: area-${i % areas} }`)
  for (let i = 0; i < 5_000; i++)
    text.push(
      `  practice-${i}: { kind: gpPractice, name: Practice number ${i}, area: area-${i % areas}, dialIn: 0${1_224_200_000 + i}, code: ${i} }`,
    )
  text.push('clinicians:')
  for (let i = 0; i < clinicians; i++) {
    text.push(
      `  dr-${i}:`,
      `    name: Dr Person ${i}`,
      '    role: Consultant cardiologist',
      `    numbers: [0${7_400_000_000 + i * 3}, 0${1_224_300_000 + i}]`,
      `    organisations: [trust-${i % 130}]`,
    )
  }
  text.push('lines:')
  for (let i = 0; i < lines; i++) {
    text.push(
      `  line-${i}:`,
      `    trust: trust-${i % 130}`,
      `    name: Line number ${i}`,
      `    code: ${Math.floor(i / areas) + 10}`,
      '    blurb: If no response try again after 15 minutes.',
      '    hours: { week: { mon-fri: ["08:00-12:30", "13:30-18:00"], sat: 09:00-12:00 }, exceptions: { 2026-12-24: 08:00-12:00 }, bankHolidays: { nation: england, spans: closed } }',
      `    access: { areas: [area-${i % areas}] }`,
      '    ring: { ringSeconds: 15, totalSeconds: 120 }',
    )
  }
  text.push('rotas:')
  for (let i = 0; i < lines; i++) {
    text.push(`  line-${i}:`, '    pattern:')
    for (const [index, day] of daysOfWeek.entries()) {
      const people = [0, 1, 2, 3].map((place) => `dr-${(i * 10 + index + place) % clinicians}`).join(', ')
      text.push(
        `      - { session: Day, days: ${day}, time: 08:00-18:00, entries: [${people}] }`,
        `      - { session: Night, days: ${day}, time: 18:00-08:00, entries: [${people}] }`,
      )
    }
    text.push(
      '    changes:',
      `      - { date: 2026-05-04, session: Day, close: true }`,
      `      - { date: 2026-08-11, session: Day, replace: [dr-${i}, dr-${i + 1}] }`,
    )
  }
  return text.join('\n')
}

/** Measures a directory of the target size. */
export function measureDirectory(lines = 2_000, clinicians = 20_000): DirectoryFigures {
  const text = largeDirectory(lines, clinicians)
  const loads: number[] = []
  let loaded: ReturnType<typeof parseDirectory> | undefined
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    loaded = parseDirectory(text, 'large.yaml')
    loads.push(performance.now() - started)
  }
  if (loaded?.ok !== true) throw new Error(`the large directory has errors: ${JSON.stringify(loaded?.errors.slice(0, 3))}`)
  const { directory } = loaded
  const all = [...directory.lines.values()]
  let seed = 1
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return seed % below
  }
  const from = Date.UTC(2025, 0, 1)
  const minutes = (4 * 365 * 24 * 60) | 0
  const lookup = (atMs: number) => {
    const line = all[random(all.length)]
    if (line === undefined) throw new Error('no lines')
    const started = performance.now()
    const found = huntCandidates(directory, line, atMs)
    const took = (performance.now() - started) * 1_000
    if (found.length > 100) throw new Error('more candidates than entries')
    return took
  }
  const lookups = Array.from({ length: 100_000 }, () => lookup(from + random(minutes) * 60_000))
  const now = Date.UTC(2026, 4, 5, 10)
  for (const line of all) huntCandidates(directory, line, now)
  const repeated = Array.from({ length: 100_000 }, () => lookup(now))
  const menus = Array.from({ length: 2_000 }, (_, i) => {
    const started = performance.now()
    lineChoices(directory, `practice-${i}`, now)
    return performance.now() - started
  })
  const [first = 0] = loads
  return {
    lines,
    clinicians,
    megabytes: text.length / 1e6,
    loadMs: { first, median: quantile(loads, 0.5) },
    lookupMicros: { median: quantile(lookups, 0.5), p99: quantile(lookups, 0.99), most: quantile(lookups, 1) },
    repeatedLookupMicros: { median: quantile(repeated, 0.5), p99: quantile(repeated, 0.99) },
    menuMs: { median: quantile(menus, 0.5), p99: quantile(menus, 0.99) },
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
