import type { Kysely } from 'kysely'
import { unknownOrigin } from '../../src/facts/actor.js'
import type { CallEvent, CallFact } from '../../src/facts/events.js'
import { cursorOf, type CallFilter } from '../../src/store/call-filter.js'
import { questions, type QuestionName, type Questions, type When } from '../../src/store/questions.js'
import type { Schema } from '../../src/store/schema.js'
import { specialistsNumber } from './sample-call.js'

type Args<Name extends QuestionName> = Questions[Name]['ask'] extends (db: never, ...args: infer A) => unknown ? A : never

export const noon = Date.UTC(2026, 2, 10, 12)
const place = Buffer.from(`${noon}.one`).toString('base64url')
const filters = [
  {},
  { sipCallId: 'a84b4c76e66710' },
  { line: 'cardiology' },
  { organisation: 'elm-row' },
  { ending: 'completed' },
  { line: 'cardiology', ending: 'completed' },
  { line: 'cardiology', organisation: 'elm-row' },
  { organisation: 'elm-row', ending: 'completed' },
  { line: 'cardiology', organisation: 'elm-row', ending: 'completed' },
] as const
/** Further queries of the calls report. */
const reportFilters: readonly CallFilter[] = [
  { order: 'oldest' },
  { order: 'longestWait' },
  { outcome: 'referral-avoided' },
  { outcome: 'open' },
  { clinician: 'dr-okafor' },
  { answered: true },
  { answered: false, line: 'cardiology' },
  { clinician: 'dr-okafor', outcome: 'referral-made', organisation: 'elm-row', order: 'oldest' },
  { nhsNumber: '9990000018' },
  { callerNumbers: ['+441632960101', '01632960101'] },
  { within: [{ clinician: 'dr-okafor' }, { assigned: 'dr-okafor' }], outcome: 'open' },
  { within: [{ organisation: 'elm-row' }, { line: 'cardiology' }, { clinician: 'dr-okafor', line: 'ent-adult' }], order: 'mostRefs' },
]
const periods = [
  {},
  { from: noon - 1_000 },
  { to: noon + 1_000 },
  { from: noon - 1_000, to: noon + 1_000 },
  { cursor: place },
  { from: noon - 1_000, to: noon + 1_000, cursor: place },
] as const
/** A list too long to sort as a whole, part of the way through. */
const walks = [
  ...(['longestWait', 'shortestTalk', 'mostRefs'] as const).flatMap((order) =>
    [
      {},
      { from: noon - 1_000, line: 'cardiology' },
      { within: [{ organisation: 'elm-row' }, { clinician: 'dr-okafor' }], answered: true },
    ].map((filter): Args<'calls'> => [{ ...filter, order, cursor: cursorOf({ arrivedAt: 5, callId: '~figure~0~~one' }) }]),
  ),
  ...(['longestWait', 'mostRefs'] as const).map((order): Args<'calls'> => [
    { order, cursor: cursorOf({ arrivedAt: noon, callId: '~rest~0~~one' }) },
  ]),
  ...(['organisation', 'line', 'clinician', 'outcome'] as const).map((column): Args<'calls'> => [
    { order: 'surgeryAZ', names: { column, values: ['one', 'two'] }, cursor: cursorOf({ arrivedAt: noon, callId: '~name~0~~one' }) },
  ]),
]
const targetCursor = Buffer.from('0.1.Dr Okafor').toString('base64url')

