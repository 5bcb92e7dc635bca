import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/embedded/protocols/sip/endpoint.js'
import { Headers } from '../../src/embedded/protocols/sip/headers.js'
import { SipRequest } from '../../src/embedded/protocols/sip/message.js'
import type { ParseProblem } from '../../src/embedded/protocols/sip/parse.js'
import { printMessage } from '../../src/embedded/protocols/sip/print.js'
import { responseTo } from '../../src/embedded/protocols/sip/responses.js'
import { ListenError, loses, SocketTransport, type SocketTransportOptions } from '../../src/embedded/protocols/sip/socket-transport.js'
import { TransactionLayer } from '../../src/embedded/protocols/sip/transaction-layer.js'
import type { ReceivedMessage } from '../../src/embedded/protocols/sip/transport.js'

const open: { close(): Promise<void> | void }[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const opened of open.splice(0)) await opened.close()
})

class Listening {
  readonly messages: ReceivedMessage[] = []
  readonly problems: ParseProblem[] = []
  private constructor(readonly transport: SocketTransport) {
    transport.user = { received: (message) => this.messages.push(message), malformed: (problem) => this.problems.push(problem) }
  }
  static async open(options: SocketTransportOptions = {}): Promise<Listening> {
    const transport = await SocketTransport.open(options)
    open.push(transport)
    return new Listening(transport)
  }
  at(protocol: 'udp' | 'tcp'): Endpoint {
    return this.transport.listeners.find((listener) => listener.protocol === protocol)!
  }
}

function request(method: string, body = ''): SipRequest {
  return new SipRequest(
    method,
    'sip:x@127.0.0.1',
    new Headers([
      ['Via', 'SIP/2.0/UDP 10.9.8.7:5060;rport;branch=z9hG4bKtest'],
      ['From', '<sip:a@b>;tag=1'],
      ['To', '<sip:x@127.0.0.1>'],
      ['Call-ID', 'transport'],
      ['CSeq', `1 ${method}`],
    ]),
    body,
  )
}

describe('sockets', () => {
  it('share one port for UDP and TCP, and say so when it is taken', async () => {
    const first = await Listening.open()
    expect(first.at('udp').port).toBe(first.at('tcp').port)
    const again = SocketTransport.open({ port: first.at('udp').port })
    await expect(again).rejects.toThrow(ListenError)
    await expect(again).rejects.toThrow(/cannot listen on udp 127\.0\.0\.1:\d+: EADDRINUSE/)
    await expect(SocketTransport.open({ port: first.at('udp').port, protocols: ['tcp'] })).rejects.toThrow(/tcp .*EADDRINUSE/)
  })

  it.each(['udp', 'tcp'] as const)('carry 50 kB over %s, stamped with where it came from', async (protocol) => {
    const [from, to] = [await Listening.open(), await Listening.open()]
    from.transport.send(printMessage(request('MESSAGE', 'x'.repeat(50_000))), to.at(protocol))
    await expect.poll(() => to.messages.length).toBe(1)
    const { message, source } = to.messages[0]!
    expect(message.body).toHaveLength(50_000)
    expect(message.via.params.get('received')).toBe('127.0.0.1')
    expect(message.via.params.get('rport')).toBe(String(source.port))
  })

  it('use one TCP connection for many messages, both ways', async () => {
    const [a, b] = [await Listening.open({ protocols: ['tcp'] }), await Listening.open({ protocols: ['tcp'] })]
    for (let count = 0; count < 20; count++) a.transport.send(printMessage(request('OPTIONS')), b.at('tcp'))
    await expect.poll(() => b.messages.length).toBe(20)
    expect(new Set(b.messages.map(({ source }) => source.port)).size).toBe(1)
    b.transport.send(printMessage(responseTo(b.messages[0]!.message as SipRequest, 200)), b.messages[0]!.source)
    await expect.poll(() => a.messages.length).toBe(1)
  })

  it('answer a keep-alive, put up with packets in pieces, and close a connection that talks nonsense', async () => {
    const server = await Listening.open()
    const socket = connect(server.at('tcp').port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    socket.write('\r\n\r\n')
    const [pong] = (await once(socket, 'data')) as [Buffer]
    expect(pong.toString()).toBe('\r\n')
    const bytes = printMessage(request('OPTIONS', 'hello'))
    for (const byte of bytes) socket.write(Buffer.of(byte))
    await expect.poll(() => server.messages.length).toBe(1)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'close')
  })

  it('tell when nobody is there: a closed TCP port, a closed UDP port under an INVITE', async () => {
    const a = await Listening.open()
    const closed = await SocketTransport.open()
    const { port } = closed.listeners[0]!
    await closed.close()
    const failures: string[] = []
    for (const protocol of ['udp', 'tcp'] as const) {
      a.transport.send(printMessage(request('INVITE')), { protocol, address: '127.0.0.1', port }, (error) =>
        failures.push(`${protocol}: ${error.message}`),
      )
    }
    await expect.poll(() => failures.length).toBe(2)
    expect(failures.sort()).toEqual([
      expect.stringContaining('tcp: '),
      expect.stringContaining(`udp: nobody listens on udp/127.0.0.1:${port}`),
    ])
  })

  it('ignore what is no SIP, and report what is broken SIP', async () => {
    const server = await Listening.open()
    const socket = createSocket('udp4')
    open.push({ close: () => void socket.close() })
    for (const text of ['\r\n\r\n', '\0\0\0\0', '', 'GET / HTTP/1.1\r\n\r\n', 'OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n'])
      socket.send(text, server.at('udp').port, '127.0.0.1')
    await expect.poll(() => server.problems.length).toBe(2)
    expect(server.problems.map(({ request: known }) => known?.method)).toEqual([undefined, 'OPTIONS'])
    expect(server.messages).toEqual([])
  })

  it('lose and delay what a test asks them to', async () => {
    const [from, to] = [
      await Listening.open({ faults: { outgoing: loses(50, 7) } }),
      await Listening.open({ faults: { incoming: () => 30 } }),
    ]
    const began = performance.now()
    for (let count = 0; count < 200; count++) from.transport.send(printMessage(request('OPTIONS')), to.at('udp'))
    await expect.poll(() => to.messages.length).toBeGreaterThan(70)
    expect(performance.now() - began).toBeGreaterThan(25)
    expect(to.messages.length).toBeLessThan(130)
  })
})

describe('transactions over sockets', () => {
  it('a lost request is repeated, its answer arrives, and the state goes', async () => {
    let sent = 0
    const [a, b] = [await Listening.open({ faults: { outgoing: () => (sent++ < 2 ? 'drop' : 0) } }), await Listening.open()]
    const timers = { t1: 30, t2: 60, t4: 60 }
    const client = new TransactionLayer({ transport: a.transport, timers })
    const server = new TransactionLayer({ transport: b.transport, timers })
    open.push(client, server)
    let seen = 0
    server.user = {
      request: (transaction) => {
        seen++
        transaction.respond(responseTo(transaction.request, 200, { toTag: transaction.localTag }))
      },
    }
    const options = request('OPTIONS')
    options.headers.remove('Via')
    const status = await new Promise<number>((resolve, reject) => {
      client.send(options, b.at('udp'), {
        final: (response) => resolve(response.status),
        failed: (_why, detail) => reject(new Error(detail)),
      })
    })
    expect([status, seen, sent]).toEqual([200, 1, 3])
    await expect.poll(() => [client.counts.client, server.counts.server], { timeout: 30_000 }).toEqual([0, 0])
  })
})
