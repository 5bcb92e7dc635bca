import type { FastifyInstance, FastifyRequest } from 'fastify'
import { arrangingReach, mayArrangeBy, mayArrangeOn, seesArrangement, type ArrangingReach } from '../accounts/arranging.js'
import { reaches, reachOf, type Reach } from '../accounts/identity.js'
import { ofCall } from '../accounts/reach-of-calls.js'
import { isWholePermission, type Permission } from '../accounts/roles.js'
import { callRecord } from '../facts/call-record.js'
import { NotLetIn } from '../web/gate.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'

/** What a person sees through the permission that the route needs. */
export function reachHere({ identity, routeOptions }: FastifyRequest): Reach {
  const { needs } = routeOptions.config
  if (needs === undefined || needs === 'anyone' || needs === 'signedIn' || needs === 'known')
    throw new Error(`${routeOptions.url ?? ''} is not limited to what the person may see`)
  return reachOf(identity, needs)
}

/** Permissions whose routes can show a part. */
const narrowed = new Set<Permission>([
  'wallboard',
  'live',
  'alarms',
  'calls',
  'recordings',
  'outcomes',
  'assignments',
  'arrangements',
  'bypass',
  'browserCalls',
  'pocket',
  'services',
  'availability',
  'rotas',
  'reports',
])

interface Body {
  readonly line?: unknown
  readonly clinician?: unknown
  readonly call?: unknown
}

/**
 * Limits people who may see a part to that part. Anything outside looks as if it does not exist; what cannot be divided is for people who may see all of it.
 * Lists limit themselves (`within`).
 */
export function limitToReach(
  app: FastifyInstance,
  { store, arranged, directory }: Pick<AdminSettings, 'store' | 'arranged' | 'directory'>,
): void {
  app.addHook('preHandler', async (request) => {
    const { needs, page } = request.routeOptions.config
    if (page || request.is404 || needs === undefined || needs === 'anyone' || needs === 'signedIn' || needs === 'known') return
    // The part they act for does not limit what cannot be divided.
    const reach = reachOf(request.identity, needs, isWholePermission(needs) ? 'all' : 'acting')
    if (reach.everywhere) return
    if (!narrowed.has(needs)) throw new NotLetIn('notAllowed')
    const { id } = request.params as { readonly id?: string }
    if (needs === 'arrangements') {
      const theirs = arrangingReach(request.identity)
      if (id !== undefined) {
        const found = await asked(arranged.find(id))
        if (found && !seesArrangement(theirs, found, directory()))
          throw new ApiError('arrangementNotFound', `There is no arrangement ${id} of this kind.`)
      }
      await mayArrange(request.body, theirs)
      return
    }
    if (id !== undefined) await reachedCall(id, reach)
  })

  async function reachedCall(id: string, reach: Reach): Promise<void> {
    const record = callRecord(await asked(store.events(id)))
    if (record && !reaches(reach, ofCall(record), directory())) throw new ApiError('callNotFound', `There is no call ${id}.`)
  }

  /** Whether it names a line, a clinician or a call outside their reach. */
  async function mayArrange(body: unknown, reach: ArrangingReach): Promise<void> {
    if (typeof body !== 'object' || body === null) return
    const { line, clinician, call } = body as Body
    const known = directory()
    if (typeof line === 'string' && known.lines.has(line) && !mayArrangeOn(reach, line, known))
      throw new ApiError('badRequest', `line is "${line}"; it has to be one of your own.`, 'line')
    const caller = typeof clinician === 'string' ? known.clinicians.get(clinician) : undefined
    if (caller && !mayArrangeBy(reach, caller, known))
      throw new ApiError('badRequest', `clinician is "${caller.id}"; it has to be one of your own organisation.`, 'clinician')
    if (typeof call === 'string') await reachedCall(call, reach)
  }
}
