import { createECDH, hkdfSync } from 'node:crypto'

/** By which push services know us (VAPID, RFC 8292): base64url. Browsers subscribe under the public one, and take nothing under another. */
export interface KeyPair {
  readonly publicKey: string
  readonly privateKey: string
}

/** The pair that belongs to a key of the key ring, good for nothing else (HKDF, RFC 5869): all engines of a store have the same, and it is kept, sealed and backed up with that key. */
export function keyPairOf(key: Buffer): KeyPair {
  const pair = createECDH('prime256v1')
  for (let attempt = 0; ; attempt++) {
    const derived = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `key pair for Web Push ${attempt}`, 32))
    try {
      pair.setPrivateKey(derived)
    } catch (error) {
      // One in four thousand million is no number of the curve.
      if (attempt < 3) continue
      throw error
    }
    return { publicKey: pair.getPublicKey().toString('base64url'), privateKey: derived.toString('base64url') }
  }
}
