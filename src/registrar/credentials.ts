import { randomInt } from 'node:crypto'
import { digestSecret } from '../embedded/protocols/sip/digest.js'
import type { Credentials } from './devices.js'

/** Small letters and digits that cannot be confused on a telephone's small screen. */
const characters = 'abcdefghjkmnpqrstuvwxyz23456789'
const groups = 5
const groupLength = 4

/** A password that cannot be guessed and can be typed: `k7mq-3fht-x9ab-pe2d-w8rn`, 99 bits. */
export function newPassword(): string {
  const group = () => Array.from({ length: groupLength }, () => characters[randomInt(characters.length)]).join('')
  return Array.from({ length: groups }, group).join('-')
}

/** What is kept of a password. @param since wall-clock ms */
export function credentialsFor(user: string, realm: string, password: string, since: number): Credentials {
  return {
    realm,
    secrets: { md5: digestSecret('MD5', user, realm, password), sha256: digestSecret('SHA-256', user, realm, password) },
    since,
  }
}
