import type { AttemptId, CallEvent, Party } from '../facts/events.js'
import type { DialledBefore, Leg, Switch } from '../switch/port.js'

/** A leg that ran when the engine of its call died. */
interface RunningLeg {
  readonly legId: string
  readonly party: Party
  /** Undefined: the caller who rang in. */
  readonly attempt: AttemptId | undefined
  readonly handle: string | undefined
  /** Of a leg to a telephone number. */
  readonly dialled?: DialledBefore
}

/** A leg that was taken over. */
export interface TakenLeg {
  readonly leg: Leg
  readonly party: Party
  readonly attempt: AttemptId | undefined
  /** Its media server had died as well: it has another one, and is neither bridged nor recorded. */
  readonly moved?: true
}

export interface LeftLegs {
  readonly taken: readonly TakenLeg[]
  /** Those that have ended while nobody was there, or cannot be found any more. */
  readonly lost: readonly {
    readonly legId: string
    readonly party: Party
    readonly attempt: AttemptId | undefined
    readonly hungUp: boolean
    readonly why: string
  }[]
}

/** Takes over the legs that a call had when its engine died, as its facts name them. Never rejects. */
export async function takeLegs(telephone: Pick<Switch, 'adopt'>, events: readonly CallEvent[]): Promise<LeftLegs> {
  const taken: TakenLeg[] = []
  const lost: LeftLegs['lost'][number][] = []
  await Promise.all(
    runningLegs(events).map(async ({ legId, party, attempt, handle, dialled }) => {
      const result =
        handle === undefined ? ({ kind: 'failed', why: 'its handle is not in the facts' } as const) : await telephone.adopt(handle, dialled)
      if (result.kind === 'adopted') taken.push({ leg: result.leg, party, attempt, ...(result.moved ? { moved: true } : {}) })
      else lost.push({ legId, party, attempt, hungUp: result.kind === 'gone', why: result.why })
    }),
  )
  return { taken, lost }
}

/** By what the legs can be found that a call had when its engine died; none: there is nothing to go on with. */
export function handlesLeft(events: readonly CallEvent[]): readonly string[] {
  return runningLegs(events).flatMap(({ handle }) => (handle === undefined ? [] : [handle]))
}

/** By what those are let go of who were being rung when the engine died. */
export function ringingLeft(events: readonly CallEvent[]): readonly string[] {
  const ringing = new Map<AttemptId, string>()
  for (const event of events) {
    if (event.type === 'attempt.sent' && event.handle !== undefined) ringing.set(event.attempt, event.handle)
    if (event.type === 'attempt.answered' || event.type === 'attempt.ended') ringing.delete(event.attempt)
  }
  return [...ringing.values()]
}

function runningLegs(events: readonly CallEvent[]): readonly RunningLeg[] {
  const legs = new Map<string, RunningLeg>()
  const parties = new Map<AttemptId, Party>()
  const accounts = new Map<AttemptId, string>()
  const placed = events.some(({ type }) => type === 'call.placed')
  for (const event of events) {
    if (event.type === 'call.answered')
      legs.set(event.legId, { legId: event.legId, party: 'caller', attempt: undefined, handle: event.handle })
    if (event.type === 'attempt.started') parties.set(event.attempt, event.pool === 'direct' ? 'called' : placed ? 'caller' : 'specialist')
    // Addresses and registered telephones cost nothing.
    if (event.type === 'attempt.started' && event.target.startsWith('+') && event.account !== undefined)
      accounts.set(event.attempt, event.account)
    if (event.type === 'attempt.answered') {
      const account = accounts.get(event.attempt)
      const dialled = account === undefined ? {} : { dialled: { account, answeredAt: event.at } }
      legs.set(event.legId, {
        legId: event.legId,
        party: parties.get(event.attempt) ?? 'specialist',
        attempt: event.attempt,
        handle: event.handle,
        ...dialled,
      })
    }
    const moved = event.type === 'leg.moved' ? legs.get(event.legId) : undefined
    if (event.type === 'leg.moved' && moved) legs.set(event.legId, { ...moved, handle: event.handle })
    if (event.type === 'leg.returned') {
      const before = legs.get(event.before)
      if (before) legs.set(event.legId, { ...before, legId: event.legId, handle: event.handle })
    }
    if (event.type === 'leg.ended') legs.delete(event.legId)
  }
  return [...legs.values()]
}
