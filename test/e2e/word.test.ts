import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav } from '../../src/embedded/protocols/rtp/wav.js'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine } from './engine.js'
import { msOfTone } from './listening.js'
import { namedServers } from './named-servers.js'
import { world } from './world.js'

const gpTone = 530
const wardTone = 1_100
/** No voice is as loud at one frequency. */
const loud = 4_000
/** Sentences are put together from pieces: shorter silences are in between. */
const pauseMs = 800

describe('press or say one', { timeout: 90_000 }, () => {
  let engine: Engine
  let gp: TestPhone
  let ward: TestPhone
  let one: Int16Array
  let greeting: Int16Array
  beforeAll(async () => {
    gp = await TestPhone.open()
    ward = await TestPhone.open()
    one = await spoken('digit-1')
    greeting = Int16Array.from([...(await spoken('no-lines')), ...(await spoken('digit-1'))])
    const ring = { ringSeconds: 10, acceptSeconds: 40, totalSeconds: 90 }
    engine = await Engine.start({
      ...namedServers(),
      directory: world([
        { id: 'cardiology', code: '21', number: '4000', rota: [ward.uri], ring, spokenWord: 'offers' },
        { id: 'stroke', code: '23', number: '4002', rota: [ward.uri], ring, spokenWord: 'offers' },
        { id: 'renal', code: '22', number: '4001', rota: [ward.uri], ring: { ...ring, acceptSeconds: 20 }, spokenWord: 'offers' },
      ]),
    })
  })
  afterAll(async () => {
    try {
      for (const phone of [gp, ward]) phone.close()
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  async function spoken(prompt: string): Promise<Int16Array> {
    const { channels } = await readWav(fileURLToPath(new URL(`../../prompts/rendered/${prompt}.wav`, import.meta.url)))
    return channels[0] ?? new Int16Array()
  }

  async function rings(number: string): Promise<{ readonly caller: PhoneCall; readonly called: PhoneCall; readonly answeredAt: number }> {
    const caller = await gp.call(`sip:${number}@${engine.sip}`)
    await caller.answered()
    caller.media.tones = [gpTone]
    const called = await ward.nextCall(10_000)
    called.answer()
    return { caller, called, answeredAt: performance.now() }
  }

  async function hears(call: PhoneCall, hz: number, since: number): Promise<void> {
    await expect.poll(() => msOfTone(hz, call.media.samplesSince(since), loud), { timeout: 10_000 }).toBeGreaterThan(300)
  }

  const listening = () => readdirSync(join(engine.folder, 'data', 'spool')).filter((name) => name.startsWith('listening-'))

  it('a specialist whose hands are busy says one, is asked for the key, and is connected by it; nothing of what they said is kept', async () => {
    // The recogniser starts with the first whisper that could ask for the word.
    for (let listened = false, tries = 0; !listened && tries < 10; tries++) {
      const first = await rings('4002')
      await delay(1_000)
      listened = listening().length > 0
      first.called.bye()
      first.caller.bye()
      await expect.poll(listening).toEqual([])
    }
    const { caller, called, answeredAt } = await rings('4000')
    await called.media.hearsOut(3_000, pauseMs, answeredAt)
    expect(listening()).toHaveLength(1)
    const saidAt = await called.media.say(one)
    await called.media.hearsOut(1_000, pauseMs, saidAt)
    await called.media.press('1')
    await hears(called, gpTone, saidAt)
    called.media.tones = [wardTone]
    await hears(caller, wardTone, saidAt)
    await expect.poll(listening).toEqual([])
    caller.bye()
    await delay(100)
    called.bye()
    const call = await engine.callTo('4000', ({ ending, acceptedBy }) => ending !== undefined && acceptedBy !== undefined, 20_000)
    expect(call.attempts[0]?.proof?.heard).toMatchObject({ kind: 'key', key: '1' })
    expect(call.events.filter(({ type }) => type === 'whisper.word')).toHaveLength(1)
  })

  it('a voicemail that says one accepts nothing, and is not asked for the word any more', async () => {
    const { caller, called, answeredAt } = await rings('4001')
    await called.media.say(greeting)
    await called.media.hearsOut(3_000, pauseMs, answeredAt)
    for (let time = 0; time < 3; time++) {
      await called.media.say(one)
      await delay(2_000)
    }
    const call = await engine.callTo('4001', ({ ending }) => ending !== undefined, 60_000)
    caller.bye()
    expect(call.attempts[0]).toMatchObject({ result: 'notAccepted' })
    expect(call.events.filter(({ type }) => type === 'whisper.keyOnly')).toHaveLength(1)
    expect(listening()).toEqual([])
  })
})
