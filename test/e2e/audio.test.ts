import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type CallOptions, type PhoneCall } from '../contract/phone/phone.js'
import { Baresip } from './baresip.js'
import { delay, Engine } from './engine.js'
import { decodeMp3, longestGapMs, msOfTone } from './listening.js'
import { LossyWire } from './lossy-wire.js'
import { world } from './world.js'

/** What each side sends, Hz. Far from each other, from the ringing tone (400+450) and from the keys. */
const gpTone = 530
const wardTone = 1_100
const announcementTone = 1_750
/** The phones' tones have an amplitude of 8,000; no single frequency of a spoken sentence comes near this. */
const tone = 4_000

describe('who hears whom', { timeout: 60_000 }, () => {
  let engine: Engine
  let gp: TestPhone
  let ward: TestPhone
  let second: TestPhone
  const wires: LossyWire[] = []
  const baresips: Baresip[] = []
  let specialist: Baresip
  beforeAll(async () => {
    gp = await TestPhone.open()
    ward = await TestPhone.open()
    second = await TestPhone.open()
    specialist = await Baresip.start({ tone: wardTone, autoAnswer: true })
    engine = await Engine.start({
      directory: world([
        ...Array.from({ length: 8 }, (_, n) => ({ id: `line-${n}`, code: String(20 + n), number: String(4_000 + n), rota: [ward.uri] })),
        { id: 'two', code: '40', number: '4100', rota: [ward.uri, second.uri] },
        { id: 'baresip', code: '41', number: '4101', rota: [specialist.address] },
        { id: 'baresip-again', code: '42', number: '4102', rota: [specialist.address] },
        { id: 'whole', code: '43', number: '4103', rota: [ward.uri], recordFrom: 'answer' as const },
      ]),
    })
  })
  afterEach(async () => {
    for (const wire of wires.splice(0)) wire.close()
    for (const phone of baresips.splice(0)) await phone.stop()
  })
  afterAll(async () => {
    try {
      await specialist.stop()
      for (const phone of [gp, ward, second]) phone.close()
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  async function ring(number: string, options: CallOptions = {}): Promise<PhoneCall> {
    const call = await gp.call(`sip:${number}@${engine.sip}`, options)
    await call.answered()
    call.media.tones = [gpTone]
    return call
  }

  async function accept(phone: TestPhone, options: { readonly laws?: readonly ('PCMA' | 'PCMU')[] } = {}): Promise<PhoneCall> {
    const call = await phone.nextCall(8_000)
    call.answer(options)
    call.media.tones = [wardTone]
    await delay(600)
    await call.media.press('1')
    return call
  }

  async function hearEachOther(caller: PhoneCall, called: PhoneCall): Promise<void> {
    await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
  }

  /** The GP hangs up, the specialist leaves no outcome and hangs up too. @returns the call with its recording ready */
  async function end(number: string, caller: PhoneCall, called: PhoneCall) {
    caller.bye()
    await delay(100)
    called.bye()
    return engine.callTo(number, (call) => call.ending !== undefined && call.recordings[0]?.state === 'ready', 15_000)
  }

  it('each hears the other, not a moment before acceptance, and the recording holds each on a side of its own', async () => {
    const caller = await ring('4000')
    const called = await ward.nextCall()
    called.answer()
    called.media.tones = [wardTone]
    await delay(1_500)
    expect(msOfTone(wardTone, caller.media.samplesSince(0), tone)).toBe(0)
    expect(msOfTone(gpTone, called.media.samplesSince(0), tone)).toBe(0)
    await called.media.press('1')
    await hearEachOther(caller, called)
    const connected = performance.now()
    await delay(4_000)
    expect(msOfTone(wardTone, caller.media.samplesSince(connected), tone)).toBeGreaterThan(3_700)
    expect(msOfTone(gpTone, called.media.samplesSince(connected), tone)).toBeGreaterThan(3_700)
    const call = await end('4000', caller, called)

    const mp3 = decodeMp3(await engine.mp3(call.callId))
    const [left = new Int16Array(), right = new Int16Array()] = mp3.channels
    expect(mp3.rate).toBe(8_000)
    expect(mp3.channels).toHaveLength(2)
    expect(msOfTone(gpTone, left)).toBeGreaterThan(3_700)
    expect(msOfTone(wardTone, right)).toBeGreaterThan(3_700)
    expect(msOfTone(wardTone, left)).toBe(0)
    expect(msOfTone(gpTone, right)).toBe(0)
    expect(Math.abs(mp3.seconds * 1_000 - (call.talkMs ?? 0))).toBeLessThan(500)
    expect(Math.abs(mp3.seconds - (call.recordings[0]?.seconds ?? 0))).toBeLessThan(0.3)
    expect(longestGapMs(gpTone, left)).toBeLessThanOrEqual(60)
  })

  it('A-law on one side and mu-law on the other', async () => {
    const caller = await ring('4001', { laws: ['PCMU'] })
    const called = await accept(ward, { laws: ['PCMA'] })
    await hearEachOther(caller, called)
    await delay(1_500)
    const call = await end('4001', caller, called)
    const [left = new Int16Array(), right = new Int16Array()] = decodeMp3(await engine.mp3(call.callId)).channels
    expect(msOfTone(gpTone, left)).toBeGreaterThan(1_200)
    expect(msOfTone(wardTone, right)).toBeGreaterThan(1_200)
  })

  it('the GP hears one ringing from the choice of the line to acceptance, without a restart at the next phone and without a gap', async () => {
    const caller = await ring('4100')
    const ringing = caller.answeredAt ?? 0
    const first = await ward.nextCall()
    await delay(3_000)
    first.reject(486, 'Busy Here')
    const called = await accept(second)
    await hearEachOther(caller, called)
    // UK ringing: 0.4 s on, 0.2 off, 0.4 on, 2 off. Silence is never longer than those 2 s.
    expect(caller.media.longestGapMs(ringing)).toBeLessThan(2_400)
    await end('4100', caller, called)
  })

  it('an announcement that a phone plays before it is answered never reaches the GP', async () => {
    const caller = await ring('4002')
    const called = await ward.nextCall()
    called.media.tones = [announcementTone]
    called.earlyMedia()
    await delay(1_500)
    called.media.tones = [wardTone]
    called.answer()
    await delay(600)
    await called.media.press('1')
    await hearEachOther(caller, called)
    expect(msOfTone(announcementTone, caller.media.samplesSince(0), tone)).toBe(0)
    await end('4002', caller, called)
  })

  it('five per cent of the packets lost on both wires: the key is heard, each hears the other, the recording keeps time', async () => {
    for (const [n, number] of ['4003', '4004'].entries()) {
      const caller = await ring(number)
      const called = await ward.nextCall()
      called.answer()
      called.media.tones = [wardTone]
      for (const [side, phone] of [caller, called].entries()) {
        if (!phone.media.remote) throw new Error('no audio was agreed on')
        const wire = await LossyWire.between(phone.media.remote, 0.05, 1 + n * 2 + side)
        wires.push(wire)
        // Its voice comes from another port from now on: so it says, or nobody would listen to that.
        await phone.reinvite('sendrecv', wire.near)
        phone.media.remote = wire.near
      }
      await delay(600)
      await called.media.press('1')
      await hearEachOther(caller, called)
      await delay(3_000)
      const call = await end(number, caller, called)
      expect(call.attempts[0]?.proof?.heard).toMatchObject({ key: '1', source: 'rfc4733' })
      const mp3 = decodeMp3(await engine.mp3(call.callId))
      const [left = new Int16Array(), right = new Int16Array()] = mp3.channels
      expect(wires.every((wire) => wire.lost > 5)).toBe(true)
      expect(msOfTone(gpTone, left)).toBeGreaterThan(2_400)
      expect(msOfTone(wardTone, right)).toBeGreaterThan(2_400)
      expect(Math.abs(mp3.seconds * 1_000 - (call.talkMs ?? 0))).toBeLessThan(500)
    }
  })

  it('a line that records from the answer keeps the time of ringing too', async () => {
    const caller = await ring('4103')
    await delay(2_000)
    const called = await accept(ward)
    await hearEachOther(caller, called)
    await delay(1_000)
    const call = await end('4103', caller, called)
    const mp3 = decodeMp3(await engine.mp3(call.callId))
    expect(mp3.seconds).toBeGreaterThan(3)
    expect(msOfTone(gpTone, mp3.channels[0] ?? new Int16Array())).toBeGreaterThan(3_000)
  })

  it('a telephone that shares nothing with ours: baresip rings, baresip answers and presses 1, each hears the other', async () => {
    const caller = await Baresip.start({ tone: gpTone })
    baresips.push(caller)
    caller.dial(`sip:4101@${engine.sip}`)
    await caller.hasSeen('CALL_ESTABLISHED')
    await specialist.hasSeen('CALL_ESTABLISHED')
    await delay(1_000)
    specialist.press('1')
    await engine.callTo('4101', (call) => call.attempts[0]?.result === 'accepted')
    await delay(3_500)
    caller.hangUp()
    await caller.hasSeen('CALL_CLOSED')
    await delay(200)
    specialist.hangUp()
    const call = await engine.callTo('4101', (one) => one.ending === 'completed' && one.recordings[0]?.state === 'ready', 15_000)
    await specialist.hasSeen('CALL_CLOSED')
    expect(msOfTone(wardTone, caller.heard())).toBeGreaterThan(2_500)
    expect(msOfTone(gpTone, specialist.heard())).toBeGreaterThan(2_500)
    const [left = new Int16Array(), right = new Int16Array()] = decodeMp3(await engine.mp3(call.callId)).channels
    expect(msOfTone(gpTone, left)).toBeGreaterThan(2_500)
    expect(msOfTone(wardTone, right)).toBeGreaterThan(2_500)
  })

  it('baresip with mu-law puts the call on hold and takes it back: the call goes on', async () => {
    const caller = await Baresip.start({ tone: gpTone, codec: 'PCMU' })
    baresips.push(caller)
    caller.dial(`sip:4102@${engine.sip}`)
    await caller.hasSeen('CALL_ESTABLISHED')
    await delay(1_500)
    specialist.press('1')
    await engine.callTo('4102', (call) => call.attempts[0]?.result === 'accepted')
    await delay(1_500)
    caller.hold()
    await delay(1_000)
    caller.resume()
    await delay(1_500)
    caller.hangUp()
    await caller.hasSeen('CALL_CLOSED')
    await delay(200)
    specialist.hangUp()
    const call = await engine.callTo('4102', (one) => one.ending === 'completed' && one.recordings[0]?.state === 'ready', 15_000)
    // On hold baresip 1.0 sends nothing, and after it writes nothing down of what it hears after a hold: the recording tells what was sent to it.
    expect(msOfTone(wardTone, caller.heard())).toBeGreaterThan(1_200)
    expect(msOfTone(gpTone, decodeMp3(await engine.mp3(call.callId)).channels[0] ?? new Int16Array())).toBeGreaterThan(2_400)
  })

  it('on hold nobody hears the one who waits; taken back, each hears the other again', async () => {
    const caller = await ring('4005')
    const called = await accept(ward)
    await hearEachOther(caller, called)
    for (const [holder, heard] of [
      [caller, wardTone],
      [called, gpTone],
    ] as const) {
      await holder.reinvite('sendonly')
      const held = performance.now() + 100
      await delay(700)
      expect(msOfTone(heard, holder.media.samplesSince(held), tone)).toBe(0)
      await holder.reinvite('sendrecv')
      const back = performance.now()
      await delay(1_000)
      expect(msOfTone(wardTone, caller.media.samplesSince(back), tone)).toBeGreaterThan(700)
      expect(msOfTone(gpTone, called.media.samplesSince(back), tone)).toBeGreaterThan(700)
    }
    await end('4005', caller, called)
  })
})
