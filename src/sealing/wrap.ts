import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Bytes of every key: AES-256. */
export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** Bytes of a wrapped key: nonce, key under AES-256-GCM, tag. */
export const wrappedBytes = nonceBytes + keyBytes + tagBytes

/**
 * Encrypts one key by another (AES-256-GCM, NIST SP 800-38D), under a nonce of its own.
 * @param about what the key is for: it unwraps only with the same text
 */
export function wrap(by: Buffer, key: Buffer, about: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', by, nonce, { authTagLength: tagBytes })
  cipher.setAAD(about)
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
}

/** @returns undefined where it was wrapped under another key, is for something else, or has been changed */
export function unwrap(by: Buffer, wrapped: Buffer, about: Buffer): Buffer | undefined {
  if (wrapped.length !== wrappedBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', by, wrapped.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(about)
  decipher.setAuthTag(wrapped.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(nonceBytes, -tagBytes)), decipher.final()])
  } catch {
    return undefined
  }
}
