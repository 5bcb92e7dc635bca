import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type * as Package from '../event-socket.js'
import { dialling, listening, type FakeEnd } from './fake-freeswitch.js'

const { Connection, Server } = createRequire(import.meta.url)('../index.js') as typeof Package

const closing: (() => unknown)[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0).reverse()) close()
})

interface Inbound {
  readonly connection: Package.Connection
  readonly end: FakeEnd
  readonly errors: Error[]
}

/** A connection that we made, and its other end; not yet accepted. */
async function inbound(password = 'secret'): Promise<Inbound> {
  const { server, port, accepted } = await listening()
  closing.push(() => server.close())
  const accepting = accepted()
  const connection = new Connection('127.0.0.1', port, password)
  const errors: Error[] = []
  connection.on('error', (error: Error) => errors.push(error))
  const end = await accepting
  closing.push(() => end.socket.destroy())
  closing.push(() => connection.disconnect())
  return { connection, end, errors }
}

async function loggedIn(): Promise<Inbound> {
  const world = await inbound()
  const ready = once(world.connection, 'esl::ready')
  world.end.say('Content-Type: auth/request\n\n')
  await world.end.command(0)
  world.end.reply('+OK accepted')
  await ready
  world.end.commands.length = 0
  return world
}

/** A server of ours, and one connection that FreeSWITCH made to it. */
async function outbound(): Promise<{ server: Package.Server; connection: Package.Connection; end: FakeEnd }> {
  const net = createServer()
  net.listen(0, '127.0.0.1')
  await once(net, 'listening')
  closing.push(() => void net.close())
  const server = new Server({ server: net })
  const ready = once(server, 'connection::ready') as Promise<[Package.Connection, string]>
  const end = await dialling((net.address() as AddressInfo).port)
  closing.push(() => end.socket.destroy())
  expect(await end.command(0)).toBe('connect')
  end.say(
    'Event-Name: CHANNEL_DATA\nChannel-Unique-ID: u-1\nUnique-ID: u-1\nvariable_x: a%20b\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n',
  )
  const [connection] = await ready
  end.commands.length = 0
  return { server, connection, end }
}

const ended = (connection: Package.Connection): Promise<void> => new Promise((resolve) => connection.once('esl::end', resolve))

const answerTo = (connection: Package.Connection, command: string): Promise<string> =>
  new Promise((resolve) => connection.api(command, (event) => resolve(event.getBody())))

