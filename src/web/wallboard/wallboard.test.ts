import { describe, expect, it } from 'vitest'
import { AlarmBoard } from '../../alarms/alarm-board.js'
import type { Arrangement } from '../../facts/arrangement.js'
import type { Identity, Person, Session, Token } from '../../accounts/identity.js'
import type { RoleName, Scope } from '../../accounts/roles.js'
import { parseDirectory } from '../../directory/parse-directory.js'
import { callRecord } from '../../facts/call-record.js'
import type { CallFact } from '../../facts/events.js'
import { unknownOrigin } from '../../facts/actor.js'
import { rollUpOf, RollUpTotal, type RollUpRow } from '../../figures/roll-up.js'
import type { LiveCall } from '../../live/live-call.js'
import { afterTalking, goodCall, untilTalking } from '../../../test/kit/sample-call.js'
import { changeOf, type Board, type Row } from './row.js'
import { defaultTargets } from './targets.js'
import { viewOf } from './view.js'
import { Wallboard } from './wallboard.js'

/** A Monday, 14:03:22 in London. */
const now = Date.UTC(2026, 2, 2, 14, 3, 22)
const text = `
areas: { a: { name: A } }
organisations:
  st-brides: { kind: trust, name: St Bride's Hospital, area: a }
  wend-vale: { kind: trust, name: Wend Vale Infirmary, area: a }
  elm-row: { kind: gpPractice, name: Elm Row Surgery, area: a }
clinicians:
  dr-okafor: { name: Dr Ada Okafor, role: Consultant cardiologist, numbers: 01632 960001, organisations: [st-brides] }
  dr-lindqvist: { name: Dr Maja Lindqvist, role: Consultant cardiologist, numbers: 01632 960002, organisations: [st-brides] }
  dr-adeyemi: { name: Dr Tunde Adeyemi, role: Consultant ENT surgeon, numbers: 01632 960003, organisations: [wend-vale] }
lines:
  cardiology: { trust: st-brides, name: Cardiology, code: 1, hours: { week: { mon-fri: 09:00-17:00 } }, access: everyone }
  ent: { trust: wend-vale, name: ENT, code: 2, hours: { week: { mon-fri: 09:00-20:00 } }, access: everyone }
  epilepsy: { trust: wend-vale, name: Epilepsy, code: 3, hours: { week: { mon-fri: 09:00-17:00 } }, access: everyone }
  dvt: { trust: wend-vale, name: DVT, code: 4, hours: { week: { tue: 09:00-12:00 } }, access: everyone }
rotas:
  cardiology: { pattern: [{ session: Morning, days: mon-fri, time: 09:00-13:00, entries: [dr-okafor] }, { session: Afternoon, days: mon-fri, time: 13:00-17:00, entries: [dr-okafor, dr-lindqvist, { phone: On-call mobile, target: 01632 960009 }] }] }
  ent: { pattern: [{ session: Day, days: mon-fri, time: "09:00-14:30", entries: [dr-adeyemi] }] }
  dvt: { pattern: [{ session: Morning, days: tue, time: 09:00-12:00, entries: [dr-okafor] }] }
`

function directory() {
  const parsed = parseDirectory(text, 'x')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}

const known = directory()

function sums(...calls: readonly (readonly CallFact[])[]): readonly RollUpRow[] {
  const total = new RollUpTotal()
  for (const [index, facts] of calls.entries())
    total.add(
      rollUpOf(
        callRecord(
          facts.map((fact, step) => ({
            ...unknownOrigin,
            callId: String(index),
            seq: step + 1,
            at: now + step * 1_000,
            elapsedMs: step * 1_000,
            ...fact,
          })),
        ),
      ),
    )
  return total.rows().filter(({ scope }) => scope === 'lineDay')
}

interface World {
  readonly calls?: readonly LiveCall[]
  readonly rows?: readonly RollUpRow[]
  readonly arranged?: readonly Arrangement[]
}

