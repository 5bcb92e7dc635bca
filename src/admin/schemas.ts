import { alarmList, severities } from '../alarms/alarm-list.js'
import { actorKinds } from '../facts/actor.js'
import { callEndings } from '../facts/endings.js'
import { callOrders } from '../store/call-filter.js'
import {
  callId,
  count,
  countOrNull,
  dayOrInstant,
  flag,
  instant,
  instantOrNull,
  line,
  list,
  object,
  oneOf,
  text,
  textOrNull,
} from './schema-parts.js'

/** JSON Schemas of the API's requests and answers about calls: requests are checked against them, answers are serialised by them, `/docs` shows them. */

export const cursor = { type: 'string', maxLength: 400, description: 'The `nextCursor` of the page before' } as const
export const nextCursor = textOrNull('For the next page; null on the last one', 'MTc3MjQ0MzgwMDAwMC5iMGExZDRhMg')

export const callsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    from: dayOrInstant(
      'The first day (2026-03-02, in the time zone of the engine) or instant (2026-03-02T09:00:00Z) of arrival',
      '2026-03-01',
    ),
    to: dayOrInstant('The last day, included, or the instant before which calls arrived', '2026-03-31'),
    days: {
      type: 'integer',
      minimum: 1,
      maximum: 3660,
      description: 'The last so many days, today included; in place of `from` and `to`',
      examples: [7],
    },
    line: { type: 'string', maxLength: 200, description: 'The id of a line', examples: ['cardiology'] },
    organisation: { type: 'string', maxLength: 200, description: 'The id of an organisation', examples: ['elm-row'] },
    ending: { type: 'string', enum: Object.keys(callEndings), description: 'How the call ended', examples: ['completed'] },
    outcome: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'The outcome that was left last, or `open`: two people talked, and none was left yet',
      examples: ['referral-avoided'],
    },
    clinician: { type: 'string', maxLength: 200, description: 'The id of the clinician who accepted', examples: ['dr-okafor'] },
    answered: { type: 'boolean', description: 'Two people talked; false: the call ended without that', examples: [true] },
    number: {
      type: 'string',
      minLength: 1,
      maxLength: 40,
      description: 'The number that the call came from, or an NHS number; only for people who may see patient data',
      examples: ['01632 960101'],
    },
    order: {
      type: 'string',
      enum: [...callOrders],
      default: 'newest',
      description: 'By time, by a figure, or by names of the directory in force (those without one last)',
      examples: ['newest'],
    },
    sipCallId: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'A SIP Call-ID, as it stands in the log of a server or a carrier: of the call itself, or of one of its ringings',
      examples: ['3848276298220188511@phone.example'],
    },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'The most calls of one page', examples: [50] },
    cursor,
  },
} as const

const { limit: _limit, cursor: _cursor, ...filters } = callsQuery.properties
/** All pages at once. */
export const exportQuery = { ...callsQuery, properties: filters } as const

export const callParams = {
  type: 'object',
  required: ['id'],
  properties: { id: { ...callId, minLength: 1, maxLength: 200, description: 'The id of a call; GET /api/calls lists them' } },
} as const

export const reasonBody = {
  type: 'object',
  required: ['why'],
  additionalProperties: false,
  properties: {
    why: {
      type: 'string',
      minLength: 10,
      maxLength: 500,
      description: 'Why you look; do not name a patient',
      examples: ['Complaint 2026-17'],
    },
  },
} as const

export const recordingQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    number: {
      type: 'integer',
      minimum: 1,
      maximum: 99,
      description: 'Which of the recordings of the call; the latest where it is left out',
      examples: [1],
    },
    download: { type: 'boolean', default: false, description: 'Offer it to be saved instead of played', examples: [false] },
  },
} as const

const { download: _download, ...which } = recordingQuery.properties
export const waveformQuery = { ...recordingQuery, properties: which } as const

