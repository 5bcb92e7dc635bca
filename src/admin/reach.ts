import type { FastifyInstance, FastifyRequest } from 'fastify'
import { reaches, reachOf, type Belongs, type Reach } from '../accounts/identity.js'
import { isWholePermission, type Permission } from '../accounts/roles.js'
import type { Arrangement } from '../facts/arrangement.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { CallFilter } from '../store/call-filter.js'
import { NotLetIn } from '../web/gate.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'

/** What somebody sees through the permission that the route needs. */
export function reachHere({ identity, routeOptions }: FastifyRequest): Reach {
  const { needs } = routeOptions.config
  if (needs === undefined || needs === 'anyone' || needs === 'signedIn' || needs === 'known') throw new Error(`${routeOptions.url ?? ''} is not limited by what somebody may see`)
  return reachOf(identity, needs)
}

/** Permissions of which routes below know how to show a part. */
const narrowed = new Set<Permission>(['live', 'calls', 'recordings', 'outcomes', 'arrangements'])

interface Body {
  readonly line?: unknown
  readonly clinician?: unknown
  readonly call?: unknown
}

/**
 * Keeps whoever may see a part of something to that part. What lies outside is answered as what does not exist; what cannot be divided is for those who may see all of it.
 * Lists limit themselves (`within`).
 */
export function limitToReach(app: FastifyInstance, { store, arranged, directory }: Pick<AdminSettings, 'store' | 'arranged' | 'directory'>): void {
  app.addHook('preHandler', async (request) => {
    const { needs, page } = request.routeOptions.config
    if (page || request.is404 || needs === undefined || needs === 'anyone' || needs === 'signedIn' || needs === 'known') return
    // What they act for at the moment takes nothing away from what cannot be divided.
    const reach = reachOf(request.identity, needs, isWholePermission(needs) ? 'all' : 'acting')
    if (reach.everywhere) return
    if (!narrowed.has(needs)) throw new NotLetIn('notAllowed')
    const { id } = request.params as { readonly id?: string }
    if (needs === 'arrangements') {
      if (id !== undefined) {
        const found = await asked(arranged.find(id))
        if (found && !reaches(reach, ofArrangement(found), directory())) throw new ApiError('arrangementNotFound', `There is no arrangement ${id} of this kind.`)
      }
      await mayArrange(request.body, reach)
      return
    }
    if (id !== undefined) await reachedCall(id, reach)
  })

  async function reachedCall(id: string, reach: Reach): Promise<void> {
    const record = callRecord(await asked(store.events(id)))
    if (record && !reaches(reach, ofCall(record), directory())) throw new ApiError('callNotFound', `There is no call ${id}.`)
  }

  /** A call-back in the name of another's line, or by another's clinician, or about another's call. */
  async function mayArrange(body: unknown, reach: Reach): Promise<void> {
    if (typeof body !== 'object' || body === null) return
    const { line, clinician, call } = body as Body
    if (typeof line === 'string' && directory().lines.has(line) && !reaches(reach, { line }, directory())) throw new ApiError('badRequest', `line is "${line}"; it has to be one of your own.`, 'line')
    if (typeof clinician === 'string' && directory().clinicians.has(clinician) && !reaches(reach, { clinicians: [clinician] }, directory()) && !theirs(clinician, reach)) throw new ApiError('badRequest', `clinician is "${clinician}"; it has to be one of your own organisation.`, 'clinician')
    if (typeof call === 'string') await reachedCall(call, reach)
  }

  /** Whether they work for an organisation that is reached, or for the one that runs a line that is. */
  function theirs(clinician: string, { organisations, lines }: Reach): boolean {
    const works = directory().clinicians.get(clinician)?.organisations ?? []
    return works.some((one) => organisations.has(one)) || [...lines].some((line) => works.includes(directory().lines.get(line)?.trust ?? ''))
  }
}

/** Whose a call is: of whoever asked, of the line that answered, and of the clinicians who accepted it. */
export function ofCall({ organisation, line, attempts }: Pick<CallRecord, 'organisation' | 'line' | 'attempts'>): Belongs {
  return { organisation, line, clinicians: attempts.flatMap(({ clinician, acceptedAt }) => (clinician === undefined || acceptedAt === undefined ? [] : [clinician])) }
}

export function ofArrangement(arrangement: Arrangement): Belongs {
  switch (arrangement.kind) {
    case 'callBack':
      return { line: arrangement.line, ...(arrangement.clinician === undefined ? {} : { clinicians: [arrangement.clinician] }) }
    case 'patientConnect':
      return { clinicians: [arrangement.clinician] }
    case 'callBackCode':
      return { organisation: arrangement.organisation, line: arrangement.line, ...('clinician' in arrangement.asked ? { clinicians: [arrangement.asked.clinician] } : {}) }
  }
}

/** For a list of calls: the parts of it that are reached; undefined: all of it. */
export function within(reach: Reach, { lines }: ReturnType<AdminSettings['directory']>): CallFilter['within'] {
  if (reach.everywhere) return undefined
  const ofOrganisations = [...lines.values()].filter(({ trust }) => reach.organisations.has(trust)).map(({ id }) => id)
  return [
    ...[...reach.organisations].map((organisation) => ({ organisation })),
    ...[...new Set([...reach.lines, ...ofOrganisations])].map((line) => ({ line })),
    ...[...reach.clinicians].map((clinician) => ({ clinician })),
  ]
}