async function board({ calls = [], rows = [], arranged = [] }: World = {}) {
  const alarms = new AlarmBoard(() => now)
  const asked: unknown[] = []
  const wallboard = new Wallboard({
    store: { rollUps: (what) => (asked.push(what), Promise.resolve(rows)) },
    live: { calls: () => calls },
    alarms,
    availability: { of: () => undefined, now: () => [] },
    arranged: { diary: { values: () => arranged.values() } },
    directory: () => known,
    targets: defaultTargets,
    now: () => now,
    monotonic: () => now,
  })
  await wallboard.today.read()
  return { wallboard, alarms, asked }
}

const person: Person = { id: 'p', name: 'Mary Lowe', createdAt: 0 }
const session: Session = {
  id: 's',
  method: 'password',
  createdAt: 0,
  seenAt: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  address: '',
  userAgent: '',
}
const as = (role: RoleName, scope: Scope = { kind: 'everywhere' }): Identity => ({
  kind: 'person',
  person,
  session,
  confirmed: false,
  asleep: [],
  needsSecondFactor: false,
  grants: [{ id: 'g', role, scope, grantedBy: 'system', grantedAt: 0 }],
})
const kiosk = (scope: Scope = { kind: 'everywhere' }): Identity => ({
  kind: 'token',
  token: { id: 't', kind: 'kiosk', name: 'Ward 7', permissions: ['wallboard'], scope, madeBy: 'system', createdAt: 0 } satisfies Token,
})
const seenBy = (identity: Identity, screen = false) => viewOf(identity, { screen }, () => known)
const everything = seenBy(as('operations'))

const row = (rows: readonly Row[], key: string) => rows.find((one) => one.key === key)
const live = (call: Partial<LiveCall> & Pick<LiveCall, 'callId' | 'stage'>): LiveCall => ({
  kind: 'dialIn',
  stageSince: 0,
  arrivedAt: now - 60_000,
  callerNumber: '01632960101',
  dialledNumber: '01632960001',
  organisation: 'elm-row',
  organisationName: 'Elm Row Surgery',
  line: 'cardiology',
  lineName: 'Cardiology',
  attempts: [],
  recording: false,
  lastedMs: 60_000,
  stageMs: 1_000,
  ...call,
})
const ringing = live({
  callId: 'ringing',
  stage: 'ringing',
  waitedMs: 75_000,
  toRing: 3,
  attempts: [
    { label: 'Dr Ada Okafor', clinician: 'dr-okafor', pool: 'local', result: 'noAnswer' },
    { label: 'Dr Maja Lindqvist', clinician: 'dr-lindqvist', pool: 'local' },
  ],
})

