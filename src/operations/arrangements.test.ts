import { describe, expect, it } from 'vitest'
import { arrangedDirectory, ArrangedWorld, codeNumber, patient } from '../../test/kit/arranged-world.js'
import type { Directory, Line } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { CallFact } from '../facts/events.js'
import { callBackCodeOperations } from './call-back-codes.js'
import { callBackOperations } from './call-backs.js'
import { patientConnectOperations } from './patient-connects.js'
import type { Result, RefusalCode } from './result.js'

const secretary: Actor = { kind: 'staff', id: 'm-lowe' }
const due = '2026-03-04T12:00:00Z'
// Only a line's kind and name matter here.
const line = (id: string, kind: Line['kind']) => [id, { id, kind, name: id } as Line] as const
const directory: Directory = { ...arrangedDirectory, lines: new Map([line('cardiac-rehab', 'pifuCallBack'), line('cardiology', 'advice')]) }

async function opened(known: Directory = directory) {
  const world = await ArrangedWorld.open({ directory: () => known })
  const parts = {
    arranged: world.arranged,
    place: world.place,
    directory: () => known,
    store: { events: (callId: string) => Promise.resolve(world.log.of(callId)) },
    now: () => world.clock.now(),
  }
  return {
    world,
    parts,
    callBacks: callBackOperations(parts),
    patientConnects: patientConnectOperations(parts),
    callBackCodes: callBackCodeOperations(parts),
  }
}

const callBack = { line: 'cardiac-rehab', patientNumber: '07700 900123', dueAt: due }
const connect = { nhsNumber: '943 476 5919', patientNumber: '07700 900123', clinician: 'dr-okafor', validMinutes: 60 }

/** The result in short: `done`, or the refusal's code and field. */
function said(result: Result<unknown, RefusalCode>): string {
  return result.kind === 'done' ? 'done' : [result.code, ...(result.field === undefined ? [] : [result.field])].join(' ')
}

function value<T>(result: Result<T, RefusalCode>): T {
  if (result.kind === 'refused') throw new Error(result.message)
  return result.value
}

