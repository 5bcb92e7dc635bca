import type { FastifyRequest } from 'fastify'
import { messageOf } from '../common/errors.js'
import type { Accounts } from '../accounts/accounts.js'
import { reaches, reachOf, withoutApprovals } from '../accounts/identity.js'
import { ofCall } from '../accounts/reach-of-calls.js'
import { isPermission, type Permission } from '../accounts/roles.js'
import type { Told } from '../audit/audit.js'
import { callRecord } from '../facts/call-record.js'
import type { AskedCalls } from '../reports/asked-calls.js'
import { byOf } from '../web/gate.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'

/** A player fetches a recording in many parts: one look, while the same person goes on. */
const sameLookMs = 15 * 60_000
const remembered = 5_000

/** Looks at patient data: each is in the audit before it is shown. */
export class Looks {
  readonly #last = new Map<string, number>()

  constructor(
    private readonly accounts: Accounts,
    private readonly world: Pick<AdminSettings, 'store' | 'directory'>,
    private readonly now: () => number,
  ) {}

  /**
   * Resolves once it is written.
   * @throws ApiError storeUnavailable, and reasonNeeded if they see the call only by an approval, and have not given a reason: then nothing is shown
   */
  async at(request: FastifyRequest, action: 'call.seen' | 'recording.heard' | 'arrangement.seen', subject: string): Promise<void> {
    const { needs } = request.routeOptions.config
    if (action !== 'arrangement.seen' && needs !== undefined && isPermission(needs) && (await this.needsReason(request, subject, needs)))
      throw new ApiError('reasonNeeded', `You had no part in call ${subject}: say first why you look (POST /api/calls/${subject}/reason).`)
    await this.#look(request, action, subject)
  }

  /** At NHS numbers in a list of calls: written together. @throws ApiError storeUnavailable: then nothing is shown */
  async atEach(request: FastifyRequest, calls: readonly string[]): Promise<void> {
    await Promise.all(calls.map((call) => this.#look(request, 'call.seen', call)))
  }

  /** At a search for a number, or at an export. The number itself is patient data, and is left out. @throws ApiError storeUnavailable: then nothing is given */
  async atList(request: FastifyRequest, action: 'calls.exported' | 'calls.searched', { number, ...asked }: AskedCalls): Promise<void> {
    await this.#tell({
      ...byOf(request),
      action,
      subjectKind: 'calls',
      subject: '',
      data: { ...asked, ...(number === undefined ? {} : { byNumber: true }) },
    })
  }

  /** Whether the permission reaches this call only by an approval, and the reader has not yet given a reason. @throws ApiError storeUnavailable */
  async needsReason({ identity }: FastifyRequest, call: string, permission: Permission): Promise<boolean> {
    // The demo has nobody to protect.
    if (identity.kind !== 'person' || identity.session.method === 'demo') return false
    const otherwise = withoutApprovals(identity)
    if (otherwise.kind === 'person' && otherwise.grants.length === identity.grants.length) return false
    const record = callRecord(await asked(this.world.store.events(call)))
    if (!record || reaches(reachOf(otherwise, permission), ofCall(record), this.world.directory())) return false
    return !(await asked(this.accounts.reasonGiven(identity.session, call)))
  }

  async #look(request: FastifyRequest, action: 'call.seen' | 'recording.heard' | 'arrangement.seen', subject: string): Promise<void> {
    const by = byOf(request)
    const key = `${action} ${by.actor} ${by.address} ${subject}`
    const now = this.now()
    if (now - (this.#last.get(key) ?? -Infinity) < sameLookMs) return
    await this.#tell({ ...by, action, subjectKind: action === 'arrangement.seen' ? 'arrangement' : 'call', subject })
    this.#last.delete(key)
    this.#last.set(key, now)
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= remembered) break
      this.#last.delete(oldest)
    }
  }

  async #tell(told: Told): Promise<void> {
    try {
      await this.accounts.audit.tell(told)
    } catch (error) {
      throw new ApiError('storeUnavailable', `What is looked at has to be written down first: ${messageOf(error)}`)
    }
  }
}