describe('the lines', () => {
  it('say whether they are open, who is on now and next; by name to those who see rotas', async () => {
    const { wallboard } = await board()
    const { lines } = wallboard.board(everything)
    expect(lines.map(({ key }) => key)).toEqual(['cardiology', 'dvt', 'ent', 'epilepsy'])
    expect(row(lines, 'cardiology')?.fields).toMatchObject({
      hours: 'Open until 17:00',
      now: 'Dr Ada Okafor, Dr Maja Lindqvist, On-call mobile',
      gap: '',
      next: 'Tue 09:00: Dr Ada Okafor',
      waiting: '0',
      connection: '–',
      answerRate: '–',
      unanswered: '0',
    })
    expect(row(lines, 'ent')).toMatchObject({
      state: 'soon',
      fields: { hours: 'Open until 20:00', now: 'Dr Tunde Adeyemi', gap: 'Nobody from 14:30' },
      marks: { now: 'off' },
    })
    expect(row(lines, 'epilepsy')).toMatchObject({ state: 'nobody', fields: { now: 'Nobody', next: '–' }, marks: { now: 'off' } })
    expect(row(lines, 'dvt')).toMatchObject({
      state: 'closed',
      fields: { hours: 'Closed, opens Tue 09:00', now: '–', next: 'Tue 09:00: Dr Ada Okafor' },
    })
  })

  it.each([
    ['a screen', seenBy(kiosk())],
    ['a user who shows the page on a wall', seenBy(as('operations'), true)],
  ])('name nobody to %s', async (_who, seen) => {
    const { wallboard, alarms } = await board({
      calls: [
        ringing,
        live({
          callId: 'talking',
          stage: 'talking',
          talkedMs: 1_000,
          attempts: [{ label: 'Dr Ada Okafor', clinician: 'dr-okafor', pool: 'local', result: 'accepted' }],
        }),
      ],
    })
    alarms.raise('number.failing: Dr Ada Okafor', 'three calls to 01632 960001 failed')
    const shown = { ...wallboard.board(seen), calls: wallboard.calls(seen) }
    expect(row(shown.lines, 'cardiology')?.fields['now']).toBe('Consultant cardiologist × 2, On-call mobile')
    expect(shown.calls.map(({ fields }) => fields['whom'])).toEqual(['Consultant cardiologist', 'Consultant cardiologist'])
    expect(row(shown.alarms, 'number.failing')?.fields['meaning']).not.toBe('')
    for (const secret of ['Okafor', 'Lindqvist', 'Adeyemi', 'Elm Row', '01632', '960']) expect(JSON.stringify(shown)).not.toContain(secret)
  })

  it('have the figures of the reports, and say in words where they are off target', async () => {
    const gone: readonly CallFact[] = [
      ...untilTalking('x').slice(0, 10),
      { type: 'hunt.ended', result: 'nobody' },
      { type: 'call.ended', ending: 'unanswered' },
    ]
    const late = untilTalking('x').flatMap((fact): readonly CallFact[] =>
      fact.type === 'talk.started'
        ? [...Array.from({ length: 40 }, (): CallFact => ({ type: 'whisper.started', attempt: 'x', repetition: 2 })), fact]
        : [fact],
    )
    const { wallboard, asked } = await board({
      rows: sums(
        goodCall('0'),
        goodCall('1'),
        gone,
        [...late, ...afterTalking('3')].map((fact) => (fact.type === 'line.chosen' ? { ...fact, line: 'ent' } : fact)),
      ),
    })
    const { lines } = wallboard.board(everything)
    // From the choice of the line, the third fact, to the talk, the sixteenth: a second each.
    expect(row(lines, 'cardiology')).toMatchObject({
      fields: { connection: expect.stringMatching(/^1[23]\.\d s$/) as string, answerRate: '66.7%, 2 of 3, under', unanswered: '1' },
      marks: { connection: 'good', answerRate: 'off' },
    })
    expect(row(lines, 'ent')).toMatchObject({
      fields: { connection: expect.stringMatching(/^5\d\.\d s, over$/) as string, answerRate: '100%, 1 of 1' },
      marks: { connection: 'off', answerRate: 'good' },
    })
    expect(asked).toEqual([{ from: '2026-03-02', to: '2026-03-02', scope: 'lineDay' }])
  })
})

