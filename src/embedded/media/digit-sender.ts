import { DTMF_DIGITS, TelephoneEventSender, type TelephoneEventPacket } from '../protocols/rtp/telephone-event.js'

const DEFAULT_DURATION_MS = 100
const DEFAULT_GAP_MS = 100
/** The shortest key that every receiver must hear (ITU-T Q.24), and the longest that fits one RFC 4733 segment. */
const MIN_DURATION_MS = 40
const MAX_DURATION_MS = 8000

type Item =
  | { readonly kind: 'key'; readonly digit: string; readonly durationMs: number }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'end'; readonly settle: (how: 'sent' | 'stopped') => void }

/** @throws TypeError for a character that is no key and no pause */
export function checkDigits(digits: string): void {
  for (const character of digits) {
    if (character !== 'w' && character !== 'W' && !DTMF_DIGITS.includes(character.toUpperCase()))
      throw new TypeError(`not a key: ${JSON.stringify(character)}`)
  }
}

/** Sends keys to one party, one after the other. */
export class DigitSender {
  readonly #queue: Item[] = []
  #event: TelephoneEventSender | undefined
  #pauseMs = 0

  /** A key is being sent as an event: audio waits. */
  get sendingEvent(): boolean {
    return this.#event !== undefined
  }

  get idle(): boolean {
    return this.#queue.length === 0 && !this.#event && this.#pauseMs <= 0
  }

  /** @throws TypeError for a character that is no key and no pause */
  add(digits: string, durationMs = DEFAULT_DURATION_MS, gapMs = DEFAULT_GAP_MS): Promise<'sent' | 'stopped'> {
    checkDigits(digits)
    const length = Math.max(MIN_DURATION_MS, Math.min(MAX_DURATION_MS, durationMs))
    const items = Array.from(digits, (character): Item[] => {
      if (character === 'w') return [{ kind: 'pause', ms: 500 }]
      if (character === 'W') return [{ kind: 'pause', ms: 1000 }]
      return [
        { kind: 'key', digit: character.toUpperCase(), durationMs: length },
        { kind: 'pause', ms: gapMs },
      ]
    }).flat()
    this.#queue.push(...items)
    return new Promise((resolve) => this.#queue.push({ kind: 'end', settle: resolve }))
  }

  /**
   * Call it once every packet time. @returns the event packet to send instead of audio, if any
   * @param sound plays the key's tones, where the party takes no events; `undefined` where it does
   */
  next(packetMs: number, sound: ((digit: string, durationMs: number) => void) | undefined): TelephoneEventPacket | undefined {
    if (this.#event) return this.#packet(this.#event)
    if (this.#pauseMs > 0) {
      this.#pauseMs -= packetMs
      return undefined
    }
    for (let item = this.#queue.shift(); item; item = this.#queue.shift()) {
      switch (item.kind) {
        case 'end':
          item.settle('sent')
          continue
        case 'pause':
          this.#pauseMs = item.ms - packetMs
          return undefined
        case 'key':
          if (sound) {
            sound(item.digit, item.durationMs)
            this.#pauseMs = item.durationMs - packetMs
            return undefined
          }
          this.#event = new TelephoneEventSender(item.digit, { durationMs: item.durationMs, packetMs })
          return this.#packet(this.#event)
      }
    }
    return undefined
  }

  stop(): void {
    for (const item of this.#queue.splice(0)) if (item.kind === 'end') item.settle('stopped')
    this.#event = undefined
    this.#pauseMs = 0
  }

  #packet(event: TelephoneEventSender): TelephoneEventPacket | undefined {
    const packet = event.next()
    if (!packet || packet.last) this.#event = undefined
    return packet
  }
}
