import { describe, expect, it } from 'vitest'
import { ArrangedWorld, patient } from '../../test/kit/arranged-world.js'
import { hour, patientConnect, callBack, stateOf } from '../../test/kit/arranging.js'

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
    // The call's later facts change nothing.
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
    // What has been settled for this long is out of memory, and after a checkpoint a start does not read it.
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

  it('is changed and closed in one write: on disk as one entry, or not at all', async () => {
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

  it('that could not be stored does not exist', async () => {
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
    // No engine follows: only the fact is on disk.
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
