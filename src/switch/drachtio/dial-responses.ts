import type Srf from 'drachtio-srf'
import { intervalWanted } from './session-timer.js'

/** The branch of a forked INVITE from which a response comes. */
export function toTagOf(response: Srf.Response): string {
  return /;\s*tag\s*=\s*([^;\s]+)/i.exec(response.get('To') ?? '')?.[1] ?? ''
}

/** A response that drachtio-server generated comes from no address. */
export function isLocal(response: Srf.Response): boolean {
  return !response.source_address
}

/** The credentials of a second INVITE came too late: worth one more try (RFC 2617 section 3.2.1). */
export function isStale(response: Srf.Response): boolean {
  const challenge =
    response.status === 401 ? response.get('WWW-Authenticate') : response.status === 407 ? response.get('Proxy-Authenticate') : undefined
  return /\bstale\s*=\s*"?true\b/i.test(challenge ?? '')
}

/** RFC 4028 section 7.4: a 422 is tried once more, with the interval that it names. */
export function minSecondsOf(response: Srf.Response): { minSeconds?: number } {
  const seconds = response.status === 422 ? intervalWanted(response) : undefined
  return seconds === undefined ? {} : { minSeconds: seconds }
}

export function retryAfterOf(response: Srf.Response): { retryAfterSeconds?: number } {
  const seconds = /^\s*(\d{1,6})/.exec(response.get('Retry-After') ?? '')?.[1]
  return seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) }
}
