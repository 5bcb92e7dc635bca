import { Incidence, type Incident, type Observation } from './incidence.js'
import type { RandomStream } from './random.js'

/** What can end a ringing before the ring time-out does. */
export type RingCause = 'answered' | 'busy' | 'declined' | 'unavailable' | 'badNumber' | 'failed'

/** What can come after an answer before the time to accept is over. */
export type AnswerCause = 'accepted' | 'hungUp'

/** One past attempt, as the fit needs it. */
export interface ObservedRinging {
  readonly target: string
  /** Hour of the day at which it began, 0 to 23, on the line's wall clock. */
  readonly hour: number
  /** From the INVITE. Without a cause: cancelled by us (time-out, or the caller had gone). */
  readonly ringing: Observation<RingCause>
  /** From the answer, if there was one. Without a cause: given up by us. */
  readonly answer: Observation<AnswerCause> | undefined
  /** The caller had gone. */
  readonly calledOff: boolean
}

/** What a specialist rung now does; anything after a time-out never happens. */
export interface DrawnRinging {
  readonly ringing: Incident<RingCause> | undefined
  /** Drawn if they answer. */
  readonly answer: Incident<AnswerCause> | undefined
}

/**
 * How many attempts a person's hour needs to weigh as much as their other hours, and a person as much as everybody else on the
 * line (the concentration of a Dirichlet prior). It keeps one unanswered attempt at 3 o'clock from meaning "never answers at 3".
 */
export const priorRingings = 5

/** One stage of a ringing at its three levels: this telephone in this hour, this telephone, everybody. */
class Stage<Cause extends string> {
  readonly #everybody: Incidence<Cause>
  readonly #levels = new Map<string, { readonly incidence: Incidence<Cause>; readonly weight: number }>()

  constructor(everybody: readonly Seen<Cause>[], own: readonly Seen<Cause>[]) {
    this.#everybody = new Incidence(everybody.map(({ observation }) => observation))
    const groups = new Map<string, Seen<Cause>[]>()
    for (const seen of own) {
      for (const key of [seen.target, hourKey(seen.target, seen.hour)]) {
        const group = groups.get(key)
        if (group) group.push(seen)
        else groups.set(key, [seen])
      }
    }
    for (const [key, group] of groups) {
      // An attempt called off early is evidence of only a few seconds, and does not count in the balance between the levels.
      const count = group.filter((seen) => !seen.calledOff || seen.observation.cause !== undefined).length
      this.#levels.set(key, {
        incidence: new Incidence(group.map(({ observation }) => observation)),
        weight: count / (count + priorRingings),
      })
    }
  }

  draw(target: string, hour: number, random: RandomStream): Incident<Cause> | undefined {
    // The same number of draws at every level, so that the streams stay in step.
    const [first, second, third] = [random(), random(), random()]
    const ofHour = this.#levels.get(hourKey(target, hour))
    if (ofHour !== undefined && first < ofHour.weight) return ofHour.incidence.draw(third)
    const ofTarget = this.#levels.get(target)
    if (ofTarget !== undefined && second < ofTarget.weight) return ofTarget.incidence.draw(third)
    return this.#everybody.draw(third)
  }

  probability(cause: Cause, target: string, hour: number, byMs?: number): number {
    const ofHour = this.#levels.get(hourKey(target, hour))
    const ofTarget = this.#levels.get(target)
    const [hourWeight, targetWeight] = [ofHour?.weight ?? 0, ofTarget?.weight ?? 0]
    const general =
      targetWeight * (ofTarget?.incidence.probability(cause, byMs) ?? 0) + (1 - targetWeight) * this.#everybody.probability(cause, byMs)
    return hourWeight * (ofHour?.incidence.probability(cause, byMs) ?? 0) + (1 - hourWeight) * general
  }

  get longestMs(): number {
    return this.#everybody.longestMs
  }
}

interface Seen<Cause extends string> {
  readonly target: string
  readonly hour: number
  readonly calledOff: boolean
  readonly observation: Observation<Cause>
}

/** How a line's telephones behave when rung, by telephone and hour, fitted to the record. */
export class Behaviour {
  readonly #ringing: Stage<RingCause>
  readonly #answer: Stage<AnswerCause>

  /**
   * @param everybody attempts to judge unknown telephones by
   * @param own attempts to judge their own telephones by; may overlap with `everybody`
   */
  constructor(everybody: readonly ObservedRinging[], own: readonly ObservedRinging[] = everybody) {
    this.#ringing = new Stage(everybody.map(ringingSeen), own.map(ringingSeen))
    this.#answer = new Stage(everybody.flatMap(answerSeen), own.flatMap(answerSeen))
  }

  /** What happens when this telephone is rung in this hour. */
  draw(target: string, hour: number, random: RandomStream): DrawnRinging {
    const ringing = this.#ringing.draw(target, hour, random)
    const answer = this.#answer.draw(target, hour, random)
    return { ringing, answer: ringing?.cause === 'answered' ? answer : undefined }
  }

  /** Probability of an answer within `ringMs`. */
  answers(target: string, hour: number, ringMs?: number): number {
    return this.#ringing.probability('answered', target, hour, ringMs)
  }

  /** Probability that a specialist who has answered accepts within `acceptMs`. */
  accepts(target: string, hour: number, acceptMs?: number): number {
    return this.#answer.probability('accepted', target, hour, acceptMs)
  }

  /** The longest anybody was rung, or given to accept: beyond it nothing is known. ms */
  get longestSeen(): { readonly ringMs: number; readonly acceptMs: number } {
    return { ringMs: this.#ringing.longestMs, acceptMs: this.#answer.longestMs }
  }
}

function ringingSeen({ target, hour, calledOff, ringing }: ObservedRinging): Seen<RingCause> {
  return { target, hour, calledOff, observation: ringing }
}

function answerSeen({ target, hour, calledOff, answer }: ObservedRinging): readonly Seen<AnswerCause>[] {
  return answer === undefined ? [] : [{ target, hour, calledOff, observation: answer }]
}

function hourKey(target: string, hour: number): string {
  return `${hour} ${target}`
}
