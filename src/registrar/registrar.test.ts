import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { authorization, chooseChallenge, digestSecret } from '../sip/digest.js'
import type { Registration } from '../switch/port.js'
import { Bindings } from './bindings.js'
import type { Device, Devices } from './devices.js'
import { Doorkeeper } from './doorkeeper.js'
import { Registrar } from './registrar.js'

const realm = 'ringround'
let clock: VirtualClock
let registrar: Registrar
let locked: string[]
let refused: string[]

function device(user: string, password: string): Device {
  return {
    user,
    owner: { kind: 'clinician', clinician: 'dr-okafor' },
    label: user,
    secrets: { md5: digestSecret('MD5', user, realm, password), sha256: digestSecret('SHA-256', user, realm, password) },
    createdAt: 0,
  }
}

beforeEach(() => {
  clock = new VirtualClock(1_800_000_000_000)
  locked = []
  refused = []
  const known = new Map([device('ward', 'secret'), device('laptop', 'other')].map((one) => [one.user, one]))
  const devices: Devices = { find: (user) => known.get(user), list: () => [...known.values()], add: () => Promise.resolve(), remove: (user) => Promise.resolve(known.delete(user)) }
  const doorkeeper = new Doorkeeper({ realm, secret: Buffer.alloc(16, 7), devices, clock, onLocked: (address) => locked.push(address) })
  registrar = new Registrar(doorkeeper, new Bindings(clock), (detail) => refused.push(detail))
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

async function send(options: { user?: string; contacts?: Registration['contacts']; authorization?: string; address?: string }): Promise<Answer> {
  let answer: Answer | undefined
  await registrar.register({
    addressOfRecord: `sip:${options.user ?? 'ward'}@127.0.0.1`,
    contacts: options.contacts ?? [{ uri: 'sip:ward@10.0.0.9:5060', expiresSeconds: 60 }],
    source: { address: options.address ?? '192.0.2.9', port: 40_000, protocol: 'udp' },
    header: (name) => (name === 'Authorization' ? options.authorization : undefined),
    respond: (status, more) => {
      answer = { status, headers: more?.headers ?? {} }
      return Promise.resolve()
    },
  })
  if (!answer) throw new Error('no answer')
  return answer
}

/** Registers as a telephone does: asks, is challenged, answers. */
async function registers(options: { user?: string; as?: string; password?: string; contacts?: Registration['contacts']; address?: string } = {}): Promise<Answer> {
  const { as = options.user ?? 'ward', password = 'secret', ...rest } = options
  const challenged = await send(rest)
  expect(challenged.status).toBe(401)
  const challenge = chooseChallenge([challenged.headers['WWW-Authenticate'] ?? ''])
  if (!challenge) throw new Error('no challenge')
  return send({ ...rest, authorization: authorization(challenge, { username: as, password }, { method: 'REGISTER', uri: 'sip:127.0.0.1' }, 1, 'abc') })
}

const rung = (user = 'ward') => registrar.targetsOf(user).map((target) => (target.kind === 'uri' ? target.uri : ''))

describe('a telephone registers', () => {
  it('with its password, and is reached where its packets came from', async () => {
    const answer = await registers()
    expect(answer).toMatchObject({ status: 200, headers: { Contact: '<sip:ward@10.0.0.9:5060>;expires=60' } })
    expect(rung()).toEqual(['sip:ward@192.0.2.9:40000'])
  })

  it('and is gone the moment its registration lapses', async () => {
    await registers()
    await clock.advance(59_999)
    expect(rung()).toHaveLength(1)
    await clock.advance(1)
    expect(rung()).toEqual([])
  })

  it('and takes itself away, one contact or all', async () => {
    await registers()
    expect((await registers({ contacts: [{ uri: 'sip:ward@10.0.0.9:5060', expiresSeconds: 0 }] })).status).toBe(200)
    expect(rung()).toEqual([])
    await registers()
    expect((await registers({ contacts: [{ uri: '*', expiresSeconds: 0 }] })).status).toBe(200)
    expect(rung()).toEqual([])
  })

  it('is told when it asks for too short a time', async () => {
    expect(await registers({ contacts: [{ uri: 'sip:ward@10.0.0.9', expiresSeconds: 5 }] })).toMatchObject({ status: 423, headers: { 'Min-Expires': '30' } })
  })

  it('cannot pile up contacts', async () => {
    for (let index = 0; index < 9; index += 1) await registers({ contacts: [{ uri: `sip:ward@10.0.0.${index}:5060`, expiresSeconds: 60 }] })
    expect(rung()).toHaveLength(5)
  })
})

describe('nobody registers', () => {
  it('with a wrong password, or as somebody else', async () => {
    expect((await registers({ password: 'wrong' })).status).toBe(403)
    expect((await registers({ user: 'laptop', as: 'ward' })).status).toBe(403)
    expect(rung()).toEqual([])
    expect(rung('laptop')).toEqual([])
    expect(refused).toHaveLength(2)
  })

  it('by guessing: an address is locked out for longer and longer', async () => {
    for (let times = 0; times < 5; times += 1) await registers({ password: `guess ${times}` })
    expect(locked).toEqual(['192.0.2.9'])
    expect((await registers()).status).toBe(403)
    expect((await registers({ address: '192.0.2.10' })).status).toBe(200)
    await clock.advance(10_000)
    expect((await registers()).status).toBe(200)
  })

  it('with credentials that were sent before', async () => {
    const challenge = chooseChallenge([(await send({})).headers['WWW-Authenticate'] ?? ''])
    if (!challenge) throw new Error('no challenge')
    const proof = authorization(challenge, { username: 'ward', password: 'secret' }, { method: 'REGISTER', uri: 'sip:127.0.0.1' }, 1, 'abc')
    expect((await send({ authorization: proof })).status).toBe(200)
    expect((await send({ authorization: proof })).status).toBe(401)
  })
})