/** Every question with every kind of arguments that gives a different statement. Leaving out a question does not compile. */
export const samples: { readonly [Name in QuestionName]: readonly Args<Name>[] } = {
  aliveAt: [[], ['engine-1']],
  leftOpen: [
    [{ node: 'engine-1', run: 'run-1', shared: true }],
    [{ node: 'engine-1', run: 'run-1', shared: false }],
    [{ node: '', run: undefined, shared: false }],
  ],
  heldElsewhere: [[{ node: 'engine-1', run: 'run-1', shared: true }, ['one', 'two'], noon]],
  cameAgain: [['one', '3848276298220188511@phone.example']],
  failingTargets: [[100], [100, 7]],
  rungCandidates: [
    [0, 100],
    [0, 100, { candidate: 'clinician:dr-okafor', lastRungAt: noon }],
  ],
  spentSince: [[noon]],
  arrangementFactsSince: [
    [['code.refused'], 0, 100],
    [['callBack.requested', 'call.placed'], 0, 100, { at: noon, callId: 'one', seq: 3 }],
  ],
  arrivalsOf: [[['one', 'two']]],
  outcomesByStaff: [
    [0, 100],
    [0, 100, { at: noon, callId: 'one' }],
  ],
  entriesOf: [['arrangement', 0, 100]],
  entriesAbout: [['arrangement', ['a', 'b']]],
  latestOf: [['arrangement', 'a']],
  events: [['one']],
  lastSeq: [['one']],
  recording: [['one-r']],
  newestDirectoryVersion: [[]],
  entitiesInForce: [
    ['lines', 100],
    ['lines', 100, { position: 3, id: 'cardiology' }],
  ],
  entitiesChanged: [[3, 5, 5]],
  entityPlaces: [['lines'], ['lines', ['cardiology']]],
  appliedFile: [['config/directory.yaml']],
  appliedBytes: [['e3b0c442']],
  fileDifferences: [['config/directory.yaml']],
  directoryVersion: [[3]],
  directoryVersionAt: [[noon]],
  directoryVersions: [[{ limit: 10 }], [{ limit: 10, before: 7 }]],
  rotaHistory: [['cardiology']],
  earlierRotas: [['cardiology']],
  calls: [
    ...walks,
    ...[...filters, ...reportFilters].flatMap((filter) => periods.map((period): Args<'calls'> => [{ ...filter, ...period }])),
  ],
  targets: [[{ limit: 10 }], [{ limit: 10, cursor: targetCursor }]],
  watched: [[{ limit: 10 }], [{ limit: 10, cursor: targetCursor }]],
  target: [[1]],
  callsOfLine: [['cardiology', 0, noon * 2]],
  ringings: [[[specialistsNumber], 0, noon * 2]],
  lastLink: [[], ['calls']],
  linksAfter: [[0, 10]],
  unlinkedCalls: [
    ['', 3],
    ['', 2, ['one', 'two']],
  ],
  callsArrivedUntil: [
    [noon, undefined, 2],
    [noon, { arrivedAt: noon, callId: 'one' }, 2],
  ],
  factsOfCalls: [[['one', 'two']]],
  lastEntry: [[]],
  entriesBetween: [[0, 10, 10]],
  entriesNumbered: [[[1, 2]]],
  versionsBetween: [[3, 5]],
  sealOfAudit: [[], [7]],
  oldCalls: [
    [noon, 2, undefined],
    [noon, 2, { arrivedAt: 0, callId: 'one' }],
  ],
  deletedCalls: [[['one', 'two']]],
  deletedArrangements: [[['one', 'two']]],
  deletedEntries: [[[1, 2]]],
  rowsAbout: [['arrangement', ['one', 'two']]],
  lastAuditCut: [[]],
  deletionsInLedger: [[]],
  oldRecordings: [
    [noon, 2, undefined],
    [noon, 2, { startedAt: 0, recordingId: 'one-r' }],
  ],
  recordingKey: [[{ id: 'k' }], [{ recordingId: 'one-r' }]],
  recordingKeys: [[2, undefined]],
  finishedRecordings: [
    [2, undefined],
    [2, { recordingId: 'one-r', callId: 'one', path: 'a', bytes: 1, sha256: 'ff' }],
  ],
  rollUps: [
    [{ from: '2026-01', to: '2026-12', scope: 'line' }],
    [{ from: '2026-01', to: '2026-12', scope: 'line', id: 'cardiology' }],
    [{ from: '2026-03-10', to: '2026-03-10', scope: 'lineDay' }],
    [{ from: '2026-01', to: '2026-12', scope: 'asked' }],
  ],
  monthSums: [
    [{ month: '2026-03', scope: 'line' }],
    [{ month: '2026-03', scope: 'organisation', figures: ['answered', 'connectionIn'] }],
    [{ month: '2026-03', scope: 'clinician', figures: ['ringing'], withoutParts: true }],
  ],
  monthChanges: [[['2026-02', '2026-03']]],
  connectionsAtHours: [[{ lines: ['cardiology', 'ent'], months: ['2026-02', '2026-03'], hours: [9, 33] }]],
  notRolledUp: [[50]],
  differing: [[]],
  differingTargets: [[]],
  differingRollUps: [[]],
}

export function events(callId: string, at: number, facts: readonly CallFact[]): CallEvent[] {
  return facts.map((fact, index) => ({
    ...unknownOrigin,
    callId,
    seq: index + 1,
    at: at + index * 1_000,
    elapsedMs: index * 1_000,
    ...fact,
  }))
}

export const staffOutcome: CallFact = { type: 'outcome.left', outcome: 'referral-made', by: 'staff' }
export const failing: readonly CallFact[] = [1, 2, 3].flatMap((n): CallFact[] => [
  {
    type: 'attempt.started',
    attempt: `f-${n}`,
    candidate: 'phone:x',
    label: 'Ward 7',
    pool: 'local',
    target: '+447700900999',
    account: 'cardiology',
  },
  { type: 'attempt.ended', attempt: `f-${n}`, result: 'badNumber', status: 404 },
])

export const askAny = (name: QuestionName, db: Kysely<Schema>, args: readonly unknown[]) =>
  (questions[name].ask as (db: Kysely<Schema>, ...args: readonly unknown[]) => Promise<unknown>)(db, ...args)
const names = Object.keys(questions) as QuestionName[]
export const asked = (...when: readonly When[]) => names.filter((name) => when.includes(questions[name].when))
