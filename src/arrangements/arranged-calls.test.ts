import { describe, expect, it } from 'vitest'
import { arrangedDirectory, ArrangedWorld, codeNumber, dialIn, patient } from '../../test/kit/arranged-world.js'
import type { Redeemed } from '../calls/arrangements.js'
import type { Arrangement } from '../facts/arrangement.js'
import { keysAreGood } from './arrangement.js'

const minute = 60_000
const hour = 60 * minute
const wrong: Redeemed = { kind: 'wrong', waitMs: 0 }

async function patientConnect(world: ArrangedWorld, more: { readonly clinician?: string; readonly validMs?: number } = {}) {
  const made = await world.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: patient,
    clinician: 'dr-prasad',
    validMs: hour,
    ...more,
  })
  if (made.kind !== 'made') throw new Error('no PIN was made')
  return made.arrangement
}

async function code(world: ArrangedWorld, more: { readonly number?: string; readonly validMs?: number } = {}) {
  const made = await world.arranged.makeCallBackCode({
    about: { call: 'past' },
    asked: { clinician: 'dr-okafor' },
    line: 'cardiology',
    organisation: 'elm-row',
    number: codeNumber,
    validMs: 10 * minute,
    ...more,
  })
  if (made.kind !== 'made') throw new Error('no code was made')
  return made.arrangement
}

const callBack = (world: ArrangedWorld) =>
  world.arranged.makeCallBack({ line: 'cardiac-rehab', patientNumber: patient, clinician: 'dr-okafor', dueAt: world.clock.now() + hour })

const stateOf = (world: ArrangedWorld, { id }: Pick<Arrangement, 'id'>) => world.arranged.stateOf(world.arranged.diary.get(id)!)

describe('a PIN of Patient Connect', () => {
  it('is granted on any Dial-In number of the clinician’s organisations, and nowhere else', async () => {
    const world = await ArrangedWorld.open()
    const { pin, id } = await patientConnect(world)
    expect(pin).toMatch(/^\d{6}$/)
    expect(await world.arranged.redeem(pin, world.at('a', { organisation: 'harbour-lane', dialledNumber: '01632960002' }))).toEqual(wrong)
    expect(await world.arranged.redeem(pin, world.atCodes('b'))).toEqual(wrong)
    expect(await world.arranged.redeem(pin, world.at('c', { organisation: 'mill-street', dialledNumber: '01632960003' }))).toEqual({
      kind: 'granted',
      arranged: { id, kind: 'patientConnect', targets: [{ kind: 'number', number: patient }], clinician: 'dr-prasad' },
    })
  })

  it('is given back by a call that ended without a conversation, and by one in which only the answerphone was reached', async () => {
    const world = await ArrangedWorld.open()
    const made = await patientConnect(world)
    expect((await world.arranged.redeem(made.pin, world.at('a'))).kind).toBe('granted')
    expect(await world.arranged.redeem(made.pin, world.at('b', { callerNumber: '01632960703' }))).toEqual(wrong)
    expect(stateOf(world, made)).toBe('inProgress')
    await world.ends('a')
    expect(stateOf(world, made)).toBe('open')
    expect((await world.arranged.redeem(made.pin, world.at('c'))).kind).toBe('granted')
    await world.ends('c', { talk: true, outcome: 'patient-unavailable' })
    expect((await world.arranged.redeem(made.pin, world.at('d'))).kind).toBe('granted')
    await world.ends('d', { talk: true })
    // They have spoken. Only the outcome is missing, and that does not run out.
    expect(await world.arranged.redeem(made.pin, world.at('e', { callerNumber: '01632960704' }))).toEqual(wrong)
    await world.clock.advance(2 * hour)
    expect(stateOf(world, made)).toBe('open')
    await world.log.append('d', { type: 'outcome.left', outcome: 'appointment-required', by: 'staff' })
    await world.settled()
    expect(stateOf(world, made)).toBe('done')
    expect(world.arranged.diary.get(made.id)?.tries).toMatchObject([
      { talked: false },
      { talked: true, outcome: 'patient-unavailable' },
      { talked: true, outcome: 'appointment-required' },
    ])
  })

  it('runs out', async () => {
    const world = await ArrangedWorld.open()
    const made = await patientConnect(world)
    await world.clock.advance(hour - 1)
    expect(keysAreGood(world.arranged.diary.get(made.id)!, world.clock.now())).toBe(true)
    await world.clock.advance(1)
    expect(stateOf(world, made)).toBe('expired')
    expect(await world.arranged.redeem(made.pin, world.at('a'))).toEqual(wrong)
    expect(await world.arranged.start(made.id, world.place)).toEqual({ kind: 'notOpen', state: 'expired' })
  })

  it('is granted to one of many calls that key it in the same moment', async () => {
    const world = await ArrangedWorld.open()
    const { pin } = await patientConnect(world)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        world.arranged.redeem(pin, world.at(`call-${index}`, { callerNumber: `0163296${String(1_000 + index)}` })),
      ),
    )
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(1)
    expect(world.ledger.kept.filter(({ type }) => type === 'begun')).toHaveLength(1)
  })
})

