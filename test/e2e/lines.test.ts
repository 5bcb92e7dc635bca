import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from './engine.js'
import { freePort } from './free-ports.js'
import { Sipp } from './sipp.js'
import { world } from './world.js'

describe('what a phone line may bring', { timeout: 60_000 }, () => {
  let engine: Engine
  let wards: readonly number[]
  beforeAll(async () => {
    wards = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    engine = await Engine.start({
      directory: world([
        { id: 'cardiology', code: '21', number: '4000', rota: [`sip:ward@127.0.0.1:${wards[0] ?? 0}`] },
        { id: 'lossy', code: '22', number: '4001', rota: wards.slice(1).map((port) => `sip:ward@127.0.0.1:${port}`) },
      ]),
    })
  })
  afterAll(async () => {
    try {
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  for (const transport of ['udp', 'tcp'] as const) {
    for (const scenario of [
      'options',
      'no-common-codec',
      'no-audio',
      'broken-sdp',
      'required-extension',
      'unknown-method',
      'no-from-tag-dialog',
    ]) {
      it(`${scenario}, over ${transport.toUpperCase()}`, async () =>
        (await Sipp.line(scenario, engine.sip, '4000', { transport })).passed())
    }
    it(`a number that nobody has, over ${transport.toUpperCase()}`, async () =>
      (await Sipp.line('unknown-number', engine.sip, '8888', { transport })).passed())
  }
  // In a stream of TCP a message that cannot be read ends the connection: these are for datagrams.
  for (const scenario of ['no-cseq', 'wrong-cseq', 'garbage'])
    it(`${scenario}, over UDP`, async () => (await Sipp.line(scenario, engine.sip, '4000')).passed())

  it('an INVITE without a hop left', async () => (await Sipp.line('too-many-hops', engine.sip, '4000')).passed())

  it('a refused caller is kept in the records as such', async () => {
    const endings = (await engine.list()).map((call) => call.ending)
    expect(endings).toContain('unknownNumber')
    expect(endings).toContain('noCommonCodec')
  })

  it('calls go through when one in ten SIP messages is lost, both ways', async () => {
    const options = { lossPercent: 10, withinMs: 55_000 }
    const phones = await Promise.all([
      Sipp.specialist('busy', { ...options, port: wards[1] ?? 0 }),
      Sipp.specialist('accept-hang-up', { ...options, holdMs: 1_500, port: wards[2] ?? 0 }),
    ])
    try {
      // The specialist hangs up after a while, and so does the GP when asked for the outcome.
      const caller = await Sipp.caller('talk', engine.sip, '4001', { ...options, holdMs: 9_000 })
      const call = await engine.callTo('4001', (one) => one.ending !== undefined, 50_000)
      expect(call.ending).toBe('completed')
      expect(call.attempts.map((attempt) => attempt.result)).toEqual(['busy', 'accepted'])
      await caller.stop()
    } finally {
      await Promise.all(phones.map(async (phone) => phone.stop()))
    }
  })
})
