import type { CallEvent } from '../facts/events.js'
import type { Phone } from '../embedded/phones/phone.js'
import type { Temperament } from '../embedded/phones/temperament.js'
import type { Part } from './cast.js'
import type { Performance } from './performance.js'
import { habits, ordinary } from './scenes.js'

/** What the fact of a ringing and the ringing itself may be apart, ms: they come by different ways. */
const factWithinMs = 400
const lookEveryMs = 20

/** Everybody who can be rung, and for whom they are rung now: they act as the scene of that call has it. */
export class Players {
  readonly #phones = new Map<string, Phone>()
  #network: Phone | undefined
  /** By telephone: the call that rings it. */
  readonly #ringing = new Map<string, { readonly callId: string; readonly attempt: string }>()

  /** @param performanceOf the scene of a call, where it is one of the demo's */
  constructor(private readonly performanceOf: (callId: string) => Performance | undefined) {}

  add(part: Part, phone: Phone): void {
    if (part.target === undefined) this.#network = phone
    else this.#phones.set(part.target, phone)
    phone.onRinging = () => void this.#act(part, phone).catch(() => undefined)
  }

  take(event: CallEvent): void {
    if (event.type === 'attempt.started') this.#ringing.set(this.#keyOf(event.target), { callId: event.callId, attempt: event.attempt })
    if (event.type !== 'attempt.ended' || event.result === 'accepted' || event.result === 'connected') return
    for (const [key, { callId, attempt }] of this.#ringing)
      if (callId === event.callId && attempt === event.attempt) this.#ringing.delete(key)
  }

  /** The telephone that is rung at this target; undefined: somebody else's. */
  at(target: string): Phone | undefined {
    return this.#phones.get(target) ?? (/^\+?\d/.test(target) ? this.#network : undefined)
  }

  #keyOf(target: string): string {
    return this.#phones.has(target) ? target : 'network'
  }

  /** Deals with a ringing. A call that ends in the middle of it ends it quietly. */
  async #act(part: Part, phone: Phone): Promise<void> {
    const key = part.target ?? 'network'
    for (let waited = 0; waited < factWithinMs && !this.#ringing.has(key); waited += lookEveryMs) await phone.waits(lookEveryMs)
    const performance = this.performanceOf(this.#ringing.get(key)?.callId ?? '')
    if (part.target === undefined) return this.#picksUp(phone)
    const temperament: Temperament = performance?.temperamentOf(part.user) ?? habits[part.user] ?? ordinary
    await temperament.behave(phone)
  }

  /** A patient or a practice: whoever answers is connected. */
  async #picksUp(phone: Phone): Promise<void> {
    await phone.waits(6_000)
    if (phone.state === 'ringing') await phone.answers({ withinMs: 1_000 })
  }
}
