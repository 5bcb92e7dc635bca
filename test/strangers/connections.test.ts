import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { networks } from '../../src/embedded/protocols/sip/networks.js'
import { SocketTransport } from '../../src/embedded/protocols/sip/socket-transport.js'
import { Strangers } from '../../src/embedded/protocols/sip/strangers.js'
import { machineClock } from '../../src/embedded/protocols/sip/clock.js'
import type { TcpLimits } from '../../src/embedded/protocols/sip/tcp-limits.js'
import { closeAfterwards, until } from '../wire/bench-set-up.js'
import { KNOWN_ADDRESS, pause, STRANGE_ADDRESS, strangerBench } from './stranger-bench.js'

/** A SIP listener with small limits, that notes the methods it is sent. */
async function listener(limits: Partial<TcpLimits>) {
  const shortages: string[] = []
  const received: string[] = []
  const transport = await SocketTransport.open({
    protocols: ['tcp'],
    address: '0.0.0.0',
    strangers: new Strangers(networks([KNOWN_ADDRESS]), machineClock),
    tcpLimits: { sweepMs: 20, ...limits },
    onShortage: (what) => shortages.push(what),
  })
  transport.user = { received: ({ message }) => void received.push(message.kind === 'request' ? message.method : '') }
  closeAfterwards(() => transport.close())
  const [{ port } = { port: 0 }] = transport.listeners
  return { transport, port, shortages, received }
}

interface Opened {
  readonly socket: Socket
  /** The other side has ended it. */
  readonly closed: () => boolean
}

async function connection(port: number, from: string): Promise<Opened> {
  const socket = connect({ port, host: KNOWN_ADDRESS, localAddress: from })
  let closed = false
  socket.on('error', () => undefined).on('close', () => (closed = true))
  socket.resume()
  closeAfterwards(() => socket.destroy())
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
  return { socket, closed: () => closed }
}

let counter = 0
const options = (from: string): string =>
  `OPTIONS sip:x@${KNOWN_ADDRESS} SIP/2.0\r\nVia: SIP/2.0/TCP ${from};branch=z9hG4bKc${++counter}\r\nFrom: <sip:a@b>;tag=${counter}\r\nTo: <sip:c@d>\r\nCall-ID: ${counter}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`

test('a stranger has few connections, all strangers together have their share, and who is known gets in all the same', async () => {
  const { port, received, shortages } = await listener({ inAll: 20, perSource: 12, strangersInAll: 8, strangersPerSource: 3 })
  const ofOne = await Promise.all(Array.from({ length: 6 }, () => connection(port, STRANGE_ADDRESS)))
  await until(() => ofOne.filter(({ closed }) => closed()).length === 3, 'three refused')
  const ofMany: Opened[] = []
  for (let n = 1; n <= 30; n++) ofMany.push(await connection(port, `127.0.2.${n}`))
  // The longest silent made way; those who came last are in.
  await until(() => [...ofOne, ...ofMany].filter(({ closed }) => !closed()).length === 8, 'the share of strangers')
  expect(ofMany.at(-1)?.closed()).toBe(false)
  const known: Opened[] = []
  for (let n = 1; n <= 12; n++) {
    const opened = await connection(port, KNOWN_ADDRESS)
    known.push(opened)
    opened.socket.write(options(KNOWN_ADDRESS))
  }
  await until(() => received.length === 12, 'the requests of all who are known')
  expect(shortages).toEqual([])
  // Beyond what one known address may have somebody known is refused, and that is told.
  await connection(port, KNOWN_ADDRESS)
  await until(() => shortages.length === 1, 'the shortage')
  expect(shortages).toEqual(['connections'])
})

test('connections of somebody known that never said anything make way too, and those that did stay', async () => {
  const { port, received, shortages } = await listener({ inAll: 12, perSource: 8 })
  const spoke = await connection(port, KNOWN_ADDRESS)
  spoke.socket.write(options(KNOWN_ADDRESS))
  await until(() => received.length === 1, 'the first request')
  const mute: Opened[] = []
  for (let n = 0; n < 40; n++) mute.push(await connection(port, KNOWN_ADDRESS))
  await until(() => mute.filter(({ closed }) => !closed()).length === 7, 'all but seven gone')
  mute.at(-1)?.socket.write(options(KNOWN_ADDRESS))
  await until(() => received.length === 2, 'the request of the last')
  expect(spoke.closed()).toBe(false)
  expect(shortages).toEqual([])
})