const callKinds = ['dialIn', 'line', 'pifuAnswer', 'pifuCallBack', 'patientConnect', 'callBackCode', 'bypass'] as const
const kind = oneOf(callKinds, 'What kind of call it is')
const callerNumber = text('The number that the call came from; empty: withheld, or placed by the engine', '01632960101')
const dialledNumber = text('The number that was dialled', '01632960001')
const outcome = textOrNull('Id of the outcome that was left last', 'referral-avoided')
const outcomeLabel = textOrNull('The outcome in words', 'Referral avoided')
const ending = textOrNull('How the call ended; null while it runs', 'completed')
const endingWhy = textOrNull('The ending in words', callEndings.completed.why)
const recordingState = text(
  '`running`: being recorded; `stopped`: waits for its MP3; `ready`; `failed`; `deleted`: its time was over',
  'ready',
)
const recordingUrl = textOrNull(
  'Where the MP3 is; null while there is none',
  '/api/calls/b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11/recording.mp3',
)

const summary = object({
  callId,
  kind,
  arrivedAt: instant('When it came in, or was placed'),
  callerNumber,
  dialledNumber,
  organisation: textOrNull('Id of the organisation that called', 'elm-row'),
  organisationName: textOrNull('Its name', 'Elm Row Surgery'),
  line: textOrNull('Id of the line', 'cardiology'),
  lineName: line.name,
  areaName: textOrNull('Name of the area of that organisation', 'Saltmarsh and the Levels'),
  trustName: textOrNull('Name of the organisation that runs the line', "St Bride's Hospital"),
  waitMs: countOrNull('From the choice of the line to acceptance, in milliseconds', 31_250),
  talkMs: countOrNull('From acceptance (where nobody had to accept: from the connection) to the end, in milliseconds', 184_020),
  refs: count('Specialists tried', 2),
  attempts: count('Ringings', 2),
  acceptedBy: textOrNull('Who accepted', 'Dr Ada Okafor'),
  clinician: textOrNull('Their id, where it was a clinician', 'dr-okafor'),
  assigned: textOrNull('Id of the clinician who made the call, as their telephone has proved or staff have said', 'dr-okafor'),
  nhsNumber: textOrNull('NHS number of the patient, as staff entered it; also null for people who may not see it', '9990000018'),
  outcome,
  outcomeLabel,
  ending,
  endingWhy,
  endedAt: instantOrNull('When it ended; null while it runs'),
  recording: {
    type: ['object', 'null'],
    description: 'The latest recording; null: none',
    properties: {
      state: recordingState,
      seconds: { type: ['number', 'null'], description: 'Length of the MP3 in seconds', examples: [184.1] },
      bytes: countOrNull('Size of the MP3', 736_432),
      url: recordingUrl,
    },
  },
})

export const callsAnswer = object({ calls: list(summary, 'In the order that was asked for'), nextCursor }, 'One page of calls')

const proof = object(
  {
    heard: {
      type: 'object',
      additionalProperties: true,
      description: 'The key, and how it came',
      examples: [{ kind: 'key', key: '1', source: 'rfc4733' }],
    },
    legId: text('On which leg', 'a61d83'),
    heardAt: instant('When'),
  },
  'What was heard, on which leg, when',
)

