import type { SipRequest } from '../message.js'

/**
 * Requests under way that may come a second time over another path (RFC 3261 8.2.2.2): the same Call-ID, From tag and CSeq with another
 * branch. One that was refused is under way no longer: a proxy may try it again.
 */
export class MergedRequests {
  /** Key of the transaction that came first. */
  readonly #first = new Map<string, string>()

  /** @param transaction key of the transaction that the request would begin; @returns whether it is one that another transaction has already */
  has(request: SipRequest, transaction: string): boolean {
    if (request.toTag !== undefined) return false
    const first = this.#first.get(mergeKey(request))
    return first !== undefined && first !== transaction
  }

  add(request: SipRequest, transaction: string): void {
    if (request.toTag === undefined) this.#first.set(mergeKey(request), transaction)
  }

  remove(request: SipRequest, transaction: string): void {
    const key = mergeKey(request)
    if (this.#first.get(key) === transaction) this.#first.delete(key)
  }

  clear(): void {
    this.#first.clear()
  }
}

function mergeKey(request: SipRequest): string {
  return `${request.callId}|${request.fromTag ?? ''}|${request.cseq.sequence}|${request.method}`
}
