import type { SpokenWord } from '../directory/model.js'
import type { AcceptanceProof, AttemptId } from '../facts/events.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Audio, Heard, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { sentence, spoken } from './saying.js'
import { Stop } from './stop.js'
import { Whisperer } from './whisperer.js'

/** The result of an answered leg. Only `accepted` is acceptance. */
export type WhisperResult =
  | { readonly kind: 'accepted'; readonly proof: AcceptanceProof }
  /** The deadline came: voicemail, silence, other keys. */
  | { readonly kind: 'notAccepted' }
  | { readonly kind: 'hungUp' }
  /** No longer needed: the caller has gone. */
  | { readonly kind: 'cancelled' }
  /** The whisper cannot be played, so the specialist cannot know what they would accept. */
  | { readonly kind: 'failed'; readonly why: string }

export interface WhisperRequest {
  readonly leg: Leg
  readonly attempt: AttemptId
  readonly speech: WhisperSpeech
  /** From now to the latest moment for acceptance. Apart from the ring time-out. */
  readonly acceptMs: number
  /** Aborts when acceptance is no longer wanted. */
  readonly signal: AbortSignal
}

/** The whole script. Prepared before the leg is rung, so the specialist who answers hears it at once. */
export interface WhisperSpeech {
  /** Who calls, about what, and which key to press. */
  readonly press: readonly Audio[]
  /** What comes first when the whisper is repeated after a wrong key. */
  readonly wrongKey: readonly Audio[]
  /** If words are recognised: the same with the word to say, and the reply once it was heard. */
  readonly say?: { readonly words: readonly Audio[]; readonly heard: readonly Audio[]; readonly spokenWord: Exclude<SpokenWord, 'off'> }
}

/** A word not said again is asked for once more; then only the key counts. */
const maxOffers = 2

/**
 * Repeats to the specialist who answered what the call is about, and waits for acceptance. Fails closed: nothing but one of the keys asked for, or the
 * word said twice, heard on this leg before the deadline, is acceptance; least of all the end of the prompt.
 */
export async function whisper(call: CallContext, request: WhisperRequest): Promise<WhisperResult> {
  const { signal, leg, speech } = request
  const over = new Stop(signal)
  const stoppedBy: { deadline: boolean; fault: string | undefined } = { deadline: false, fault: undefined }
  const cancelDeadline = call.clock.after(request.acceptMs, () => {
    stoppedBy.deadline = true
    over.done()
  })
  // From the answer on: what is said during the first whisper tells a greeting from a person.
  const unfollow = speech.say ? leg.followVoice() : undefined
  const speaker = new Whisperer(call, request, over.signal, (why) => {
    stoppedBy.fault = why
    over.done()
  })
  try {
    const heard = await new Acceptance(call, request, over.signal, speaker).wait()
    if (heard === 'hungUp') return { kind: 'hungUp' }
    if (heard !== 'stopped') return { kind: 'accepted', proof: heard }
    if (signal.aborted) return { kind: 'cancelled' }
    if (stoppedBy.deadline) return { kind: 'notAccepted' }
    return { kind: 'failed', why: stoppedBy.fault ?? 'the whisper was stopped' }
  } finally {
    cancelDeadline()
    over.done()
    unfollow?.()
  }
}

/** What a specialist will hear, with the key alone and, if the line wants it, with the word. */
export interface WhisperWords {
  readonly press: readonly SpeechPart[]
  readonly say: readonly SpeechPart[]
  readonly spokenWord: SpokenWord
}

/** Prepared before ringing, so that the specialist who answers hears it at once. */
export class PreparedWhisper {
  readonly #call: CallContext
  readonly #press: Promise<readonly Audio[]>
  readonly #wrongKey: Promise<readonly Audio[]>
  readonly #say: Promise<NonNullable<WhisperSpeech['say']>> | undefined

  constructor(call: CallContext, { press, say, spokenWord }: WhisperWords) {
    this.#call = call
    this.#press = spoken(call, press)
    this.#wrongKey = spoken(call, [sentence('whisper-wrong-key')])
    if (spokenWord === 'off') return
    // A recogniser that is not running yet starts now: it has until the answer.
    call.switch.hearsWords()
    const heard = spoken(call, [sentence(spokenWord === 'accepts' ? 'whisper-say-again' : 'whisper-did-you-say')])
    this.#say = Promise.all([spoken(call, say), heard]).then(([words, offer]) => ({ words, heard: offer, spokenWord }))
  }