describe('a call-back code', () => {
  it('is good once, on its number only, however the trunk writes that; a right one is never charged', async () => {
    const world = await ArrangedWorld.open()
    const { code: keys, id } = await code(world)
    expect(keys).toMatch(/^\d{4}$/)
    expect(await world.arranged.redeem(keys, world.at('a', { callerNumber: '01632960705' }))).toEqual(wrong)
    expect(await world.arranged.redeem(keys, world.atCodes('b', { dialledNumber: '441632960099' }))).toEqual({
      kind: 'granted',
      arranged: {
        id,
        kind: 'callBackCode',
        targets: [{ kind: 'number', number: '+441632960501' }],
        line: 'cardiology',
        organisation: 'elm-row',
      },
    })
    expect(await world.arranged.redeem(keys, world.atCodes('c', { callerNumber: '01632960706' }))).toEqual(wrong)
    await world.ends('b')
    // Nobody was reached; the one use is over all the same.
    expect(stateOf(world, { id })).toBe('done')
    expect(await world.arranged.redeem(keys, world.atCodes('d', { callerNumber: '01632960707' }))).toEqual(wrong)
  })

  it('is on disk as used before it is granted; where the disk cannot say so, it is not granted and not used', async () => {
    const world = await ArrangedWorld.open()
    const { code: keys } = await code(world)
    world.ledger.failing = 'database or disk is full'
    for (let calls = 0; calls < 10; calls++)
      await expect(world.arranged.redeem(keys, world.atCodes(`full-${calls}`))).rejects.toThrow('disk is full')
    world.ledger.failing = undefined
    let granted = false
    world.ledger.beforeAppend = async () => {
      await Promise.resolve()
      expect(granted).toBe(false)
    }
    await world.arranged.redeem(keys, world.atCodes('a')).then(({ kind }) => {
      granted = kind === 'granted'
    })
    expect(granted).toBe(true)
    expect(world.ledger.kept.at(-1)).toMatchObject({ type: 'begun', data: { callId: 'a' } })
  })

  it('that was used before a restart is used after it', async () => {
    const world = await ArrangedWorld.open()
    const { code: keys, id } = await code(world)
    await world.arranged.redeem(keys, world.atCodes('a'))
    await world.again()
    expect(await world.arranged.redeem(keys, world.atCodes('b'))).toEqual(wrong)
    expect(stateOf(world, { id })).toBe('done')
  })

  it('is not given out again within a day, over a restart too; when half of them are, no more are made, and the alarm is up', async () => {
    let next = 0
    const world = await ArrangedWorld.open({ draw: () => next++ % 10_000 })
    for (let made = 0; made < 5_000; made++) await code(world, { validMs: 1 })
    next = 0
    expect(
      await world.arranged.makeCallBackCode({ about: { thread: 't' }, asked: { clinician: 'dr-okafor' }, number: codeNumber, validMs: 1 }),
    ).toEqual({ kind: 'usedUp' })
    expect(world.alarms.get(`codes.usedUp: code ${codeNumber}`)).toContain('5000 of 10000')
    await world.again()
    expect(
      (await world.arranged.makeCallBackCode({ about: { thread: 't' }, asked: { clinician: 'dr-okafor' }, number: codeNumber, validMs: 1 }))
        .kind,
    ).toBe('usedUp')
    expect((await code(world, { number: dialIn })).code).toBe('0000')
    await world.clock.advance(24 * hour)
    expect((await code(world)).code).toBe('0001')
    expect(world.alarms.has(`codes.usedUp: code ${codeNumber}`)).toBe(false)
  }, 60_000)

  it('on a Dial-In number is good for the registered telephones of that practice as well, whose guesses count together', async () => {
    const world = await ArrangedWorld.open()
    const { code: keys } = await code(world, { number: dialIn })
    const star = (callId: string, keyed: string) => ({ callId, callerNumber: callId, dialledNumber: `*${keyed}`, organisation: 'elm-row' })
    const wrongKeys = (index: number) => String((Number(keys) + 1 + index) % 10_000).padStart(4, '0')
    for (let guess = 0; guess < 29; guess++)
      expect((await world.arranged.redeem(wrongKeys(guess), star(`desk-${guess}`, wrongKeys(guess)))).kind).toBe('wrong')
    expect((await world.arranged.redeem(keys, { ...star('other', keys), organisation: 'mill-street' })).kind).toBe('wrong')
    expect((await world.arranged.redeem(keys, star('right', keys))).kind).toBe('granted')
    expect((await world.arranged.redeem(wrongKeys(30), star('last', wrongKeys(30)))).kind).toBe('wrongAndLocked')
    expect(world.alarms.get('codes.locked')).toContain('* of elm-row')
  })

  it('leads to every number of whoever asked, in their order', async () => {
    const okafor = arrangedDirectory.clinicians.get('dr-okafor')!
    const second = { kind: 'number', number: '+441632960509' } as const
    const world = await ArrangedWorld.open({
      directory: () => ({
        ...arrangedDirectory,
        clinicians: new Map([['dr-okafor', { ...okafor, numbers: [...okafor.numbers, second] }]]),
      }),
    })
    const { code: keys } = await code(world)
    expect(await world.arranged.redeem(keys, world.atCodes('a'))).toMatchObject({
      arranged: { targets: [{ number: '+441632960501' }, second] },
    })
  })

  it('any other number of digits is a wrong guess', async () => {
    const world = await ArrangedWorld.open()
    for (const keys of ['', '1', '12345', '1234567', '12a4', '１２３４']) {
      expect((await world.arranged.redeem(keys, world.atCodes('a'))).kind).toMatch(/wrong|locked/)
      await world.clock.advance(20_000)
    }
    expect(await world.arranged.redeem('1234', world.atCodes('a'))).toEqual({ kind: 'locked' })
  })
})

