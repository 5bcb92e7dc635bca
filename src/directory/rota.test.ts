import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { arbitraryRota } from '../../test/kit/directory-arbitraries.js'
import { dateOf, dayNumber, daysOfWeek } from './calendar.js'
import { emptyDirectory } from './empty-directory.js'
import type { Clinician, Directory, Line, Rota, RotaChange, RotaEntry, RotaSession } from './model.js'
import { defaultRing } from './read-line.js'
import { entryKey, huntCandidates, poolCandidates, sessionPlansOn, sessionsOn, whoIsOn } from './rota.js'

const london = 'Europe/London'
const dr = (name: string): RotaEntry => ({ kind: 'clinician', clinician: name })
const ward: RotaEntry = { kind: 'phone', label: 'Ward 7', target: { kind: 'number', number: '+441632960107' } }
const session = (name: string, day: RotaSession['day'], time: string, ...entries: RotaEntry[]): RotaSession => {
  const [from = '', to = ''] = time.split('-')
  return { name, day, span: { from, to }, entries }
}
const pattern: readonly RotaSession[] = [
  session('Morning', 'mon', '09:00-13:00', dr('a'), dr('b'), ward),
  session('Afternoon', 'mon', '13:00-18:00', dr('b'), dr('a')),
  session('Night', 'mon', '18:00-09:00', dr('n')),
  session('Clinic', 'tue', '08:00-10:00', dr('c'), dr('n')),
  session('Night', 'sat', '22:00-01:30', dr('s')),
  session('Early', 'sun', '01:30-09:00', dr('e')),
  session('Day', 'sun', '09:00-09:00', dr('d')),
]
const rota = (changes: readonly RotaChange[] = []): Rota => ({ line: 'line', pattern, changes })
/** Local time; `+1` marks summer time. */
const instant = (text: string) => (text.endsWith('+1') ? Date.parse(`${text.slice(0, -2)}:00+01:00`) : Date.parse(`${text}:00Z`))
const on = (changes: readonly RotaChange[], now: string) =>
  whoIsOn(rota(changes), london, instant(now)).entries.map((entry) => entryKey(entry).replace('clinician:', ''))
const phone = 'phone:+441632960107'

