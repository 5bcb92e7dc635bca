import { createHmac, randomBytes } from 'node:crypto'
import type { SipRequest } from '../message.js'

const SECRET_BYTES = 32
/** 80 bits, as of any tag of ours. */
const TAG_BYTES = 10

/**
 * To tags of answers for which nothing is kept (RFC 3261 8.2.7): the same for a repetition of the same request, and telling nothing of any
 * other tag. The request may be malformed.
 */
export class StatelessTags {
  readonly #secret = randomBytes(SECRET_BYTES)

  of({ headers, method }: SipRequest): string {
    const hmac = createHmac('sha256', this.#secret).update(method)
    for (const name of ['Via', 'From', 'Call-ID', 'CSeq']) hmac.update(`\n${headers.get(name) ?? ''}`)
    return hmac.digest('hex').slice(0, 2 * TAG_BYTES)
  }
}
