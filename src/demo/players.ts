import type { CallEvent } from '../facts/events.js'
import type { Phone } from '../embedded/phones/phone.js'
import type { Temperament } from '../embedded/phones/temperament.js'
import type { Part } from './cast.js'
import type { Performance } from './performance.js'
import { habits, ordinary } from './scenes.js'

/** The most time between an attempt's fact and its INVITE, ms: they come by different ways. */
const factWithinMs = 400
const lookEveryMs = 20

/** Everybody who can be rung, and the calls that ring them: they act as that call's scene says. */
export class Players {
  readonly #phones = new Map<string, Phone>()
  #network: Phone | undefined
  /** The call that rings each telephone. */
  readonly #ringing = new Map<string, { readonly callId: string; readonly attempt: string }>()

  /** @param performanceOf the scene of a call, if it is one of the demo's */
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

  /** The demo's telephone at this target; undefined: it is not one. */
  at(target: string): Phone | undefined {
    return this.#phones.get(target) ?? (/^\+?\d/.test(target) ? this.#network : undefined)
  }

  #keyOf(target: string): string {
    return this.#phones.has(target) ? target : 'network'
  }

  /** Handles an incoming INVITE. If the call ends meanwhile, it stops quietly. */
  async #act(part: Part, phone: Phone): Promise<void> {
    const key = part.target ?? 'network'
    for (let waited = 0; waited < factWithinMs && !this.#ringing.has(key); waited += lookEveryMs) await phone.waits(lookEveryMs)
    const performance = this.performanceOf(this.#ringing.get(key)?.callId ?? '')
    if (part.target === undefined) return this.#picksUp(phone)
    const temperament: Temperament = performance?.temperamentOf(part.user) ?? habits[part.user] ?? ordinary
    await temperament.behave(phone)
  }

  /** A patient or a practice: connected on answering. */
  async #picksUp(phone: Phone): Promise<void> {
    await phone.waits(6_000)
    if (phone.state === 'ringing') await phone.answers({ withinMs: 1_000 })
  }
}
