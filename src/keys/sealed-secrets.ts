import { hkdfSync } from 'node:crypto'
import { keyBytes, unwrap, wrap } from '../sealing/wrap.js'

/** Small secrets to read again, sealed under a key of the key ring: each is 32 bytes, bound to what it is about. */
export interface SealedSecrets {
  /** @returns base64. Rejects with `KeysUnavailable` */
  seal(secret: Buffer, about: string): Promise<string>
  /** Rejects with `KeysUnavailable`, or if it was sealed under another key or for something else. */
  open(sealed: string, about: string): Promise<Buffer>
}

/** @param key the one to derive theirs from (HKDF, RFC 5869), so that it serves only this use */
export function sealedSecrets(key: () => Promise<Buffer>): SealedSecrets {
  const derived = async () => Buffer.from(hkdfSync('sha256', await key(), Buffer.alloc(0), 'secrets of code generators', keyBytes))
  return {
    async seal(secret, about) {
      return wrap(await derived(), secret, Buffer.from(about)).toString('base64')
    },
    async open(sealed, about) {
      const secret = unwrap(await derived(), Buffer.from(sealed, 'base64'), Buffer.from(about))
      if (!secret) throw new Error('a sealed secret does not open: it was sealed under another key, or has been changed')
      return secret
    },
  }
}
