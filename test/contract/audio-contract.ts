import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Heard, Leg } from '../../src/switch/port.js'
import type { CallOptions, PhoneCall } from './phone/phone.js'
import { until } from './phone/phone.js'
import { PhoneMedia } from './phone/media.js'
import { header, status } from './phone/message.js'
import { read } from './phone/sdp.js'
import { amplitudeOf } from './phone/sound.js'
import { legOf, never } from './port-contract.js'
import type { SocketWorld } from './socket-world.js'

const from = { number: '+441632960000', displayName: 'Advice line' }

/** What the port means in sound and on the wire: phones hear each other, keys in every form, recordings, holds, headers. */
export function audioContract(name: string, open: () => Promise<SocketWorld>): void {
  describe(`sound and signalling of ${name}`, () => {
    let world: SocketWorld

    beforeAll(async () => {
      world = await open()
    })
    afterEach(async () => {
      expect(await world.leaks()).toEqual([])
    })
    afterAll(() => world.close())

    async function answeredCaller(options: CallOptions = {}): Promise<{ phone: PhoneCall; leg: Leg; done: () => void }> {
      let done: () => void = () => undefined
      const answering = new Promise<Leg>((resolve, reject) => {
        world.switch.onIncoming((call) => {
          call
            .answer()
            .then((result) => resolve(legOf(result)))
            .catch(reject)
          return new Promise<void>((finish) => (done = finish))
        })
      })
      const phone = await world.place(options)
      const leg = await world.settled(answering)
      await phone.answered()
      return { phone, leg, done: () => done() }
    }

    async function answeredPhone(prepare: (call: PhoneCall) => void = (call) => call.answer()): Promise<{ phone: PhoneCall; leg: Leg }> {
      const telephone = await world.telephone()
      telephone.onCall = prepare
      const dialling = world.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 8_000, signal: never() })
      const phone = await telephone.nextCall()
      return { phone, leg: legOf(await world.settled(dialling)) }
    }

    async function closed(...legs: Leg[]): Promise<void> {
      await world.settled(Promise.all(legs.map((leg) => leg.close())))
    }

    describe('what is heard', () => {
      it('is the pieces in their order, with hardly a gap, and ringing right behind', async () => {
        const { phone, leg, done } = await answeredCaller()
        const began = performance.now()
        const playing = leg.play([world.file(400, 600), world.file(400, 1_000), { kind: 'tone', tone: 'ringback' }])
        await phone.media.hears(450, 4_000, began)
        await world.elapse(100)
        const heard = phone.media.packets.filter((packet) => packet.at >= began)
        const last = (frequency: number) => heard.filter((packet) => amplitudeOf(frequency, packet.samples) > 1_500).at(-1)!
        const first = (frequency: number) => heard.find((packet) => amplitudeOf(frequency, packet.samples) > 1_500)!
        // In time stamps, which a slow test process cannot stretch.
        const gapMs = (one: number, other: number) => ((first(other).timestamp - last(one).timestamp) >>> 0) / 8 - 20
        // A file takes 250 ms to begin, or a list starts again: those are the faults looked for. What a busy machine adds is not.
        expect(gapMs(600, 1_000)).toBeLessThanOrEqual(400)
        expect(gapMs(1_000, 450)).toBeLessThanOrEqual(400)
        expect(new Set(heard.map((packet) => packet.ssrc)).size).toBe(1)
        await closed(leg)
        expect((await world.settled(playing)).kind).toBe('hungUp')
        done()
      })

      it('is the British ringing tone: 400 and 450 Hz, 0.4 on, 0.2 off, 0.4 on, 2 off', async () => {
        const { phone, leg, done } = await answeredCaller()
        const began = performance.now()
        void leg.play([{ kind: 'tone', tone: 'ringback' }])
        await phone.media.hears(400, 2_000, began)
        await world.elapse(3_400)
        const loud = phone.media.packets
          .filter((packet) => packet.at >= began)
          .map((packet) => amplitudeOf(400, packet.samples) > 500 && amplitudeOf(450, packet.samples) > 500)
        const start = loud.indexOf(true)
        const runs: [boolean, number][] = []
        for (const on of loud.slice(start)) {
          const run = runs.at(-1)
          if (run?.[0] === on) run[1] += 20
          else runs.push([on, 20])
        }
        for (const [index, [on, ms]] of [
          [true, 400],
          [false, 200],
          [true, 400],
          [false, 2_000],
        ].entries() as IterableIterator<[number, [boolean, number]]>) {
          expect(runs[index]?.[0]).toBe(on)
          expect(Math.abs(runs[index]![1] - ms)).toBeLessThanOrEqual(60)
        }
        await closed(leg)
        done()
      })

      it('says which file is missing', async () => {
        const { leg, done } = await answeredCaller()
        const played = await world.settled(
          leg.play([world.file(100), { kind: 'file', path: `${world.folder}/nowhere.wav` }, world.file(100)]),
        )
        expect(played).toMatchObject({ kind: 'failed' })
        expect(played.kind === 'failed' && played.why).toContain('nowhere.wav')
        expect((await world.settled(leg.play([world.file(100)]))).kind).toBe('finished')
        await closed(leg)
        done()
      })

      it('stops soon after it was cancelled', async () => {
        const { phone, leg, done } = await answeredCaller()
        const abort = new AbortController()
        const playing = leg.play([{ kind: 'tone', tone: 'busy' }, world.file(500)], { signal: abort.signal })
        await phone.media.hears(400, 2_000)
        abort.abort()
        await world.settled(playing)
        // The engaged tone is off for 375 ms at a time: only a longer silence says that it has stopped. Soon, on a slow machine, may be a while.
        const soundsStill = () => phone.media.hearsNow(400, 600) || phone.media.hearsNow(600, 600)
        for (let waited = 0; waited < 5_000 && soundsStill(); waited += 200) await world.elapse(200)
        expect(soundsStill()).toBe(false)
        await closed(leg)
        done()
      })
    })

    describe('a key', () => {
      const heardKey = async (leg: Leg): Promise<Heard> => world.settled(leg.listenFor({ keys: ['5'], signal: never() }))

      it('is understood as RFC 4733 event', async () => {
        const { phone, leg, done } = await answeredCaller()
        await phone.media.press('5')
        expect(await heardKey(leg)).toMatchObject({ kind: 'key', key: '5', source: 'rfc4733' })
        await closed(leg)
        done()
      })

      it('is understood as tones in the voice', async () => {
        const { phone, leg, done } = await answeredCaller({ telephoneEvents: false })
        await world.elapse(600)
        await phone.media.whistle('5', 120)
        expect(await heardKey(leg)).toMatchObject({ kind: 'key', key: '5', source: 'inband' })
        await closed(leg)
        done()
      })

      it.each(['dtmf-relay', 'dtmf'] as const)('is understood as SIP INFO (%s)', async (form) => {
        const { phone, leg, done } = await answeredCaller()
        const response = await phone.info('5', form)
        expect(status(response)).toBe(200)
        expect(await heardKey(leg)).toMatchObject({ kind: 'key', key: '5', source: 'info' })
        await closed(leg)
        done()
      })

      it('counts once when the phone sends it in two forms', async () => {
        const { phone, leg, done } = await answeredCaller()
        await world.elapse(600)
        await phone.media.press('5', 80)
        await phone.media.whistle('5', 100)
        await phone.info('5')
        await world.elapse(500)
        await phone.media.press('6', 80)
        expect(await heardKey(leg)).toMatchObject({ key: '5' })
        expect(await heardKey(leg)).toMatchObject({ kind: 'otherKey', key: '6' })
        await closed(leg)
        done()
      })

      it('is understood from a callee, while a prompt plays', async () => {
        const { phone, leg } = await answeredPhone()
        const playing = leg.play([world.file(3_000)])
        const heard = heardKey(leg)
        await phone.media.hears(600)
        await phone.media.press('5')
        expect(await heard).toMatchObject({ kind: 'key', source: 'rfc4733' })
        await closed(leg)
        await playing
      })
    })

    describe('two parties', () => {
      it.each([
        ['of one law', ['PCMA'], ['PCMA']],
        ['of different laws', ['PCMA'], ['PCMU']],
      ] as const)('%s hear each other, and are recorded each on its own side', async (_, callerLaws, calledLaws) => {
        const { phone: gp, leg: a, done } = await answeredCaller({ laws: callerLaws })
        const { phone: specialist, leg: b } = await answeredPhone((call) => call.answer({ laws: calledLaws }))
        gp.media.tones = [1_500]
        specialist.media.tones = [1_900]
        const path = world.spool()
        const recorded = await world.settled(a.record(path, { signal: never() }))
        if (recorded.kind !== 'recording') throw new Error(JSON.stringify(recorded))
        const result = await world.settled(world.switch.bridge(a, b, { signal: never() }))
        if (result.kind !== 'bridged') throw new Error(JSON.stringify(result))
        await Promise.all([gp.media.hears(1_900), specialist.media.hears(1_500)])
        await world.elapse(1_000)
        await world.settled(recorded.recording.stop())
        await world.settled(result.bridge.unbridge())
        await world.elapse(200)
        expect(gp.media.hearsNow(1_900)).toBe(false)
        expect(specialist.media.hearsNow(1_500)).toBe(false)
        await closed(a, b)
        done()
        const { left, right } = readStereo(path)
        expect(left.length / 8).toBeGreaterThan(950)
        expect(left.length / 8).toBeLessThan(4_000)
        const middle = [Math.floor(left.length * 0.6), Math.floor(left.length * 0.6) + 1_600] as const
        expect(amplitudeOf(1_500, left, ...middle)).toBeGreaterThan(3_000)
        expect(amplitudeOf(1_900, left, ...middle)).toBeLessThan(300)
        expect(amplitudeOf(1_900, right, ...middle)).toBeGreaterThan(3_000)
        expect(amplitudeOf(1_500, right, ...middle)).toBeLessThan(300)
      })

      it('of whom one says nothing keep their recording in time', async () => {
        const { phone: gp, leg: a, done } = await answeredCaller()
        gp.media.tones = [1_500]
        const path = world.spool()
        const recorded = await world.settled(a.record(path, { signal: never() }))
        if (recorded.kind !== 'recording') throw new Error(JSON.stringify(recorded))
        const began = performance.now()
        await world.elapse(400)
        gp.media.mute = true
        await world.elapse(600)
        gp.media.mute = false
        await world.elapse(400)
        const lasted = performance.now() - began
        await world.settled(recorded.recording.stop())
        await closed(a)
        done()
        const { left } = readStereo(path)
        expect(Math.abs(left.length / 8 - lasted)).toBeLessThan(250)
      })

      it('of whom one hangs up while recorded leave a complete file', async () => {
        const { phone: gp, leg: a, done } = await answeredCaller()
        gp.media.tones = [1_500]
        const path = world.spool()
        const recorded = await world.settled(a.record(path, { signal: never() }))
        if (recorded.kind !== 'recording') throw new Error(JSON.stringify(recorded))
        await world.elapse(600)
        gp.bye()
        await world.settled(a.hungUp)
        await world.settled(recorded.recording.stop())
        expect(readStereo(path).left.length / 8).toBeGreaterThan(450)
        await closed(a)
        done()
      })

      it('cannot be recorded where nothing can be written: that is said, and the call goes on', async () => {
        const { leg, done } = await answeredCaller()
        const blocked = `${(world.file(50) as { path: string }).path}/inside.wav`
        expect(await world.settled(leg.record(blocked, { signal: never() }))).toMatchObject({ kind: 'failed' })
        expect((await world.settled(leg.play([world.file(100)]))).kind).toBe('finished')
        await closed(leg)
        done()
      })
    })

    describe('a party from whom nothing comes', () => {
      it('and who does not answer either is hung up after the media time-out', async () => {
        const { phone, leg, done } = await answeredCaller()
        await world.elapse(100)
        phone.phone.close()
        expect(await world.settled(leg.hungUp, 14_000)).toMatchObject({ ending: 'mediaTimeout' })
        await closed(leg)
        done()
      }, 20_000)

      it('is not hung up while it rings, for however long', async () => {
        const { leg } = await answeredPhone((call) => void setTimeout(() => call.answer(), 4_500))
        expect((await world.settled(leg.play([world.file(100)]))).kind).toBe('finished')
        await closed(leg)
      }, 20_000)
    })

    describe('the signalling', () => {
      it('offers media in the 200 to an INVITE without SDP, and takes the answer from the ACK', async () => {
        const { phone, leg, done } = await answeredCaller({ lateOffer: true })
        phone.media.tones = [1_500]
        await world.elapse(100)
        void leg.play([world.file(2_000, 700)])
        await phone.media.hears(700)
        await phone.media.press('1')
        expect(await world.settled(leg.listenFor({ keys: ['1'], signal: never() }))).toMatchObject({ kind: 'key' })
        await closed(leg)
        done()
      })

      it('answers hold and resume, and sends nothing in between', async () => {
        const { phone, leg, done } = await answeredCaller()
        void leg.play([{ kind: 'tone', tone: 'busy' }], { loop: true })
        await phone.media.hears(400)
        const held = await phone.reinvite('sendonly')
        expect(status(held)).toBe(200)
        expect(read(held.body).direction).toBe('recvonly')
        await world.elapse(200)
        const before = phone.media.packets.length
        await world.elapse(300)
        expect(phone.media.packets.length - before).toBeLessThanOrEqual(1)
        const resumed = await phone.reinvite('sendrecv')
        expect(status(resumed)).toBe(200)
        expect(read(resumed.body).direction).toBe('sendrecv')
        await phone.media.hears(400, 3_000, performance.now())
        await closed(leg)
        done()
      })

      it('follows a phone to another address', async () => {
        const { phone, leg, done } = await answeredCaller()
        void leg.play([{ kind: 'tone', tone: 'busy' }], { loop: true })
        await phone.media.hears(400)
        const elsewhere = await PhoneMedia.open()
        const moved = await phone.reinvite('sendrecv', elsewhere)
        expect(status(moved)).toBe(200)
        phone.media.stop()
        elsewhere.remote = phone.media.remote
        elsewhere.law = phone.media.law
        elsewhere.start()
        await elsewhere.hears(400)
        elsewhere.close()
        await closed(leg)
        done()
      })

      it('refuses a re-INVITE without a codec in common, and the call goes on', async () => {
        const { phone, leg, done } = await answeredCaller()
        const refused = await phone.inDialog('INVITE', g729Only(phone), [['Content-Type', 'application/sdp']])
        expect(status(refused)).toBe(488)
        expect((await world.settled(leg.play([world.file(100)]))).kind).toBe('finished')
        await closed(leg)
        done()
      })

      it('answers a refresh without an offer', async () => {
        const { phone, leg, done } = await answeredCaller()
        const refreshed = await phone.refreshWithoutOffer()
        expect(status(refreshed)).toBe(200)
        expect(refreshed.body).toContain('m=audio')
        await world.elapse(150)
        void leg.play([world.file(1_000, 700)])
        await phone.media.hears(700)
        await closed(leg)
        done()
      })

      it('lets the phone keep the session timer that it asks for', async () => {
        const { phone, leg, done } = await answeredCaller({
          headers: [
            ['Session-Expires', '1800'],
            ['Supported', 'timer'],
          ],
        })
        const ok = phone.seen.find((each) => status(each.message) === 200)!.message
        expect(header(ok, 'Session-Expires')).toMatch(/^1800\s*;\s*refresher=uac/)
        await closed(leg)
        done()
      })

      it.each([
        ['OPTIONS', 200],
        ['UPDATE', 200],
        ['REFER', 603],
      ] as const)('answers %s within a call with %i', async (name, expected) => {
        const { phone, leg, done } = await answeredCaller()
        const headers = name === 'REFER' ? [['Refer-To', '<sip:elsewhere@127.0.0.1>'] as const] : []
        expect(status(await phone.inDialog(name, '', headers))).toBe(expected)
        expect(leg.ended).toBeUndefined()
        await closed(leg)
        done()
      })

      it('shows whom we ring the single outbound number, and nothing of the caller', async () => {
        const {
          phone: gp,
          leg: a,
          done,
        } = await answeredCaller({
          from: '"Dr Secret" <sip:07700900123@surgery.example>',
          headers: [
            ['X-Patient', 'secret-9999'],
            ['User-Agent', 'SecretPhone'],
          ],
        })
        const { phone, leg: b } = await answeredPhone()
        const invite = phone.request
        expect(header(invite, 'From')).toMatch(/^"?Advice line"? <sip:\+441632960000@/)
        expect(header(invite, 'P-Asserted-Identity')).toMatch(/<sip:\+441632960000@/)
        const everything = JSON.stringify(invite)
        for (const secret of ['Secret', '07700900123', 'surgery', 'secret-9999', gp.callId, `:${gp.phone.port}`, ` ${gp.media.port} `])
          expect(everything).not.toContain(secret)
        expect(read(invite.body).payloads.slice(0, 2)).toEqual([8, 0])
        await closed(a, b)
        done()
      })

      it('never plays early media to anybody', async () => {
        const { phone: gp, leg: a, done } = await answeredCaller()
        void a.play([{ kind: 'tone', tone: 'ringback' }])
        const telephone = await world.telephone()
        telephone.onCall = (call) => {
          call.media.tones = [2_300]
          call.earlyMedia()
        }
        const rings: number[] = []
        const result = await world.settled(
          world.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 700, signal: never(), onRinging: () => rings.push(1) }),
        )
        expect(result.kind).toBe('noAnswer')
        expect(rings).toEqual([1])
        expect(gp.media.countPure(2_300)).toBe(0)
        await closed(a)
        done()
      })

      it('finds nobody at a closed port, at once', async () => {
        const telephone = await world.telephone()
        const uri = telephone.uri
        telephone.close()
        const began = performance.now()
        const result = await world.settled(world.switch.dial({ kind: 'uri', uri }, { from, ringMs: 20_000, signal: never() }))
        expect(result).toMatchObject({ kind: 'failed', fault: 'farEnd' })
        expect(performance.now() - began).toBeLessThan(8_000)
      }, 15_000)

      it('gives up an answer without a codec in common', async () => {
        const telephone = await world.telephone()
        let phone: PhoneCall | undefined
        telephone.onCall = (call) => {
          phone = call
          call.media.telephoneEventType = undefined
          call.answerAlien()
        }
        const result = await world.settled(world.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 3_000, signal: never() }))
        expect(result).toMatchObject({ kind: 'failed', fault: 'farEnd' })
        await until(() => phone?.byeAt, 3_000, 'the phone was left on the line')
      })

      it('passes REGISTER up and sends back what the registrar decides', async () => {
        world.switch.onRegister(async (registration) => {
          expect(registration.addressOfRecord).toBe('sip:alice@ringround')
          expect(registration.contacts).toEqual([{ uri: 'sip:alice@127.0.0.1:5999', expiresSeconds: 120 }])
          await registration.respond(401, { headers: { 'WWW-Authenticate': 'Digest realm="ringround", nonce="abc", algorithm=MD5' } })
        })
        const telephone = await world.telephone()
        const response = await telephone.register(world.dialIn, '<sip:alice@ringround>', '<sip:alice@127.0.0.1:5999>;expires=120')
        expect(status(response)).toBe(401)
        expect(header(response, 'WWW-Authenticate')).toContain('realm="ringround"')
      })

      it('refuses with the headers that the engine wants', async () => {
        world.switch.onIncoming((call) => call.reject(407, { headers: { 'Proxy-Authenticate': 'Digest realm="x", nonce="1"' } }))
        const phone = await world.place()
        const { status: code, message } = await phone.refusal()
        expect(code).toBe(407)
        expect(header(message, 'Proxy-Authenticate')).toContain('realm="x"')
      })
    })
  })
}

/** A re-INVITE body with G.729 alone. */
function g729Only(phone: PhoneCall): string {
  return `v=0\r\no=phone 5 5 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${phone.media.port} RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n`
}

function readStereo(path: string): { left: Int16Array; right: Int16Array } {
  const file = readFileSync(path)
  expect(file.readUInt16LE(22)).toBe(2)
  expect(file.readUInt32LE(24)).toBe(8_000)
  const start = file.indexOf('data') + 8
  const frames = Math.floor((file.length - start) / 4)
  const left = new Int16Array(frames)
  const right = new Int16Array(frames)
  for (let index = 0; index < frames; index++) {
    left[index] = file.readInt16LE(start + index * 4)
    right[index] = file.readInt16LE(start + index * 4 + 2)
  }
  return { left, right }
}
