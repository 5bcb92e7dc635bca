import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify, type ECDH } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { PushPlace } from '../../src/outbox/push/address.js'

/** What a push service was handed for one of its browsers, as that browser reads it. */
export interface Pushed {
  readonly path: string
  readonly notice: Readonly<Record<string, string>>
  readonly ttl: number
  readonly urgency: string
  readonly topic: string
  /** Who sent it, as the token says whose signature was right. */
  readonly contact: string
}

/** A browser that has subscribed: written by RFC 8291, with nothing of the package that the engine sends with. */
class SubscribedBrowser {
  readonly #keys: ECDH = createECDH('prime256v1')
  readonly #auth = randomBytes(16)
  readonly #public = this.#keys.generateKeys()

  constructor(readonly endpoint: string) {}

  get place(): PushPlace {
    return { endpoint: this.endpoint, p256dh: this.#public.toString('base64url'), auth: this.#auth.toString('base64url') }
  }

  /** RFC 8188 with the keys of RFC 8291; one record. */
  read(body: Buffer): string {
    const [salt, idLength] = [body.subarray(0, 16), body.readUInt8(20)]
    const sender = body.subarray(21, 21 + idLength)
    const shared = this.#keys.computeSecret(sender)
    const secret = hkdf(shared, this.#auth, Buffer.concat([Buffer.from('WebPush: info\0'), this.#public, sender]), 32)
    const sealed = body.subarray(21 + idLength)
    const open = createDecipheriv(
      'aes-128-gcm',
      hkdf(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16),
      hkdf(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12),
    )
    open.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()])
    // Behind the text a 2, and nothing but zeros.
    const end = plain.lastIndexOf(2)
    if (end < 0 || plain.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('the padding is wrong')
    return plain.subarray(0, end).toString('utf8')
  }
}

function hkdf(key: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length))
}

/** @returns whom the token names. Throws where it is not signed by its key, for another service, over, or good for more than a day (RFC 8292) */
function checked(authorization: string, audience: string): { readonly contact: string; readonly key: string } {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  const [header = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(key, 'base64url')
  const publicKey = createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') },
    format: 'jwk',
  })
  if (
    !verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
  )
    throw new Error('the signature is wrong')
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string; exp: number; sub: string }
  if (aud !== audience || exp * 1_000 < Date.now() || exp * 1_000 > Date.now() + 24 * 60 * 60_000)
    throw new Error(`the token is for ${aud} until ${exp}`)
  return { contact: sub, key }
}

/** A push service on loopback, which takes what is signed by the key under which its browsers have subscribed, and reads it as they do. */
export async function pushService(applicationServerKey = '') {
  const received: Pushed[] = []
  const wrong: unknown[] = []
  const browsers = new Map<string, SubscribedBrowser>()
  let expected = applicationServerKey
  let answer: { readonly status: number; readonly location?: string } = { status: 201 }
  let onReceived = (): void => undefined
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const path = request.url ?? ''
      try {
        const { contact, key } = checked(request.headers.authorization ?? '', origin())
        if (key !== expected) throw new Error('another key than that of the subscription')
        if (request.headers['content-encoding'] !== 'aes128gcm') throw new Error('another encoding')
        const browser = browsers.get(path)
        if (!browser) return void response.writeHead(410).end()
        const header = (name: string) => String(request.headers[name] ?? '')
        if (!/^[\w-]{1,32}$/.test(header('topic'))) throw new Error('no topic')
        if (answer.status < 300)
          received.push({
            path,
            notice: JSON.parse(browser.read(Buffer.concat(parts))) as Record<string, string>,
            ttl: Number(header('ttl')),
            urgency: header('urgency'),
            topic: header('topic'),
            contact,
          })
      } catch (error) {
        wrong.push(error)
        return void response.writeHead(403).end()
      }
      onReceived()
      response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin: origin(),
    received,
    /** What it did not take, and why. */
    wrong,
    /** Browsers that subscribe from now on do it under this key. */
    isFor: (key: string) => void (expected = key),
    says: (next: typeof answer) => void (answer = next),
    /** Told when something has come, before it is answered. */
    onReceived: (listener: () => void) => void (onReceived = listener),
    subscribe(): PushPlace {
      const browser = new SubscribedBrowser(`${origin()}/push/${browsers.size + 1}`)
      browsers.set(`/push/${browsers.size + 1}`, browser)
      return browser.place
    },
    forget: ({ endpoint }: PushPlace) => void browsers.delete(new URL(endpoint).pathname),
  }
}