test('a full house makes way for who is known as long as strangers are in it', async () => {
  const { port, shortages } = await listener({ inAll: 5, perSource: 5, strangersInAll: 5, strangersPerSource: 5 })
  const strangers = await Promise.all(Array.from({ length: 5 }, () => connection(port, STRANGE_ADDRESS)))
  const known: Opened[] = []
  for (let n = 1; n <= 5; n++) {
    const opened = await connection(port, KNOWN_ADDRESS)
    known.push(opened)
    opened.socket.write(options(KNOWN_ADDRESS))
  }
  await until(() => strangers.every(({ closed }) => closed()), 'the strangers gone')
  expect(known.filter(({ closed }) => closed())).toEqual([])
  expect(shortages).toEqual([])
})

test.each([
  ['says nothing', STRANGE_ADDRESS, () => undefined],
  ['sends nothing but keep-alives', STRANGE_ADDRESS, (socket: Socket) => void socket.write('\r\n\r\n')],
  ['sends half a message and a byte now and then', STRANGE_ADDRESS, (socket: Socket) => void socket.write('X')],
  ['is known, and sends half a message and a byte now and then', KNOWN_ADDRESS, (socket: Socket) => void socket.write('X')],
  [
    'promises a body that never comes',
    KNOWN_ADDRESS,
    (socket: Socket) => void socket.write('INVITE sip:x@y SIP/2.0\r\nContent-Length: 60000\r\n\r\n'),
  ],
])('a connection that %s is closed before long', async (_, from, sends) => {
  const { port } = await listener({ strangerSilenceMs: 200, halfMessageMs: 200, idleMs: 60_000 })
  const { socket, closed } = await connection(port, from)
  const drip = setInterval(() => (closed() ? undefined : sends(socket)), 20)
  closeAfterwards(() => clearInterval(drip))
  await until(closed, 'the end of the connection')
})

test('a known telephone that only keeps its connection alive keeps it; an idle one loses it', async () => {
  const { port } = await listener({ strangerSilenceMs: 100, halfMessageMs: 100, muteMs: 600, idleMs: 60_000 })
  const alive = await connection(port, KNOWN_ADDRESS)
  const single = await connection(port, KNOWN_ADDRESS)
  const idle = await connection(port, KNOWN_ADDRESS)
  const drip = setInterval(() => {
    alive.socket.write('\r\n\r\n')
    single.socket.write('\r\n')
  }, 50)
  closeAfterwards(() => clearInterval(drip))
  await until(idle.closed, 'the end of the idle one')
  await pause(300)
  expect([alive.closed(), single.closed()]).toEqual([false, false])
})

test('a peer that does not read what it is sent is cut off', async () => {
  const { transport, port, received } = await listener({ backlogBytes: 256 * 1024 })
  const { socket, closed } = await connection(port, KNOWN_ADDRESS)
  socket.pause()
  socket.write(options(KNOWN_ADDRESS))
  await until(() => received.length === 1, 'the request')
  const peer = { protocol: 'tcp' as const, address: KNOWN_ADDRESS, port: socket.localPort ?? 0 }
  const failures: string[] = []
  for (let n = 0; n < 200 && failures.length === 0; n++) {
    transport.send(Buffer.alloc(64 * 1024, 65), peer, (error) => failures.push(error.message))
    await pause(2)
  }
  await until(() => failures.length > 0, 'the failure')
  expect(failures[0]).toContain('does not read')
  socket.resume()
  await until(closed, 'the end of the connection')
})

test('600 silent connections of a stranger keep no caller out, and the switch runs out of nothing', async () => {
  const { embedded, where, srf, routed, phone: open } = await strangerBench()
  srf.options((_, response) => response.send(200))
  await routed()
  const { port } = where.drachtio.sip.find(({ protocol }) => protocol === 'tcp') ?? { port: 0 }
  for (let n = 0; n < 600; n++) await connection(port, `127.0.3.${1 + (n % 60)}`)
  const phone = await open()
  phone.send(phone.request('OPTIONS'))
  await phone.expects('SIP/2.0 200')
  const { socket } = await connection(port, KNOWN_ADDRESS)
  socket.write(options(KNOWN_ADDRESS))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toContain('SIP/2.0 200')
  expect(embedded.shortages).toEqual([])
})
