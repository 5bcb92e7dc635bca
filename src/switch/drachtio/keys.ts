import type { Heard, Key, KeySource, ListenOptions, NoWords } from '../port.js'

/**
 * Some phones give each packet of an event a timestamp of its own; FreeSWITCH takes every end packet of such a press (three, 20 ms apart) for a
 * press. Nobody presses a key twice in less than this time, or in less than the second press lasts.
 */
const repetitionMs = 45

export interface Press {
  readonly key: Key
  readonly source: KeySource
  /** Wall-clock ms. */
  readonly at: number
}

/**
 * One press can reach us twice: many gateways send the tone as RFC 4733 event and leave it audible in the voice. The later of the two
 * comes up to the length of the press, plus the detectors' delays, after the first.
 */
const echoMs = 1_500

/**
 * The keys of one leg, from the answer on: queued until a flow listens (type-ahead), and each press counted once in whatever forms
 * it came.
 */
export class Keys {
  #queue: Press[] = []
  #listener: { readonly keys: readonly Key[]; readonly words: readonly string[]; readonly settle: (heard: Heard) => void } | undefined
  #noWords: NoWords | undefined = 'lost'
  /** Called with whether a flow listens for words now. */
  onWords: (wanted: boolean) => void = () => undefined
  #recent: { readonly press: Press; readonly monotonic: number; readonly echoes: Set<KeySource> }[] = []
  #over = false
  #lastEvent: { readonly key: Key; readonly monotonic: number } | undefined

  /**
   * Whether this event has come before under another timestamp. Ask for every key that a media server reports without one.
   * @param heldMs how long the key was held
   */
  isRepetition({ key, source }: Press, heldMs: number, monotonic: number): boolean {
    if (source !== 'rfc4733') return false
    const last = this.#lastEvent
    this.#lastEvent = { key, monotonic }
    return last?.key === key && monotonic - last.monotonic < Math.min(repetitionMs, heldMs)
  }

  /** @param monotonic ms, for telling echoes from presses */
  press(press: Press, monotonic: number): void {
    if (this.#over || this.#isEcho(press, monotonic)) return
    const listener = this.#listener
    if (listener) listener.settle(asHeard(press, listener.keys))
    else this.#queue.push(press)
  }

  /** Words come from now on, while a flow listens for them. */
  beginWords(): void {
    this.#noWords = undefined
  }

  word(word: string, confidence: number, at: number): void {
    if (this.#listener?.words.includes(word)) this.#listener.settle({ kind: 'word', word, confidence, at })
  }

  /** No word comes any more: a flow that listens for one is told. */
  endWords(why: NoWords): void {
    this.#noWords ??= why
    const listener = this.#listener
    if (listener && listener.words.length > 0) listener.settle({ kind: 'noWords', why: this.#noWords })
  }

  listen(options: ListenOptions): Promise<Heard> {
    if (this.#listener) return Promise.reject(new Error('this leg has a listener already'))
    if (this.#over) return Promise.resolve({ kind: 'hungUp' })
    if (options.signal.aborted) return Promise.resolve({ kind: 'cancelled' })
    const waiting = this.#queue.shift()
    if (waiting) return Promise.resolve(asHeard(waiting, options.keys))
    const words = options.words ?? []
    if (words.length > 0 && this.#noWords !== undefined) return Promise.resolve({ kind: 'noWords', why: this.#noWords })
    return new Promise((resolve) => {
      const settle = (heard: Heard): void => {
        options.signal.removeEventListener('abort', cancel)
        this.#listener = undefined
        if (words.length > 0) this.onWords(false)
        resolve(heard)
      }
      const cancel = () => settle({ kind: 'cancelled' })
      options.signal.addEventListener('abort', cancel, { once: true })
      this.#listener = { keys: options.keys, words, settle }
      if (words.length > 0) this.onWords(true)
    })
  }

  drop(): void {
    this.#queue = []
  }

  /** The leg is over. */
  end(): void {
    this.#over = true
    this.#queue = []
    this.#recent = []
    this.#listener?.settle({ kind: 'hungUp' })
  }

  /** The same press in another form: every press absorbs one echo of each other form, so that two quick presses stay two. */
  #isEcho(press: Press, monotonic: number): boolean {
    this.#recent = this.#recent.filter((recent) => monotonic - recent.monotonic < echoMs)
    const original = this.#recent.find(
      (recent) => recent.press.key === press.key && recent.press.source !== press.source && !recent.echoes.has(press.source),
    )
    if (original) {
      original.echoes.add(press.source)
      return true
    }
    this.#recent.push({ press, monotonic, echoes: new Set() })
    return false
  }
}

function asHeard(press: Press, keys: readonly Key[]): Heard {
  return { kind: keys.includes(press.key) ? 'key' : 'otherKey', ...press }
}

export function asKey(text: string): Key | undefined {
  const key = text.trim().toUpperCase()
  return /^[0-9*#A-D]$/.test(key) ? (key as Key) : undefined
}

/** What FreeSWITCH calls the three forms (DTMF-Source of its DTMF event). */
export function asKeySource(source: string | null | undefined): KeySource {
  switch (source) {
    case 'RTP':
      return 'rfc4733'
    case 'INBAND_AUDIO':
      return 'inband'
    case 'ENDPOINT':
      return 'info'
    default:
      return 'unknown'
  }
}