describe('a call-back', () => {
  it('is started once: of two starts in the same moment one wins', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    const started = await Promise.all([world.arranged.start(made.id, world.place), world.arranged.start(made.id, world.place, 'dr-prasad')])
    expect(started).toEqual([
      { kind: 'started', callId: 'placed-1' },
      { kind: 'notOpen', state: 'inProgress' },
    ])
    expect(world.placed).toEqual([
      { id: made.id, kind: 'callBack', targets: [{ kind: 'number', number: patient }], line: 'cardiac-rehab', clinician: 'dr-okafor' },
    ])
    // What the call then tells changes nothing of what is known.
    await world.log.append('placed-1', { type: 'call.placed', kind: 'pifuCallBack', arrangement: made.id, clinician: 'dr-okafor' })
    await world.settled()
    expect(world.arranged.diary.get(made.id)?.tries).toHaveLength(1)
    expect(await world.arranged.settle(made.id, 'cancelled')).toEqual({ kind: 'notOpen', state: 'inProgress' })
  })

  it('is done by an outcome, tried again without one or when the patient was not there, and comes back when the outcome is changed to that', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    await world.arranged.start(made.id, world.place)
    await world.ends('placed-1')
    expect(stateOf(world, made)).toBe('open')
    await world.arranged.start(made.id, world.place, 'dr-prasad')
    await world.ends('placed-2', { talk: true, outcome: 'patient-unavailable' })
    expect(stateOf(world, made)).toBe('open')
    await world.arranged.start(made.id, world.place)
    await world.ends('placed-3', { talk: true, outcome: 'patient-discharged' })
    expect(stateOf(world, made)).toBe('done')
    expect(world.arranged.diary.get(made.id)?.tries).toMatchObject([
      { callId: 'placed-1', talked: false },
      { callId: 'placed-2', clinician: 'dr-prasad' },
      { callId: 'placed-3', outcome: 'patient-discharged' },
    ])
    await world.log.append('placed-3', { type: 'outcome.left', outcome: 'patient-unavailable', by: 'staff' })
    await world.settled()
    expect(stateOf(world, made)).toBe('open')
  })

  it.each([
    ['before an engine starts again', 'follows', false],
    ['by an engine that is killed over it', 'killed', false],
    ['with a checkpoint written since it was settled', 'follows', true],
  ] as const)('that was settled days ago comes back when its outcome is taken back: %s', async (_when, engine, checkpoint) => {
    const world = await ArrangedWorld.open(checkpoint ? { entriesPerCheckpoint: 1 } : {})
    const made = await callBack(world)
    await world.arranged.start(made.id, world.place)
    await world.log.append('placed-1', { type: 'call.placed', kind: 'pifuCallBack', arrangement: made.id, clinician: 'dr-okafor' })
    await world.ends('placed-1', { talk: true, outcome: 'patient-discharged' })
    await world.clock.advance(5 * 24 * hour)
    // What is settled for this long is out of memory, and with a checkpoint in none that a start reads.
    await patientConnect(world)
    await world.settled()
    expect(world.arranged.diary.get(made.id)).toBeUndefined()
    if (engine === 'killed') await world.arranged.close()
    await world.log.append('placed-1', { type: 'outcome.left', outcome: 'patient-unavailable', by: 'staff' })
    const isOpen = () => {
      expect(world.arranged.list({ kind: 'callBack', states: ['open'] }).arrangements).toMatchObject([
        { id: made.id, tries: [{ callId: 'placed-1', outcome: 'patient-unavailable' }] },
      ])
    }
    if (engine === 'follows') {
      // Its facts are asked for first.
      await new Promise<void>((resolve) => setImmediate(resolve))
      await world.settled()
      isOpen()
    }
    await world.again()
    isOpen()
    expect(world.ledger.kept.filter(({ subject, type }) => subject === made.id && type === 'outcome')).toHaveLength(2)
    await world.again()
    isOpen()
    expect((await world.arranged.start(made.id, world.place)).kind).toBe('started')
  })

  it('is changed, closed or cancelled by hand while it is open, and not after that', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    expect(await world.arranged.change(made.id, { note: 'afternoons', clinician: null, dueAt: 5 })).toMatchObject({
      kind: 'changed',
      arrangement: { note: 'afternoons', dueAt: 5 },
    })
    expect(world.arranged.diary.get(made.id)).not.toHaveProperty('clinician')
    expect(await world.arranged.start(made.id, world.place)).toEqual({ kind: 'noClinician', clinician: undefined })
    expect(await world.arranged.start(made.id, world.place, 'dr-quiet')).toEqual({ kind: 'noClinician', clinician: 'dr-quiet' })
    expect((await world.arranged.settle(made.id, 'done')).kind).toBe('changed')
    expect(await world.arranged.change(made.id, { note: 'late' })).toEqual({ kind: 'notOpen', state: 'done' })
    expect(await world.arranged.settle('nobody', 'done')).toEqual({ kind: 'notFound' })
    expect(await world.arranged.start('nobody', world.place)).toEqual({ kind: 'notFound' })
    await world.again()
    expect(world.arranged.diary.get(made.id)).toMatchObject({ note: 'afternoons', closed: 'done' })
  })

  it('is changed and closed in one: on disk as one entry, or not at all', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    world.ledger.failing = 'disk is full'
    await expect(world.arranged.settle(made.id, 'done', { note: 'rang from home' })).rejects.toThrow('disk is full')
    world.ledger.failing = undefined
    expect(world.arranged.diary.get(made.id)).not.toHaveProperty('note')
    const entries = world.ledger.kept.length
    expect(await world.arranged.settle(made.id, 'done', { note: 'rang from home' })).toMatchObject({
      kind: 'changed',
      arrangement: { note: 'rang from home', closed: 'done' },
    })
    expect(world.ledger.kept).toHaveLength(entries + 1)
    await world.again()
    expect(world.arranged.diary.get(made.id)).toMatchObject({ note: 'rang from home', closed: 'done' })
  })

  it('is refused while the engine closes down, and stays open', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    expect(await world.arranged.start(made.id, () => ({ kind: 'refused', why: 'closingDown' }))).toEqual({ kind: 'closingDown' })
    expect(stateOf(world, made)).toBe('open')
  })

  it('that nobody could write down does not exist', async () => {
    const world = await ArrangedWorld.open()
    world.ledger.failing = 'disk is full'
    await expect(callBack(world)).rejects.toThrow('disk is full')
    expect(world.arranged.diary.size).toBe(0)
  })
})