describe('a call-back', () => {
  it('is made of what people write, and the ledger says who made it', async () => {
    const { world, callBacks } = await opened()
    const made = value(
      await callBacks.make(secretary, { ...callBack, nhsNumber: '943 476 5919', clinician: 'dr-okafor', note: 'afternoons' }),
    )
    expect(made).toMatchObject({
      line: 'cardiac-rehab',
      patientNumber: patient,
      nhsNumber: '9434765919',
      clinician: 'dr-okafor',
      dueAt: Date.parse(due),
      note: 'afternoons',
    })
    expect(value(await callBacks.change(secretary, made.id, { note: null, clinician: 'dr-prasad' }))).toMatchObject({
      clinician: 'dr-prasad',
    })
    expect(value(await callBacks.find(made.id)).note).toBeUndefined()
    expect(said(await callBacks.cancel(secretary, made.id))).toBe('done')
    expect(world.ledger.kept.filter(({ subject }) => subject === made.id).map(({ type, actor }) => [type, actor])).toEqual(
      ['made', 'changed', 'closed'].map((type) => [type, secretary]),
    )
  })

  it.each([
    [{ line: 'nowhere' }, 'badInput line'],
    [{ line: 'cardiology' }, 'badInput line'],
    [{ patientNumber: 'the blue one' }, 'badInput patientNumber'],
    [{ patientNumber: '+1 212 555 0100' }, 'badInput patientNumber'],
    [{ nhsNumber: '943 476 5918' }, 'badInput nhsNumber'],
    [{ clinician: 'dr-nobody' }, 'badInput clinician'],
    [{ clinician: 'dr-quiet' }, 'badInput clinician'],
    [{ dueAt: 'tomorrow' }, 'badInput dueAt'],
    [{ dueAt: '2026-03-03T12:00:00Z' }, 'badInput dueAt'],
  ])('with %o is refused: %s', async (wrong, expected) => {
    const { world, callBacks } = await opened()
    const before = world.ledger.kept.length
    expect(said(await callBacks.make(secretary, { ...callBack, ...wrong }))).toBe(expected)
    expect(world.ledger.kept).toHaveLength(before)
  })

  it('is refused in words when it cannot be stored', async () => {
    const { world, callBacks } = await opened()
    const made = value(await callBacks.make(secretary, callBack))
    world.ledger.failing = 'disk is full'
    expect(await callBacks.make(secretary, callBack)).toEqual({
      kind: 'refused',
      code: 'storeUnavailable',
      message: 'The store cannot be asked: disk is full',
    })
    expect(said(await callBacks.change(secretary, made.id, { note: 'x' }))).toBe('storeUnavailable')
    expect(said(await callBacks.cancel(secretary, made.id))).toBe('storeUnavailable')
  })

  it('is started once, and its actor is the person who asked for it', async () => {
    const asked: (Actor | undefined)[] = []
    const { world, parts } = await opened()
    const callBacks = callBackOperations({ ...parts, place: (call, actor) => (asked.push(actor), world.place(call)) })
    const { id } = value(await callBacks.make(secretary, callBack))
    expect(said(await callBacks.start(secretary, { id }))).toBe('noClinician')
    expect(said(await callBacks.start(secretary, { id, clinician: 'dr-quiet' }))).toBe('badInput clinician')
    expect(await callBacks.start(secretary, { id, clinician: 'dr-okafor' })).toEqual({ kind: 'done', value: { callId: 'placed-1' } })
    expect(said(await callBacks.start(secretary, { id, clinician: 'dr-okafor' }))).toBe('notOpen')
    expect(said(await callBacks.cancel(secretary, id))).toBe('notOpen')
    expect(said(await callBacks.change(secretary, id, { note: 'x' }))).toBe('notOpen')
    expect(asked).toEqual([secretary])
  })

  it.each([
    ['closingDown', 'closingDown'],
    ['cannotKeep', 'storeUnavailable'],
  ] as const)('is not started where the engine refuses: %s', async (why, expected) => {
    const { parts } = await opened()
    const callBacks = callBackOperations({ ...parts, place: () => ({ kind: 'refused', why }) })
    const { id } = value(await callBacks.make(secretary, { ...callBack, clinician: 'dr-okafor' }))
    expect(said(await callBacks.start(secretary, { id }))).toBe(expected)
  })
})

describe('Patient Connect', () => {
  it('makes a PIN, and the ledger says who asked for it', async () => {
    const { world, patientConnects } = await opened()
    const made = value(await patientConnects.make(secretary, connect))
    expect(made).toMatchObject({
      patientNumber: patient,
      nhsNumber: '9434765919',
      clinician: 'dr-okafor',
      expiresAt: world.clock.now() + 60 * 60_000,
    })
    expect(made.pin).toMatch(/^\d{6}$/)
    expect(world.ledger.kept.at(-1)?.actor).toEqual(secretary)
  })

  it.each([
    [{ clinician: 'dr-nobody' }, 'badInput clinician'],
    [{ nhsNumber: '1' }, 'badInput nhsNumber'],
    [{ patientNumber: '' }, 'badInput patientNumber'],
  ])('with %o is refused: %s', async (wrong, expected) => {
    expect(said(await (await opened()).patientConnects.make(secretary, { ...connect, ...wrong }))).toBe(expected)
  })

  it('is not found under another kind’s id', async () => {
    const { callBacks, patientConnects, callBackCodes } = await opened()
    const { id } = value(await callBacks.make(secretary, callBack))
    for (const { find, cancel } of [patientConnects, callBackCodes])
      expect([said(await find(id)), said(await cancel(secretary, id))]).toEqual(['arrangementNotFound', 'arrangementNotFound'])
    expect(said(await patientConnects.start(secretary, { id }))).toBe('arrangementNotFound')
    expect(said(await callBacks.find(id))).toBe('done')
  })
})

