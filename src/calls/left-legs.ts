import type { AttemptId, CallEvent, Party } from '../facts/events.js'
import type { Leg, Switch } from '../switch/port.js'

/** A leg that ran when the engine of its call died. */
interface RunningLeg {
  readonly legId: string
  readonly party: Party
  /** Undefined: the caller who rang in. */
  readonly attempt: AttemptId | undefined
  readonly handle: string | undefined
}

/** A leg that was taken over. */
export interface TakenLeg {
  readonly leg: Leg
  readonly party: Party
  readonly attempt: AttemptId | undefined
}

export interface LeftLegs {
  readonly taken: readonly TakenLeg[]
  /** Those that have ended while nobody was there, or cannot be found any more. */
  readonly lost: readonly { readonly legId: string; readonly party: Party; readonly attempt: AttemptId | undefined; readonly hungUp: boolean; readonly why: string }[]
}

/** Takes over the legs that a call had when its engine died, as its facts name them. Never rejects. */
export async function takeLegs(telephone: Pick<Switch, 'adopt'>, events: readonly CallEvent[]): Promise<LeftLegs> {
  const taken: TakenLeg[] = []
  const lost: LeftLegs['lost'][number][] = []
  await Promise.all(
    runningLegs(events).map(async ({ legId, party, attempt, handle }) => {
      const result = handle === undefined ? ({ kind: 'failed', why: 'its handle is not in the facts' } as const) : await telephone.adopt(handle)
      if (result.kind === 'adopted') taken.push({ leg: result.leg, party, attempt })
      else lost.push({ legId, party, attempt, hungUp: result.kind === 'gone', why: result.why })
    }),
  )
  return { taken, lost }
}

function runningLegs(events: readonly CallEvent[]): readonly RunningLeg[] {
  const legs = new Map<string, RunningLeg>()
  const parties = new Map<AttemptId, Party>()
  const placed = events.some(({ type }) => type === 'call.placed')
  for (const event of events) {
    if (event.type === 'call.answered') legs.set(event.legId, { legId: event.legId, party: 'caller', attempt: undefined, handle: event.handle })
    if (event.type === 'attempt.started') parties.set(event.attempt, event.pool === 'direct' ? 'called' : placed ? 'caller' : 'specialist')
    if (event.type === 'attempt.answered') legs.set(event.legId, { legId: event.legId, party: parties.get(event.attempt) ?? 'specialist', attempt: event.attempt, handle: event.handle })
    if (event.type === 'leg.ended') legs.delete(event.legId)
  }
  return [...legs.values()]
}
