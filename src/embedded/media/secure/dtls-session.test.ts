import { beforeAll, expect, test } from 'vitest'
import type { Fingerprint } from '../../protocols/sdp/security.js'
import { DtlsSession, makeCertificate, type OwnCertificate } from './dtls-session.js'
import { SrtpCrypt, type SrtpKeys } from './srtp-crypt.js'
import { loadWerift, type Werift } from './werift.js'

let werift: Werift
let ours: OwnCertificate
let theirs: OwnCertificate

beforeAll(async () => {
  werift = await loadWerift()
  ours = await makeCertificate(werift)
  theirs = await makeCertificate(werift)
})

/** What comes of a handshake with a party that shows `shown`. */
function handshake(
  role: 'client' | 'server',
  expected: readonly Fingerprint[],
  shown: OwnCertificate,
  lost: (datagram: number) => boolean = () => false,
): Promise<{ readonly ours: SrtpKeys; readonly theirs: SrtpKeys } | string> {
  return new Promise((resolve) => {
    let us: DtlsSession | undefined
    let them: DtlsSession | undefined
    const keys: { ours?: SrtpKeys; theirs?: SrtpKeys } = {}
    const got = (whose: 'ours' | 'theirs') => (each: SrtpKeys) => {
      keys[whose] = each
      if (keys.ours && keys.theirs) resolve({ ours: keys.ours, theirs: keys.theirs })
    }
    let datagrams = 0
    const carry = (to: () => DtlsSession | undefined) => (data: Buffer) => {
      if (!lost(++datagrams)) setImmediate(() => to()?.take(data))
    }
    // The client speaks first: the server has to be there.
    const client = () =>
      new DtlsSession(
        werift,
        'client',
        role === 'client' ? ours : shown,
        role === 'client' ? expected : [ours.fingerprint],
        carry(() => (role === 'client' ? them : us)),
        got(role === 'client' ? 'ours' : 'theirs'),
        role === 'client' ? resolve : () => undefined,
      )
    const server = () =>
      new DtlsSession(
        werift,
        'server',
        role === 'server' ? ours : shown,
        role === 'server' ? expected : [ours.fingerprint],
        carry(() => (role === 'server' ? them : us)),
        got(role === 'server' ? 'ours' : 'theirs'),
        role === 'server' ? resolve : () => undefined,
      )
    if (role === 'client') {
      them = server()
      us = client()
    } else {
      us = server()
      them = client()
    }
  })
}

test.each(['client', 'server'] as const)('as %s both sides come to the same keys, and packets pass', async (role) => {
  const keys = await handshake(role, [theirs.fingerprint], theirs)
  if (typeof keys === 'string') throw new Error(keys)
  expect(keys.ours.localKey).toEqual(keys.theirs.remoteKey)
  const [us, them] = [new SrtpCrypt(werift, keys.ours), new SrtpCrypt(werift, keys.theirs)]
  const packet = Buffer.from('80000001000000a0deadbeef0102030405', 'hex')
  const sent = us.protect(packet)
  expect(sent.includes(packet.subarray(12))).toBe(false)
  expect(them.unprotect(sent)).toEqual(packet)
  expect(them.unprotect(sent)).toBeUndefined()
})

test.each([1, 2, 3, 4, 5, 6])('a handshake whose datagram %i is lost comes to the same keys', async (which) => {
  const keys = await handshake('client', [theirs.fingerprint], theirs, (datagram) => datagram === which)
  if (typeof keys === 'string') throw new Error(keys)
  expect(keys.ours.localKey).toEqual(keys.theirs.remoteKey)
})

test.each(['client', 'server'] as const)('as %s a certificate that the description does not name is refused', async (role) => {
  expect(await handshake(role, [ours.fingerprint], theirs)).toBe('the certificate is not the one whose fingerprint the description names')
})

test.each(['client', 'server'] as const)(
  'as %s, a party that shows the right certificate without having its key is refused',
  async (role) => {
    const stolen = { ...theirs, keyPem: (await makeCertificate(werift)).keyPem }
    expect(await handshake(role, [theirs.fingerprint], stolen)).toBe('the party has not proved that the certificate is its own')
  },
)

test("a packet that was changed on its way, or is another one's, is dropped", () => {
  const random = (bytes: number) => Buffer.alloc(bytes, bytes)
  const keys: SrtpKeys = { profile: 1, localKey: random(16), localSalt: random(14), remoteKey: random(16), remoteSalt: random(14) }
  const [us, them] = [new SrtpCrypt(werift, keys), new SrtpCrypt(werift, keys)]
  const sent = us.protect(Buffer.from('80000001000000a0deadbeef0102030405', 'hex'))
  for (let at = 0; at < sent.length; at++) {
    const changed = Buffer.from(sent)
    changed[at]! ^= 1
    expect(them.unprotect(changed)).toBeUndefined()
  }
  expect(them.unprotect(sent.subarray(0, 20))).toBeUndefined()
  expect(them.unprotect(sent)).toBeDefined()
  const report = us.protectReport(Buffer.from('80c80006deadbeef00000000000000000000000000000000000000000000', 'hex').subarray(0, 28))
  const changed = Buffer.from(report)
  changed[10]! ^= 1
  expect(them.unprotectReport(changed)).toBeUndefined()
  expect(them.unprotectReport(report)).toBeDefined()
  expect(them.unprotectReport(report)).toBeUndefined()
})
