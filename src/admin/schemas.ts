import { callEndings } from '../calls/endings.js'
import { errorSchema } from './api-error.js'

/** JSON Schemas of what the API takes and answers: requests are checked against them, answers are written by them, `/docs` shows them. */

const text = { type: 'string' } as const
const orNull = (type: 'string' | 'integer' | 'number') => ({ type: [type, 'null'] }) as const
const time = { type: 'integer', description: 'Wall-clock milliseconds since 1970 (UTC)' } as const
const timeOrNull = { type: ['integer', 'null'], description: 'Wall-clock milliseconds since 1970 (UTC)' } as const

export const callsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    from: { ...text, description: 'First day (2026-03-02) or instant (2026-03-02T09:00:00Z) of arrival' },
    to: { ...text, description: 'Last day, included, or the instant before which calls arrived' },
    line: { ...text, maxLength: 200, description: 'Id of a line' },
    organisation: { ...text, maxLength: 200, description: 'Id of an organisation' },
    ending: { ...text, enum: Object.keys(callEndings), description: 'How the call ended' },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    cursor: { ...text, maxLength: 400, description: '`nextCursor` of the page before' },
  },
} as const

export const callParams = { type: 'object', required: ['id'], properties: { id: { ...text, minLength: 1, maxLength: 200, description: 'Id of the call' } } } as const

export const recordingQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    number: { type: 'integer', minimum: 1, maximum: 99, description: 'Which of the recordings of the call; the latest where it is left out' },
    download: { type: 'boolean', default: false, description: 'Offer it to be saved instead of played' },
  },
} as const

const summary = {
  type: 'object',
  properties: {
    callId: text,
    kind: text,
    arrivedAt: time,
    callerNumber: text,
    dialledNumber: text,
    organisation: orNull('string'),
    organisationName: orNull('string'),
    line: orNull('string'),
    lineName: orNull('string'),
    waitMs: { ...orNull('integer'), description: 'From the choice of the line to acceptance' },
    talkMs: { ...orNull('integer'), description: 'From acceptance (where nobody had to accept: from the connection) to the end' },
    refs: { type: 'integer', description: 'Specialists tried' },
    attempts: { type: 'integer', description: 'Ringings' },
    acceptedBy: { ...orNull('string'), description: 'Who accepted' },
    outcome: orNull('string'),
    outcomeLabel: orNull('string'),
    ending: { ...orNull('string'), description: 'Null while the call runs' },
    endingWhy: { ...orNull('string'), description: 'The ending in words' },
    endedAt: timeOrNull,
    recording: {
      type: ['object', 'null'],
      properties: { state: text, seconds: orNull('number'), bytes: orNull('integer'), url: orNull('string') },
    },
  },
} as const

export const callsAnswer = {
  type: 'object',
  properties: { calls: { type: 'array', items: summary }, nextCursor: { ...orNull('string'), description: 'Null on the last page' } },
} as const

const proof = {
  type: 'object',
  description: 'What was heard, on which leg, when',
  properties: { heard: { type: 'object', additionalProperties: true }, legId: text, heardAt: time },
} as const

export const callAnswer = {
  type: 'object',
  properties: {
    call: {
      type: 'object',
      properties: {
        callId: text,
        kind: text,
        arrivedAt: time,
        callerNumber: text,
        dialledNumber: text,
        source: text,
        organisation: text,
        organisationName: orNull('string'),
        device: { ...text, description: 'User of the telephone that proved itself by digest' },
        arrangement: { ...text, description: 'The arranged call that this one carried out' },
        reached: { ...text, description: 'The practice that was reached by its code' },
        callBackRequested: { ...text, description: 'The number on which a patient asked to be called back' },
        line: text,
        lineName: orNull('string'),
        answeredAt: time,
        lineChosenAt: time,
        huntEndedAt: time,
        acceptedAt: time,
        acceptedBy: { ...text, description: 'The attempt that was accepted' },
        talkStartedAt: time,
        talkWith: { ...text, description: 'The attempt with whose telephone the conversation was' },
        talkEndedAt: time,
        talkEndedBy: text,
        waitMs: { type: 'integer' },
        talkMs: { type: 'integer' },
        refs: { type: 'integer' },
        outcome: { type: 'object', properties: { outcome: text, by: text, at: time } },
        outcomeLabel: orNull('string'),
        alarms: { type: 'array', items: { type: 'object', properties: { alarm: text, detail: text, at: time } } },
        ending: text,
        endingWhy: orNull('string'),
        endedAt: time,
        endingDetail: text,
      },
    },
    attempts: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          attempt: text,
          label: text,
          clinician: text,
          pool: text,
          target: { ...text, description: 'The number that was rung, masked' },
          startedAt: time,
          ringingAt: time,
          answeredAt: time,
          whispers: { type: 'integer' },
          wrongKeys: { type: 'integer' },
          acceptedAt: time,
          proof,
          endedAt: time,
          result: text,
          status: { type: 'integer' },
          reason: text,
        },
      },
    },
    recordings: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          recordingId: text,
          state: text,
          startedAt: time,
          stoppedAt: time,
          readyAt: time,
          bytes: { type: 'integer' },
          seconds: { type: 'number' },
          sha256: text,
          why: text,
          url: orNull('string'),
        },
      },
    },
    events: { type: 'array', description: 'The facts, in order, numbers masked', items: { type: 'object', additionalProperties: true, properties: { seq: { type: 'integer' }, at: time, type: text } } },
  },
} as const

export const healthAnswer = { type: 'object', properties: { status: text, uptimeSeconds: { type: 'number' } } } as const

export const readyAnswer = {
  type: 'object',
  properties: {
    ready: { type: 'boolean' },
    missing: { type: 'array', items: text, description: 'What is missing, in words' },
    parts: { type: 'array', items: { type: 'object', properties: { part: text, ok: { type: 'boolean' }, needed: { type: 'boolean' }, detail: text } } },
    alarms: { type: 'array', items: { type: 'object', properties: { alarm: text, detail: text, since: time, lastAt: time, times: { type: 'integer' } } } },
  },
} as const

/** What any route may answer besides. */
export const refusals = { '4xx': { description: 'Refused', ...errorSchema }, '5xx': { description: 'Went wrong', ...errorSchema } }
