import type { SipRequest } from '../../sip/message.js'

const KEYS = '0123456789*#ABCD'

/**
 * A key in a SIP INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`; Cisco's form, the usual one) or `application/dtmf` (the key alone,
 * or its event number 10 for `*` and 11 for `#`).
 */
export function keyOfInfo(request: SipRequest): { readonly digit: string; readonly durationMs: number } | undefined {
  const body = request.body.toString('utf8')
  let signal: string | undefined
  let durationMs = 0
  if (request.contentType === 'application/dtmf-relay') {
    signal = /^\s*Signal\s*=\s*(\S+)/im.exec(body)?.[1]
    durationMs = Number(/^\s*Duration\s*=\s*(\d+)/im.exec(body)?.[1] ?? 0)
  } else if (request.contentType === 'application/dtmf') signal = body.trim()
  if (signal === undefined) return undefined
  const digit = signal === '10' ? '*' : signal === '11' ? '#' : signal.toUpperCase()
  return digit.length === 1 && KEYS.includes(digit) ? { digit, durationMs } : undefined
}
