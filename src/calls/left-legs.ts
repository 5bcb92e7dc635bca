import type { AttemptId, CallEvent, Party } from '../facts/events.js'
import type { AdoptResult, DialledBefore, Leg, Switch } from '../switch/port.js'

/** A leg that ran, or may have run, when the engine of its call died: an unanswered one may have several handles, one for each INVITE. */
interface RunningLeg {
  /** Undefined: no fact says that the party has answered. */
  readonly legId: string | undefined
  readonly party: Party
  /** Undefined: the caller who rang in. */
  readonly attempt: AttemptId | undefined
  readonly handles: readonly string[]
  /** Of a leg to a telephone number. */
  readonly dialled?: DialledBefore
}

/** A leg that was taken over. */
export interface TakenLeg {
  readonly leg: Leg
  readonly party: Party
  readonly attempt: AttemptId | undefined
  /** Its media server died as well: it has another one, and is neither bridged nor recorded. */
  readonly moved?: true
  /** No fact says yet that the party has answered. */
  readonly untold?: true
}

export interface LeftLegs {
  readonly taken: readonly TakenLeg[]
  /** Legs that ended while no engine had the call, or cannot be found. */
  readonly lost: readonly {
    /** Undefined: it is unknown whether it ever was. */
    readonly legId: string | undefined
    readonly party: Party
    readonly attempt: AttemptId | undefined
    readonly hungUp: boolean
    readonly why: string
  }[]
}

/**
 * Takes over the legs that a call had when its engine died, as its facts name them, and ends what rings. Never rejects.
 * @param cameAgain whether the caller's INVITE has come to another engine since
 */
export async function takeLegs(
  telephone: Pick<Switch, 'adopt' | 'callOff'>,
  events: readonly CallEvent[],
  cameAgain: () => Promise<boolean>,
): Promise<LeftLegs> {
  const taken: TakenLeg[] = []
  const lost: LeftLegs['lost'][number][] = []
  await Promise.all(
    runningLegs(events).map(async ({ legId, party, attempt, handles, dialled }) => {
      let result: AdoptResult = { kind: 'failed', why: 'its handle is not in the facts' }
      const isCallerWhoRangIn = attempt === undefined
      for (const handle of handles) {
        // A telephone that still rings is cancelled; one that has answered is found below.
        if (legId === undefined && !isCallerWhoRangIn) await telephone.callOff(handle)
        const next = await telephone.adopt(handle, dialled, isCallerWhoRangIn ? async () => !(await cameAgain()) : undefined)
        // Two telephones of one person have answered at once.
        if (result.kind === 'adopted' && next.kind === 'adopted') void next.leg.close()
        else if (result.kind !== 'adopted') result = next
      }
      if (result.kind !== 'adopted') lost.push({ legId, party, attempt, hungUp: result.kind === 'gone', why: result.why })
      else
        taken.push({
          leg: result.leg,
          party,
          attempt,
          ...(result.moved ? { moved: true } : {}),
          ...(legId === undefined ? { untold: true } : {}),
        })
    }),
  )
  return { taken, lost }
}

/** The handles of the legs that a call had when its engine died; none: the call cannot go on. */
export function handlesLeft(events: readonly CallEvent[]): readonly string[] {
  return runningLegs(events).flatMap(({ handles }) => handles)
}

function runningLegs(events: readonly CallEvent[]): readonly RunningLeg[] {
  const legs = new Map<string, RunningLeg>()
  /** Parties not known to have answered, by attempt; undefined: the caller. */
  const untold = new Map<AttemptId | undefined, RunningLeg>()
  const parties = new Map<AttemptId, Party>()
  const accounts = new Map<AttemptId, string>()
  const placed = events.some(({ type }) => type === 'call.placed')
  const partyRung = ({ attempt, at }: { readonly attempt: AttemptId; readonly at: number }) => {
    const account = accounts.get(attempt)
    return {
      party: parties.get(attempt) ?? 'specialist',
      attempt,
      ...(account === undefined ? {} : { dialled: { account, answeredAt: at } }),
    } as const
  }
  for (const event of events) {
    if (event.type === 'call.arrived' && event.handle !== undefined)
      untold.set(undefined, { legId: undefined, party: 'caller', attempt: undefined, handles: [event.handle] })
    if (event.type === 'call.answered') {
      untold.delete(undefined)
      legs.set(event.legId, { legId: event.legId, party: 'caller', attempt: undefined, handles: handlesOf(event) })
    }
    if (event.type === 'attempt.started') parties.set(event.attempt, event.pool === 'direct' ? 'called' : placed ? 'caller' : 'specialist')
    // Addresses and registered telephones cost nothing.
    if (event.type === 'attempt.started' && event.target.startsWith('+') && event.account !== undefined)
      accounts.set(event.attempt, event.account)
    if (event.type === 'attempt.sent' && event.handle !== undefined) {
      const handles = [...(untold.get(event.attempt)?.handles ?? []), event.handle]
      untold.set(event.attempt, { ...partyRung(event), legId: undefined, handles })
    }
    if (event.type === 'attempt.answered' || event.type === 'attempt.ended') untold.delete(event.attempt)
    if (event.type === 'attempt.answered') legs.set(event.legId, { ...partyRung(event), legId: event.legId, handles: handlesOf(event) })
    const moved = event.type === 'leg.moved' ? legs.get(event.legId) : undefined
    if (event.type === 'leg.moved' && moved) legs.set(event.legId, { ...moved, handles: handlesOf(event) })
    if (event.type === 'leg.returned') {
      const before = legs.get(event.before)
      if (before) legs.set(event.legId, { ...before, legId: event.legId, handles: handlesOf(event) })
    }
    if (event.type === 'leg.ended') legs.delete(event.legId)
  }
  return [...legs.values(), ...untold.values()]
}

function handlesOf({ handle }: { readonly handle?: string }): readonly string[] {
  return handle === undefined ? [] : [handle]
}
