import type { FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.js'
import { byOf } from '../web/gate.js'
import { ApiError } from './api-error.js'

/** A player asks for a recording in many parts: one look, as long as the same person goes on. */
const sameLookMs = 15 * 60_000
const remembered = 5_000

/** Looks at what may say something of a patient: each is in the audit before it is shown. */
export class Looks {
  readonly #last = new Map<string, number>()

  constructor(
    private readonly audit: Audit,
    private readonly now: () => number,
  ) {}

  /** Resolves when it is written down. @throws ApiError storeUnavailable: then nothing is shown */
  async at(request: FastifyRequest, action: 'call.seen' | 'recording.heard' | 'arrangement.seen', subject: string): Promise<void> {
    const by = byOf(request)
    const key = `${action} ${by.actor} ${by.address} ${subject}`
    const now = this.now()
    if (now - (this.#last.get(key) ?? -Infinity) < sameLookMs) return
    try {
      await this.audit.tell({ ...by, action, subjectKind: action === 'arrangement.seen' ? 'arrangement' : 'call', subject })
    } catch (error) {
      throw new ApiError('storeUnavailable', `What is looked at has to be written down first: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.#last.delete(key)
    this.#last.set(key, now)
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= remembered) break
      this.#last.delete(oldest)
    }
  }
}
