import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PortsExhausted, type MediaEngineOptions } from '../../src/embedded/media/media-engine.js'
import type { Media } from '../../src/embedded/media/media.js'
import type { ChannelMedia, DigitEvent, MediaChannel } from '../../src/embedded/media/media-channel.js'
import { dtmfTone } from '../../src/embedded/protocols/rtp/dtmf-tones.js'
import { rootMeanSquare, toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { sequenceDistance, timestampDistance } from '../../src/embedded/protocols/rtp/packet.js'
import { parseTelephoneEvent } from '../../src/embedded/protocols/rtp/telephone-event.js'
import { encodeWav, readWav } from '../../src/embedded/protocols/rtp/wav.js'
import { pause, RtpPhone, until, type Arrived, type PhoneOptions } from './rtp-phone.js'

const GP_HZ = 500
const SPECIALIST_HZ = 850

/** One stream: one SSRC, sequence numbers without a gap, timestamps that never go back. */
function expectSteps(packets: readonly Arrived[]): void {
  expect(packets.length).toBeGreaterThan(1)
  const [first] = packets
  let previous = first
  for (const packet of packets.slice(1)) {
    if (!first || !previous) break
    expect(packet.ssrc).toBe(first.ssrc)
    expect(sequenceDistance(packet.sequence, previous.sequence)).toBe(1)
    expect(timestampDistance(packet.timestamp, previous.timestamp)).toBeGreaterThanOrEqual(0)
    previous = packet
  }
}

/** Timestamps keep up with the clock: for phones in the engine's own thread, which stand still when it does. */
function expectOneClock(packets: readonly Arrived[]): void {
  const [first] = packets
  if (!first) return
  const audio = packets.filter((packet) => packet.payloadType === 0 || packet.payloadType === 8)
  if (audio.length < 2) return
  // However late the phone came to its packets, some of each half it took at once.
  const half = audio.length >> 1
  const lateness = audio.map((packet) => packet.at - timestampDistance(packet.timestamp, first.timestamp) / 8)
  expect(Math.abs(Math.min(...lateness.slice(0, half)) - Math.min(...lateness.slice(half)))).toBeLessThan(400)
}

/**
 * What holds of every kind of media that the switch can be given.
 * @param kind as the tests are called
 * @param make one kind; closed by the tests
 * @param sameThread the engine runs in the thread of the phones. Where it does not, a phone that stutters on a busy machine is heard and recorded as it
 * stutters, so what depends on its time is not looked at.
 */
export function mediaContract(kind: string, make: (options: MediaEngineOptions) => Media, sameThread: boolean): void {
  const expectOneStream = (packets: readonly Arrived[]) => {
    expectSteps(packets)
    if (sameThread) expectOneClock(packets)
  }

  describe(kind, () => {
    let folder: string
    let engines: Media[] = []
    let phones: RtpPhone[] = []

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'media-'))
    })

    afterEach(async () => {
      await Promise.all(phones.map((phone) => phone.close()))
      await Promise.all(engines.map((engine) => engine.close()))
      engines = []
      phones = []
      await rm(folder, { recursive: true })
    })

    function engine(options: Partial<MediaEngineOptions> = {}): Media {
      const made = make({ address: '127.0.0.1', portRange: [0, 0], ...options })
      engines.push(made)
      return made
    }

    async function party(
      on: Media,
      id: string,
      { phone: phoneOptions, ...media }: Partial<ChannelMedia> & { phone?: PhoneOptions } = {},
    ): Promise<{ channel: MediaChannel; phone: RtpPhone }> {
      const phone = await RtpPhone.open(phoneOptions)
      phones.push(phone)
      const channel = await on.createChannel({ id })
      channel.configure({
        remoteAddress: '127.0.0.1',
        remotePort: phone.port,
        codec: phone.codec,
        telephoneEventPayloadType: 101,
        direction: 'sendrecv',
        ...media,
      })
      return { channel, phone }
    }

    describe('two parties', () => {
      for (const [a, b] of [
        ['PCMU', 'PCMU'],
        ['PCMA', 'PCMU'],
        ['PCMU', 'PCMA'],
      ] as const) {
        it(`hear each other over a bridge (${a} and ${b}), and nobody after it is taken apart`, async () => {
          const media = engine()
          const gp = await party(media, 'gp', { phone: { codec: a } })
          const specialist = await party(media, 'specialist', { phone: { codec: b } })
          gp.phone.says(GP_HZ, gp.channel.localPort)
          specialist.phone.says(SPECIALIST_HZ, specialist.channel.localPort)
          media.bridge(gp.channel, specialist.channel)
          await until('the GP hears the specialist', () => gp.phone.hears(SPECIALIST_HZ) > 0.95)
          await until('the specialist hears the GP', () => specialist.phone.hears(GP_HZ) > 0.95)
          expect(gp.phone.hears(GP_HZ)).toBeLessThan(0.01)
          expect(media.unbridge(gp.channel, specialist.channel)).toBe(true)
          expect(media.unbridge(gp.channel, specialist.channel)).toBe(false)
          await until('the GP hears silence', () => rootMeanSquare(gp.phone.audio()) < 20)
          expectOneStream(gp.phone.heard)
          expectOneStream(specialist.phone.heard)
        })
      }

      it('hear a prompt instead of each other while it is played to one of them', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const specialist = await party(media, 'specialist')
        specialist.phone.says(SPECIALIST_HZ, specialist.channel.localPort)
        media.bridge(gp.channel, specialist.channel)
        await until('the GP hears the specialist', () => gp.phone.hears(SPECIALIST_HZ) > 0.95)
        const notice = gp.channel.play({ kind: 'toneStream', tones: '%(700,0,1200)' })
        await until('the GP hears the prompt alone', () => gp.phone.hasHeard(1200) > 0.95)
        expect((await notice.ended).reason).toBe('done')
        await until('the GP hears the specialist again', () => gp.phone.hears(SPECIALIST_HZ) > 0.95)
        expectOneStream(gp.phone.heard)
      })

      it('go on hearing each other when one of them changes its codec by re-INVITE', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const specialist = await party(media, 'specialist')
        gp.phone.says(GP_HZ, gp.channel.localPort)
        media.bridge(gp.channel, specialist.channel)
        await until('heard as mu-law', () => specialist.phone.hears(GP_HZ) > 0.95)
        specialist.channel.configure({
          remoteAddress: '127.0.0.1',
          remotePort: specialist.phone.port,
          codec: 'PCMA',
          direction: 'sendrecv',
        })
        await until('A-law arrives', () => specialist.phone.heard.at(-1)?.payloadType === 8)
        expect(new Set(specialist.phone.heard.map((packet) => packet.ssrc)).size).toBe(1)
      })
    })

    describe('the stream towards a party', () => {
      it('is one stream across ringing, prompt, key, bridge with one peer, with another, and prompt again', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const first = await party(media, 'first', { phone: { codec: 'PCMA' } })
        const second = await party(media, 'second')
        first.phone.says(SPECIALIST_HZ, first.channel.localPort)
        second.phone.says(GP_HZ, second.channel.localPort)

        const ringing = gp.channel.play({ kind: 'toneStream', tones: '%(400,200,400,450);%(400,2000,400,450);loops=-1' })
        await until('ringing', () => gp.phone.hears(400) > 0.3 && gp.phone.hears(450) > 0.3)
        ringing.stop()
        expect((await ringing.ended).reason).toBe('stopped')
        expect((await gp.channel.play({ kind: 'toneStream', tones: '%(300,0,1000)' }).ended).reason).toBe('done')
        expect(await gp.channel.sendDigits('5', { durationMs: 80 })).toBe('sent')
        media.bridge(gp.channel, first.channel)
        await until('the first peer', () => gp.phone.hears(SPECIALIST_HZ) > 0.95)
        media.bridge(gp.channel, second.channel)
        await until('the second peer', () => gp.phone.hears(GP_HZ) > 0.95)
        expect(media.unbridge(gp.channel, first.channel)).toBe(false)
        await second.channel.close()
        const after = gp.channel.play({ kind: 'toneStream', tones: '%(300,0,1200)' })
        await until('the prompt after the bridge', () => gp.phone.hasHeard(1200) > 0.95)
        expect((await after.ended).reason).toBe('done')
        expectOneStream(gp.phone.heard)
        expect(gp.channel.stats.ssrcOut).toBe(gp.phone.heard[0]?.ssrc)
      })

      it('keeps a gap of the peer as a gap, so that the phone can conceal it', async () => {
        const media = engine({ silenceWhenIdle: false })
        const gp = await party(media, 'gp')
        const specialist = await party(media, 'specialist')
        media.bridge(gp.channel, specialist.channel)
        specialist.phone.lose = (index) => index === 10 || index === 11
        specialist.phone.says(SPECIALIST_HZ, specialist.channel.localPort)
        await until('20 packets', () => gp.phone.heard.length >= 20)
        const jumps = gp.phone.heard
          .slice(1)
          .map((packet, index) => sequenceDistance(packet.sequence, gp.phone.heard[index]?.sequence ?? 0))
        expect(jumps.filter((jump) => jump !== 1)).toEqual([3])
        await until('the loss is counted', () => specialist.channel.stats.lost === 2)
      })

      it('is silence while nothing plays, and nothing at all where that is asked for', async () => {
        const [talkative, quiet] = [engine(), engine({ silenceWhenIdle: false })]
        const one = await party(talkative, 'one')
        const other = await party(quiet, 'other')
        await until('silence frames', () => one.phone.heard.length >= 10)
        expect(rootMeanSquare(one.phone.audio())).toBe(0)
        expect(other.phone.heard).toHaveLength(0)
        await other.channel.play({ kind: 'silenceStream', ms: 100 }).ended
        await pause(100)
        await other.channel.play({ kind: 'silenceStream', ms: 100 }).ended
        await until('both plays', () => other.phone.heard.length >= 10)
        // The pause between the two is in the timestamps, and told by the marker bit.
        expectOneStream(other.phone.heard)
        expect(other.phone.heard.filter((packet) => packet.marker)).toHaveLength(2)
      })

      it('stops while the party has us on hold, and plays end in their time all the same', async () => {
        const media = engine()
        const gp = await party(media, 'gp', { direction: 'recvonly' })
        const end = await gp.channel.play({ kind: 'silenceStream', ms: 200 }).ended
        expect(end).toMatchObject({ reason: 'done', playedMs: 200, lastSample: 1600 })
        expect(gp.phone.heard).toHaveLength(0)
      })
    })

    describe('playing', () => {
      it('plays a file to its end and says how much was heard', async () => {
        const path = join(folder, 'prompt.wav')
        await writeFile(path, encodeWav([dtmfTone('7', { durationMs: 410 })]))
        const media = engine()
        const gp = await party(media, 'gp')
        const play = gp.channel.play({ kind: 'file', path })
        expect(await play.started).toBe(true)
        expect(await play.ended).toEqual({ reason: 'done', playedMs: 410, lastSample: 3280 })
        await until('the tone arrived', () => gp.phone.heard.length >= 21)
        expect(toneShare(gp.phone.audio(600), 852)).toBeGreaterThan(0.2)
      })

      it('says that a file is missing, and that a file cannot be played', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const missing = gp.channel.play({ kind: 'file', path: join(folder, 'none.wav') })
        expect(await missing.started).toBe(false)
        expect(await missing.ended).toMatchObject({ reason: 'error', playedMs: 0, error: { kind: 'notFound' } })
        await writeFile(join(folder, 'text.wav'), 'not audio')
        expect(await gp.channel.play({ kind: 'file', path: join(folder, 'text.wav') }).ended).toMatchObject({
          reason: 'error',
          error: { kind: 'unreadable' },
        })
        expect(await gp.channel.play({ kind: 'toneStream', tones: '%(1' }).ended).toMatchObject({
          reason: 'error',
          error: { kind: 'badTones' },
        })
        expect(gp.channel.stopPlaying()).toBe(0)
      })

      it('plays a list without a gap, passing over what is missing in it', async () => {
        const path = join(folder, 'prompt.wav')
        await writeFile(path, encodeWav([dtmfTone('7', { durationMs: 105 })]))
        const media = engine()
        const gp = await party(media, 'gp')
        const end = await gp.channel.play({
          kind: 'sequence',
          sources: [
            { kind: 'file', path, loops: 2 },
            { kind: 'file', path: join(folder, 'none.wav') },
            { kind: 'silenceStream', ms: 50 },
          ],
        }).ended
        expect(end).toEqual({ reason: 'done', playedMs: 260, lastSample: 2080 })
      })

      it('lets a second play suspend the first, as FreeSWITCH does', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const music = gp.channel.play({ kind: 'toneStream', tones: '%(5000,0,500)' })
        await until('music', () => gp.phone.hears(500) > 0.95)
        const notice = gp.channel.play({ kind: 'toneStream', tones: '%(300,0,900)' })
        await until('notice', () => gp.phone.hasHeard(900) > 0.95)
        expect((await notice.ended).reason).toBe('done')
        await until('music again', () => gp.phone.hears(500) > 0.95)
        expect(gp.channel.stopPlaying()).toBe(1)
        const end = await music.ended
        expect(end.reason).toBe('stopped')
        expect(end.playedMs).toBeLessThan(5000)
      })
    })

    describe('keys', () => {
      const heardBy = (channel: MediaChannel) => {
        const digits: DigitEvent[] = []
        channel.on('digit', (digit) => digits.push(digit))
        return digits
      }

      it('are heard once each, though packets are lost', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const digits = heardBy(gp.channel)
        gp.phone.presses('1', gp.channel.localPort, (index) => index < 3)
        gp.phone.presses('1', gp.channel.localPort, (index) => index >= 5)
        gp.phone.presses('#', gp.channel.localPort)
        await until('three keys', () => digits.length === 3)
        await pause(300)
        expect(digits.map((digit) => digit.digit)).toEqual(['1', '1', '#'])
        expect(digits[0]).toMatchObject({ digit: '1', durationMs: 100, source: 'RTP' })
      })

      it('are heard when every end packet is lost and nothing follows', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const digits = heardBy(gp.channel)
        gp.phone.presses('9', gp.channel.localPort, (index) => index > 0)
        await until('the key', () => digits.length === 1)
        expect(digits[0]?.digit).toBe('9')
      })

      it('are heard in the audio when asked for', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const digits = heardBy(gp.channel)
        gp.channel.setInbandDetection(true)
        const audio = new Int16Array(4800)
        audio.set(dtmfTone('8', { durationMs: 80 }), 400)
        audio.set(dtmfTone('8', { durationMs: 80 }), 2400)
        for (let at = 0; at < audio.length; at += 160) gp.phone.sendSamples(audio.subarray(at, at + 160), gp.channel.localPort)
        await until('two keys', () => digits.length === 2)
        expect(digits[0]).toMatchObject({ digit: '8', source: 'INBAND_AUDIO' })
        expect(Math.abs((digits[0]?.durationMs ?? 0) - 80)).toBeLessThan(20)
      })

      it("cross a bridge with the other side's payload type, and are told of", async () => {
        const media = engine()
        const gp = await party(media, 'gp', { phone: { eventType: 96 }, telephoneEventPayloadType: 96 })
        const specialist = await party(media, 'specialist', { telephoneEventPayloadType: 127 })
        const digits = heardBy(gp.channel)
        media.bridge(gp.channel, specialist.channel)
        gp.phone.presses('4', gp.channel.localPort)
        await until('events', () => specialist.phone.heard.filter((packet) => packet.payloadType === 127).length === 7)
        const events = specialist.phone.heard.filter((packet) => packet.payloadType === 127)
        expect(new Set(events.map((packet) => packet.timestamp)).size).toBe(1)
        expect(events.map((packet) => parseTelephoneEvent(packet.payload)?.end)).toEqual([false, false, false, false, true, true, true])
        expect(digits.map((digit) => digit.digit)).toEqual(['4'])
        expectOneStream(specialist.phone.heard)
      })

      it('become tones for a party that takes no events', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const specialist = await party(media, 'specialist', { telephoneEventPayloadType: undefined })
        media.bridge(gp.channel, specialist.channel)
        gp.phone.presses('4', gp.channel.localPort)
        await until('770 Hz', () => specialist.phone.hasHeard(770, 80) > 0.2)
        specialist.phone.forget()
        const sent = specialist.channel.sendDigits('6', { durationMs: 120 })
        await until('1477 Hz', () => specialist.phone.hasHeard(1477, 80) > 0.2)
        expect(await sent).toBe('sent')
      })

      it('are sent with a lasting timestamp, a growing duration and three ends', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        await until('the stream runs', () => gp.phone.heard.length > 3)
        expect(await gp.channel.sendDigits('12', { durationMs: 100, gapMs: 60 })).toBe('sent')
        await until('audio after it', () => gp.phone.heard.at(-1)?.payloadType === 0)
        const events = gp.phone.heard.filter((packet) => packet.payloadType === 101)
        expect(events.map((packet) => parseTelephoneEvent(packet.payload)).filter((event) => event?.end)).toHaveLength(6)
        expect(events.filter((packet) => packet.marker)).toHaveLength(2)
        expect(new Set(events.map((packet) => packet.timestamp)).size).toBe(2)
        expectOneStream(gp.phone.heard)
        expect(() => gp.channel.sendDigits('x')).toThrow(TypeError)
      })
    })

    describe('the audio of a party', () => {
      it('tells once when no audio comes, and again after it came back', async () => {
        const media = engine({ mediaTimeoutMs: 300 })
        const gp = await party(media, 'gp')
        let told = 0
        let first = 0
        gp.channel.on('mediaTimeout', () => told++)
        gp.channel.on('firstRtp', () => first++)
        await until('time-out', () => told === 1)
        gp.phone.sendSamples(new Int16Array(160), gp.channel.localPort)
        await until('heard', () => first === 1)
        await until('time-out again', () => told === 2)
        gp.channel.configure({ remoteAddress: '127.0.0.1', remotePort: gp.phone.port, codec: 'PCMU', direction: 'sendonly' })
        await pause(1100)
        expect(told).toBe(2)
      })

      it('drops what is no RTP without a word', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        for (const junk of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(12, 0xff), Buffer.alloc(1400, 0x40)])
          gp.phone.sendRaw(junk, gp.channel.localPort)
        gp.phone.sendSamples(new Int16Array(160), gp.channel.localPort)
        await until('the good packet', () => gp.channel.stats.packetsIn === 1)
        expect(gp.channel.stats.dropped).toBeGreaterThanOrEqual(3)
      })
    })

    describe('a recording', () => {
      it('holds each party on its own channel, across plays and the bridge, and is as long as it ran', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const specialist = await party(media, 'specialist', { phone: { codec: 'PCMA' } })
        gp.phone.says(GP_HZ, gp.channel.localPort)
        specialist.phone.says(SPECIALIST_HZ, specialist.channel.localPort)
        await until('both are sending', () => gp.channel.stats.packetsIn > 5 && specialist.channel.stats.packetsIn > 5)

        const path = join(folder, 'call.wav')
        const begun = performance.now()
        const recording = await gp.channel.startRecording(path, { stereo: true })
        const recordedFrom = performance.now()
        await gp.channel.play({ kind: 'toneStream', tones: '%(600,0,1500)' }).ended
        const bridgedAt = performance.now() - begun
        media.bridge(gp.channel, specialist.channel)
        await pause(1500)
        media.unbridge(gp.channel, specialist.channel)
        const unbridgedAt = performance.now() - begun
        await pause(400)
        const recordedUntil = performance.now()
        const result = await recording.stop()
        const ran = performance.now() - begun
        expect(result.error).toBeUndefined()
        expect(await recording.stop()).toEqual(result)
        expect(result.durationMs).toBeGreaterThan(recordedUntil - recordedFrom - 1)
        expect(result.durationMs).toBeLessThan(ran + 1)

        const { channels, durationMs } = await readWav(path)
        expect(durationMs).toBe(result.durationMs)
        const [left, right] = channels
        if (!left || !right) throw new Error('not stereo')
        const share = (samples: Int16Array, hz: number, fromMs: number, toMs: number) =>
          toneShare(samples, hz, 8000, Math.round(fromMs * 8), Math.round((toMs - fromMs) * 8))
        if (sameThread) expect(share(left, GP_HZ, 100, ran - 200)).toBeGreaterThan(0.95)
        expect(share(left, SPECIALIST_HZ, 100, ran - 200)).toBeLessThan(0.01)
        expect(share(right, 1500, 100, 500)).toBeGreaterThan(0.9)
        if (sameThread) expect(share(right, SPECIALIST_HZ, bridgedAt + 300, unbridgedAt - 200)).toBeGreaterThan(0.95)
        expect(rootMeanSquare(right, Math.round((unbridgedAt + 300) * 8))).toBeLessThan(20)
      })

      it.runIf(sameThread)('stays true to time with 5 % of the packets lost', async () => {
        const media = engine({ seed: 7 })
        media.losePackets({ in: 0.05, out: 0.05 })
        const gp = await party(media, 'gp')
        const specialist = await party(media, 'specialist')
        media.bridge(gp.channel, specialist.channel)
        gp.phone.says(GP_HZ, gp.channel.localPort)
        specialist.phone.says(SPECIALIST_HZ, specialist.channel.localPort)
        const path = join(folder, 'call.wav')
        const begun = performance.now()
        const recording = await gp.channel.startRecording(path, { stereo: true })
        await pause(2500)
        const result = await recording.stop()
        expect(result.durationMs).toBeGreaterThan(2498)
        expect(result.durationMs).toBeLessThan(performance.now() - begun + 1)
        const [left, right] = (await readWav(path)).channels
        if (!left || !right) throw new Error('not stereo')
        // Every 100 ms of both sides holds its tone: nothing has slipped, no hole is left open.
        for (let at = 300 * 8; at + 800 < left.length - 800; at += 800) {
          expect(toneShare(left, GP_HZ, 8000, at, 800)).toBeGreaterThan(0.6)
          expect(toneShare(right, SPECIALIST_HZ, 8000, at, 800)).toBeGreaterThan(0.6)
        }
        expect(gp.channel.stats.lost + specialist.channel.stats.lost).toBeGreaterThan(0)
      })

      it('says why it cannot be made, and the channel lives on', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        await expect(gp.channel.startRecording(join(folder, 'none', 'call.wav'))).rejects.toThrow('ENOENT')
        expect((await gp.channel.play({ kind: 'silenceStream', ms: 40 }).ended).reason).toBe('done')
      })

      it('is closed with its channel', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const recording = await gp.channel.startRecording(join(folder, 'call.wav'))
        await pause(200)
        await gp.channel.close()
        const result = await recording.ended
        expect(result.durationMs).toBeGreaterThan(150)
        expect((await readWav(recording.path)).channels).toHaveLength(1)
        expect(await readdir(folder)).toEqual(['call.wav'])
      })
    })

    describe('ports', () => {
      it('come in pairs, are refused when all are taken, and come back', async () => {
        const probe = await RtpPhone.open()
        const from = probe.port + 1 + (probe.port & 1)
        await probe.close()
        const media = engine({ portRange: [from, from + 3] })
        const made = await Promise.all(['a', 'b', 'c'].map((id) => media.createChannel({ id }).catch((error: unknown) => error)))
        const refused = made.filter((one) => one instanceof PortsExhausted)
        expect(refused.length).toBeGreaterThanOrEqual(1)
        const channels = made.filter((one): one is MediaChannel => !(one instanceof Error))
        for (const channel of channels) expect(channel.localPort % 2).toBe(0)
        await channels[0]?.close()
        await channels[0]?.close()
        const again = await media.createChannel({ id: 'again' })
        expect(again.localPort).toBe(channels[0]?.localPort)
      })

      it('are all closed with the engine, and nothing opens afterwards', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        const play = gp.channel.play({ kind: 'silenceStream', ms: -1 })
        const digits = gp.channel.sendDigits('123')
        await media.close()
        expect((await play.ended).reason).toBe('stopped')
        expect(await digits).toBe('stopped')
        expect((await gp.channel.play({ kind: 'silenceStream', ms: 10 }).ended).reason).toBe('stopped')
        await expect(media.createChannel({ id: 'late' })).rejects.toThrow('closed')
        await expect(media.createChannel({ id: 'gp' })).rejects.toThrow()
      })
    })

    describe('RTCP', () => {
      it('says goodbye with a report that knows what was sent', async () => {
        const media = engine()
        const gp = await party(media, 'gp')
        gp.phone.says(GP_HZ, gp.channel.localPort)
        await until('audio both ways', () => gp.channel.stats.packetsIn >= 10 && gp.phone.heard.length >= 10)
        await gp.channel.close()
        await until('goodbye', () => gp.phone.reports.some((report) => report.kind === 'goodbye'))
        const report = gp.phone.reports.find((one) => one.kind === 'senderReport')
        expect(report?.sender.packets).toBe(gp.phone.heard.length)
        expect(Math.abs((report?.sender.wallClockMs ?? 0) - Date.now())).toBeLessThan(5000)
        expect(report?.reports[0]).toMatchObject({ ssrc: 0x1234_5678, cumulativeLost: 0 })
        expect(gp.phone.reports.find((one) => one.kind === 'sourceDescription')?.chunks[0]?.ssrc).toBe(gp.channel.stats.ssrcOut)
      })
    })
  })
}
