import { isToken, parseDecimal } from './text.js'

export interface CSeq {
  readonly sequence: number
  readonly method: string
}

/** The greatest sequence number: RFC 3261 8.1.1.5 asks for less than 2^31; received ones may use all 32 bits (RFC 4475 3.1.2.4). */
const MAX_SEQUENCE = 2 ** 31 - 1

export function parseCSeq(text: string): CSeq | undefined {
  const blank = text.search(/[ \t]/)
  if (blank < 0) return undefined
  const sequence = parseDecimal(text.slice(0, blank), MAX_SEQUENCE)
  const method = text.slice(blank).trim()
  return sequence === undefined || !isToken(method) ? undefined : { sequence, method }
}

export function printCSeq(cseq: CSeq): string {
  return `${cseq.sequence} ${cseq.method}`
}