describe('who is on', () => {
  it.each<[string, string, readonly string[]]>([
    ['Sunday’s session until its last minute on Monday', '2026-01-12T08:59', ['d']],
    ['the session’s people in its order, from its first minute', '2026-01-12T09:00', ['a', 'b', phone]],
    ['until its last', '2026-01-12T12:59', ['a', 'b', phone]],
    ['then the next session’s', '2026-01-12T13:00', ['b', 'a']],
    ['the night from the evening on', '2026-01-12T18:00', ['n']],
    ['the night after midnight', '2026-01-13T03:00', ['n']],
    ['where two sessions overlap: those of the later one first, nobody twice', '2026-01-13T08:30', ['c', 'n']],
    ['after the night, the other session alone', '2026-01-13T09:30', ['c', 'n']],
    ['nobody on a day without sessions', '2026-01-14T12:00', []],
    ['a session of 24 hours', '2026-01-18T09:00', ['d']],
    ['to its end on the next day', '2026-01-19T08:59', ['d']],
    ['spring: the night ends when the clock jumps', '2026-03-29T00:59', ['s']],
    ['spring: the early session begins at that moment', '2026-03-29T02:00+1', ['e']],
    ['autumn: the night in the first 01:15', '2026-10-25T01:15+1', ['s']],
    ['autumn: the early session from the first 01:30', '2026-10-25T01:30+1', ['e']],
    ['autumn: and all through the second hour', '2026-10-25T01:15', ['e']],
    ['29 February is a Tuesday like any other', '2028-02-29T09:30', ['c', 'n']],
  ])('%s', (_, now, expected) => {
    expect(on([], now)).toEqual(expected)
  })

  const monday = { date: '2026-01-12', session: 'Morning' }
  it.each<[string, readonly RotaChange[], string, readonly string[]]>([
    ['replaced for one date', [{ ...monday, kind: 'replace', entries: [dr('x')] }], '2026-01-12T10:00', ['x']],
    ['not on the same day a week later', [{ ...monday, kind: 'replace', entries: [dr('x')] }], '2026-01-19T10:00', ['a', 'b', phone]],
    ['not in another session of the day', [{ ...monday, kind: 'replace', entries: [dr('x')] }], '2026-01-12T14:00', ['b', 'a']],
    [
      'replaced with other times',
      [{ ...monday, kind: 'replace', entries: [dr('x')], span: { from: '10:00', to: '11:00' } }],
      '2026-01-12T09:30',
      [],
    ],
    ['added at the end', [{ ...monday, kind: 'add', entry: dr('x') }], '2026-01-12T10:00', ['a', 'b', phone, 'x']],
    ['added in the first place', [{ ...monday, kind: 'add', entry: dr('x'), position: 1 }], '2026-01-12T10:00', ['x', 'a', 'b', phone]],
    [
      'added in a place beyond the last',
      [{ ...monday, kind: 'add', entry: dr('x'), position: 9 }],
      '2026-01-12T10:00',
      ['a', 'b', phone, 'x'],
    ],
    ['added who was on already: moved', [{ ...monday, kind: 'add', entry: dr('b'), position: 1 }], '2026-01-12T10:00', ['b', 'a', phone]],
    ['removed', [{ ...monday, kind: 'remove', entry: dr('a') }], '2026-01-12T10:00', ['b', phone]],
    [
      'a phone removed by its number',
      [{ ...monday, kind: 'remove', entry: { ...ward, label: 'another name' } as RotaEntry }],
      '2026-01-12T10:00',
      ['a', 'b'],
    ],
    [
      'reordered; people not named come after, people not on stay off',
      [{ ...monday, kind: 'reorder', entries: [ward, dr('z'), dr('b')] }],
      '2026-01-12T10:00',
      [phone, 'b', 'a'],
    ],
    ['closed', [{ ...monday, kind: 'close' }], '2026-01-12T10:00', []],
    [
      'closed, then a replacement is found after all',
      [
        { ...monday, kind: 'close' },
        { ...monday, kind: 'add', entry: dr('x') },
      ],
      '2026-01-12T10:00',
      ['x'],
    ],
    [
      'changes apply in their order',
      [
        { ...monday, kind: 'remove', entry: dr('a') },
        { ...monday, kind: 'add', entry: dr('a') },
      ],
      '2026-01-12T10:00',
      ['b', phone, 'a'],
    ],
    [
      'a session that only this date has',
      [{ date: '2026-01-14', session: 'Extra', kind: 'replace', entries: [dr('x')], span: { from: '10:00', to: '12:00' } }],
      '2026-01-14T11:59',
      ['x'],
    ],
    [
      'a change for a session missing on that date does nothing',
      [{ date: '2026-01-14', session: 'Morning', kind: 'add', entry: dr('x') }],
      '2026-01-14T10:00',
      [],
    ],
    [
      'the night is changed by the date on which it begins',
      [{ date: '2026-01-12', session: 'Night', kind: 'replace', entries: [dr('x')] }],
      '2026-01-13T03:00',
      ['x'],
    ],
    ['and not by the date on which it ends', [{ date: '2026-01-13', session: 'Clinic', kind: 'close' }], '2026-01-13T03:00', ['n']],
    [
      'a session on 29 February alone',
      [{ date: '2028-02-29', session: 'Clinic', kind: 'replace', entries: [dr('leap')] }],
      '2028-02-29T09:30',
      ['leap'],
    ],
  ])('%s', (_, changes, now, expected) => {
    expect(on(changes, now)).toEqual(expected)
  })

  it('has exactly one answer at every instant: that of a plain reading of the rota', () => {
    fc.assert(
      fc.property(arbitraryRota, fc.constantFrom('Europe/London', 'America/New_York', 'Asia/Kolkata'), instants, (random, zone, now) => {
        const answer = whoIsOn(random, zone, now)
        expect(answer.entries.map(entryKey)).toEqual(plainReading(random, zone, now))
        // The same question has the same answer after any other questions.
        for (let day = -30; day < 30; day++) whoIsOn(random, zone, now + day * 86_400_000)
        expect(whoIsOn(random, zone, now)).toEqual(answer)
      }),
      { numRuns: 300 },
    )
  })

  it('includes a session from its beginning until just before its end, and a session never overlaps itself', () => {
    fc.assert(
      fc.property(arbitraryRota, instants, (random, now) => {
        const day = Math.floor(now / 86_400_000)
        for (const dated of sessionsOn(random, london, day)) {
          expect(dated.to).toBeGreaterThan(dated.from)
          const keys = dated.entries.map(entryKey)
          const inside = whoIsOn(random, london, dated.to - 1).entries.map(entryKey)
          expect(inside).toEqual(expect.arrayContaining(keys))
          expect(
            whoIsOn(random, london, dated.from).sessions.filter((other) => other.date === dated.date && other.name === dated.name),
          ).toHaveLength(1)
          expect(whoIsOn(random, london, dated.to).sessions.some((other) => other.date === dated.date && other.name === dated.name)).toBe(
            false,
          )
        }
      }),
      { numRuns: 200 },
    )
  })
})

