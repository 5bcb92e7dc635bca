import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Place } from './place.js'

/** As the store keeps it, beside its id and its counter. */
interface KeptPasskey {
  /** COSE key, base64url. */
  readonly publicKey: string
  readonly transports?: RegistrationResponseJSON['response']['transports']
}

export interface NewPasskey {
  /** Base64url, chosen by the device. */
  readonly id: string
  readonly secret: string
  readonly counter: number
}

const serviceName = 'Ringround'

/** The browser's request to make one: discoverable without a typed name, and unlocked by a finger, a face or a PIN, so that it is two factors by itself. */
export async function askedForNew(
  place: Place,
  person: { readonly id: string; readonly name: string },
  known: readonly string[],
): Promise<{ readonly options: object; readonly challenge: string }> {
  const options = await generateRegistrationOptions({
    ...{ rpName: serviceName, rpID: place.host, userName: person.name, userID: new TextEncoder().encode(person.id) },
    attestationType: 'none',
    excludeCredentials: known.map((id) => ({ id })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return { options, challenge: options.challenge }
}

/** @returns undefined: the answer is not to this challenge, or not from our pages */
export async function answeredNew(place: Place, challenge: string, answer: unknown): Promise<NewPasskey | undefined> {
  const verified = await verifyRegistrationResponse({
    response: answer as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: place.host,
    requireUserVerification: true,
  }).catch(() => undefined)
  if (!verified?.verified) return undefined
  const { id, publicKey, counter, transports } = verified.registrationInfo.credential
  const kept: KeptPasskey = { publicKey: Buffer.from(publicKey).toString('base64url'), ...(transports === undefined ? {} : { transports }) }
  return { id, secret: JSON.stringify(kept), counter }
}

/** @param known those of the person who is asked; empty: anyone */
export async function askedFor(
  place: Place,
  known: readonly string[] = [],
): Promise<{ readonly options: object; readonly challenge: string }> {
  const options = await generateAuthenticationOptions({
    rpID: place.host,
    userVerification: 'required',
    ...(known.length === 0 ? {} : { allowCredentials: known.map((id) => ({ id })) }),
  })
  return { options, challenge: options.challenge }
}

/** @returns its counter now; undefined: the answer is not to this challenge, not from our pages, or not of this passkey */
export async function answered(
  place: Place,
  challenge: string,
  answer: unknown,
  { id, secret, counter }: NewPasskey,
): Promise<number | undefined> {
  const { publicKey, transports } = JSON.parse(secret) as KeptPasskey
  const verified = await verifyAuthenticationResponse({
    response: answer as AuthenticationResponseJSON,
    ...{ expectedChallenge: challenge, expectedOrigin: place.origin, expectedRPID: place.host, requireUserVerification: true },
    credential: {
      id,
      publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
      counter,
      ...(transports === undefined ? {} : { transports }),
    },
  }).catch(() => undefined)
  return verified?.verified ? verified.authenticationInfo.newCounter : undefined
}
