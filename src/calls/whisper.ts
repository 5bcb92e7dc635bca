import { sleep } from '../clock/clock.js'
import type { AcceptanceProof, AttemptId } from '../facts/events.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Audio, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { sentence, spoken } from './saying.js'
import { Stop } from './stop.js'

/** What came of an answered leg. Only `accepted` is acceptance. */
export type WhisperResult =
  | { readonly kind: 'accepted'; readonly proof: AcceptanceProof }
  /** The deadline came: voicemail, silence, other keys. */
  | { readonly kind: 'notAccepted' }
  | { readonly kind: 'hungUp' }
  /** Acceptance is no longer wanted: the caller has gone. */
  | { readonly kind: 'cancelled' }
  /** The whisper cannot be played, so nobody can know what they would accept. */
  | { readonly kind: 'failed'; readonly why: string }

export interface WhisperRequest {
  readonly leg: Leg
  readonly attempt: AttemptId
  /** Who calls, about what. Prepared before the leg is rung: whoever answers hears it at once. */
  readonly words: readonly Audio[]
  /** What comes first when the whisper is repeated after a wrong key. */
  readonly wrongKeyWords: readonly Audio[]
  /** From now to the latest moment for acceptance. Apart from the ring time-out. */
  readonly acceptMs: number
  /** Aborts when acceptance is no longer wanted. */
  readonly signal: AbortSignal
}

/** A whisper that ends sooner than this is not begun again at once: a prompt that cannot be heard must not spin. */
const leastRepetitionMs = 500

/**
 * Tells whoever answered what the call is about, again and again, and waits for acceptance. Fails closed: nothing but one of the keys
 * (or words) asked for, heard on this leg before the deadline, is acceptance; least of all the end of the prompt.
 */
export async function whisper(call: CallContext, request: WhisperRequest): Promise<WhisperResult> {
  const { signal } = request
  const over = new Stop(signal)
  const stoppedBy: { deadline: boolean; fault: string | undefined } = { deadline: false, fault: undefined }
  const cancelDeadline = call.clock.after(request.acceptMs, () => {
    stoppedBy.deadline = true
    over.done()
  })
  const speaker = new Whisperer(call, request, over.signal, (why) => {
    stoppedBy.fault = why
    over.done()
  })
  try {
    const heard = await listenForAcceptance(call, request, over.signal, () => speaker.wrongKey())
    if (heard === 'hungUp') return { kind: 'hungUp' }
    if (heard !== 'stopped') return { kind: 'accepted', proof: heard }
    if (signal.aborted) return { kind: 'cancelled' }
    if (stoppedBy.deadline) return { kind: 'notAccepted' }
    return { kind: 'failed', why: stoppedBy.fault ?? 'the whisper was stopped' }
  } finally {
    cancelDeadline()
    over.done()
  }
}

/** What somebody who is going to be rung will hear: prepared before they are, so that whoever answers hears it at once. */
export class PreparedWhisper {
  readonly #call: CallContext
  readonly #words: Promise<readonly Audio[]>
  readonly #wrongKeyWords: Promise<readonly Audio[]>

  constructor(call: CallContext, words: readonly SpeechPart[]) {
    this.#call = call
    this.#words = spoken(call, words)
    this.#wrongKeyWords = spoken(call, [sentence('whisper-wrong-key')])
  }

  /** Whispers to whoever has answered, in what is left of their time to accept. */
  async to({ leg, attempt, acceptMs }: Pick<WhisperRequest, 'leg' | 'attempt' | 'acceptMs'>, signal: AbortSignal): Promise<WhisperResult> {
    const { clock } = this.#call
    const answeredAt = clock.monotonic()
    const [words, wrongKeyWords] = await Promise.all([this.#words, this.#wrongKeyWords])
    return whisper(this.#call, { leg, attempt, words, wrongKeyWords, acceptMs: acceptMs - (clock.monotonic() - answeredAt), signal })
  }
}

async function listenForAcceptance(call: CallContext, request: WhisperRequest, signal: AbortSignal, onWrongKey: () => void): Promise<AcceptanceProof | 'stopped' | 'hungUp'> {
  const { leg, attempt } = request
  const { acceptKeys: keys, acceptWords: words } = call.settings
  for (;;) {
    const heard = await leg.listenFor({ keys, words, signal })
    switch (heard.kind) {
      case 'key':
        return { heard: { kind: 'key', key: heard.key, source: heard.source }, legId: leg.id, heardAt: heard.at }
      case 'word':
        return { heard: { kind: 'word', word: heard.word, confidence: heard.confidence }, legId: leg.id, heardAt: heard.at }
      case 'otherKey':
        call.scope.tell({ type: 'whisper.wrongKey', attempt, key: heard.key })
        onWrongKey()
        break
      case 'cancelled':
        return 'stopped'
      case 'hungUp':
        return 'hungUp'
    }
  }
}

/** Speaks the whisper, over and over, until told to stop; begins again at once after a wrong key. */
class Whisperer {
  readonly #request: WhisperRequest
  readonly #call: CallContext
  readonly #signal: AbortSignal
  #repetition: Stop | undefined
  #wrongKey = false

  constructor(call: CallContext, request: WhisperRequest, signal: AbortSignal, onBroken: (why: string) => void) {
    this.#call = call
    this.#request = request
    this.#signal = signal
    void this.#speak().then(
      (why) => {
        if (why !== undefined) onBroken(why)
      },
      (fault: unknown) => onBroken(String(fault)),
    )
  }

  wrongKey(): void {
    this.#wrongKey = true
    this.#repetition?.done()
  }

  /** @returns why it could not go on; undefined when it was stopped or the party has gone */
  async #speak(): Promise<string | undefined> {
    const { leg, attempt, words, wrongKeyWords } = this.#request
    const { clock, scope, settings } = this.#call
    let failures = 0
    for (let repetition = 1; !this.#signal.aborted; repetition++) {
      const stop = new Stop(this.#signal)
      this.#repetition = stop
      const startedAt = clock.monotonic()
      const audio = [...(this.#wrongKey ? wrongKeyWords : []), ...words, { kind: 'silence', ms: settings.whisperPauseMs } as const]
      this.#wrongKey = false
      scope.tell({ type: 'whisper.started', attempt, repetition })
      const played = await leg.play(audio, { signal: stop.signal })
      stop.done()
      if (played.kind === 'hungUp') return undefined
      if (played.kind === 'failed' && ++failures === 2) return played.why
      if (played.kind !== 'cancelled') await sleep(clock, leastRepetitionMs - (clock.monotonic() - startedAt), this.#signal)
    }
    return undefined
  }
}
