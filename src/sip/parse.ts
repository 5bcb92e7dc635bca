import type { SipMessage, SipRequest } from './message.js'

/** Why a message was refused. */
export interface ParseProblem {
  /** In words: "the quoted string never ends". */
  readonly what: string
  /** `start line`, `header To`, `body`. */
  readonly where: string
  /** The status to answer a request with: 400, or 505 for another SIP version. */
  readonly status: number
  /** The request as far as it could be read, when it has what a response needs (Via, From, To, Call-ID, CSeq as text). */
  readonly request: SipRequest | undefined
}

export type ParseResult = { readonly ok: true; readonly message: SipMessage } | { readonly ok: false; readonly problem: ParseProblem }

/** Reads one message of a datagram, or one cut out of a stream by `StreamFramer`. Never throws. */
export declare function parseMessage(data: Buffer | string): ParseResult
