import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { authorization, chooseChallenge, type DigestAlgorithm } from '../embedded/protocols/sip/digest.js'
import type { Admission } from '../switch/admission.js'
import type { IncomingCall, Registration, SrtpWish } from '../switch/port.js'
import { Bindings } from './bindings.js'
import { credentialsFor } from './credentials.js'
import type { Device, Devices } from './devices.js'
import { DigestAuthenticator, type Lock } from './digest-authenticator.js'
import { admitDevice } from './proven-call.js'
import { reachable } from './registered-switch.js'
import { Registrar } from './registrar.js'

const realm = 'ringround'
let clock: VirtualClock
let registrar: Registrar
let bindings: Bindings
let authenticator: DigestAuthenticator
let devices: Devices
let locked: Lock[]
let refused: string[]
let tokens: number
let srtp: SrtpWish

function device(user: string, password: string, algorithm: DigestAlgorithm = 'MD5'): Device {
  return {
    user,
    owner: { kind: 'clinician', id: 'dr-okafor' },
    label: user,
    algorithm,
    credentials: credentialsFor(user, realm, password, 0),
    createdAt: 0,
  }
}

beforeEach(() => {
  clock = new VirtualClock(1_800_000_000_000)
  locked = []
  refused = []
  tokens = 1_000
  srtp = 'optional'
  const known = new Map(
    [device('ward', 'secret'), device('laptop', 'other'), device('modern', 'newer', 'SHA-256')].map((one) => [one.user, one]),
  )
  devices = { find: (user) => known.get(user), page: () => [], list: () => [...known.values()] }
  bindings = new Bindings(clock)
  authenticator = new DigestAuthenticator({ realm, secret: Buffer.alloc(16, 7), devices, clock, onLocked: (lock) => locked.push(lock) })
  const strangers = { take: () => (tokens -= 1) >= 0 }
  registrar = new Registrar({
    authenticator,
    bindings,
    clock,
    trusted: { has: (address) => address.startsWith('127.') },
    strangers,
    onRefused: (detail) => refused.push(detail),
    get srtp() {
      return srtp
    },
  })
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

interface Sent {
  readonly user?: string
  readonly contacts?: Registration['contacts']
  readonly authorization?: string
  readonly address?: string
  readonly protocol?: string
}

let sequence = 0
async function send(options: Sent): Promise<Answer> {
  let answer: Answer | undefined
  sequence += 1
  const headers: Record<string, string | undefined> = {
    Authorization: options.authorization,
    'Call-ID': 'one',
    CSeq: `${sequence} REGISTER`,
    'User-Agent': 'Test 1.0',
  }
  await registrar.register({
    addressOfRecord: `sip:${options.user ?? 'ward'}@127.0.0.1`,
    contacts: options.contacts ?? [{ uri: 'sip:ward@10.0.0.9:5060', expiresSeconds: 60 }],
    source: { address: options.address ?? '192.0.2.9', port: 40_000, protocol: options.protocol ?? 'udp' },
    header: (name) => headers[name],
    respond: (status, more) => {
      answer = { status, headers: more?.headers ?? {} }
      return Promise.resolve()
    },
  })
  if (!answer) throw new Error('no answer')
  return answer
}

/** What a telephone makes of a challenge. */
function prove(answer: Answer, as: { username: string; password: string }, method = 'REGISTER', count = 1, uri = 'sip:127.0.0.1'): string {
  const challenge = chooseChallenge([answer.headers['WWW-Authenticate'] ?? ''])
  if (!challenge) throw new Error('no challenge')
  return authorization(challenge, as, { method, uri }, count, 'abc')
}

/** Registers as a telephone does: asks, is challenged, answers. */
async function registers(options: Sent & { as?: string; password?: string } = {}): Promise<Answer> {
  const { as = options.user ?? 'ward', password = 'secret', ...rest } = options
  const challenged = await send(rest)
  expect(challenged.status).toBe(401)
  return send({ ...rest, authorization: prove(challenged, { username: as, password }) })
}

const rung = (user = 'ward') => bindings.of(user).map((binding) => reachable(binding))

describe('a telephone registers', () => {
  it.each([
    ['udp', 403],
    ['tcp', 403],
    ['tls', 200],
    // Browsers, which are encrypted by DTLS.
    ['ws', 200],
    ['wss', 200],
  ])('where SRTP is required, over %s: %i', async (protocol, status) => {
    srtp = 'required'
    expect((await registers({ protocol })).status).toBe(status)
    expect(rung()).toHaveLength(status === 200 ? 1 : 0)
    expect(refused).toEqual(status === 200 ? [] : [`registration of sip:ward@127.0.0.1 from 192.0.2.9: ${protocol} is not encrypted`])
  })

  it.each(['off', 'optional'] as const)('where SRTP is %s, over UDP as well', async (setting) => {
    srtp = setting
    expect((await registers()).status).toBe(200)
  })

  it('with its password, and is reached where its packets came from', async () => {
    const answer = await registers()
    expect(answer).toMatchObject({ status: 200, headers: { Contact: '<sip:ward@10.0.0.9:5060>;expires=60' } })
    expect(rung()).toEqual([{ kind: 'uri', uri: 'sip:ward@10.0.0.9:5060', via: 'sip:192.0.2.9:40000;transport=udp' }])
    expect(bindings.of('ward')).toMatchObject([{ userAgent: 'Test 1.0' }])
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
    expect(await registers({ contacts: [{ uri: 'sip:ward@10.0.0.9', expiresSeconds: 5 }] })).toMatchObject({
      status: 423,
      headers: { 'Min-Expires': '30' },
    })
  })

  it('asks what it has registered, and is told how long each has left', async () => {
    await registers()
    await clock.advance(20_000)
    expect(await registers({ contacts: [] })).toMatchObject({ status: 200, headers: { Contact: '<sip:ward@10.0.0.9:5060>;expires=40' } })
  })

  it('with MD5 alone asked of it, or SHA-256 alone where its credentials say so', async () => {
    expect((await send({})).headers['WWW-Authenticate']).toMatch(/^Digest [^\n]*algorithm=MD5,(?!.*SHA)/)
    expect((await send({ user: 'modern' })).headers['WWW-Authenticate']).toMatch(/^Digest [^\n]*algorithm=SHA-256,(?!.*MD5)/)
    expect((await registers({ user: 'modern', password: 'newer' })).status).toBe(200)
  })

  it('not with the weaker algorithm where the stronger one was asked for', async () => {
    const challenged = await send({ user: 'modern' })
    const weaker: Answer = {
      ...challenged,
      headers: { 'WWW-Authenticate': (challenged.headers['WWW-Authenticate'] ?? '').replace('SHA-256', 'MD5') },
    }
    expect((await send({ user: 'modern', authorization: prove(weaker, { username: 'modern', password: 'newer' }) })).status).toBe(401)
    expect(rung('modern')).toEqual([])
  })

  it('again and again with one challenge, as long as it counts', async () => {
    const challenged = await send({})
    for (const count of [1, 2, 3])
      expect((await send({ authorization: prove(challenged, { username: 'ward', password: 'secret' }, 'REGISTER', count) })).status).toBe(
        200,
      )
    await clock.advance(301_000)
    const stale = await send({ authorization: prove(challenged, { username: 'ward', password: 'secret' }, 'REGISTER', 4) })
    expect(stale).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': expect.stringContaining('stale=true') as string } })
  })

  it('even if it is so old that it knows no quality of protection; once with each challenge', async () => {
    const challenged = await send({})
    const old: Answer = {
      ...challenged,
      headers: { 'WWW-Authenticate': (challenged.headers['WWW-Authenticate'] ?? '').replace(', qop="auth"', '') },
    }
    const credentials = prove(old, { username: 'ward', password: 'secret' })
    expect(credentials).not.toContain('nc=')
    expect((await send({ authorization: credentials })).status).toBe(200)
    expect((await send({ authorization: credentials })).status).toBe(401)
  })

  it('cannot pile up contacts', async () => {
    for (let index = 0; index < 9; index += 1) await registers({ contacts: [{ uri: `sip:ward@10.0.0.${index}:5060`, expiresSeconds: 60 }] })
    expect(rung()).toHaveLength(5)
  })
})

describe('nobody registers', () => {
  it('with a wrong password, or as another device', async () => {
    expect((await registers({ password: 'wrong' })).status).toBe(403)
    expect((await registers({ user: 'laptop', as: 'ward' })).status).toBe(403)
    expect(rung()).toEqual([])
    expect(rung('laptop')).toEqual([])
    expect(refused).toHaveLength(2)
  })

  it('by guessing: the user is locked at that address for longer and longer, and nobody else', async () => {
    for (let times = 0; times < 5; times += 1) await registers({ password: `guess ${times}` })
    expect(locked).toEqual([{ user: 'ward', address: '192.0.2.9', wrongInARow: 5, lockMs: 10_000 }])
    expect((await registers()).status).toBe(403)
    expect((await registers({ address: '192.0.2.10' })).status).toBe(200)
    expect((await registers({ user: 'laptop', password: 'other' })).status).toBe(200)
    await clock.advance(10_000)
    expect((await registers({ password: 'guess' })).status).toBe(403)
    expect(locked.at(-1)).toMatchObject({ wrongInARow: 6, lockMs: 20_000 })
    authenticator.forgive('ward')
    expect((await registers()).status).toBe(200)
  })

  it('by guessing at names that nobody has', async () => {
    for (let times = 0; times < 5; times += 1) await registers({ user: `nobody-${times}` })
    expect(locked).toEqual([{ user: undefined, address: '192.0.2.9', wrongInARow: 5, lockMs: 10_000 }])
    expect((await registers()).status).toBe(200)
  })

  it('by finding out first which names there are: one that nobody has is answered like a wrong password', async () => {
    let from = 0
    /** What is answered to the same attempts at a name, with all that differs from one answer to the next left out. */
    async function answersTo(user: string, sprayed: boolean) {
      const address = `198.51.100.${(from += 1)}`
      const seen: string[] = []
      const attempt = async (change: (credentials: string) => string) => {
        const credentials = prove(await send({ user, address }), { username: user, password: 'wrong' })
        const { status, headers } = await send({ user, address, authorization: change(credentials) })
        seen.push(`${status} ${(headers['WWW-Authenticate'] ?? '').replace(/nonce="[^"]*"/, 'nonce')}`)
      }
      const all = async () => {
        await attempt((credentials) => credentials.replace('algorithm=MD5', 'algorithm=SHA-256'))
        await attempt((credentials) => credentials.replace('algorithm=MD5', 'algorithm=SHA-512'))
        await attempt((credentials) => credentials.replace(/nonce="./, 'nonce="z'))
        await attempt((credentials) => credentials.replace('realm="ringround"', 'realm="other"'))
        await attempt((credentials) => credentials.replace('qop=auth', 'qop=auth-int'))
      }
      // Five names that nobody has, tried from there before.
      if (sprayed) for (let n = 0; n < 5; n += 1) await registers({ user: `nobody-${n}`, address })
      await all()
      for (let times = 0; times < 5; times += 1) await attempt((credentials) => credentials)
      // Locked now.
      await all()
      await clock.advance(10_000)
      await all()
      return seen
    }
    for (const sprayed of [false, true]) {
      const known = await answersTo('ward', sprayed)
      expect(known.filter((answer) => answer.startsWith('401')).length).toBeGreaterThan(9)
      expect(known.slice(10, 15)).toEqual(Array(5).fill('403 '))
      expect(await answersTo('nobody', sprayed)).toEqual(known)
      expect(await answersTo('x'.repeat(1_000), sprayed)).toEqual(known)
    }
  })

  it('with a nonce of another address: wrong passwords are not counted against that address', async () => {
    const challenged = await send({ address: '192.0.2.66' })
    for (let times = 0; times < 9; times += 1)
      expect((await send({ address: '192.0.2.9', authorization: prove(challenged, { username: 'ward', password: 'wrong' }) })).status).toBe(
        401,
      )
    expect(locked).toEqual([])
  })

  it('from an unknown address that asks too often; from a known one it is not counted', async () => {
    tokens = 3
    expect((await registers()).status).toBe(200)
    expect(tokens).toBe(1)
    for (let times = 0; times < 5; times += 1) expect((await registers()).status).toBe(200)
    for (let times = 0; times < 5; times += 1)
      expect((await registers({ user: 'laptop', password: 'other', address: '127.0.0.1' })).status).toBe(200)
    expect((await send({ address: '192.0.2.66' })).status).toBe(401)
    expect(await send({ address: '192.0.2.66' })).toMatchObject({ status: 503, headers: { 'Retry-After': '60' } })
  })

  it.each(['qop=x, nc=00000002', 'qop=auth-int, nc=00000002', 'qop="", nc=00000002', 'nc=00000002'])(
    'with credentials that were sent before, without a count of their own, and %s after them',
    async (more) => {
      const challenged = await send({})
      const old: Answer = {
        ...challenged,
        headers: { 'WWW-Authenticate': (challenged.headers['WWW-Authenticate'] ?? '').replace(', qop="auth"', '') },
      }
      const caught = prove(old, { username: 'ward', password: 'secret' })
      expect((await send({ authorization: caught })).status).toBe(200)
      expect((await send({ authorization: `${caught}, ${more}` })).status).toBe(401)
      // Nor when it never arrived.
      const again = prove(
        { ...old, headers: { 'WWW-Authenticate': ((await send({})).headers['WWW-Authenticate'] ?? '').replace(', qop="auth"', '') } },
        { username: 'ward', password: 'secret' },
      )
      const statuses = [
        await send({ authorization: `${again}, ${more}` }),
        await send({ authorization: `${again}, ${more.replace('2', '3')}` }),
      ].map(({ status }) => status)
      expect(statuses).toEqual(more.startsWith('qop') ? [401, 401] : [200, 401])
      expect(locked).toEqual([])
    },
  )

  it('with credentials that were sent before', async () => {
    const challenge = chooseChallenge([(await send({})).headers['WWW-Authenticate'] ?? ''])
    if (!challenge) throw new Error('no challenge')
    const proof = authorization(challenge, { username: 'ward', password: 'secret' }, { method: 'REGISTER', uri: 'sip:127.0.0.1' }, 1, 'abc')
    expect((await send({ authorization: proof })).status).toBe(200)
    expect((await send({ authorization: proof })).status).toBe(401)
  })
})

describe('a call that claims to come from one of the telephones', () => {
  async function calls(options: {
    from: string
    authorization?: string
    address?: string
    dialled?: string
  }): Promise<{ admission: Admission; answers: Answer[] }> {
    const answers: Answer[] = []
    const call = {
      id: 'call',
      callerNumber: options.from,
      callerDisplayName: '',
      dialledNumber: options.dialled ?? '21',
      source: { address: options.address ?? '127.0.0.1', port: 5060, protocol: 'udp' },
      signal: new AbortController().signal,
      handle: '',
      header: (name: string) => (name === 'Authorization' ? options.authorization : undefined),
      answer: () => Promise.reject(new Error('not yet')),
      reject: (status: number, more?: { headers?: Readonly<Record<string, string>> }) =>
        Promise.resolve(void answers.push({ status, headers: more?.headers ?? {} })),
    } satisfies IncomingCall
    return { admission: await admitDevice(call, { authenticator, devices, onRefused: (detail) => refused.push(detail) }), answers }
  }

  async function challengeFor(from: string): Promise<Answer> {
    const { admission, answers } = await calls({ from })
    expect(admission.kind).toBe('answered')
    expect(answers).toMatchObject([{ status: 401 }])
    return answers[0] ?? { status: 0, headers: {} }
  }

  it('is challenged, at any address, and let in with the proof', async () => {
    const challenged = await challengeFor('ward')
    const { admission, answers } = await calls({
      from: 'ward',
      authorization: prove(challenged, { username: 'ward', password: 'secret' }, 'INVITE'),
    })
    expect(answers).toEqual([])
    expect(admission).toMatchObject({ kind: 'device', call: { device: 'ward', id: 'call', callerNumber: 'ward', dialledNumber: '21' } })
  })

  it.each([
    ['a wrong password', { username: 'ward', password: 'wrong' }],
    ["another telephone's password", { username: 'laptop', password: 'other' }],
  ])('is refused with %s', async (_what, credentials) => {
    const challenged = await challengeFor('ward')
    const { admission, answers } = await calls({ from: 'ward', authorization: prove(challenged, credentials, 'INVITE') })
    expect(admission).toEqual({ kind: 'answered' })
    expect(answers).toMatchObject([{ status: 403 }])
    expect(refused).toHaveLength(1)
  })

  it('is not let in with what was good for a registration', async () => {
    const challenged = await challengeFor('ward')
    const { answers } = await calls({
      from: 'ward',
      authorization: prove(challenged, { username: 'ward', password: 'secret' }, 'REGISTER'),
    })
    expect(answers).toMatchObject([{ status: 403 }])
  })

  describe('with credentials that were made for', () => {
    async function callsWith(uri: string, dialled: string) {
      const challenged = await challengeFor('ward')
      const credentials = { username: 'ward', password: 'secret' }
      const { admission, answers } = await calls({ from: 'ward', dialled, authorization: prove(challenged, credentials, 'INVITE', 1, uri) })
      return admission.kind === 'device' ? 'let in' : answers[0]?.status
    }

    it.each([
      ['sip:21@127.0.0.1', '21'],
      ['sip:21@127.0.0.1:5060', '21'],
      ['sip:21@[::1]:5060;transport=tcp', '21'],
      ['SIP:21;phone-context=x@exchange.example', '21'],
      ['sip:%2A482913@127.0.0.1', '*482913'],
      ['sip:**2101%23@127.0.0.1', '**2101#'],
      ['tel:+441632960123;phone-context=x', '+441632960123'],
      // Without a user: SIPp, and telephones that sign the server's address.
      ['sip:127.0.0.1:5060', '21'],
    ])('%s is let in to %s', async (uri, dialled) => {
      expect(await callsWith(uri, dialled)).toBe('let in')
    })

    it.each([
      ['sip:22@127.0.0.1', '21'],
      ['sip:2@127.0.0.1', '21'],
      ['sip:@127.0.0.1', '21'],
      ['sip:*482913@127.0.0.1', '**2101'],
      ['tel:22', '21'],
      ['', '21'],
      ['21', '21'],
      ['sip:%zz@127.0.0.1', '21'],
    ])('%s is not let in to %s, and nobody is locked for it', async (uri, dialled) => {
      for (let times = 0; times < 6; times += 1) expect(await callsWith(uri, dialled)).toBe(403)
      expect(refused.at(-1)).toContain('another number')
      expect(locked).toEqual([])
    })
  })

  it('is taken for it whatever the capitals', async () => {
    await challengeFor('Ward')
  })

  it.each(['', '07700900123', 'warden'])('says nothing of the kind as %j', async (from) => {
    expect(await calls({ from })).toEqual({ admission: { kind: 'unknown' }, answers: [] })
  })
})
