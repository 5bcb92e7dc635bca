import { createECDH } from 'node:crypto'

/** Where push services take messages: `web.push.apple.com`, `*.push.apple.com` (any host below), or an origin on loopback, `http://127.0.0.1:8030`, to try it. */
export const defaultPushServices = [
  'fcm.googleapis.com',
  'updates.push.services.mozilla.com',
  '*.push.apple.com',
  '*.notify.windows.com',
] as const

const hostOrBelow = /^(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}$/
const onLoopback = /^http:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}$/

export function isPushService(text: string): boolean {
  return hostOrBelow.test(text) || onLoopback.test(text)
}

/**
 * Whether a browser's address belongs to one of these push services, so that nobody can make the engine post elsewhere, least of all to an internal machine.
 */
export function isOfPushService(endpoint: string, services: readonly string[]): boolean {
  if (endpoint.length > 1_000 || !URL.canParse(endpoint)) return false
  const { origin, protocol, hostname, port, username, password, hash } = new URL(endpoint)
  if (username !== '' || password !== '' || hash !== '') return false
  if (services.includes(origin) && onLoopback.test(origin)) return true
  if (protocol !== 'https:' || port !== '') return false
  return services.some((service) => (service.startsWith('*.') ? hostname.endsWith(service.slice(1)) : hostname === service))
}

/** A browser's subscription (Push API): where to post, and its keys, with which it alone can read (RFC 8291), base64url. */
export interface PushPlace {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

export type ReadPlace =
  { readonly kind: 'read'; readonly place: PushPlace } | { readonly kind: 'refused'; readonly code: 'notAPushService' | 'badKeys' }

/** Reads what a browser has sent. */
export function readPushPlace(
  { endpoint = '', p256dh = '', auth = '' }: Readonly<Record<string, string>>,
  services: readonly string[],
): ReadPlace {
  if (!isOfPushService(endpoint, services)) return { kind: 'refused', code: 'notAPushService' }
  const key = bytesOf(p256dh)
  if (key?.length !== 65 || bytesOf(auth)?.length !== 16 || !isPoint(key)) return { kind: 'refused', code: 'badKeys' }
  return { kind: 'read', place: { endpoint, p256dh, auth } }
}

function bytesOf(text: string): Buffer | undefined {
  return /^[\w-]{1,100}$/.test(text) ? Buffer.from(text, 'base64url') : undefined
}

/** Whether it is a point of P-256: otherwise every message would fail. */
function isPoint(key: Buffer): boolean {
  try {
    const ours = createECDH('prime256v1')
    ours.generateKeys()
    ours.computeSecret(key)
    return true
  } catch {
    return false
  }
}
