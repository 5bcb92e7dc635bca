import { createSocket } from 'node:dgram'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { applicationPort, askApplicationPort } from './application-port.js'
import { openEventSocket, type EventSocket } from './event-socket.js'
import type { Finding } from './finding.js'
import { eventSocketAccess, mediaServer } from './media-server.js'
import { askByOptions } from './options-probe.js'
import { sipProfile } from './profile.js'
import { postgres } from './postgres.js'
import { redis } from './redis.js'
import { askHttpPort } from './running-engine.js'
import { trunks, type AskTrunk } from './trunks.js'

const host = '127.0.0.1'
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const told = (found: readonly Finding[]): string =>
  found.map((each) => `${each.kind}: ${each.what}${each.kind === 'fine' ? '' : ` -> ${each.advice}`}`).join('\n')
const kinds = (found: readonly Finding[]) => found.map(({ kind }) => kind).join(' ')

/** A TCP server with this handler for each connection. */
async function server(serve: (socket: Socket) => void): Promise<number> {
  const listening: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    closing.push(() => socket.destroy())
    serve(socket)
  })
  await new Promise<void>((resolve) => listening.listen(0, host, resolve))
  closing.push(() => listening.close())
  return (listening.address() as AddressInfo).port
}

/** A port at which nobody listens. */
async function nobody(): Promise<number> {
  const port = await server(() => undefined)
  closing.pop()?.()
  return port
}

describe('drachtio-server', () => {
  const answering = (answer: string) =>
    server((socket) => {
      socket.once('data', (data) => {
        const id = /#([^|]+)\|authenticate/.exec(data.toString())?.[1] ?? ''
        const message = `x|response|${id}|${answer}`
        socket.write(`${message.length}#${message}`)
      })
    })
  it.each([
    ['lets us in', 'OK|tcp/192.0.2.10:5060,udp/192.0.2.10:5060|v0.9.10|', 'fine fine', 'version v0.9.10'],
    ['has another secret', 'NO|incorrect secret', 'wrong', 'incorrect secret'],
    ['has no contact for TCP', 'OK|udp/192.0.2.10:5060|v0.9.10|', 'fine look', 'transport=udp,tcp'],
    ['is on loopback alone', 'OK|tcp/127.0.0.1:5060,udp/127.0.0.1:5060|v0.9.10|', 'fine fine look', 'from this machine alone'],
    ['is an old one', 'OK|tcp/192.0.2.10:5060,udp/192.0.2.10:5060|v0.7.12|', 'look fine', 'has not been tried'],
  ])('that %s', async (_what, answer, kind, words) => {
    const access = { host, port: await answering(answer), secret: 's' }
    const found = applicationPort(access, await askApplicationPort(access))
    expect(kinds(found)).toBe(kind)
    expect(told(found)).toContain(words)
  })
  it('that is not there', async () => {
    const access = { host, port: await nobody(), secret: 's' }
    expect(told(applicationPort(access, await askApplicationPort(access)))).toContain('cannot be reached (ECONNREFUSED)')
  })
  it('that hangs up', async () => {
    const access = { host, port: await server((socket) => socket.end()), secret: 's' }
    expect((await askApplicationPort(access)).kind).toBe('refused')
  })
})

/** FreeSWITCH's answers to `api` commands; the others are 1.10.12's answers to an unknown command. */
type Answers = Readonly<Record<string, string>>
const profileLine = '             drachtio_mrf\tprofile\t              sip:mod_sofia@192.0.2.10:5080\tRUNNING (0)'
const good: Answers = {
  version: 'FreeSWITCH Version 1.10.12-release (git a88d069 2024-08-02 21:02:27Z 64bit)',
  status: '0 session(s) per Sec out of max 100, peak 0, last 5min 0\n1000 session(s) max',
  'global_getvar rtp_secure_media_inbound': 'forbidden',
  'global_getvar disable_rtp_auto_adjust': 'true',
  'sofia status': profileLine,
  'sofia status profile drachtio_mrf': 'Name             \tdrachtio_mrf\nCODECS IN        \tPCMA,PCMU\nAGGRESSIVENAT    \tfalse',
  strmicroepoch: '1000000000000000',
}
const atThatTime = () => 1_000_000_000_000