const call = object({
  callId,
  kind,
  arrivedAt: instant('When it came in, or was placed'),
  callerNumber,
  dialledNumber,
  node: text('Name of the engine that took it', 'engine-1'),
  sipCallId: text('Call-ID of its INVITE, to find it in other logs', '3848276298220188511@phone.example'),
  trunk: text('Name of the trunk from whose address it came', 'main'),
  source: text('Where its packets came from; `engine`: placed by the engine', '127.0.0.1:5070/udp'),
  organisation: text('Id of the organisation that called', 'elm-row'),
  organisationName: textOrNull('Its name', 'Elm Row Surgery'),
  device: text('User of the telephone that proved itself by digest', 'okafor-desk'),
  arrangement: text('The arranged call that this one carried out', 'cb-1'),
  reached: text('The practice that was asked for by its code', 'harbour-lane'),
  assigned: text('Id of the clinician who made the call, as their telephone has proved or staff have said', 'dr-okafor'),
  nhsNumber: text('NHS number of the patient, as staff entered it; left out for people who may not see it', '9990000018'),
  callBackRequested: text('The number on which a patient asked to be called back', '+447700900123'),
  line: line.id,
  lineName: line.name,
  answeredAt: instant('When we answered'),
  lineChosenAt: instant('When the line was chosen; the wait begins'),
  huntEndedAt: instant('When the hunt ended'),
  acceptedAt: instant('When a specialist accepted; the wait ends'),
  acceptedBy: text('The attempt that was accepted', 'b0a1d4a2-2'),
  talkStartedAt: instant('When two were connected'),
  talkWith: text('The attempt with whose telephone the conversation was', 'b0a1d4a2-2'),
  talkEndedAt: instant('When the conversation ended'),
  talkEndedBy: text('Who ended it: `caller`, `specialist`, `called`, `system`', 'specialist'),
  waitMs: count('From the choice of the line to acceptance, in milliseconds', 31_250),
  talkMs: count('From acceptance (where nobody had to accept: from the connection) to the end, in milliseconds', 184_020),
  clockSetMs: {
    type: 'integer',
    description: 'By how many milliseconds the clock of the machine was set while the call ran; left out where it was not',
    examples: [-2_000],
  },
  refs: count('Specialists tried', 2),
  outcome: object(
    {
      outcome: text('Id of the outcome', 'referral-avoided'),
      by: text('Who left it: `caller`, `specialist`, `called`, `staff`', 'caller'),
      at: instant('When'),
    },
    'The outcome that was left last',
  ),
  outcomeLabel,
  alarms: list(
    object({ alarm: text('Which alarm', 'recording.notStarted'), detail: text('What happened', 'the disk is full'), at: instant('When') }),
    'Alarms that this call raised',
  ),
  ending: text('How the call ended; left out while it runs', 'completed'),
  endingWhy,
  endedAt: instant('When it ended; left out while it runs'),
  endingDetail: text('More about the ending, where there is more', 'BYE'),
})

const attempt = object({
  attempt: text('Id of the ringing', 'b0a1d4a2-2'),
  label: text('Whose telephone it was', 'Dr Ada Okafor'),
  clinician: text('Id of the clinician, where it was a person', 'dr-okafor'),
  pool: text('`local`: the rota; `ncn`: National Consultant Network; `direct`: a patient or practice', 'local'),
  target: text('The number that was rung, masked', '+44••••••••23'),
  sipCallId: text('Call-ID of the last INVITE that was sent', 'b2b5c2d0-6e0f-123e-2a9d-0242ac110002'),
  trunk: text('Name of the trunk that carried it', 'main'),
  startedAt: instant('When the INVITE left'),
  ringingAt: instant('When it rang'),
  answeredAt: instant('When a person or a machine answered'),
  rangMs: count('How long it rang, in milliseconds: to the answer, or to the end of the ringing', 6_400),
  whispers: count('How often the question to accept was played', 1),
  wrongKeys: count('Keys other than 1', 0),
  acceptedAt: instant('When they accepted'),
  proof,
  endedAt: instant('When the ringing ended'),
  result: text('What became of it; left out while it rings', 'accepted'),
  status: count('SIP status of a refusal', 486),
  reason: text('Reason of a refusal, numbers masked', 'Busy Here'),
  fault: text('On whose side it failed: `ours`, `trunk`, `farEnd`, `indeterminate`', 'trunk'),
})

