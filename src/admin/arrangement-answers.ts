import type { ArrangedCalls, Changed } from '../arrangements/arranged-calls.js'
import type { Arrangement } from '../arrangements/arrangement.js'
import type { Started } from '../arrangements/starting.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'

/** What the routes about arranged calls answer when something is not as it should be. */

/** One of this kind. @throws ApiError 404, 503 */
export async function found<K extends Arrangement['kind']>(arranged: ArrangedCalls, kind: K, id: string): Promise<Extract<Arrangement, { kind: K }>> {
  const arrangement = await asked(arranged.find(id))
  if (arrangement?.kind !== kind) throw notFound(id)
  // The kind has just been looked at; the compiler does not follow it through the type parameter.
  return arrangement as Extract<Arrangement, { kind: K }>
}

/** @throws ApiError 404, 409 */
export function changed(result: Changed, id: string): Arrangement {
  switch (result.kind) {
    case 'changed':
      return result.arrangement
    case 'notFound':
      throw notFound(id)
    case 'notOpen':
      throw notOpen(result.state)
  }
}

/** @throws ApiError 404, 409, 503 */
export function startedCall(result: Started, id: string): { readonly callId: string } {
  switch (result.kind) {
    case 'started':
      return { callId: result.callId }
    case 'notFound':
      throw notFound(id)
    case 'notOpen':
      throw notOpen(result.state)
    case 'noClinician':
      throw new ApiError('noClinician', result.clinician === undefined ? 'Nobody is named to make this call; name a clinician.' : `The directory has no telephone number of a clinician "${result.clinician}"; name another one.`)
    case 'notDialable':
      throw new ApiError('notDialable', `The patient's number "${result.number}" cannot be dialled; change it first.`)
    case 'closingDown':
      throw new ApiError('closingDown', 'The engine is closing down and begins no more calls.')
    case 'cannotKeep':
      throw new ApiError('storeUnavailable', 'The store cannot write at the moment, so nobody could be connected; the alarm is up.')
  }
}

export function usedUp(what: string): ApiError {
  return new ApiError('codesUsedUp', `So many ${what} are in use that another one could be guessed too easily; the alarm is raised. They are free again 24 hours after they were made.`)
}

function notFound(id: string): ApiError {
  return new ApiError('arrangementNotFound', `There is no arrangement ${id} of this kind.`)
}

function notOpen(state: string): ApiError {
  const why = state === 'inProgress' ? 'a call carries it at the moment' : `it is ${state}`
  return new ApiError('notOpen', `This is not open: ${why}.`)
}