function eventSocket(answers: Answers, auth = '+OK accepted'): Promise<number> {
  return server((socket) => {
    socket.write('Content-Type: auth/request\n\n')
    socket.on('data', (data) => {
      for (const line of data
        .toString()
        .split('\n\n')
        .filter((each) => each !== '')) {
        if (line.startsWith('auth')) socket.write(`Content-Type: command/reply\nReply-Text: ${auth}\n\n`)
        const command = /^api (.*)/s.exec(line)?.[1]
        if (command === undefined) continue
        const body = command.startsWith('module_exists') ? (answers[command] ?? 'true') : (answers[command] ?? '-ERR no reply')
        socket.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`)
      }
    })
  })
}

async function opened(
  answers: Answers,
): Promise<{ readonly access: { readonly host: string; readonly port: number; readonly secret: string }; readonly socket: EventSocket }> {
  const access = { host, port: await eventSocket(answers), secret: 's' }
  const answer = await openEventSocket(access)
  if (answer.kind !== 'open') throw new Error(answer.kind)
  closing.push(() => answer.socket.close())
  return { access, socket: answer.socket }
}

describe('the event socket', () => {
  it.each([
    ['another password', () => eventSocket({}, '-ERR invalid'), 'password'],
    [
      'an access list without us',
      () => server((socket) => socket.write('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n')),
      'accessList',
    ],
    ['nobody', nobody, 'unreachable'],
  ])('%s', async (_what, start, kind) => {
    const access = { host, port: await start(), secret: 's' }
    const found = await openEventSocket(access)
    expect(found.kind).toBe(kind)
    expect(eventSocketAccess(access, found).kind).toBe('wrong')
  })
})

describe('FreeSWITCH', () => {
  it.each<[string, Answers, string, string]>([
    ['set up as docker/freeswitch is', good, 'fine fine fine fine fine fine', '1000 sessions'],
    [
      'without a module',
      { ...good, 'module_exists mod_sndfile': 'false' },
      'fine wrong fine fine fine fine',
      'load it in modules.conf.xml',
    ],
    [
      'that offers SRTP',
      { ...good, 'global_getvar rtp_secure_media_inbound': '-ERR no reply' },
      'fine fine look fine fine fine',
      'rtp_secure_media_inbound is not set',
    ],
    [
      'that latches',
      { ...good, 'global_getvar disable_rtp_auto_adjust': '' },
      'fine fine fine look fine fine',
      'disable_rtp_auto_adjust=true',
    ],
    [
      'with few sessions',
      { ...good, status: '0 session(s) per Sec out of max 30\n100 session(s) max' },
      'fine fine fine fine wrong fine',
      'set max-sessions to 420 or more',
    ],
    [
      'with few sessions a second',
      { ...good, status: '0 session(s) per Sec out of max 2\n1000 session(s) max' },
      'fine fine fine fine fine look fine',
      'sessions-per-second',
    ],
    [
      'with few voice ports',
      { ...good, 'global_getvar rtp_from': '20000', 'global_getvar rtp_to': '20099' },
      'fine fine fine fine fine wrong fine',
      'room for 50 channels',
    ],
    ['whose clock is wrong', { ...good, strmicroepoch: '1000000090000000' }, 'fine fine fine fine fine look', '90000 ms ahead of ours'],
    ['of long ago', { ...good, version: 'FreeSWITCH Version 1.8.7' }, 'look fine fine fine fine fine', 'has not been tried'],
  ])('%s', async (_what, answers, kind, words) => {
    const { access, socket } = await opened(answers)
    const found = await mediaServer(access, socket, { concurrentCalls: 200 }, atThatTime)
    expect(kinds(found)).toBe(kind)
    expect(told(found)).toContain(words)
  })
  it.each<[string, Answers, string, string]>([
    ['runs', good, 'fine fine', 'codecs PCMA,PCMU'],
    ['is missing', { ...good, 'sofia status': '0 profiles 0 aliases' }, 'wrong', 'there is none'],
    ['is down', { ...good, 'sofia status': profileLine.replace('RUNNING (0)', 'DOWN') }, 'wrong', 'does not run'],
    ['has IPv6 alone', { ...good, 'sofia status': profileLine.replace('192.0.2.10', '[2001:db8::1]') }, 'wrong', 'no IPv4 address'],
    [
      'has other codecs',
      { ...good, 'sofia status profile drachtio_mrf': 'CODECS IN        \tOPUS,PCMU@8000h@20i' },
      'fine wrong',
      'PCMA,PCMU',
    ],
    [
      'sees to NAT itself',
      { ...good, 'sofia status profile drachtio_mrf': 'CODECS IN\tPCMU,PCMA@20i\nAGGRESSIVENAT    \ttrue' },
      'fine fine look',
      'switch it off',
    ],
  ])('whose profile %s', async (_what, answers, kind, words) => {
    const { access, socket } = await opened(answers)
    const found = await sipProfile(access, socket)
    expect(kinds(found)).toBe(kind)
    expect(told(found)).toContain(words)
  })
})

describe('trunks', () => {
  const silent: AskTrunk = () => Promise.resolve({ kind: 'silent', why: 'no answer' })
  const status =
    (code: number): AskTrunk =>
    () =>
      Promise.resolve({ kind: 'answered', status: code, challenges: [] })
  const challenge = 'Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"'
  /** @param then what follows upon credentials */
  const challenging =
    (then: number): AskTrunk =>
    (_address, headers) =>
      Promise.resolve({
        kind: 'answered',
        status: headers?.['Proxy-Authorization']?.includes('username="us"') ? then : 407,
        challenges: [challenge],
      })
  const noName = () => Promise.reject(Object.assign(new Error(''), { code: 'ENOTFOUND' }))
  const trunk = { name: 'main', address: 'sip.example.net:5060' }
  const user = { ...trunk, user: 'us', password: 'secret word' }
  it.each([
    ['answers', trunk, status(200), 'fine fine', '(200)'],
    ['takes no OPTIONS, and says so', trunk, status(405), 'fine fine', '(405)'],
    ['does not know us', trunk, status(403), 'fine look', '403'],
    ['says nothing', trunk, silent, 'fine wrong', 'no answer'],
    ['asks for credentials that it has not been given', trunk, challenging(200), 'fine look', 'name=user:password@host:port'],
    ['takes our credentials', user, challenging(200), 'fine fine', 'takes our user and password'],
    ['does not take our credentials', user, challenging(403), 'fine wrong', 'does not take our user and password (403)'],
  ])('one that %s', async (_what, setting, ask, kind, words) => {
    const found = await trunks([setting], ask, () => Promise.resolve(['192.0.2.1']))
    expect(kinds(found)).toBe(kind)
    expect(told(found)).toContain(words)
    expect(told(found)).not.toContain('secret word')
  })
  it('one whose name has no address', async () => expect(told(await trunks([trunk], status(200), noName))).toContain('ENOTFOUND'))
  it('none', async () => expect(kinds(await trunks([], silent))).toBe('look'))
})

describe('OPTIONS', () => {
  const answer = (request: string, line: string) =>
    `SIP/2.0 ${line}\r\n${request
      .split('\r\n')
      .filter((each) => /^(Via|From|To|Call-ID|CSeq):/.test(each))
      .join('\r\n')}\r\nContent-Length: 0\r\n\r\n`
  it('over UDP: the answer counts, a provisional one does not', async () => {
    const peer = createSocket('udp4')
    closing.push(() => peer.close())
    peer.on('message', (message, from) => {
      peer.send(answer(message.toString(), '100 Trying'), from.port, from.address)
      peer.send(answer(message.toString(), '404 Not Found'), from.port, from.address)
    })
    await new Promise<void>((resolve) => peer.bind(0, host, resolve))
    expect(await askByOptions(`${host}:${peer.address().port}`)).toEqual({ kind: 'answered', status: 404, challenges: [] })
  })
  it('over TCP', async () => {
    const port = await server((socket) => socket.on('data', (data) => socket.write(answer(data.toString(), '200 OK'))))
    expect(await askByOptions(`${host}:${port};transport=tcp`)).toMatchObject({ kind: 'answered', status: 200 })
  })
  it('where nobody listens, and where there is no such name', async () => {
    expect(await askByOptions(`${host}:${await nobody()};transport=tcp`)).toMatchObject({ kind: 'silent', why: 'ECONNREFUSED' })
    expect((await askByOptions('no-such-host.invalid:5060')).kind).toBe('silent')
  })
})

describe('the port of the pages', () => {
  const pages = async (body: string) => {
    const listening = createHttpServer((_request, response) => response.end(body))
    await new Promise<void>((resolve) => listening.listen(0, host, resolve))
    closing.push(() => listening.close())
    return (listening.address() as AddressInfo).port
  }
  it.each([
    ['an engine', '{"ready":false,"missing":["media: gone"],"parts":[]}', { kind: 'engine', ready: false, missing: ['media: gone'] }],
    ['another program', '<html></html>', { kind: 'stranger' }],
    ['another program with JSON', '{"ready":true}', { kind: 'stranger' }],
  ])('%s', async (_what, body, found) => {
    expect(await askHttpPort(host, await pages(body))).toEqual(found)
  })
  it('nobody', async () => expect(await askHttpPort(host, await nobody())).toEqual({ kind: 'nobody' }))
})

it('PostgreSQL that is not there is told without its password', async () => {
  const found = await postgres(`postgres://ringround:topsecret@${host}:${await nobody()}/store`)
  expect(told(found)).toContain('wrong: PostgreSQL does not answer (ECONNREFUSED)')
  expect(told(found)).not.toContain('topsecret')
  expect(kinds(await postgres(undefined))).toBe('fine')
})

it('Redis that is not there is told without its password', async () => {
  const found = await redis(`redis://:topsecret@${host}:${await nobody()}`)
  expect(told(found)).toContain('wrong: Redis does not answer (ECONNREFUSED)')
  expect(told(found)).not.toContain('topsecret')
  expect(kinds(await redis(undefined))).toBe('fine')
})