describe('the large figures', () => {
  it('stand beside their targets', async () => {
    const { wallboard, alarms } = await board({
      calls: [ringing, live({ callId: 'other', stage: 'hunting', waitedMs: 2_000 })],
      rows: sums(goodCall('0')),
      arranged: [callBack('late', now - 1), callBack('soon', now + 1)],
    })
    alarms.raise('store.slow', 'x')
    const { tiles } = wallboard.board(everything)
    expect(tiles.map(({ key, fields, state }) => [key, fields['value'], state])).toEqual([
      ['dialToVoice', expect.stringMatching(/^1[45]\.\d s$/), 'good'],
      ['answered', '1', 'good'],
      ['waiting', '2', 'off'],
      ['nobody', '2', 'off'],
      ['overdue', '1', 'off'],
      ['alarms', '1', 'off'],
    ])
    expect(row(tiles, 'waiting')).toMatchObject({
      clock: { of: 'ringing', ms: 75_000, limitMs: 60_000 },
      fields: { judgement: '▲ Off target', target: 'Target: nobody over 60 s' },
    })
    expect(row(tiles, 'nobody')?.fields['detail']).toBe('1 now, 1 within the hour')
  })

  it('judge nothing before there are figures', async () => {
    const { wallboard } = await board()
    const { tiles } = wallboard.board(seenBy(as('operations', { kind: 'line', id: 'cardiology' })))
    expect(tiles.map(({ fields, state }) => [fields['value'], state])).toEqual([
      ['–', 'none'],
      ['0', 'none'],
      ['0', 'good'],
      ['0', 'good'],
      ['0', 'good'],
      ['0', 'good'],
    ])
  })

  it('that could not be read again show their time', async () => {
    let at = now
    const wallboard = new Wallboard({ ...parts(), now: () => at, monotonic: () => at })
    await wallboard.today.read()
    expect(row(wallboard.board(everything).tiles, 'answered')?.fields['detail']).toBe('No call offered yet')
    at += 31_000
    expect(row(wallboard.board(everything).tiles, 'answered')?.fields['detail']).toBe('No call offered yet (as of 14:03:22)')
  })
})

function parts() {
  return {
    store: { rollUps: () => Promise.resolve([]) },
    live: { calls: () => [] },
    alarms: new AlarmBoard(),
    availability: { of: () => undefined, now: () => [] },
    arranged: { diary: { values: () => [].values() } },
    directory: () => known,
    targets: defaultTargets,
  }
}

function callBack(id: string, dueAt: number): Arrangement {
  return {
    kind: 'callBack',
    id,
    line: 'ent',
    patientNumber: '+441632960889',
    dueAt,
    madeAt: 0,
    madeBy: { kind: 'staff' },
    tries: [],
    changedAt: 0,
  }
}

describe('a call', () => {
  it('says its stage, whom by name to those who see the rota, which attempt of how many, and who calls to those who see calls', () => {
    const seen = async (identity: Identity, call: LiveCall) => (await board({ calls: [call] })).wallboard.calls(seenBy(identity))[0]
    return Promise.all([
      expect(seen(as('operations'), ringing)).resolves.toMatchObject({
        state: 'waiting',
        fields: { line: 'Cardiology', stage: 'Ringing', whom: 'Dr Maja Lindqvist', attempt: '2 of 3', from: 'Elm Row Surgery' },
        clock: { of: 'waiting', ms: 75_000, limitMs: 60_000 },
      }),
      expect(seen(kiosk(), ringing)).resolves.toMatchObject({ fields: { whom: 'Consultant cardiologist', attempt: '2 of 3' } }),
      expect(
        seen(kiosk(), { ...ringing, attempts: [{ label: 'Dr Gone', clinician: 'dr-gone', pool: 'ncn' }], toRing: 5 }),
      ).resolves.toMatchObject({ fields: { whom: 'Clinician (NCN)', attempt: '1 of 5' } }),
      expect(
        seen(
          kiosk(),
          live({ callId: 'x', stage: 'ringing', kind: 'bypass', attempts: [{ label: 'Elm Row Surgery, bypass number', pool: 'direct' }] }),
        ),
      ).resolves.toMatchObject({ fields: { whom: 'Practice', attempt: '1' } }),
      expect(seen(kiosk(), live({ callId: 'x', stage: 'menu' }))).resolves.toMatchObject({
        state: 'other',
        fields: { whom: '–', attempt: '–' },
        clock: { of: 'since it came', ms: 60_000 },
      }),
      // A viewer who may see calls gets a link to its page.
      expect(seen(as('serviceManager'), ringing)).resolves.toMatchObject({ href: '/calls/ringing' }),
      expect(seen(as('serviceManager', { kind: 'line', id: 'cardiology' }), { ...ringing, callId: 'a/b' })).resolves.toMatchObject({
        href: '/calls/a%2Fb',
      }),
      expect(seen(as('operations'), ringing)).resolves.not.toHaveProperty('href'),
      expect(seen(kiosk(), ringing)).resolves.not.toHaveProperty('href'),
      // More attempts than people: one has two telephones.
      expect(seen(kiosk(), { ...ringing, toRing: 1 })).resolves.toMatchObject({ fields: { attempt: '2 of 2' } }),
    ])
  })
})

