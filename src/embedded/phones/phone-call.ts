import { answerAudio, audioOffer, readAudioAnswer, withDirection, type AudioCodec, type AudioEnd } from '../protocols/sdp/offer-answer.js'
import type { Direction } from '../protocols/sdp/description.js'
import type { ModifyResult, OfferDecision, Session } from '../protocols/sip/session.js'
import { AudioLine } from './audio-line.js'
import { Disappointed } from './expectation.js'

/** How a key is pressed: RFC 4733 events, the tones themselves, SIP INFO application/dtmf-relay, SIP INFO application/dtmf. */
export type KeyForm = 'rfc4733' | 'inband' | 'info-relay' | 'info-dtmf'

export interface PhoneCallOptions {
  readonly address: string
  readonly sessionName: string
  readonly codecs: readonly AudioCodec[] | undefined
  readonly telephoneEvent: boolean | undefined
}

/** One call of a phone, from dialling or picking up to the end: its audio, the agreement on it, and the session once there is one. */
export class PhoneCall {
  session: Session | undefined
  /** Gives up a call that is being dialled. */
  readonly abort = new AbortController()
  readonly #end: AudioEnd
  #version = 1

  private constructor(
    readonly line: AudioLine,
    options: PhoneCallOptions,
  ) {
    const { address, sessionName, codecs, telephoneEvent } = options
    this.#end = {
      address,
      port: line.port,
      // RTCP from the other side comes to our own socket and is told apart there, instead of hitting a neighbour's port.
      rtcpPort: line.port,
      rtcpMux: true,
      sessionName,
      sessionId: String(line.port),
      ...(codecs === undefined ? {} : { codecs }),
      ...(telephoneEvent === undefined ? {} : { telephoneEvent }),
    }
  }

  static async open(options: PhoneCallOptions): Promise<PhoneCall> {
    return new PhoneCall(await AudioLine.open(options.address), options)
  }

  offer(): string {
    return audioOffer(this.#end)
  }

  /** Our answer to an offer; the audio begins (or changes) at once. */
  answer(offer: string): OfferDecision {
    const answered = answerAudio(offer, { ...this.#end, version: this.#version })
    if (!answered.ok) return { reject: answered.status }
    this.line.connect(answered.agreement)
    return { answer: answered.answer }
  }

  /** Takes the answer to our offer. @returns what is wrong with it */
  takeAnswer(answer: string, direction: Direction = 'sendrecv'): string | undefined {
    const read = readAudioAnswer(answer, { ...this.#end, direction })
    if (!read.ok) return read.why
    this.line.connect(read.agreement)
    return undefined
  }

  /** A re-INVITE or UPDATE of the other side. */
  modified(offer: string | undefined): OfferDecision {
    this.#version++
    return offer === undefined ? { answer: audioOffer({ ...this.#end, version: this.#version }) } : this.answer(offer)
  }

  /** Holds or resumes with a re-INVITE. */
  async changeDirection(session: Session, direction: Direction): Promise<ModifyResult> {
    const result = await session.reinvite(withDirection(session.localSdp ?? this.offer(), direction, ++this.#version))
    if (result.kind === 'answered' && result.sdp !== undefined) this.takeAnswer(result.sdp, direction)
    return result
  }

  /** Presses one key. @returns when it was through (monotonic ms) @throws Disappointed when the other side does not take that form */
  async press(session: Session, key: string, form: KeyForm, holdMs: number): Promise<number> {
    switch (form) {
      case 'rfc4733':
        if (this.line.agreement?.telephoneEvent === undefined)
          throw new Disappointed(`cannot press ${key}: the other side takes no telephone-event`)
        return this.line.pressEvent(key, holdMs)
      case 'inband':
        return this.line.pressTones(key, holdMs)
      case 'info-relay':
        return inform(session, 'application/dtmf-relay', `Signal=${key}\r\nDuration=${holdMs}\r\n`)
      case 'info-dtmf':
        return inform(session, 'application/dtmf', key)
    }
  }
}

async function inform(session: Session, type: string, body: string): Promise<number> {
  const result = await session.info(type, body)
  if (result.kind === 'answered') return performance.now()
  throw new Disappointed(`INFO was not taken: ${result.kind === 'refused' ? `${result.status} ${result.reason}` : result.why}`)
}