describe('a patient’s request to be called back', () => {
  const request = (world: ArrangedWorld, callId: string, number = '07700900123') =>
    world.log.append(callId, { type: 'callBack.requested', line: 'epilepsy', number })

  it('is listed once it is told, and once only', async () => {
    const world = await ArrangedWorld.open()
    await request(world, 'a', patient)
    await world.settled()
    expect([...world.arranged.diary.values()]).toMatchObject([
      { id: 'request-a', kind: 'callBack', line: 'epilepsy', patientNumber: patient, madeBy: { kind: 'patient', call: 'a' } },
    ])
    await world.again()
    expect(world.arranged.diary.size).toBe(1)
    expect(world.ledger.kept.filter(({ type }) => type === 'made')).toHaveLength(1)
  })

  it('that the engine was killed over is there after the next start', async () => {
    const world = new ArrangedWorld()
    // No engine follows: the fact is on disk, and nothing else.
    await request(world, 'a', patient)
    await world.again()
    expect(world.arranged.diary.get('request-a')).toMatchObject({ patientNumber: patient })
  })

  it('survives a ledger that cannot be written: it is listed at once, owed, and written as soon as that is possible', async () => {
    const world = await ArrangedWorld.open()
    world.ledger.failing = 'disk is full'
    await request(world, 'a', patient)
    await request(world, 'b', '+447700900124')
    await world.settled()
    expect(world.arranged.diary.size).toBe(2)
    expect(world.alarms.get('arrangements.notKept')).toContain('2 steps')
    await expect(world.arranged.settle('request-a', 'done')).rejects.toThrow('disk is full')
    await world.clock.advance(25_000)
    await world.settled()
    expect(world.alarms.has('arrangements.notKept')).toBe(true)
    world.ledger.failing = undefined
    // What is written next about it comes after what is owed.
    expect((await world.arranged.settle('request-a', 'done')).kind).toBe('changed')
    await world.clock.advance(10_000)
    await world.settled()
    expect(world.alarms.has('arrangements.notKept')).toBe(false)
    expect(
      world.ledger.kept.filter(({ subject }) => subject.startsWith('request')).map(({ subject, type }) => `${subject} ${type}`),
    ).toEqual(['request-a made', 'request-a closed', 'request-b made'])
    await world.arranged.close()
  })

  it('with a number that cannot be dialled is kept, and started when it has another one', async () => {
    const world = await ArrangedWorld.open()
    await request(world, 'a', 'anonymous')
    await world.settled()
    expect(await world.arranged.start('request-a', world.place, 'dr-okafor')).toEqual({ kind: 'notDialable', number: 'anonymous' })
    await world.arranged.change('request-a', { patientNumber: patient })
    expect((await world.arranged.start('request-a', world.place, 'dr-okafor')).kind).toBe('started')
  })
})

