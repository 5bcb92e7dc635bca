import type { CallEvent, Party } from '../facts/events.js'
import type { Phone } from '../embedded/phones/phone.js'
import type { Temperament } from '../embedded/phones/temperament.js'
import { conversations, type Conversation, type ConversationId } from './conversations.js'
import { turnSamples } from './voice-files.js'

/** The pause between two turns. */
const breathMs = 450
/** A turn of a person whom the demo does not play. */
const strangersTurnMs = 4_000
/** From the question for the outcome to the key: they listen to the choices. */
const thinkMs = 5_500

/** How a call of the demo goes, apart from its caller. */
export interface Script {
  readonly people: Readonly<Record<string, Temperament>>
  readonly talk: ConversationId
  readonly hangsUp: 'first' | 'other'
  /** The key of the outcome, by the party asked; undefined: none is left. */
  readonly outcomeKey?: string
}

/** One performance of a call: both parties say their turns, one hangs up, and the other keys the outcome. */
export class Performance {
  #other: Phone | undefined
  readonly #targets = new Map<string, string>()
  #over = false

  /**
   * @param first the caller; undefined: a visitor with their own telephone, or a call that the engine places
   * @param at the demo's telephone at a target
   */
  constructor(
    private readonly script: Script,
    private first: Phone | undefined,
    private readonly at: (target: string) => Phone | undefined,
  ) {}

  temperamentOf(user: string): Temperament | undefined {
    return this.script.people[user]
  }

  take(event: CallEvent): void {
    switch (event.type) {
      case 'attempt.started':
        this.#targets.set(event.attempt, event.target)
        return
      case 'attempt.accepted': {
        // In a call that the engine places the clinician accepts first; then the patient is rung.
        const accepted = this.at(this.#targets.get(event.attempt) ?? '')
        this.#other = accepted
        return
      }
      case 'talk.started': {
        const talking = this.at(this.#targets.get(event.attempt) ?? '')
        if (this.first === undefined && this.#other !== undefined && talking !== this.#other) this.first = this.#other
        this.#other = talking
        void this.#talk()
        return
      }
      case 'outcome.asked':
        void this.#leaveOutcome(event.of)
        return
      case 'call.ended':
        this.#over = true
        return
      default:
    }
  }

  async #talk(): Promise<void> {
    const { turns }: Conversation = conversations[this.script.talk]
    await pause(breathMs)
    for (const [index, { by }] of turns.entries()) {
      const speaker = by === 'first' ? this.first : this.#other
      const samples = turnSamples(this.script.talk, index)
      if (this.#over) return
      if (samples === undefined || speaker === undefined) await pause(strangersTurnMs)
      else if (!(await says(speaker, samples))) return
      await pause(breathMs)
    }
    await (this.script.hangsUp === 'first' ? this.first : this.#other)?.hangsUp()
  }

  async #leaveOutcome(of: Party): Promise<void> {
    const key = this.script.outcomeKey
    if (key === undefined) return
    await pause(thinkMs)
    const asked = of === 'caller' ? this.first : this.#askedOther()
    if (asked?.state === 'talking') await asked.presses(key).catch(() => undefined)
  }

  /** In a call that the engine places, `first` is the clinician. */
  #askedOther(): Phone | undefined {
    return this.#other?.state === 'talking' ? this.#other : this.first
  }
}

/** @returns false once the call is over */
async function says(phone: Phone, samples: Int16Array): Promise<boolean> {
  // It fails without a call, and settles if the call ends in between.
  return phone.says(samples).then(
    () => phone.state === 'talking',
    () => false,
  )
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
