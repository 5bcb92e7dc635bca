import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import { expect, onTestFinished, test } from 'vitest'
import { closeCodes } from '../../src/admin/sip-socket.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { Telephones } from '../../src/registrar/telephones.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { visitor, type Visitor } from './visitor.js'

/** A fake switch for SIP over WebSocket: records connections and messages, and answers each with its first line. */
async function listeningSwitch() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'sip' })
  await once(server, 'listening')
  const heard: string[] = []
  server.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString())
      socket.send(`heard ${data.toString().split('\r\n')[0] ?? ''}`)
    }),
  )
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        for (const client of server.clients) client.terminate()
        server.close(() => resolve())
      }),
  )
  return { url: `ws://127.0.0.1:${(server.address() as { port: number }).port}`, heard, server }
}

/** @param talkAt the other engine's switch that has the browser's talk */
async function world(talkAt?: string): Promise<{
  /** Browsers whose session ended, with the clinician if they have no other one. */
  readonly signedOut: { readonly device: string; readonly clinician: string | undefined }[]
  readonly world: AdminWorld
  readonly telephones: Telephones
  readonly far: Awaited<ReturnType<typeof listeningSwitch>>
}> {
  const far = await listeningSwitch()
  const signedOut: { readonly device: string; readonly clinician: string | undefined }[] = []
  const telephones = await Telephones.open({
    journal: { append: () => Promise.resolve(), async *entries() {} },
    realm: 'ringround',
    clock: systemClock,
    alarms: { raise: () => undefined, clear: () => undefined },
    trusted: { has: () => true },
    strangers: { take: () => true },
  })
  onTestFinished(() => telephones.close())
  const made = await adminWorld({
    admin: {
      limits: { streamAskedMs: 100 },
      browserPhones: {
        telephones,
        talks: {
          browserAway: () => false,
          browserLeft: () => false,
          browserSignedOut: (browser) => signedOut.push(browser),
          switchOfTalk: () => talkAt,
        },
        sip: far.url,
        iceServers: ['stun:stun.example:3478', 'turns:turn.example:443?transport=tcp'],
        turnSecret: 'shared',
      },
    },
  })
  return { world: made, telephones, far, signedOut }
}

interface Given {
  readonly user: string
  readonly password: string
  readonly iceServers: readonly { readonly urls: readonly string[]; readonly username?: string; readonly credential?: string }[]
}

const okafor = { role: 'clinician', clinician: 'dr-okafor' } as const

async function ask(of: AdminWorld, { headers }: Pick<Visitor, 'headers'>): Promise<Given> {
  const answer = await fetch(new URL('/api/browser-phone', of.admin.url), { method: 'POST', headers })
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  return (await answer.json()) as Given
}

