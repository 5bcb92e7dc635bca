import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { Leg, PlainSwitch } from '../../src/switch/port.js'
import { startEmbedded } from './embedded-servers.js'
import { TestPhone, type PhoneCall } from './phone/phone.js'
import { serversOfEnvironment } from './servers.js'
import type { Servers } from './socket-world.js'

/** Whether an engine still has its calls, as a test says. */
class Doubt {
  certain = true
  #settle: (goesOn: boolean) => void = () => undefined
  #settled: Promise<boolean> = Promise.resolve(true)

  begin(): void {
    this.certain = false
    this.#settled = new Promise((resolve) => (this.#settle = resolve))
  }

  end(goesOn: boolean): void {
    this.certain = goesOn
    this.#settle(goesOn)
  }

  whenCertain(): Promise<boolean> {
    return this.#settled
  }
}

describe('an engine that may have lost its calls says nothing to drachtio-server or FreeSWITCH', { timeout: 60_000 }, () => {
  let servers: Servers
  let phone: TestPhone
  let doubt: Doubt
  let telephone: PlainSwitch
  let leg: Leg
  let party: PhoneCall
  beforeEach(async () => {
    ;[servers, phone] = await Promise.all([serversOfEnvironment() ?? startEmbedded(), TestPhone.open()])
    doubt = new Doubt()
    telephone = connectDrachtioSwitch({ servers: [servers.set], trunks: [], certainty: doubt })
    const answered = new Promise<Leg>((resolve, reject) => {
      telephone.onIncoming(async (call) => {
        const answer = await call.answer()
        if (answer.kind === 'answered') resolve(answer.leg)
        else reject(new Error(answer.kind))
      })
    })
    expect(await whenReady(telephone, 20_000)).toBe(true)
    party = await phone.call(`sip:4000@${servers.sip.address}:${servers.sip.port}`)
    await party.answered()
    leg = await answered
  })
  afterEach(async () => {
    phone.close()
    await telephone.close()
    await servers.stop()
  })
  const soon = () => new Promise((resolve) => setTimeout(resolve, 500))
  const heard = (since: number) => party.media.samplesSince(since).some((sample) => Math.abs(sample) > 500)

  it('until it is certain that it has them: then all of it is said, in its order', async () => {
    doubt.begin()
    const since = performance.now()
    void leg.play([{ kind: 'tone', tone: 'beep' }])
    await soon()
    expect(heard(since)).toBe(false)
    doubt.end(true)
    await expect.poll(() => heard(since)).toBe(true)
    doubt.begin()
    void leg.close()
    await soon()
    expect(party.byeAt).toBeUndefined()
    expect(await servers.channels()).toBeGreaterThan(0)
    doubt.end(true)
    await expect.poll(() => party.byeAt).toBeDefined()
  })

  it('and never, when it has lost them', async () => {
    doubt.begin()
    void leg.close()
    doubt.end(false)
    const since = performance.now()
    void leg.play([{ kind: 'tone', tone: 'beep' }])
    const rung = telephone.dial(
      { kind: 'uri', uri: phone.uri },
      { from: { number: '+441632960000' }, ringMs: 5_000, signal: new AbortController().signal },
    )
    await soon()
    await soon()
    expect(party.byeAt).toBeUndefined()
    expect(heard(since)).toBe(false)
    expect(phone.calls.filter(({ incoming }) => incoming)).toEqual([])
    void rung.catch(() => undefined)
  })
})