describe('a connection to FreeSWITCH', () => {
  test('says the password when it is asked, and is ready when that is accepted', async () => {
    const { connection, end } = await inbound()
    const ready = once(connection, 'esl::ready')
    end.say('Content-Type: auth/request\n\n')
    expect(await end.command(0)).toBe('auth secret')
    end.reply('+OK accepted')
    await ready
    expect([connection.connected(), connection.authed, connection.getInfo()]).toEqual([true, true, null])
  })

  test('ends with an error where the password is wrong', async () => {
    const { connection, end, errors } = await inbound()
    const over = ended(connection)
    end.say('Content-Type: auth/request\n\n')
    await end.command(0)
    end.reply('-ERR invalid')
    await over
    expect(errors.map(({ message }) => message)).toEqual(['the event socket does not accept the password'])
    expect(connection.connected()).toBe(false)
  })

  test('ends with an error where no server listens, and does not try again', async () => {
    const { server, port } = await listening()
    server.close()
    await once(server, 'close')
    const connection = new Connection('127.0.0.1', port, 'secret')
    const [error] = (await once(connection, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  test('gives up a FreeSWITCH that does not greet', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { connection, errors } = await inbound()
    const over = ended(connection)
    vi.advanceTimersByTime(10_000)
    await over
    vi.useRealTimers()
    expect(errors[0]?.message).toContain('no greeting')
  })

  test('tells each command its own answer, in the order in which they were sent', async () => {
    const { connection, end } = await loggedIn()
    const answers = Promise.all([
      answerTo(connection, 'first'),
      new Promise((resolve) => connection.subscribe(['HEARTBEAT'], (reply) => resolve(reply.getHeader('Reply-Text')))),
      answerTo(connection, 'third'),
    ])
    await end.command(2)
    expect(end.commands).toEqual(['api first', 'event plain HEARTBEAT', 'api third'])
    end.api('one')
    end.reply('+OK event listener enabled plain')
    end.api('three')
    expect(await answers).toEqual(['one', '+OK event listener enabled plain', 'three'])
  })

  test('sends all commands of one turn in one write, without waiting to fill packets', async () => {
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay').mockName('setNoDelay')
    const { connection, end } = await outbound()
    expect(noDelay).toHaveBeenCalledWith(true)
    const write = vi.spyOn(connection.socket!, 'write')
    connection.subscribe('DTMF')
    connection.filter('Unique-ID', 'u-1')
    connection.execute('playback', '/x.wav')
    connection.api('uuid_break', ['u-1', 'all'])
    await end.command(3)
    expect(write).toHaveBeenCalledTimes(1)
    expect(end.commands.map((command) => command.split('\n')[0])).toEqual([
      'event plain DTMF',
      'filter Unique-ID u-1',
      'sendmsg u-1',
      'api uuid_break u-1 all',
    ])
  })

  test.each<[string, (connection: Package.Connection) => void]>([
    ['api', (connection) => connection.api('version\n\napi hupall')],
    ['an argument', (connection) => connection.execute('set', 'a=b\nexecute-app-name: hangup')],
    ['an application', (connection) => connection.execute('set\r\nx: y')],
    ['a filter', (connection) => connection.filter('Unique-ID', 'x\n\nexit')],
  ])('refuses a line break in %s: it would begin another command', async (_, act) => {
    const { connection, end } = await outbound()
    expect(() => act(connection)).toThrow('line break')
    connection.api('version')
    expect(await end.command(0)).toBe('api version')
  })

  test('tells an event to who listens for its channel, and for any', async () => {
    const { connection, end } = await loggedIn()
    const heard: string[] = []
    connection.on('esl::event::DTMF::u-1', (event: Package.SocketEvent) => heard.push(`u-1 ${event.getHeader('DTMF-Digit')}`))
    connection.on('esl::event::DTMF::*', (event: Package.SocketEvent) => heard.push(`any ${event.getHeader('DTMF-Digit')}`))
    connection.on('esl::event::DTMF::u-2', () => heard.push('another'))
    end.event({ 'Event-Name': 'DTMF', 'Unique-ID': 'u-1', 'DTMF-Digit': '#' })
    end.api('done')
    await answerTo(connection, 'x')
    expect(heard).toEqual(['u-1 #', 'any #'])
    connection.removeAllListeners('esl::event::DTMF::*')
    expect(connection.eventNames().filter((name) => String(name).includes('DTMF'))).toEqual([])
  })

  test('a listener that throws comes out as a fault of the program, and the frames behind are taken all the same', async () => {
    const { connection, end } = await loggedIn()
    const faults: (() => void)[] = []
    vi.spyOn(globalThis, 'setImmediate').mockImplementation(((fault: () => void) => void faults.push(fault)) as never)
    connection.on('esl::event::DTMF::*', () => {
      throw new Error('a bug')
    })
    const answer = answerTo(connection, 'x')
    await end.command(0)
    end.event({ 'Event-Name': 'DTMF', 'Unique-ID': 'u-1' })
    end.api('behind')
    expect(await answer).toBe('behind')
    expect(faults).toHaveLength(1)
    expect(faults[0]).toThrow('a bug')
  })
})

describe('a channel of FreeSWITCH', () => {
  test('is known by what it said first', async () => {
    const { server, connection, end } = await outbound()
    expect(connection.getInfo()?.getHeader('variable_x')).toBe('a b')
    expect(server.getCountOfConnections()).toBe(1)
    const closed = once(server, 'connection::close')
    end.socket.end()
    expect((await closed)[0]).toBe(connection)
    expect(server.getCountOfConnections()).toBe(0)
  })

  test('tells an execution of its completion, by Application-UUID', async () => {
    const { connection, end } = await outbound()
    const done: (string | null)[] = []
    const first = connection.execute('playback', '/x.wav', (event) => done.push(`first ${event.getHeader('Application-Response')}`))
    const second = connection.execute('playback', '/y.wav', {
      completed: (event) => done.push(`second ${event.getHeader('Application-Response')}`),
      failed: (error) => done.push(error.message),
    })
    expect((await end.command(0)).split('\n').sort()).toEqual(
      [`event-uuid: ${first}`, 'call-command: execute', 'execute-app-arg: /x.wav', 'execute-app-name: playback', 'sendmsg u-1'].sort(),
    )
    end.reply('+OK')
    end.reply('+OK')
    for (const id of [second, 'another client', first, first])
      end.event({
        'Event-Name': 'CHANNEL_EXECUTE_COMPLETE',
        'Unique-ID': 'u-1',
        'Application-Response': 'FILE PLAYED',
        'Application-UUID': id,
      })
    end.api('')
    await answerTo(connection, 'x')
    expect(done).toEqual(['second FILE PLAYED', 'first FILE PLAYED'])
  })

  test('tells that an execution failed where FreeSWITCH refuses it; a function alone, which would take that for a success, hears nothing', async () => {
    const { connection, end } = await outbound()
    const alone = vi.fn()
    const failed = new Promise<Error>((resolve) => connection.execute('playback', '/x.wav', { completed: alone, failed: resolve }))
    connection.execute('playback', '/x.wav', alone)
    await end.command(1)
    end.reply('-ERR invalid session id [u-1]')
    end.reply('-ERR invalid session id [u-1]')
    expect((await failed).message).toBe('event socket: playback: -ERR invalid session id [u-1]')
    end.api('')
    await answerTo(connection, 'x')
    expect(alone).not.toHaveBeenCalled()
  })
})

describe('when the connection goes, everybody is told', () => {
  test.each<[string, (world: { connection: Package.Connection; end: FakeEnd }) => void]>([
    ['FreeSWITCH ends it', ({ end }) => end.socket.end()],
    ['it breaks', ({ end }) => end.socket.resetAndDestroy()],
    ['we end it', ({ connection }) => connection.disconnect()],
    ['what comes is not the protocol', ({ end }) => end.say('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s', async (_, act) => {
    const world = await outbound()
    const { connection, end } = world
    const told: string[] = []
    connection.on('error', () => undefined)
    connection.once('esl::end', () => told.push('end'))
    connection.api('uuid_bridge', ['a', 'b'], (event, _headers, body) => told.push(`${event.getHeader('Reply-Text')} / ${body}`))
    const failed = new Promise<void>((resolve) => {
      connection.execute('playback', '/x.wav', {
        completed: () => told.push('completed'),
        failed: (error) => resolve(void told.push(error.message)),
      })
    })
    await end.command(1)
    act(world)
    await failed
    expect(told).toEqual(['end', '-ERR connection lost / -ERR connection lost', 'event socket: playback: -ERR connection lost'])
    expect(connection.socket).toBeNull()
    // From now on at once, in a later turn.
    expect(await answerTo(connection, 'version')).toBe('-ERR connection lost')
    await new Promise<void>((resolve) => connection.execute('playback', '/x.wav', { completed: () => undefined, failed: () => resolve() }))
  })

  test('who cannot work with that does not end the process', async () => {
    const { connection, end } = await outbound()
    const errors: string[] = []
    connection.on('error', (error: Error) => errors.push(error.message))
    connection.api('sofia status', () => {
      throw new Error('No profile found')
    })
    const after = answerTo(connection, 'version')
    await end.command(1)
    end.socket.end()
    await after
    expect(errors).toEqual(['No profile found'])
  })

  test('a FreeSWITCH that stops to read is given up, rather than what it does not read kept in memory', async () => {
    const { connection, end } = await outbound()
    end.socket.pause()
    const error = once(connection, 'error') as Promise<[Error]>
    const lost = answerTo(connection, 'x')
    const long = `api ${'x'.repeat(1_000_000)}`
    const timer = setInterval(() => connection.sendRecv(long), 1)
    expect((await error)[0].message).toContain('does not read')
    clearInterval(timer)
    expect(await lost).toBe('-ERR connection lost')
  })

  test('a FreeSWITCH that reads and does not answer is given up', async () => {
    const { connection } = await outbound()
    const error = once(connection, 'error') as Promise<[Error]>
    for (let count = 0; count <= 10_000; count++) connection.api('x')
    expect((await error)[0].message).toContain('does not answer')
  })

  test('a peer that does not close its half is cut off', async () => {
    const { connection, end } = await loggedIn()
    end.socket.allowHalfOpen = true
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    connection.disconnect()
    const over = ended(connection)
    expect(await end.command(0)).toBe('exit')
    vi.advanceTimersByTime(2_000)
    await over
    vi.useRealTimers()
  })
})

test('a lost answer is not replaced by another: its command fails, and the next command has its own', async () => {
  const { connection, end } = await loggedIn()
  const heard: string[] = []
  connection.api('uuid_bridge a b', (event) => heard.push(`bridge ${event.getBody().trim()}`))
  connection.subscribe('DTMF', (event) => heard.push(`event ${event.getHeader('Reply-Text') ?? ''}`))
  connection.api('uuid_transfer a park inline', (event) => heard.push(`transfer ${event.getBody().trim()}`))
  await end.command(2)
  end.reply('+OK event listener enabled plain')
  end.api('+OK\n')
  await vi.waitFor(() => expect(heard).toEqual(['bridge -ERR no answer', 'event +OK event listener enabled plain', 'transfer +OK']))
})