describe('a call-back code', () => {
  const arrived = (more: Partial<Extract<CallFact, { type: 'call.arrived' }>> = {}): CallFact => ({
    type: 'call.arrived',
    kind: 'dialIn',
    callerNumber: '01632960701',
    dialledNumber: '01632960001',
    organisation: 'elm-row',
    source: 'udp:127.0.0.1:5060',
    ...more,
  })
  const chosen: CallFact = { type: 'line.chosen', line: 'cardiology', by: 'code' }
  const over: CallFact = { type: 'call.ended', ending: 'completed' }

  it('is for the clinician who asked for advice in a past call, on the number with the fewest codes', async () => {
    const { world, callBackCodes } = await opened()
    for (const fact of [arrived(), chosen, over]) await world.log.append('past', fact)
    expect(value(await callBackCodes.make(secretary, { call: 'past', validMinutes: 10 }))).toMatchObject({
      number: codeNumber,
      about: { call: 'past' },
      asked: { target: { kind: 'number', number: '+441632960701' } },
      line: 'cardiology',
      organisation: 'elm-row',
    })
    expect(world.ledger.kept.at(-1)?.actor).toEqual(secretary)
  })

  it('is for a thread elsewhere and the clinician it names', async () => {
    const { callBackCodes } = await opened()
    const thread = { thread: 't-1', validMinutes: 10 }
    expect(value(await callBackCodes.make(secretary, { ...thread, to: 'dr-okafor', line: 'cardiology' }))).toMatchObject({
      about: { thread: 't-1' },
      asked: { clinician: 'dr-okafor' },
      line: 'cardiology',
    })
    expect(value(await callBackCodes.make(secretary, { ...thread, to: '01632 960777', number: '01632 960001' }))).toMatchObject({
      asked: { target: { kind: 'number', number: '+441632960777' } },
      number: '+441632960001',
    })
  })

  it.each<[readonly CallFact[], string]>([
    [[], 'callNotFound call'],
    [[arrived(), chosen], 'badInput call'],
    [[arrived(), over], 'noAdviceCall'],
    [[arrived({ kind: 'pifuAnswer' }), chosen, over], 'noAdviceCall'],
    [[arrived(), { type: 'line.chosen', line: 'cardiac-rehab', by: 'code' }, over], 'noAdviceCall'],
    [[arrived({ callerNumber: '' }), chosen, over], 'notDialable'],
    [[arrived({ callerNumber: 'anonymous' }), chosen, over], 'notDialable'],
    [[arrived({ callerNumber: '0012125550100' }), chosen, over], 'notDialable'],
    [[arrived({ device: 'okafor-desk', callerNumber: '' }), chosen, over], 'done'],
  ])('of a call with the facts %o: %s', async (facts, expected) => {
    const { world, callBackCodes } = await opened()
    for (const fact of facts) await world.log.append('past', fact)
    expect(said(await callBackCodes.make(secretary, { call: 'past', validMinutes: 10 }))).toBe(expected)
  })

  it.each([
    [{ call: 'past', to: 'dr-okafor' }, 'badInput call'],
    [{}, 'badInput call'],
    [{ thread: 't' }, 'badInput call'],
    [{ thread: 't', to: 'dr-quiet' }, 'badInput to'],
    [{ thread: 't', to: 'nobody' }, 'badInput to'],
    [{ thread: 't', to: 'dr-okafor', line: 'nowhere' }, 'badInput line'],
    [{ thread: 't', to: 'dr-okafor', number: '01632960999' }, 'badInput number'],
  ])('for %o is refused: %s', async (given, expected) => {
    expect(said(await (await opened()).callBackCodes.make(secretary, { ...given, validMinutes: 10 }))).toBe(expected)
  })

  it('is not made while half of all codes are in use', async () => {
    const { world, callBackCodes } = await opened()
    for (let made = 0; made < 5_000; made++)
      await world.arranged.makeCallBackCode({ about: { thread: 't' }, asked: { clinician: 'dr-okafor' }, number: codeNumber, validMs: 1 })
    expect(said(await callBackCodes.make(secretary, { thread: 't', to: 'dr-okafor', validMinutes: 10 }))).toBe('codesUsedUp')
  })

  it('needs a number to key it on', async () => {
    const { callBackCodes } = await opened({
      ...directory,
      numbers: new Map([...directory.numbers].filter(([, { use }]) => use.kind !== 'callBackCode')),
    })
    expect(said(await callBackCodes.make(secretary, { thread: 't', to: 'dr-okafor', validMinutes: 10 }))).toBe('badInput number')
  })
})
