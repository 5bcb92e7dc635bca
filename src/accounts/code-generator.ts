import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

/** Bytes of what a code generator is made from; its secret is the first {@link secretBytes} of them. */
const seedBytes = 32
/** RFC 4226 section 4. */
const secretBytes = 20
/** One before and one after the current code: mobiles' clocks are some seconds off, and people slow (RFC 6238 section 5.2). */
const window = 1

export function newSeed(): Buffer {
  return randomBytes(seedBytes)
}

function generatorOf(seed: Buffer, issuer = '', label = ''): TOTP {
  return new TOTP({
    issuer,
    label,
    secret: new Secret({ buffer: Uint8Array.from(seed.subarray(0, secretBytes)).buffer }),
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
  })
}

/** The set-up for an app. @returns the URI for a QR code, and the secret in groups of four, for typing */
export function toldToApp(seed: Buffer, issuer: string, person: string): { readonly uri: string; readonly typed: string } {
  const generator = generatorOf(seed, issuer, person)
  return { uri: generator.toString(), typed: (generator.secret.base32.match(/.{1,4}/g) ?? []).join(' ') }
}

/** The thirty-second interval of a code; undefined: wrong. It goes up with each accepted code, so that none works twice (RFC 6238 section 5.2). */
export function intervalOf(seed: Buffer, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const generator = generatorOf(seed)
  const delta = generator.validate({ token: code, timestamp: now, window })
  return delta === null ? undefined : generator.counter({ timestamp: now }) + delta
}
