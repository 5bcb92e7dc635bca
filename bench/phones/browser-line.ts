import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, type RTCRtpTransceiver } from 'werift'
import { WebSocket } from 'ws'
import { authorization, parseChallenge } from '../../src/embedded/protocols/sip/digest.js'
import type { BrowserCallers } from './commands.js'
import { header, parse, print, type Message } from './message.js'
import type { VoiceSocket } from './voice.js'

const eventType = 126
const opusType = 111
/** Its clock is six times as fast. */
const opusTicks = 6
const headerBytes = 12

/** The Opus audio of a browser: a second of a tone. */
export const opusToneHz = 500
const opusTone = () =>
  (JSON.parse(readFileSync(new URL('../../../test/fixtures/opus-500-hz.json', import.meta.url), 'utf8')) as readonly string[]).map((text) =>
    Buffer.from(text, 'base64'),
  )

/** The voice of a browser: ICE, DTLS-SRTP and A-law by werift, or a tone in Opus. For the sending and receiving code it is a socket like any other. */
export class BrowserVoice implements VoiceSocket {
  /** When keys were agreed; from then on all packets leave encrypted. */
  readyAt: number | undefined
  readonly #connection: RTCPeerConnection
  readonly #transceiver: RTCRtpTransceiver
  #take: (data: Buffer) => void = () => undefined

  /** Opus frames to send in turn. Undefined: it sends A-law. */
  readonly #opus: readonly Buffer[] | undefined

  constructor(opus = false) {
    this.#opus = opus ? opusTone() : undefined
    this.#connection = new RTCPeerConnection({
      codecs: {
        audio: [
          ...(opus ? [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: opusType })] : []),
          new RTCRtpCodecParameters({ mimeType: 'audio/PCMA', clockRate: 8_000, channels: 1, payloadType: 8 }),
          new RTCRtpCodecParameters({ mimeType: 'audio/telephone-event', clockRate: 8_000, channels: 1, payloadType: eventType }),
        ],
      },
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      iceServers: [],
    })
    this.#transceiver = this.#connection.addTransceiver(new MediaStreamTrack({ kind: 'audio' }), { direction: 'sendrecv' })
    this.#connection.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => this.#take(packet.serialize()))
    })
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer())
    return this.#connection.localDescription?.sdp ?? ''
  }

  takes(answer: string): Promise<void> {
    return this.#connection.setRemoteDescription({ type: 'answer', sdp: answer })
  }

  onPacket(take: (data: Buffer) => void): void {
    this.#take = take
  }

  /** ICE decides the target; it is known once there are keys. */
  connect(_port: number, _address: string, there: () => void): void {
    const look = () => {
      if (this.readyAt !== undefined || this.#connection.connectionState !== 'connected') return
      this.readyAt = performance.now()
      there()
    }
    this.#connection.connectionStateChange.subscribe(look)
    look()
  }

  send(packet: Buffer): void {
    const { sender } = this.#transceiver
    if (sender.dtlsTransport.state !== 'connected') return
    const sequenceNumber = packet.readUInt16BE(2)
    const timestamp = packet.readUInt32BE(4)
    const opus = this.#opus?.[sequenceNumber % this.#opus.length]
    const header = new RtpHeader({
      payloadType: opus === undefined ? packet.readUInt8(1) & 0x7f : opusType,
      marker: packet.readUInt8(1) > 0x7f,
      sequenceNumber,
      timestamp: opus === undefined ? timestamp : (timestamp * opusTicks) >>> 0,
      ssrc: sender.ssrc,
    })
    // The packet is used again for the next frame.
    void sender.dtlsTransport.sendRtp(opus ?? Buffer.from(packet.subarray(headerBytes)), header)
  }

  get port(): number {
    return 9
  }

  close(): void {
    void this.#connection.close()
  }
}

/** The WebSocket over which a browser signals (RFC 7118); each has its own, and has registered over it. */
export async function webSocket({ url, user, password }: BrowserCallers, name: string, take: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, 'sip')
  socket.on('error', () => undefined)
  await once(socket, 'open')
  const uri = 'sip:ringround'
  let proof: readonly string[] = []
  for (const cseq of [1, 2]) {
    socket.send(
      print(`REGISTER ${uri} SIP/2.0`, [
        `Via: SIP/2.0/WS ${name}.invalid;branch=z9hG4bK${name}-${cseq}`,
        'Max-Forwards: 70',
        `From: <sip:${user}@ringround>;tag=${name}`,
        `To: <sip:${user}@ringround>`,
        `Call-ID: register-${name}`,
        `CSeq: ${cseq} REGISTER`,
        `Contact: <sip:${user}@${name}.invalid;transport=ws>;expires=600`,
        ...proof,
      ]),
    )
    const answer = await statusOf(socket)
    if (answer.status === 200) break
    const challenge = parseChallenge(header(answer, 'WWW-Authenticate'))
    if (answer.status !== 401 || challenge === undefined || cseq === 2) throw new Error(`a browser was not registered: ${answer.status}`)
    proof = [`Authorization: ${authorization(challenge, { username: user, password }, { method: 'REGISTER', uri }, 1, name)}`]
  }
  socket.on('message', (data: Buffer) => take(data.toString('latin1')))
  return socket
}

async function statusOf(socket: WebSocket): Promise<Message> {
  for (;;) {
    const [data] = (await once(socket, 'message', { signal: AbortSignal.timeout(20_000) })) as [Buffer]
    const message = parse(data.toString('latin1'))
    if ((message.status ?? 0) >= 200) return message
  }
}
