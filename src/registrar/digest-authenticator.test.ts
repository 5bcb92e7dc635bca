import { describe, expect, it } from 'vitest'
import { toldEngines } from '../../test/kit/told-engines.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import { authorization, chooseChallenge } from '../embedded/protocols/sip/digest.js'
import { credentialsFor } from './credentials.js'
import { DigestAuthenticator, type Lock, type Proof, type SharedProof } from './digest-authenticator.js'
import type { Device } from './devices.js'

const address = '192.0.2.9'
const ward: Device = {
  user: 'ward',
  owner: { kind: 'clinician', id: 'dr-okafor' },
  label: 'ward',
  algorithm: 'MD5',
  credentials: credentialsFor('ward', 'ringround', 'secret', 0),
  createdAt: 0,
}

/** Two engines of one service, with one secret for their nonces. */
function twoEngines() {
  const clock = new VirtualClock(1_800_000_000_000)
  const locked: Lock[] = []
  const [one, other] = toldEngines<SharedProof>()
  const engine = (others: typeof one) =>
    new DigestAuthenticator({
      realm: 'ringround',
      secret: Buffer.alloc(16, 7),
      devices: { find: (user) => (user === 'ward' ? ward : undefined) },
      clock,
      onLocked: (lock) => locked.push(lock),
      others,
    })
  return { clock, locked, engines: [engine(one), engine(other)] as const }
}

const ask = (engine: DigestAuthenticator, header?: string): Proof => engine.prove({ header, method: 'REGISTER', address, user: 'ward' })

function answerTo(proof: Proof, password: string, count = 1): string {
  const challenge = proof.kind === 'challenge' ? chooseChallenge([proof.challenge]) : undefined
  if (!challenge) throw new Error('no challenge')
  return authorization(challenge, { username: 'ward', password }, { method: 'REGISTER', uri: 'sip:127.0.0.1' }, count, 'abc')
}

describe('passwords at two engines', () => {
  it('that are tried at each in turn lock at both, and one alarm reports it', async () => {
    const { clock, locked, engines } = twoEngines()
    for (let guess = 0; guess < 5; guess++)
      expect(ask(engines[guess % 2 === 0 ? 0 : 1], answerTo(ask(engines[0]), 'wrong')).kind).toBe('refused')
    for (const engine of engines)
      expect(ask(engine, answerTo(ask(engine), 'secret'))).toEqual({ kind: 'refused', why: 'too many wrong passwords from this address' })
    expect(locked).toEqual([{ user: 'ward', address, wrongInARow: 5, lockMs: 10_000 }])
    await clock.advance(10_000)
    expect(ask(engines[1], answerTo(ask(engines[1]), 'secret')).kind).toBe('device')
    // What was right at one is forgiven at the other.
    for (let guess = 0; guess < 4; guess++) expect(ask(engines[0], answerTo(ask(engines[0]), 'wrong')).kind).toBe('refused')
    expect(ask(engines[0], answerTo(ask(engines[0]), 'secret')).kind).toBe('device')
  })

  it('of names that no device has are counted together too', () => {
    const { engines } = twoEngines()
    const as = (engine: DigestAuthenticator) =>
      engine.prove({
        header: answerTo(ask(engine), 'wrong').replace('username="ward"', 'username="nobody"'),
        method: 'REGISTER',
        address,
        user: 'nobody',
      })
    const whys = Array.from({ length: 6 }, (_, guess) => as(engines[guess % 2 === 0 ? 0 : 1]))
    expect(whys.at(-1)).toEqual({ kind: 'refused', why: 'too many wrong passwords from this address' })
  })

  it('that were seen at one engine are no proof at the other', () => {
    const { engines } = twoEngines()
    const challenge = ask(engines[0])
    const seen = answerTo(challenge, 'secret')
    expect(ask(engines[0], seen).kind).toBe('device')
    expect(ask(engines[1], seen).kind).toBe('challenge')
    // The telephone itself goes on at whichever engine.
    expect(ask(engines[1], answerTo(challenge, 'secret', 2)).kind).toBe('device')
    for (const engine of engines) engine.close()
  })
})