const instants = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 11, 31) }),
  fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 2, 31) }),
  fc.integer({ min: Date.UTC(2026, 9, 24), max: Date.UTC(2026, 9, 27) }),
  fc.integer({ min: Date.UTC(2028, 1, 28), max: Date.UTC(2028, 2, 2) }),
)

/** The rule again, with Temporal and without the code's shortcuts: every session of four days, each edge resolved on its own. */
function plainReading(random: Rota, zone: string, now: number): readonly string[] {
  const today = Math.floor(now / 86_400_000)
  const found: { from: number; order: number; keys: string[] }[] = []
  for (let day = today - 2; day <= today + 2; day++) {
    for (const plan of sessionPlansOn(random, day)) {
      const from = edge(zone, day, plan.span.from)
      const to = edge(zone, plan.span.to > plan.span.from ? day : day + 1, plan.span.to)
      if (from <= now && now < to) found.push({ from, order: found.length, keys: plan.entries.map(entryKey) })
    }
  }
  const latestFirst = found.sort((a, b) => b.from - a.from || b.order - a.order)
  return [...new Set(latestFirst.flatMap((one) => one.keys))]
}

function edge(zone: string, day: number, time: string): number {
  const plain = Temporal.PlainDate.from(dateOf(time === '24:00' ? day + 1 : day)).toPlainDateTime(time === '24:00' ? '00:00' : time)
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (Temporal.PlainDateTime.compare(earlier.toPlainDateTime(), plain) === 0) return earlier.epochMilliseconds
  // Skipped: the moment of the jump, which is the next change after the time before it.
  return earlier.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.NaN
}

describe('candidates of a hunt', () => {
  const person = (id: string, ...numbers: string[]): Clinician => ({
    id,
    name: `Dr ${id}`,
    spokenName: id,
    role: 'x',
    numbers: numbers.map((number) => ({ kind: 'number', number })),
    organisations: [],
  })
  const line: Line = {
    id: 'line',
    kind: 'advice',
    trust: 't',
    name: 'L',
    spokenName: 'L',
    code: '1',
    blurb: '',
    timeZone: london,
    hours: { week: 'always', exceptions: {} },
    access: { everyone: true, organisations: [], areas: [] },
    ring: defaultRing,
    outcomes: [],
    recordFrom: 'bridge',
  }
  const directory: Directory = {
    ...emptyDirectory,
    lines: new Map([['line', line]]),
    clinicians: new Map(
      [person('a', '+441632960001', '+447700900001'), person('b', '+441632960002')].map((clinician) => [clinician.id, clinician]),
    ),
    rotas: new Map([['line', rota()]]),
    pools: new Map([
      ['ncn', { id: 'ncn', specialty: 'S', spokenName: 'S', entries: [dr('b'), ward, dr('b'), dr('gone')], ring: defaultRing }],
    ]),
  }

  it('are the people who are on, with all their numbers, and plain phones', () => {
    expect(huntCandidates(directory, line, instant('2026-01-12T10:00'))).toEqual([
      {
        key: 'clinician:a',
        pool: 'local',
        label: 'Dr a',
        clinician: 'a',
        targets: [
          { kind: 'number', number: '+441632960001' },
          { kind: 'number', number: '+447700900001' },
        ],
      },
      { key: 'clinician:b', pool: 'local', label: 'Dr b', clinician: 'b', targets: [{ kind: 'number', number: '+441632960002' }] },
      { key: phone, pool: 'local', label: 'Ward 7', targets: [{ kind: 'number', number: '+441632960107' }] },
    ])
  })
  it('leave out people unknown to the directory', () => {
    expect(huntCandidates(directory, line, instant('2026-01-12T20:00'))).toEqual([])
  })
  it('are none if the line has no rota', () => {
    expect(huntCandidates({ ...directory, rotas: new Map() }, line, instant('2026-01-12T10:00'))).toEqual([])
  })
  it('of a pool are each listed once', () => {
    expect(poolCandidates(directory, 'ncn').map((candidate) => `${candidate.pool} ${candidate.key}`)).toEqual([
      'ncn clinician:b',
      `ncn ${phone}`,
    ])
    expect(poolCandidates(directory, 'none')).toEqual([])
  })
})

it('the days of the tables are the stated weekdays', () => {
  expect(daysOfWeek[((dayNumber('2026-01-12') ?? 0) + 3) % 7]).toBe('mon')
})