describe('what is seen', () => {
  const calls = [
    ringing,
    live({ callId: 'ent', stage: 'hunting', waitedMs: 1_000, line: 'ent', lineName: 'ENT', organisation: 'harbour-lane' }),
  ]

  it.each([
    ['everything', as('operations'), ['cardiology', 'dvt', 'ent', 'epilepsy'], ['ringing', 'ent']],
    ['the lines of a trust', as('operations', { kind: 'organisation', id: 'st-brides' }), ['cardiology'], ['ringing']],
    ['a line', kiosk({ kind: 'line', id: 'ent' }), ['ent'], ['ent']],
    ['the calls of a practice', as('serviceManager', { kind: 'organisation', id: 'elm-row' }), [], ['ringing']],
    ['nothing, without the right', as('privacyOfficer'), [], []],
  ] as const)('%s', async (_what, identity, lines, ids) => {
    const { wallboard } = await board({ calls, rows: sums(goodCall('0')), arranged: [callBack('late', now - 1)] })
    const seen = seenBy(identity)
    expect(wallboard.board(seen).lines.map(({ key }) => key)).toEqual(lines)
    expect(wallboard.calls(seen).map(({ key }) => key)).toEqual(ids)
    const { tiles } = wallboard.board(seen)
    expect(row(tiles, 'waiting')?.fields['value']).toBe(String(ids.length))
    expect(row(tiles, 'answered')?.fields['value']).toBe((lines as readonly string[]).includes('cardiology') ? '1' : '0')
    expect(row(tiles, 'overdue')?.fields['value']).toBe((lines as readonly string[]).includes('ent') ? '1' : '0')
  })

  it('has its own key: another part, other names', () => {
    const keys = [
      everything,
      seenBy(as('administrator')),
      seenBy(kiosk()),
      seenBy(as('operations'), true),
      seenBy(as('operations', { kind: 'line', id: 'ent' })),
      seenBy(as('operations', { kind: 'line', id: 'cardiology' })),
      seenBy(as('privacyOfficer')),
    ].map(({ key }) => key)
    // An administrator sees what operations sees; a screen sees the same for every role that sets it up.
    expect(keys[1]).toBe(keys[0])
    expect(keys[3]).toBe(keys[2])
    expect(new Set(keys).size).toBe(5)
  })
})

describe('a change', () => {
  const one: Row = { key: 'one', order: 0, state: 'open', fields: { waiting: '0' } }
  const of = (...lines: readonly Row[]): Board => ({ tiles: [], lines, alarms: [] })

  it('is changed words, new rows and removed rows', () => {
    expect(changeOf(of(one), of(one))).toBeUndefined()
    expect(changeOf(of(one), of({ ...one, fields: { waiting: '1' } }))).toEqual({
      rows: { lines: [{ ...one, fields: { waiting: '1' } }] },
      gone: {},
    })
    expect(changeOf(of(one), of())).toEqual({ rows: {}, gone: { lines: ['one'] } })
    expect(changeOf(of(), of(one))).toEqual({ rows: { lines: [one] }, gone: {} })
  })

  it('is not a clock that ticks, but one that restarts', () => {
    const timed = (of: string, ms: number): Row => ({ ...one, clock: { of, ms } })
    expect(changeOf(of(timed('a', 1)), of(timed('a', 2)))).toBeUndefined()
    expect(changeOf(of(timed('a', 1)), of(timed('b', 1)))).toBeDefined()
    expect(changeOf(of(timed('a', 1)), of(one))).toBeDefined()
  })
})
