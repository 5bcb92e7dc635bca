import fc from 'fast-check'
import { dateOf, dayNumber, dayOfWeek, daysOfWeek } from '../../src/directory/calendar.js'
import type {
  Area,
  Clinician,
  Directory,
  DirectoryNumber,
  Line,
  NcnPool,
  Organisation,
  OutcomeChoice,
  RingPolicy,
  Rota,
  RotaChange,
  RotaEntry,
  RotaSession,
  TimeSpan,
} from '../../src/directory/model.js'
import { parsePeriod } from '../../src/directory/period.js'
import { defaultOutcomes } from '../../src/directory/outcomes.js'
import { defaultRing } from '../../src/directory/read-line.js'
import { entryKey } from '../../src/directory/rota.js'
import type { Target } from '../../src/switch/port.js'

/**
 * Random directories for property tests: everything that a directory file can express, and nothing else. Test code; the engine does not
 * load it.
 */

const clinicianIds = ['dr-okafor', 'dr-lind', 'dr-prasad', 'nurse-9', '24-7-team']
const sessionNames = ['Morning', 'Afternoon', 'Night', 'On call: 24/7', 'a "quoted" one', '#4, late']

export const arbitraryTime = fc
  .integer({ min: 0, max: 1439 })
  .map((minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`)
export const arbitrarySpan: fc.Arbitrary<TimeSpan> = fc.record({
  from: arbitraryTime,
  to: fc.oneof({ weight: 9, arbitrary: arbitraryTime }, { weight: 1, arbitrary: fc.constant('24:00') }),
})

/** Dates around the clock changes, the leap day and the turn of the year. */
export const arbitraryDay = fc.oneof(
  fc
    .integer({ min: -3, max: 3 })
    .chain((offset) =>
      fc.constantFrom('2026-03-29', '2026-10-25', '2027-03-28', '2028-02-29', '2027-01-01').map((date) => (dayNumber(date) ?? 0) + offset),
    ),
  fc.integer({ min: 20_000, max: 21_500 }),
)

const arbitraryTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.integer({ min: 0, max: 999 }).map((n): Target => ({ kind: 'number', number: `+441632960${String(n).padStart(3, '0')}` })),
  fc.integer({ min: 1, max: 9 }).map((n): Target => ({ kind: 'uri', uri: `sip:phone${n}@127.0.0.1:507${n}` })),
  fc.integer({ min: 1, max: 9 }).map((n): Target => ({ kind: 'device', user: `phone-${n}` })),
)

/** Words as people write them, with everything that means something to YAML or to a spreadsheet. */
const arbitraryWords = fc
  .array(
    fc.constantFrom(
      'Dr',
      'St',
      "Bride's",
      'é',
      'Ward',
      '7',
      '-',
      ':',
      '#',
      '"',
      '{',
      '[x]',
      '&',
      '*',
      '!',
      '|',
      '>',
      '%',
      '@',
      '=',
      '+',
      'no',
      'null',
      '~',
      '1e3',
      '09:00',
      '012',
      '\\',
      ',',
      ';',
      '(',
      ')',
      '日本',
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(' '))

export const arbitraryEntry: fc.Arbitrary<RotaEntry> = fc.oneof(
  fc.constantFrom(...clinicianIds).map((clinician): RotaEntry => ({ kind: 'clinician', clinician })),
  fc.record({ kind: fc.constant('phone' as const), label: arbitraryWords, target: arbitraryTarget }),
)
export const arbitraryEntries = fc.uniqueArray(arbitraryEntry, { selector: entryKey, maxLength: 4 })

const arbitraryPattern: fc.Arbitrary<readonly RotaSession[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...sessionNames),
    day: fc.constantFrom(...daysOfWeek),
    span: arbitrarySpan,
    entries: arbitraryEntries,
  }),
  { selector: (session) => `${session.day} ${session.name}`, maxLength: 12 },
)

function arbitraryChange(pattern: readonly RotaSession[]): fc.Arbitrary<RotaChange> {
  const own = fc.record({
    date: arbitraryDay.map(dateOf),
    session: fc.constantFrom(...sessionNames),
    kind: fc.constant('replace' as const),
    entries: arbitraryEntries,
    span: arbitrarySpan,
  })
  if (pattern.length === 0) return own
  const existing = fc.tuple(arbitraryDay, fc.constantFrom(...pattern)).map(([day, session]) => {
    const monday = day - daysOfWeek.indexOf(dayOfWeek(day))
    return { date: dateOf(monday + daysOfWeek.indexOf(session.day)), session: session.name }
  })
  const effect: fc.Arbitrary<RotaChange extends infer C ? Omit<C, 'date' | 'session'> : never> = fc.oneof(
    fc.record({ kind: fc.constant('replace' as const), entries: arbitraryEntries }),
    fc.record({ kind: fc.constant('replace' as const), entries: arbitraryEntries, span: arbitrarySpan }),
    fc.record({ kind: fc.constant('reorder' as const), entries: arbitraryEntries }),
    fc.record({ kind: fc.constant('remove' as const), entry: arbitraryEntry }),
    fc.record({ kind: fc.constant('add' as const), entry: arbitraryEntry }),
    fc.record({ kind: fc.constant('add' as const), entry: arbitraryEntry, position: fc.integer({ min: 1, max: 5 }) }),
    fc.constant({ kind: 'close' as const }),
  )
  return fc.oneof(
    { weight: 1, arbitrary: own },
    { weight: 4, arbitrary: fc.tuple(existing, effect).map(([where, what]) => ({ ...where, ...what }) as RotaChange) },
  )
}

export const arbitraryRota: fc.Arbitrary<Rota> = arbitraryPattern.chain((pattern) =>
  fc.record({ line: fc.constant('line-1'), pattern: fc.constant(pattern), changes: fc.array(arbitraryChange(pattern), { maxLength: 8 }) }),
)

const arbitraryRing: fc.Arbitrary<RingPolicy> = fc.record({
  ringSeconds: fc.integer({ min: 5, max: 120 }),
  acceptSeconds: fc.integer({ min: 5, max: 60 }),
  totalSeconds: fc.integer({ min: 10, max: 1_800 }),
  rounds: fc.integer({ min: 1, max: 10 }),
  order: fc.constantFrom('rota' as const, 'leastRecentlyRung' as const),
})

/** Spans of one day that follow each other. */
const arbitrarySpans = fc
  .uniqueArray(fc.integer({ min: 0, max: 1439 }), { maxLength: 4 })
  .map((minutes) => [...minutes].sort((a, b) => a - b))
  .map((minutes) => {
    const time = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
    return Array.from({ length: Math.floor(minutes.length / 2) }, (_, i): TimeSpan => ({
      from: time(minutes[2 * i] ?? 0),
      to: time(minutes[2 * i + 1] ?? 0),
    }))
  })

export const arbitraryHours: fc.Arbitrary<Line['hours']> = fc
  .record({
    week: fc.oneof(fc.constant('always' as const), fc.dictionary(fc.constantFrom(...daysOfWeek), arbitrarySpans)),
    exceptions: fc.dictionary(arbitraryDay.map(dateOf), arbitrarySpans, { maxKeys: 4 }),
    bankHolidays: fc.option(
      fc.record({ nation: fc.constantFrom('england' as const, 'scotland' as const, 'wales' as const), spans: arbitrarySpans }),
      { nil: undefined },
    ),
  })
  .map(({ week, exceptions, bankHolidays }) => ({
    week: week === 'always' ? week : { ...week },
    exceptions: { ...exceptions },
    ...(bankHolidays === undefined ? {} : { bankHolidays }),
  }))

const arbitraryOutcomes: fc.Arbitrary<readonly OutcomeChoice[]> = fc.uniqueArray(
  fc.record({ id: fc.constantFrom('referral-avoided', 'a', '2', 'seen'), label: arbitraryWords }),
  { selector: (choice) => choice.id, minLength: 1, maxLength: 4 },
)

/** A directory of one line, a few organisations, and every feature of the file format. */
export const arbitraryDirectory: fc.Arbitrary<Directory> = fc
  .record({
    words: fc.array(arbitraryWords, { minLength: 12, maxLength: 12 }),
    areaOutcomes: fc.option(arbitraryOutcomes, { nil: undefined }),
    kinds: fc.array(
      fc.constantFrom('gpPractice' as const, 'trust' as const, 'ambulance' as const, 'icb' as const, 'pharmacy' as const, 'other' as const),
      { minLength: 3, maxLength: 3 },
    ),
    targets: fc.array(arbitraryTarget, { minLength: 8, maxLength: 8 }),
    dialIns: fc.uniqueArray(fc.integer({ min: 10, max: 99_999 }), { minLength: 4, maxLength: 6 }),
    hours: arbitraryHours,
    ring: fc.oneof(arbitraryRing, fc.constant(defaultRing)),
    kind: fc.constantFrom('advice' as const, 'pifuAnswer' as const, 'pifuCallBack' as const),
    outcomes: fc.option(arbitraryOutcomes, { nil: undefined }),
    access: fc.constantFrom<Line['access']>(
      { everyone: true, organisations: [], areas: [] },
      { everyone: false, organisations: [], areas: [] },
      { everyone: false, organisations: ['org-1', 'org-2'], areas: ['area-1'] },
    ),
    rota: fc.option(arbitraryRota, { nil: undefined }),
    poolEntries: arbitraryEntries,
    optional: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    code: fc.integer({ min: 0, max: 9_999 }),
    zone: fc.constantFrom('Europe/London', 'Europe/Dublin', 'America/St_Johns'),
  })
  .map((parts) => build(parts))

interface Parts {
  readonly words: readonly string[]
  readonly areaOutcomes: readonly OutcomeChoice[] | undefined
  readonly kinds: readonly Organisation['kind'][]
  readonly targets: readonly Target[]
  readonly dialIns: readonly number[]
  readonly hours: Line['hours']
  readonly ring: RingPolicy
  readonly kind: Line['kind']
  readonly outcomes: readonly OutcomeChoice[] | undefined
  readonly access: Line['access']
  readonly rota: Rota | undefined
  readonly poolEntries: readonly RotaEntry[]
  readonly optional: readonly boolean[]
  readonly code: number
  readonly zone: string
}

function build(parts: Parts): Directory {
  const word = (index: number) => parts.words[index] ?? 'x'
  const target = (index: number): Target => parts.targets[index] ?? { kind: 'uri', uri: 'sip:a@b' }
  const has = (index: number) => parts.optional[index] === true
  // Never equal to the name by chance: a spoken name equal to the name is not stored, which would change merges.
  const said = (index: number) => `said ${word(index)}`
  const areas: Area[] = [
    { id: 'area-1', name: word(0), ...(parts.areaOutcomes === undefined ? {} : { outcomes: parts.areaOutcomes }) },
    { id: 'area-2', name: word(1) },
  ]
  const organisations = ['org-1', 'org-2', 'org-3'].map((id, index): Organisation => ({
    id,
    kind: parts.kinds[index] ?? 'other',
    name: word(2 + index),
    spokenName: has(0) ? said(5) : word(2 + index),
    area: index === 0 ? 'area-1' : 'area-2',
    ...(has(1) ? { odsCode: `Y9000${index}` } : {}),
    ...(has(2) ? { code: `21${index}` } : {}),
    ...(has(3) ? { bypass: target(0) } : {}),
    ...(has(4) ? { reception: target(1) } : {}),
    ...(has(4) !== has(2) ? { keepRecords: parsePeriod(has(2) ? '2 years' : 'forever')! } : {}),
    ...(has(4) !== has(3) ? { keepRecordings: parsePeriod(has(3) ? '1 month' : 'forever')! } : {}),
  }))
  const clinicians = clinicianIds.map((id, index): Clinician => ({
    id,
    name: word(6 + (index % 3)),
    spokenName: has(5) ? said(7) : word(6 + (index % 3)),
    role: word(9),
    numbers: parts.targets.slice(index, index + 2),
    organisations: has(6) ? ['org-3', 'org-1'] : [],
  }))
  const line: Line = {
    id: 'line-1',
    kind: parts.kind,
    trust: 'org-2',
    name: word(10),
    spokenName: said(11),
    code: String(parts.code).padStart(has(0) ? 4 : 1, '0'),
    blurb: has(1) ? word(0) : '',
    ...(has(2) ? { closedMessage: word(1) } : {}),
    timeZone: parts.zone,
    hours: parts.hours,
    access: parts.access,
    ring: parts.ring,
    ...(has(3) ? { ncnPool: 'pool-1' } : {}),
    outcomes: parts.outcomes ?? defaultOutcomes[parts.kind],
    ...(parts.outcomes === undefined ? {} : { ownOutcomes: true }),
    recordFrom: has(4) ? 'answer' : 'bridge',
    ...(has(5) ? { spokenWord: 'offers' } : {}),
  }
  const pool: NcnPool = {
    id: 'pool-1',
    specialty: word(3),
    spokenName: has(7) ? said(4) : word(3),
    entries: parts.poolEntries,
    ring: parts.ring,
  }
  const uses: DirectoryNumber['use'][] = [
    { kind: 'dialIn', organisation: 'org-1' },
    { kind: 'line', line: 'line-1' },
    { kind: 'callBackCode' },
    { kind: 'bypass' },
  ]
  const numbers = parts.dialIns.map((number, index): DirectoryNumber => ({
    number: index % 2 === 0 ? String(number) : `+441632960${String(number % 1_000).padStart(3, '0')}`,
    use: uses[index % uses.length] ?? { kind: 'callBackCode' },
  }))
  const byId = <T extends { readonly id: string }>(things: readonly T[]) => new Map(things.map((thing) => [thing.id, thing]))
  return {
    areas: byId(areas),
    organisations: byId(organisations),
    clinicians: byId(clinicians),
    lines: byId([line]),
    rotas: new Map(parts.rota === undefined ? [] : [['line-1', parts.rota]]),
    pools: byId([pool]),
    numbers: new Map(numbers.map((number) => [number.number, number])),
  }
}
