import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { credentialsOf, TestTrunk, type TrunkOptions } from '../contract/phone/trunk.js'
import { Engine, eventually, type ApiCall } from './engine.js'
import { Sipp } from './sipp.js'
import { world } from './world.js'

/** What a whole engine does with its trunks; every turn that a single call can take is in test/contract/trunk-contract.ts. */
describe('trunks, from the caller to the record', { timeout: 90_000 }, () => {
  let engine: Engine | undefined
  const trunks: TestTrunk[] = []
  const phones: TestPhone[] = []
  const sipps: Sipp[] = []

  afterEach(async () => {
    for (const phone of phones.splice(0)) phone.close()
    for (const trunk of trunks.splice(0)) trunk.close()
    for (const sipp of sipps.splice(0)) await sipp.stop()
    await engine?.dispose()
    engine = undefined
  })

  async function trunk(options: TrunkOptions = {}): Promise<TestTrunk> {
    const opened = await TestTrunk.open(options)
    trunks.push(opened)
    return opened
  }

  async function start(setting: string): Promise<Engine> {
    engine = await Engine.start({
      directory: world([
        {
          id: 'cardiology',
          code: '21',
          number: '4000',
          rota: ['01632 960123', '01632 960124'],
          ring: { ringSeconds: 10, totalSeconds: 60 },
        },
        { id: 'ent', code: '22', number: '4001', rota: ['01632 960125'], ring: { ringSeconds: 10 } },
      ]),
      env: { RINGROUND_TRUNKS: setting },
    })
    return engine
  }

  /** Rings a line, and waits until that call is over. */
  async function ring(running: Engine, dialled = '4000'): Promise<ApiCall> {
    const before = new Set((await running.list()).map(({ callId }) => callId))
    const phone = await TestPhone.open()
    phones.push(phone)
    const call = await phone.call(`sip:${dialled}@${running.sip}`)
    const found = await eventually(async () => {
      const [one] = (await running.list()).filter(({ callId }) => !before.has(callId))
      if (!one) return undefined
      const record = await running.call(one.callId)
      if (
        record.attempts.length > 0 &&
        record.attempts.every(({ result }) => result !== undefined) &&
        call.answeredAt !== undefined &&
        call.byeAt === undefined &&
        record.events.some(({ type }) => type === 'hunt.ended')
      )
        call.bye()
      return record.ending === undefined ? undefined : record
    }, 40_000)
    if (!found) throw new Error(`the call to ${dialled} did not end\n${running.log.slice(-3_000)}`)
    return found
  }

  const alarmsOf = async (running: Engine) =>
    ((await (await running.get('/readyz')).json()) as { alarms: { alarm: string; detail: string }[] }).alarms.filter(({ alarm }) =>
      alarm.startsWith('trunk.failing'),
    )

  it('a dead trunk costs the first specialist four seconds and the second none; an alarm is up until it carries a call again', async () => {
    const [dead, good] = [await trunk({ options: false }), await trunk()]
    good.onInvite = (invite) => invite.reply(486)
    const running = await start(`dead=${dead.address}, good=${good.address}`)
    const call = await ring(running)
    expect(call.attempts.map(({ result }) => result)).toEqual(['busy', 'busy'])
    const [first = 0, second = 0] = call.attempts.map(({ startedAt, endedAt = 0 }) => endedAt - startedAt)
    expect(first).toBeGreaterThan(3_500)
    expect(first).toBeLessThan(6_500)
    expect(second).toBeLessThan(2_000)
    expect(good.invites.map(({ dialled }) => dialled)).toEqual(['+441632960123', '+441632960124'])
    expect(await alarmsOf(running)).toMatchObject([
      { alarm: 'trunk.failing: dead', detail: expect.stringContaining('the trunk does not answer') as string },
    ])

    // It is there again, and the other one is not: it is tried all the same, and its alarm is over.
    dead.onInvite = (invite) => invite.reply(603)
    good.onInvite = (invite) => invite.reply(503)
    const again = await ring(running, '4001')
    expect(again.attempts.map(({ result }) => result)).toEqual(['declined'])
    expect((await alarmsOf(running)).map(({ alarm }) => alarm)).toEqual(['trunk.failing: good'])
    expect(running.log).toContain('alarm over')
    await running.stop()
  })

  it('a specialist behind the second trunk is rung, accepts and talks', async () => {
    const overloaded = await trunk()
    overloaded.onInvite = (invite) => invite.reply(503, 'Service Unavailable', [['Retry-After', '60']])
    const ward = await Sipp.specialist('accept-hang-up', { holdMs: 1_500 })
    sipps.push(ward)
    const running = await start(`overloaded=${overloaded.address}, ward=127.0.0.1:${ward.port}`)
    const caller = await Sipp.caller('talk', running.sip, '4001', { holdMs: 7_000 })
    sipps.push(caller)
    const call = await running.callTo('4001', (one) => one.ending !== undefined, 40_000)
    expect(call.ending).toBe('completed')
    expect(call.attempts.map(({ result }) => result)).toEqual(['accepted'])
    expect(overloaded.invites).toHaveLength(1)
    await ward.passed()
    expect(ward.messages).toContain('INVITE sip:+441632960125@')
    await running.stop()
  })

  it('wrong credentials fail over, are an alarm and stand in no log; right ones are taken', async () => {
    const [asking, spare] = [await trunk(), await trunk()]
    asking.onInvite = (invite) => {
      const given = credentialsOf(invite.message, 'correct-horse')
      if (given?.right) return invite.reply(486)
      invite.challenge(407, 'Digest realm="trunk.example", nonce="n1", algorithm=MD5, qop="auth"')
    }
    spare.onInvite = (invite) => invite.reply(486)
    const wrong = await start(`asking=ringround:hunter2@${asking.address}, spare=${spare.address}`)
    const call = await ring(wrong, '4001')
    expect(call.attempts.map(({ result }) => result)).toEqual(['busy'])
    expect([asking.invites.length, spare.invites.length]).toEqual([2, 1])
    expect(await alarmsOf(wrong)).toMatchObject([{ alarm: 'trunk.failing: asking', detail: expect.stringContaining('407') as string }])
    expect(`${wrong.log}${await (await wrong.get('/readyz')).text()}`).not.toContain('hunter2')
    await wrong.stop()

    const right = await start(`asking=ringround:correct-horse@${asking.address}, spare=${spare.address}`)
    expect((await ring(right, '4001')).attempts.map(({ result, status }) => [result, status])).toEqual([['busy', 486]])
    expect([asking.invites.length, spare.invites.length]).toEqual([4, 1])
    expect(await alarmsOf(right)).toEqual([])
    await right.stop()
  })

  it('when no trunk can be reached the record says that it was the trunk, and no telephone is blamed', async () => {
    const down = await trunk()
    down.onInvite = (invite) => invite.reply(500)
    const running = await start(`down=${down.address}`)
    for (let n = 0; n < 3; n += 1) {
      const call = await ring(running, '4001')
      expect(call.events.find(({ type }) => type === 'attempt.ended')).toMatchObject({ result: 'failed', fault: 'trunk', status: 500 })
    }
    expect((await alarmsOf(running)).map(({ alarm }) => alarm)).toEqual(['trunk.failing: down'])
    expect(await (await running.get('/api/watch-list')).json()).toMatchObject({ watched: [] })
    await running.stop()
  })

  it('a number that nobody has is put on the watch list by three calls, rung last, and cleared by hand', async () => {
    const main = await trunk()
    main.onInvite = (invite) => invite.reply(invite.dialled === '+441632960123' ? 404 : 486)
    const running = await start(`main=${main.address}`)
    for (let n = 0; n < 3; n += 1) await ring(running)
    const list = async () =>
      (
        (await (await running.get('/api/watch-list')).json()) as {
          watched: { id: string; label: string; number: string; failures: unknown[]; standsToday: { id: string }[] }[]
        }
      ).watched
    const [bad] = await list()
    expect(bad).toMatchObject({
      label: 'cardiology phone 1',
      number: '+44••••••••23',
      failures: [{ status: 404 }, { status: 404 }, { status: 404 }],
      standsToday: [{ id: 'cardiology' }],
    })
    main.invites.length = 0
    await ring(running)
    expect(main.invites.map(({ dialled }) => dialled)).toEqual(['+441632960124', '+441632960123'])
    const cleared = await running.ask(`/api/watch-list/${bad?.id ?? ''}/clear`, { method: 'POST' })
    expect(cleared.status).toBe(200)
    expect(await list()).toEqual([])
    main.invites.length = 0
    await ring(running)
    expect(main.invites.map(({ dialled }) => dialled)).toEqual(['+441632960123', '+441632960124'])
    await running.stop()
  })
})