  /** Whispers to the specialist who answered, in what is left of their time to accept. Asks for the word only if a recogniser is there. */
  async to({ leg, attempt, acceptMs }: Pick<WhisperRequest, 'leg' | 'attempt' | 'acceptMs'>, signal: AbortSignal): Promise<WhisperResult> {
    const { clock } = this.#call
    const answeredAt = clock.monotonic()
    const [press, wrongKey, say] = await Promise.all([this.#press, this.#wrongKey, this.#say])
    const speech: WhisperSpeech = { press, wrongKey, ...(say && this.#call.switch.hearsWords() ? { say } : {}) }
    return whisper(this.#call, { leg, attempt, speech, acceptMs: acceptMs - (clock.monotonic() - answeredAt), signal })
  }
}

/**
 * Waits for the key, which counts at every moment, and for the word, which counts only after the first whole whisper, and only when it is said again
 * after the question for it. A leg that talks like a greeting is key-only.
 */
class Acceptance {
  readonly #call: CallContext
  readonly #request: WhisperRequest
  readonly #signal: AbortSignal
  readonly #speaker: Whisperer
  /** What counts besides the key; `again`: the word was heard once, and is asked for again. */
  #words: 'none' | 'first' | 'again'
  #firstScore = 1
  #offers = 0

  constructor(call: CallContext, request: WhisperRequest, signal: AbortSignal, speaker: Whisperer) {
    this.#call = call
    this.#request = request
    this.#signal = signal
    this.#speaker = speaker
    this.#words = request.speech.say ? 'first' : 'none'
  }

  async wait(): Promise<AcceptanceProof | 'stopped' | 'hungUp'> {
    const { leg, attempt } = this.#request
    const { scope } = this.#call
    for (;;) {
      const heard = await this.#listen()
      switch (heard.kind) {
        case 'key':
          return { heard: { kind: 'key', key: heard.key, source: heard.source }, legId: leg.id, heardAt: heard.at }
        case 'otherKey':
          scope.tell({ type: 'whisper.wrongKey', attempt, key: heard.key })
          if (this.#words === 'again') this.#words = 'first'
          this.#speaker.wrongKey()
          break
        case 'word':
          if (this.#words === 'again') {
            return {
              heard: { kind: 'word', word: heard.word, confidence: Math.min(this.#firstScore, heard.confidence) },
              legId: leg.id,
              heardAt: heard.at,
            }
          }
          this.#wordHeard(heard)
          break
        case 'noWords':
          if (heard.why !== 'lost') scope.tell({ type: 'whisper.keyOnly', attempt, why: heard.why })
          this.#keysOnly()
          break
        case 'cancelled':
          if (this.#signal.aborted) return 'stopped'
          // The whisperer is at another place, where other things count.
          break
        case 'hungUp':
          return 'hungUp'
      }
    }
  }

  /** Until something is heard, or what counts has changed. */
  async #listen(): Promise<Heard> {
    const { leg } = this.#request
    const { acceptKeys: keys, acceptWords } = this.#call.settings
    const place = this.#speaker.place
    const words = this.#words === 'first' ? place === 'whisper' && this.#speaker.heardWhole : this.#words === 'again' && place === 'window'
    const turn = new Stop(this.#signal)
    this.#speaker.onMoved = () => {
      // The time to say it again is over.
      if (this.#words === 'again' && this.#speaker.place === 'whisper') this.#words = this.#offers < maxOffers ? 'first' : 'none'
      if (this.#words === 'none') this.#speaker.pressOnly()
      turn.done()
    }
    const heard = await leg.listenFor({ keys, signal: turn.signal, ...(words && { words: acceptWords }) })
    this.#speaker.onMoved = () => undefined
    turn.done()
    return heard
  }

  #wordHeard({ word, confidence }: Extract<Heard, { kind: 'word' }>): void {
    const { attempt, speech } = this.#request
    this.#call.scope.tell({ type: 'whisper.word', attempt, word, confidence })
    this.#offers++
    if (speech.say?.spokenWord === 'accepts') {
      this.#firstScore = confidence
      this.#words = 'again'
    } else this.#keysOnly()
    this.#speaker.offer()
  }

  #keysOnly(): void {
    this.#words = 'none'
    this.#speaker.pressOnly()
  }
}
