import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, type RTCRtpTransceiver } from 'werift'
import { encodeG711, LINEAR_TO_MULAW, MULAW_TO_LINEAR } from '../../src/embedded/protocols/rtp/g711.js'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { amplitudeOf } from '../../src/embedded/protocols/rtp/level.js'
import { Oscillator } from '../../src/embedded/protocols/rtp/oscillator.js'
import { TelephoneEventSender, writeTelephoneEvent } from '../../src/embedded/protocols/rtp/telephone-event.js'

const FRAME = 160
const EVENTS = 126
const OPUS = 111
const WIDE_EVENTS = 110
/** Clock of Opus for that of G.711. */
const WIDER = 6

/** A browser's audio by werift, as an independent peer: ICE, DTLS-SRTP and PCMU, or Opus beside it. It sends a tone and keeps the last audio received. */
export class WebRtcPeer {
  readonly connection: RTCPeerConnection
  readonly heard: Buffer[] = []
  /** The same, in Opus. */
  readonly heardInOpus: Buffer[] = []
  packets = 0
  firstAt: number | undefined
  readonly #transceiver: RTCRtpTransceiver
  #timer: NodeJS.Timeout | undefined
  #sequence = 1000
  #timestamp = 5000

  /** @param opus it sends Opus: these frames, in turn */
  constructor(private readonly opus?: readonly Buffer[]) {
    this.connection = new RTCPeerConnection({
      codecs: {
        audio: [
          ...(opus
            ? [
                new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: OPUS }),
                new RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 48_000, channels: 1, payloadType: WIDE_EVENTS }),
              ]
            : []),
          new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8000, channels: 1, payloadType: 0 }),
          new RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 8000, channels: 1, payloadType: EVENTS }),
        ],
      },
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      iceServers: [],
    })
    this.#transceiver = this.connection.addTransceiver(new MediaStreamTrack({ kind: 'audio' }), { direction: 'sendrecv' })
    this.connection.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => {
        if (packet.header.payloadType === OPUS) this.heardInOpus.push(packet.payload)
        if (this.heardInOpus.length > 50) this.heardInOpus.shift()
        if (packet.header.payloadType !== 0) return
        this.packets++
        this.firstAt ??= performance.now()
        this.heard.push(packet.payload)
        if (this.heard.length > 50) this.heard.shift()
      })
    })
  }

  async offer(): Promise<string> {
    const offer = await this.connection.createOffer()
    await this.connection.setLocalDescription(offer)
    return this.connection.localDescription?.sdp ?? ''
  }

  async takes(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  says(frequencyHz: number): void {
    this.hush()
    const oscillator = new Oscillator(frequencyHz)
    const samples = new Int16Array(FRAME)
    const began = performance.now()
    let sent = 0
    this.#timer = setInterval(() => {
      for (; sent < (performance.now() - began) / 20; sent++) {
        for (let index = 0; index < FRAME; index++) samples[index] = Math.round(oscillator.next() * amplitudeOf(-10))
        const payload = Buffer.alloc(FRAME)
        encodeG711(LINEAR_TO_MULAW, samples, 0, FRAME, payload, 0)
        this.#send(payload, 0, false)
        this.#timestamp += FRAME
      }
    }, 10)
  }

  /** Sends its Opus frames. */
  saysInOpus(): void {
    this.hush()
    const frames = this.opus ?? []
    const began = performance.now()
    let sent = 0
    this.#timer = setInterval(() => {
      for (; sent < (performance.now() - began) / 20; sent++) {
        this.#send(frames[sent % frames.length] ?? Buffer.alloc(0), OPUS, sent === 0)
        this.#timestamp += FRAME * WIDER
      }
    }, 10)
  }

  hush(): void {
    clearInterval(this.#timer)
  }

  /** Presses a key: RFC 4733 events, with our SDP's payload type. */
  async presses(digit: string): Promise<void> {
    const sender = new TelephoneEventSender(digit)
    // The timestamp of its beginning, in every packet, while the voice goes on beside it.
    const timestamp = this.#timestamp
    for (;;) {
      const event = sender.next()
      if (event === undefined) break
      const payload = Buffer.alloc(4)
      // In the clock of the voice beside it (RFC 4733 section 2.1).
      writeTelephoneEvent(payload, 0, this.opus ? { ...event, duration: event.duration * WIDER } : event)
      this.#send(payload, this.opus ? WIDE_EVENTS : EVENTS, event.marker, timestamp)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    this.#timestamp += this.opus ? 1600 * WIDER : 1600
  }

  #send(payload: Buffer, payloadType: number, marker: boolean, timestamp = this.#timestamp): void {
    // The package's sender would give keys the voice's payload type.
    const { sender } = this.#transceiver
    const header = new RtpHeader({
      payloadType,
      marker,
      sequenceNumber: this.#sequence++ & 0xffff,
      timestamp: timestamp >>> 0,
      ssrc: sender.ssrc,
    })
    if (sender.dtlsTransport.state === 'connected') void sender.dtlsTransport.sendRtp(payload, header)
  }

  /** The share of that tone in the last audio, 0 to 1. */
  share(frequencyHz: number): number {
    const octets = Buffer.concat(this.heard.slice(-20))
    return octets.length < 10 * FRAME
      ? 0
      : toneShare(
          Array.from(octets, (octet) => MULAW_TO_LINEAR[octet] ?? 0),
          frequencyHz,
        )
  }

  async close(): Promise<void> {
    this.hush()
    await this.connection.close()
  }
}