describe('after a restart', () => {
  it('a call that ran is over, and what its facts say of it counts', async () => {
    const world = await ArrangedWorld.open()
    const [talked, silent, left] = [await callBack(world), await callBack(world), await callBack(world)]
    for (const { id } of [talked, silent, left]) await world.arranged.start(id, world.place)
    // The engine is killed now: what comes is on disk as facts, and nobody follows.
    await world.arranged.close()
    for (const [index, callId] of ['placed-1', 'placed-2', 'placed-3'].entries()) {
      if (index !== 1) await world.log.append(callId, { type: 'talk.started', attempt: '1' })
      if (index === 2) await world.log.append(callId, { type: 'outcome.left', outcome: 'patient-discharged', by: 'caller' })
      await world.log.append(callId, { type: 'call.ended', ending: 'interrupted' })
    }
    await world.again()
    expect([talked, silent, left].map((one) => stateOf(world, one))).toEqual(['open', 'open', 'done'])
    expect([talked, silent].map(({ id }) => world.arranged.diary.get(id)?.tries)).toMatchObject([
      [{ talked: true, ended: true }],
      [{ talked: false, ended: true }],
    ])
  })

  it('a call that was begun, and that the ledger never heard of, is a try', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    await world.arranged.close()
    await world.log.append('lost', { type: 'call.placed', kind: 'pifuCallBack', arrangement: made.id, clinician: 'dr-prasad' })
    await world.log.append('lost', { type: 'call.ended', ending: 'interrupted' })
    await world.again()
    expect(world.arranged.diary.get(made.id)?.tries).toMatchObject([{ callId: 'lost', clinician: 'dr-prasad', ended: true }])
    expect(stateOf(world, made)).toBe('open')
  })

  it('a call that ends while its PIN is being written down gives the PIN back', async () => {
    const world = await ArrangedWorld.open()
    const made = await patientConnect(world)
    let goOn: () => void = () => undefined
    world.ledger.beforeAppend = () => new Promise((resolve) => (goOn = resolve))
    const redeemed = world.arranged.redeem(made.pin, world.at('a'))
    await Promise.resolve()
    await world.log.append('a', { type: 'call.ended', ending: 'abandonedInMenu' })
    world.ledger.beforeAppend = () => Promise.resolve()
    goOn()
    expect((await redeemed).kind).toBe('granted')
    await world.settled()
    expect(stateOf(world, made)).toBe('open')
  })
})
