import type { CallEvent, Party } from '../facts/events.js'
import type { Phone } from '../embedded/phones/phone.js'
import type { Temperament } from '../embedded/phones/temperament.js'
import { conversations, type Conversation, type ConversationId } from './conversations.js'
import { turnSamples } from './voice-files.js'

/** Between two turns people breathe. */
const breathMs = 450
/** A turn of somebody whom the demo does not play. */
const strangersTurnMs = 4_000
/** From the question for the outcome to the key: they listen to what is offered. */
const thinkMs = 5_500

/** How a call of the demo goes, apart from who rings. */
export interface Script {
  readonly people: Readonly<Record<string, Temperament>>
  readonly talk: ConversationId
  readonly hangsUp: 'first' | 'other'
  /** The key of the outcome that is left, by who is asked; undefined: none is. */
  readonly outcomeKey?: string
}

/** One call as it is played: the two who talk say their turns, one hangs up, and the other keys the outcome. */
export class Performance {
  #other: Phone | undefined
  readonly #targets = new Map<string, string>()
  #over = false

  /**
   * @param first who rang; undefined: a visitor with a telephone of their own, or a call that the engine places
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
        // In a call that the engine places the clinician accepts first, and then the patient is rung.
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

/** @returns false when there is no call any more */
async function says(phone: Phone, samples: Int16Array): Promise<boolean> {
  // It fails where there is no call, and settles when the call ends in the middle.
  return phone.says(samples).then(
    () => phone.state === 'talking',
    () => false,
  )
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