/** Opens it like a browser. @returns the socket, or the status of the refusal */
async function connect(
  { admin }: AdminWorld,
  headers: Readonly<Record<string, string>>,
  origin = new URL(admin.url).origin,
): Promise<WebSocket | number> {
  const socket = new WebSocket(`${admin.url.replace('http', 'ws')}sip`, 'sip', { headers, origin })
  onTestFinished(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
}

async function open(of: AdminWorld, who: Visitor): Promise<WebSocket> {
  const socket = await connect(of, who.headers)
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

const request = (method: string, user: string) =>
  [
    `${method} sip:ringround SIP/2.0`,
    'Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1',
    'Max-Forwards: 70',
    `From: <sip:${user}@ringround>;tag=1`,
    `To: <sip:${user}@ringround>`,
    'Call-ID: c1',
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
const closed = async (socket: WebSocket) => ((await once(socket, 'close')) as [number])[0]
const heardBy = async (socket: WebSocket) => ((await once(socket, 'message')) as [Buffer])[0].toString()

test('a signed-in clinician is given a telephone for their session, and reaches the switch through the pages', async () => {
  const { world: of, telephones, far } = await world()
  const who = await visitor(of, okafor)
  const { user, password, iceServers } = await ask(of, who)
  expect(telephones.ownerOf(user)).toEqual({ kind: 'clinician', id: 'dr-okafor' })
  expect(iceServers).toMatchObject([
    { urls: ['stun:stun.example:3478'] },
    { urls: ['turns:turn.example:443?transport=tcp'], username: expect.stringMatching(new RegExp(`^\\d{10}:${user}$`)) as string },
  ])
  const socket = await open(of, who)
  const register = request('REGISTER', user)
  socket.send(register)
  expect(await heardBy(socket)).toBe('heard REGISTER sip:ringround SIP/2.0')
  expect(far.heard).toEqual([register])
  // Nothing stored holds the password.
  expect(JSON.stringify(telephones.devices.list())).not.toContain(password)
  expect((await who.get('/account')).text).not.toContain(password)
})

test('a browser with a talk at another engine is connected to that switch, or to our own if that cannot be reached', async () => {
  const other = await listeningSwitch()
  const gone = await listeningSwitch()
  await new Promise<void>((resolve) => gone.server.close(() => resolve()))
  for (const [talkAt, reached] of [
    [other.url, 'the other one'],
    [gone.url, 'our own'],
  ] as const) {
    const { world: of, far } = await world(talkAt)
    const who = await visitor(of, okafor)
    const { user } = await ask(of, who)
    const socket = await open(of, who)
    socket.send(request('INVITE', user))
    expect(await heardBy(socket)).toBe('heard INVITE sip:ringround SIP/2.0')
    expect([other, far].map(({ heard }) => heard.length)).toEqual(reached === 'our own' ? [1, 1] : [1, 0])
  }
})

test('nobody else gets in: without a session, of another role, from another page, without a telephone', async () => {
  const { world: of } = await world()
  const who = await visitor(of, okafor)
  expect(await connect(of, who.headers)).toBe(409)
  await ask(of, who)
  expect(await connect(of, {})).toBe(401)
  expect(await connect(of, (await visitor(of, { role: 'operations' })).headers)).toBe(403)
  // A clinician by role, but not in the directory: it would be unknown who calls.
  expect(await connect(of, (await visitor(of, { role: 'clinician' })).headers)).toBe(403)
  expect(await connect(of, who.headers, 'https://elsewhere.example')).toBe(403)
  const program = await of.get('/api/browser-phone', { method: 'POST' })
  expect(program.status).toBe(403)
  expect((await who.get('/sip')).status).toBe(426)
  const bare = new WebSocket(`${of.admin.url.replace('http', 'ws')}sip`, 'sip', { headers: who.headers })
  expect(((await once(bare, 'unexpected-response')) as [unknown, { statusCode: number }])[1].statusCode).toBe(403)
  bare.on('error', () => undefined)
  bare.terminate()
  for (const path of ['healthz', 'nowhere']) {
    const other = new WebSocket(`${of.admin.url.replace('http', 'ws')}${path}`)
    other.on('error', () => undefined)
    const [, { statusCode }] = (await once(other, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(statusCode).toBe(path === 'healthz' ? 200 : 404)
    other.terminate()
  }
})

test('a message in the name of another telephone is dropped, and ends the connection', async () => {
  const { world: of, far } = await world()
  const who = await visitor(of, okafor)
  await ask(of, who)
  const socket = await open(of, who)
  socket.send(request('REGISTER', 'okafor-desk'))
  expect(await closed(socket)).toBe(closeCodes.refused)
  expect(far.heard).toEqual([])
})

test('a connection is bounded: in the size of a message, in their number, and in how many there are', async () => {
  const { world: of, far } = await world()
  const who = await visitor(of, okafor)
  const { user } = await ask(of, who)
  const large = await open(of, who)
  large.send('x'.repeat(100_000))
  expect(await closed(large)).toBe(1009)
  const hasty = await open(of, who)
  for (let n = 0; n < 200; n++) hasty.send(request('REGISTER', user))
  expect(await closed(hasty)).toBe(closeCodes.tooMuch)
  expect(far.heard.length).toBeLessThan(100)
  const several = [await open(of, who), await open(of, who), await open(of, who)]
  expect(await connect(of, who.headers)).toBe(503)
  several[0]?.close()
  await expect.poll(() => connect(of, who.headers)).toBeInstanceOf(WebSocket)
})

test('the telephone and its calls end with the session, when the clinician signs out and when another person ends it', async () => {
  const { world: of, telephones, signedOut } = await world()
  const who = await visitor(of, okafor)
  const { user } = await ask(of, who)
  const second = await visitor(of, okafor)
  await ask(of, second)
  const socket = await open(of, who)
  const gone = closed(socket)
  expect((await who.post('/sign-out', {})).status).toBe(303)
  expect(await gone).toBe(closeCodes.sessionOver)
  expect(telephones.ownerOf(user)).toBeUndefined()
  // They may be on a call in their other browser.
  expect(signedOut).toEqual([{ device: user, clinician: undefined }])
  expect((await second.post('/sign-out', {})).status).toBe(303)
  await expect.poll(() => signedOut.at(-1)?.clinician).toBe('dr-okafor')
  const other = await visitor(of, okafor)
  const theirs = await ask(of, other)
  const theirSocket = await open(of, other)
  const theirGone = closed(theirSocket)
  await of.store.tables.writing.updateTable('sessions').set({ ended_at: Date.now() }).where('person', '=', other.id).execute()
  expect(await theirGone).toBe(closeCodes.sessionOver)
  expect(telephones.ownerOf(theirs.user)).toBeUndefined()
})

test('the page gets only its own calls: the attempt, by role, and calls that ring its clinician', async () => {
  const { world: of } = await world()
  const who = await visitor(of, okafor)
  const stream = await fetch(new URL('/api/browser-phone/calls', of.admin.url), { headers: who.headers })
  const { user } = await ask(of, who)
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  const until = async (what: string) => {
    while (!text.includes(what)) text += new TextDecoder().decode((await reader.read()).value)
  }
  await until('event: calls')
  await of.tell('another', {
    type: 'call.arrived',
    kind: 'dialIn',
    callerNumber: '+441632960124',
    dialledNumber: '1001',
    organisation: 'elm-row',
    device: 'okafor-desk',
    source: 'udp:127.0.0.1:1',
  })
  await of.tell('another', {
    type: 'attempt.started',
    attempt: 'another-1',
    candidate: 'clinician:dr-lind',
    label: 'Dr Eva Lind',
    clinician: 'dr-lind',
    pool: 'local',
    target: 'browser:dr-lind',
  })
  await of.tell('mine', {
    type: 'call.arrived',
    kind: 'line',
    callerNumber: user,
    dialledNumber: '21',
    organisation: 'elm-row',
    device: user,
    clinician: 'dr-okafor',
    source: 'ws:127.0.0.1:1',
  })
  await of.tell(
    'mine',
    { type: 'line.chosen', line: 'cardiology', by: 'code' },
    { type: 'hunt.started', pool: 'local', candidates: 3 },
    {
      type: 'attempt.started',
      attempt: 'mine-1',
      candidate: 'clinician:dr-lind',
      label: 'Dr Eva Lind',
      clinician: 'dr-lind',
      pool: 'local',
      target: '+447700900111',
    },
  )
  await until('"attempt":"1 of 3"')
  expect(text).not.toContain('another')
  expect(text).not.toContain('Lind')
  expect(text).not.toContain('7700900111')
  await of.tell(
    'theirs',
    {
      type: 'call.arrived',
      kind: 'dialIn',
      callerNumber: '+441632960123',
      dialledNumber: '1001',
      organisation: 'elm-row',
      source: 'udp:127.0.0.1:1',
    },
    { type: 'line.chosen', line: 'cardiology', by: 'code' },
    { type: 'hunt.started', pool: 'local', candidates: 1 },
    {
      type: 'attempt.started',
      attempt: 'theirs-1',
      candidate: 'clinician:dr-okafor',
      label: 'Dr Ada Okafor',
      clinician: 'dr-okafor',
      pool: 'local',
      target: 'browser:dr-okafor',
    },
  )
  await until('"part":"specialist"')
  expect(text).toContain('Elm Row Surgery')
  expect(text).not.toContain('1632960123')
  await reader.cancel()
})
