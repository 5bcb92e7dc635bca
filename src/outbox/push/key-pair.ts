import { createECDH, hkdfSync } from 'node:crypto'

/** Identifies us to push services (VAPID, RFC 8292): base64url. Browsers subscribe with the public key and accept no other. */
export interface KeyPair {
  readonly publicKey: string
  readonly privateKey: string
}

/** The pair derived from a key of the key ring, for this use only (HKDF, RFC 5869): all engines of a store have the same, and it is kept, sealed and backed up with that key. */
export function keyPairOf(key: Buffer): KeyPair {
  const pair = createECDH('prime256v1')
  for (let attempt = 0; ; attempt++) {
    const derived = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `key pair for Web Push ${attempt}`, 32))
    try {
      pair.setPrivateKey(derived)
    } catch (error) {
      // One in four thousand million is not a valid scalar of the curve.
      if (attempt < 3) continue
      throw error
    }
    return { publicKey: pair.getPublicKey().toString('base64url'), privateKey: derived.toString('base64url') }
  }
}
