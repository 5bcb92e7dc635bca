import type { AttemptId, CallFact, Party } from './events.js'

/**
 * Who did it. `caller`: a caller of whom nothing better is known. `device`: a registered telephone. `called`: the person rung, where the
 * directory has no name for them (a patient, a practice, a number of the network). `staff`: a person, through the API or a command. `engine`: the
 * engine by itself. `system`: unknown, in facts from before it was recorded.
 * `id`: the id of a clinician, the user of a device; absent where there is none. Never a telephone number.
 */
export interface Actor {
  readonly kind: ActorKind
  readonly id?: string
}

export const actorKinds = ['caller', 'device', 'clinician', 'called', 'staff', 'engine', 'system'] as const
export type ActorKind = (typeof actorKinds)[number]

/** Who did it, and which engine wrote it down. `node`: name of the engine (setting `engine.name`); empty in facts from before engines had one. */
export interface Origin {
  readonly actor: Actor
  readonly node: string
}

export const engine: Actor = { kind: 'engine' }
export const staff: Actor = { kind: 'staff' }
/** The origin of facts from before they had one. */
export const unknownOrigin: Origin = { actor: { kind: 'system' }, node: '' }

/** The people of one call, as its facts have named them so far: enough to name the actor of each further fact. */
export class Cast {
  readonly #attempts = new Map<AttemptId, Actor>()
  readonly #legs = new Map<string, Actor>()
  #caller: Actor
  #talksWith: Actor | undefined

  /** @param caller who begins the call, where more is known of them than that they ring */
  constructor(caller: Actor = { kind: 'caller' }) {
    this.#caller = caller
  }

  /** The actor of this fact. Notes the names in it: give it the facts in their order, each once. */
  actorOf(fact: CallFact): Actor {
    switch (fact.type) {
      case 'call.arrived':
        if (this.#caller.kind === 'caller' && fact.device !== undefined) this.#caller = { kind: 'device', id: fact.device }
        return this.#caller
      case 'call.placed':
        this.#caller = clinician(fact.clinician)
        return staff
      case 'arrangement.taken':
      case 'code.refused':
      case 'organisation.chosen':
      case 'callBack.requested':
      case 'menu.keyed':
        return this.#caller
      case 'line.chosen':
        return fact.by === 'code' || fact.by === 'number' || fact.by === 'press' ? this.#caller : engine
      case 'attempt.started':
        this.#attempts.set(fact.attempt, rung(fact))
        return engine
      case 'attempt.answered': {
        const actor = this.#rung(fact.attempt)
        this.#legs.set(fact.legId, actor)
        return actor
      }
      case 'attempt.accepted':
      case 'whisper.wrongKey':
      case 'whisper.word':
      case 'whisper.keyOnly':
        return this.#rung(fact.attempt)
      case 'attempt.ended':
        return fact.result === 'declined' || fact.result === 'answeredThenHungUp' ? this.#rung(fact.attempt) : engine
      case 'talk.started':
        this.#talksWith = this.#rung(fact.attempt)
        return engine
      case 'talk.ended':
        return fact.why === 'hangup' && fact.by !== 'system' ? this.#party(fact.by) : engine
      case 'outcome.left':
        return fact.by === 'staff' ? staff : this.#party(fact.by)
      case 'call.assigned':
      case 'nhsNumber.left':
        return staff
      case 'leg.returned':
        return this.#legs.get(fact.before) ?? this.#party(fact.party)
      case 'leg.ended':
        return fact.hangUp.ending === 'hangup' ? (this.#legs.get(fact.legId) ?? this.#party(fact.party)) : engine
      case 'call.answered':
      case 'call.takenOver':
      case 'leg.moved':
      case 'talk.resumed':
      case 'menu.offered':
      case 'line.refused':
      case 'hunt.started':
      case 'candidate.passedOver':
      case 'attempt.sent':
      case 'attempt.ringing':
      case 'whisper.started':
      case 'hunt.ended':
      case 'recording.started':
      case 'recording.failed':
      case 'recording.stopped':
      case 'recording.ready':
      case 'recording.deleted':
      case 'outcome.asked':
      case 'alarm.raised':
      case 'call.ended':
        return engine
    }
  }

  #party(party: Party): Actor {
    return party === 'caller' ? this.#caller : (this.#talksWith ?? { kind: 'called' })
  }

  #rung(attempt: AttemptId): Actor {
    return this.#attempts.get(attempt) ?? { kind: 'called' }
  }
}

function rung({ clinician: id, target }: Extract<CallFact, { readonly type: 'attempt.started' }>): Actor {
  if (id !== undefined) return clinician(id)
  if (target.startsWith('browser:')) return clinician(target.slice('browser:'.length))
  return target.startsWith('device:') ? { kind: 'device', id: target.slice('device:'.length) } : { kind: 'called' }
}

function clinician(id: string): Actor {
  return id === '' ? { kind: 'clinician' } : { kind: 'clinician', id }
}
