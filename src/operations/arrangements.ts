import type { ArrangedCalls, Changed } from '../arrangements/arranged-calls.js'
import type { Place, Started } from '../arrangements/starting.js'
import type { Directory } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { Arrangement } from '../facts/arrangement.js'
import { clinicianId } from './read-input.js'
import { asked, done, refused, type Refused, type Result } from './result.js'

/** What can be done with an arrangement of any kind. */

export interface ArrangementParts {
  readonly arranged: ArrangedCalls
  readonly directory: () => Directory
}

type OfKind<K extends Arrangement['kind']> = Extract<Arrangement, { readonly kind: K }>

/** One of this kind, even if settled long ago. */
export async function find<K extends Arrangement['kind']>(
  { arranged }: ArrangementParts,
  kind: K,
  id: string,
): Promise<Result<OfKind<K>, 'arrangementNotFound' | 'storeUnavailable'>> {
  const answer = await asked(arranged.find(id))
  if (answer.kind === 'refused') return answer
  const arrangement = answer.value
  // The kind is checked here; the compiler does not follow it through the type parameter.
  return arrangement?.kind === kind ? done(arrangement as OfKind<K>) : notFound(id)
}

/** Cancels an open one: nothing can be done with it any more. */
export async function cancel(
  parts: ArrangementParts,
  kind: Arrangement['kind'],
  actor: Actor,
  id: string,
): Promise<Result<Arrangement, 'arrangementNotFound' | 'notOpen' | 'storeUnavailable'>> {
  const known = await find(parts, kind, id)
  if (known.kind === 'refused') return known
  return changed(parts.arranged.settle(id, 'cancelled', undefined, actor), id)
}

/** Begins the call of an arrangement: the clinician is rung, then the patient. @param clinician who makes it, if not the one whom the arrangement names */
export async function start(
  parts: ArrangementParts & { readonly place: Place },
  kind: 'callBack' | 'patientConnect',
  actor: Actor,
  { id, clinician }: { readonly id: string; readonly clinician?: string | undefined },
): Promise<
  Result<
    { readonly callId: string },
    'badInput' | 'arrangementNotFound' | 'notOpen' | 'noClinician' | 'notDialable' | 'closingDown' | 'storeUnavailable'
  >
> {
  const known = await find(parts, kind, id)
  if (known.kind === 'refused') return known
  const who = clinician === undefined ? done(undefined) : clinicianId(parts.directory(), clinician)
  if (who.kind === 'refused') return who
  const started = await asked(parts.arranged.start(id, parts.place, who.value, actor))
  return started.kind === 'refused' ? started : begun(started.value, id)
}

export async function changed(
  change: Promise<Changed>,
  id: string,
): Promise<Result<Arrangement, 'arrangementNotFound' | 'notOpen' | 'storeUnavailable'>> {
  const answer = await asked(change)
  if (answer.kind === 'refused') return answer
  const result = answer.value
  switch (result.kind) {
    case 'changed':
      return done(result.arrangement)
    case 'notFound':
      return notFound(id)
    case 'notOpen':
      return notOpen(result.state)
  }
}

export function usedUp(what: string): Refused<'codesUsedUp'> {
  return refused(
    'codesUsedUp',
    `So many ${what} are in use that another one could be guessed too easily; the alarm is raised. They are free again 24 hours after they were made.`,
  )
}

function begun(
  started: Started,
  id: string,
): Result<
  { readonly callId: string },
  'arrangementNotFound' | 'notOpen' | 'noClinician' | 'notDialable' | 'closingDown' | 'storeUnavailable'
> {
  switch (started.kind) {
    case 'started':
      return done({ callId: started.callId })
    case 'notFound':
      return notFound(id)
    case 'notOpen':
      return notOpen(started.state)
    case 'noClinician':
      return refused(
        'noClinician',
        started.clinician === undefined
          ? 'Nobody is named to make this call; name a clinician.'
          : `The directory has no telephone number of a clinician "${started.clinician}"; name another one.`,
      )
    case 'notDialable':
      return refused('notDialable', `The patient's number "${started.number}" cannot be dialled; change it first.`)
    case 'closingDown':
      return refused('closingDown', 'The engine is closing down and starts no new calls.')
    case 'cannotKeep':
      return refused('storeUnavailable', 'The store cannot write at the moment, so nobody could be connected; the alarm is up.')
  }
}

function notFound(id: string): Refused<'arrangementNotFound'> {
  return refused('arrangementNotFound', `There is no arrangement ${id} of this kind.`)
}

function notOpen(state: string): Refused<'notOpen'> {
  const why = state === 'inProgress' ? 'a call carries it at the moment' : `it is ${state}`
  return refused('notOpen', `This is not open: ${why}.`)
}