const recording = object({
  recordingId: text('Id of the recording', 'b0a1d4a2-r'),
  state: recordingState,
  startedAt: instant('When it began'),
  stoppedAt: instant('When it ended'),
  readyAt: instant('When its MP3 was on disk, checked'),
  bytes: count('Size of the MP3', 736_432),
  seconds: { type: 'number', description: 'Length of the MP3 in seconds', examples: [184.1] },
  sha256: text('Of the MP3', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'),
  lostSeconds: { type: 'number', description: 'By how much it is shorter than it ran; left out where nothing was lost', examples: [12.5] },
  why: text('Why it failed', 'spool: the recording is empty'),
  url: recordingUrl,
})

const fact = {
  type: 'object',
  additionalProperties: true,
  properties: {
    seq: count('Place in the call', 1),
    at: instant('When it was known'),
    type: text('Which fact', 'call.arrived'),
    actor: object(
      {
        kind: text(`Who did it: ${actorKinds.map((kind) => `\`${kind}\``).join(', ')}`, 'clinician'),
        id: text('Id of the clinician, or user of the device', 'dr-okafor'),
      },
      'Who did it',
    ),
    node: text('The engine that wrote it down', 'engine-1'),
  },
} as const

export const callAnswer = object(
  {
    call,
    attempts: list(attempt, 'Every ringing, in order'),
    recordings: list(recording, 'Its recordings, in order'),
    events: list(fact, 'The facts, in order, numbers masked'),
  },
  'Everything that is known of the call. What is not known is left out',
)

export const healthAnswer = object(
  { status: text('Always ok', 'ok'), uptimeSeconds: { type: 'number', description: 'Since the program started', examples: [3_600] } },
  'The process is alive',
)

export const alarm = object({
  alarm: text('Which alarm: its name, and behind a colon whose it is where there is one for each', 'store.slow'),
  severity: oneOf(
    severities,
    '`critical`: callers are turned away, or what has to be kept is not. `major`: calls go on, and something is lost or out of order. `minor`: to be looked into today',
  ),
  meaning: text('What an alarm of this name means', alarmList['store.slow'].meaning),
  action: text('What to do about it', alarmList['store.slow'].action),
  detail: text('What is the matter now', 'a fact was not on disk after 2000 ms'),
  since: instant('When it was first raised since it was last over'),
  lastAt: instant('When it was last raised'),
  times: count('How often since then', 1),
})

export const alarmsAnswer = object(
  {
    now: instant('When it was asked'),
    alarms: list(
      object({ ...alarm.properties, engine: textOrNull('The engine on which it is up; null: there is one', 'ringround-1') }),
      'Every alarm that is up, oldest first',
    ),
  },
  'The alarms of all engines',
)

export const readyAnswer = object({
  ready: flag('Calls can be taken', true),
  missing: list(text('A part and what it lacks', 'media: the event socket is closed'), 'What is missing, in words'),
  parts: list(
    object({
      part: text('Which part', 'signalling'),
      ok: flag('It works', true),
      needed: flag('Without it no call can be taken', true),
      detail: text('In words', 'embedded switch'),
    }),
    'Each part that a call needs',
  ),
  alarms: list(alarm, 'Alarms that are up: at most five of each kind and thirty in all, oldest first'),
  alarmCount: count('How many are up', 0),
  alarmsByKind: {
    type: 'object',
    description: 'How many of each kind are up',
    additionalProperties: { type: 'integer' },
    examples: [{ 'number.failing': 2 }],
  },
})

const choice = object({ id: text('Id', 'cardiology'), name: text('Name', 'Cardiology') })
export const choicesAnswer = object(
  {
    lines: list(choice, 'Lines of the directory, by name'),
    organisations: list(choice, 'Organisations of the directory, by name'),
    endings: list(object({ id: text('Id', 'completed'), name: text('In words', callEndings.completed.why) }), 'How calls can end'),
    ringHere: list(
      text('A Dial-In number as a SIP address', 'sip:01632960001@127.0.0.1:5060'),
      'Where to ring; empty with a drachtio-server of your own',
    ),
    timeZone: text('In which the days of a date range are days', 'Europe/London'),
  },
  'What can be filtered by, and where to ring',
)
