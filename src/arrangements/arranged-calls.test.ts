import { describe, expect, it } from 'vitest'
import { arrangedDirectory, ArrangedWorld, codeNumber, dialIn, patient } from '../../test/kit/arranged-world.js'
import { keysAreGood } from './arrangement.js'
import { hour, wrong, patientConnect, code, stateOf } from '../../test/kit/arranging.js'

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
    // Nobody was reached, but the one use is over.
    expect(stateOf(world, { id })).toBe('done')
    expect(await world.arranged.redeem(keys, world.atCodes('d', { callerNumber: '01632960707' }))).toEqual(wrong)
  })

  it('is on disk as used before it is granted; if the disk cannot confirm it, it is neither granted nor used', async () => {
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

  it('used before a restart stays used after it', async () => {
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

  it('leads to every number of the clinician who asked, in their order', async () => {
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
