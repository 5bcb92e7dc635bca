import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AdminSettings } from '../../src/admin/admin-settings.js'
import { adminWorld } from './admin-world.js'

/** A test client's connection. `text`: received so far; `over` resolves when the server has closed it. */
interface Client {
  readonly socket: Socket
  text(): string
  readonly over: Promise<void>
  isOver(): boolean
  send(text: string): void
}

const limitsThatDoNotRunOut = {
  headersTimeoutMs: 600_000,
  requestTimeoutMs: 600_000,
  keepAliveTimeoutMs: 600_000,
  stalledTimeoutMs: 600_000,
  checkEveryMs: 20,
}

async function server(limits: AdminSettings['limits'], more: Partial<AdminSettings> = {}) {
  const world = await adminWorld({ admin: { limits: { ...limitsThatDoNotRunOut, ...limits }, ...more } })
  const { port } = world.admin

  async function client(from = '127.0.0.1', text = ''): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    onTestFinished(() => void socket.destroy())
    let received = ''
    let over = false
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    const closed = new Promise<void>((resolve) =>
      socket.once('close', () => {
        over = true
        resolve()
      }),
    )
    await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()))
    socket.write(text)
    return { socket, text: () => received, over: closed, isOver: () => over, send: (more) => socket.write(more) }
  }

  const authorization = `Authorization: Bearer ${world.token}\r\n`
  const headers = (more = '') => `Host: 127.0.0.1:${port}\r\n${authorization}${more}\r\n`
  return {
    ...world,
    client,
    authorization,
    /** Asks on a new connection and waits for the answer. @returns its status; 0 if the server closed instead */
    ask: async (from = '127.0.0.1', path = '/healthz', more = ''): Promise<number> => {
      const asking = await client(from, `GET ${path} HTTP/1.1\r\n${headers(more)}`)
      await expect.poll(() => asking.isOver() || asking.text().includes('\r\n\r\n'), { timeout: 20_000 }).toBe(true)
      return Number(/^HTTP\/1\.1 (\d+)/.exec(asking.text())?.[1] ?? 0)
    },
    stream: async (from = '127.0.0.1', more = ''): Promise<Client> => {
      const watching = await client(from, `GET /api/live HTTP/1.1\r\n${headers(more)}`)
      await expect.poll(() => watching.isOver() || watching.text().includes('event: snapshot'), { timeout: 20_000 }).toBe(true)
      return watching
    },
    /** Half of a request, which never goes on. */
    loris: (from: string) => client(from, `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `),
  }
}

describe('connections to the pages', { timeout: 60_000 }, () => {
  it('a slow loris from another address keeps no wallboard out, and its oldest connections go', async () => {
    const { loris, stream, ask } = await server({ connections: 20, connectionsPerAddress: 5 })
    const board = await stream()
    const slow = await Promise.all(Array.from({ length: 60 }, () => loris('127.0.0.2')))
    await expect.poll(() => slow.filter((one) => !one.isOver()).length).toBe(5)
    expect(board.isOver()).toBe(false)
    expect((await stream('127.0.0.3')).isOver()).toBe(false)
    expect(await ask()).toBe(200)
  })

  it('nor does one from the wallboard’s own address', async () => {
    const { loris, stream, ask } = await server({ connections: 20, connectionsPerAddress: 5 })
    const before = await stream()
    const slow = await Promise.all(Array.from({ length: 40 }, () => loris('127.0.0.1')))
    await expect.poll(() => slow.filter((one) => !one.isOver()).length).toBe(4)
    const after = await stream()
    await Promise.all(Array.from({ length: 40 }, () => loris('127.0.0.1')))
    expect(await ask()).toBe(200)
    expect([before.isOver(), after.isOver()]).toEqual([false, false])
  })

  it('slow ones from many addresses make room for a client with a request, and a client with one connection keeps it', async () => {
    const { client, loris, stream, ask } = await server({ connections: 20, connectionsPerAddress: 15 })
    const neighbour = await client('127.0.0.9')
    for (let round = 0; round < 12; round++) for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) await loris(address)
    expect(await ask('127.0.0.5')).toBe(200)
    expect((await stream('127.0.0.6')).isOver()).toBe(false)
    expect(neighbour.isOver()).toBe(false)
  })

  it('a slow body holds no place', async () => {
    const { client, ask, authorization } = await server({ connections: 20, connectionsPerAddress: 3 })
    const slow = await Promise.all(
      Array.from({ length: 3 }, () =>
        client(
          '127.0.0.1',
          `POST /api/call-backs HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}content-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
        ),
      ),
    )
    expect(await ask()).toBe(200)
    await expect.poll(() => slow.filter((one) => one.isOver()).length).toBe(1)
  })

  it('if every connection of an address is being answered, its next is refused, and another address’s is let in', async () => {
    const { stream, ask } = await server({ connections: 20, connectionsPerAddress: 3 })
    const boards = await Promise.all([stream(), stream(), stream()])
    expect(await ask()).toBe(0)
    expect(await ask('127.0.0.2')).toBe(200)
    expect(boards.map((board) => board.isOver())).toEqual([false, false, false])
  })

  it('a kept connection that was answered may ask again', async () => {
    const { client, admin } = await server({})
    const request = `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${admin.port}\r\n\r\n`
    const kept = await client('127.0.0.1', request)
    await expect.poll(() => kept.text().match(/HTTP\/1\.1 200/g)?.length).toBe(1)
    kept.send(request)
    await expect.poll(() => kept.text().match(/HTTP\/1\.1 200/g)?.length).toBe(2)
  })

  it('behind a proxy clients are counted by the address that it names', async () => {
    const { stream, ask } = await server({ connections: 20, connectionsPerAddress: 2, streamsPerAddress: 1 }, { proxies: ['127.0.0.0/30'] })
    const boards = [
      await stream('127.0.0.1', 'X-Forwarded-For: 192.0.2.1\r\n'),
      await stream('127.0.0.1', 'X-Forwarded-For: 192.0.2.2\r\n'),
      await stream('127.0.0.1', 'X-Forwarded-For: 192.0.2.3\r\n'),
    ]
    expect(boards.map((board) => board.text().startsWith('HTTP/1.1 200'))).toEqual([true, true, true])
    expect(await ask('127.0.0.1', '/api/live', 'X-Forwarded-For: 192.0.2.2\r\n')).toBe(429)
    // An address that is not a proxy is not trusted.
    await stream('127.0.0.8', 'X-Forwarded-For: 192.0.2.9\r\n')
    expect(await ask('127.0.0.8', '/api/live', 'X-Forwarded-For: 192.0.2.10\r\n')).toBe(429)
  })
})

describe('requests', { timeout: 60_000 }, () => {
  it('whose headers do not end in time are answered 408 and closed', async () => {
    const { loris } = await server({ headersTimeoutMs: 100, requestTimeoutMs: 600_000 })
    const slow = await loris('127.0.0.1')
    await slow.over
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('whose body does not end in time likewise', async () => {
    const { client, authorization } = await server({ headersTimeoutMs: 100, requestTimeoutMs: 200 })
    const slow = await client(
      '127.0.0.1',
      `POST /api/call-backs HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}content-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    )
    await slow.over
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('with a body that is too large are refused before it is read', async () => {
    const world = await server({ bodyBytes: 2_000 })
    const { client } = world
    const answer = await world.get('/api/call-backs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ note: 'x'.repeat(3_000) }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([413, { error: { code: 'bodyTooLarge' } }])
    const announced = await client(
      '127.0.0.1',
      `POST /api/call-backs HTTP/1.1\r\nHost: 127.0.0.1\r\n${world.authorization}content-type: application/json\r\ncontent-length: 900000000\r\n\r\n`,
    )
    await expect.poll(() => announced.text()).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('an idle connection is closed', async () => {
    const { client, admin } = await server({ keepAliveTimeoutMs: 100 })
    const kept = await client('127.0.0.1', `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${admin.port}\r\n\r\n`)
    await kept.over
    expect(kept.text()).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('event streams', { timeout: 60_000 }, () => {
  it('are limited per address and in all; one that ends makes room', async () => {
    const { stream, ask } = await server({ streams: 3, streamsPerAddress: 2 })
    const first = await stream()
    await stream()
    expect(await ask('127.0.0.1', '/api/live')).toBe(429)
    await stream('127.0.0.2')
    expect(await ask('127.0.0.3', '/api/live')).toBe(503)
    first.socket.destroy()
    await expect.poll(async () => (await stream('127.0.0.3')).text(), { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 200/)
  })
})

describe('descriptors', () => {
  it('that run out are reported by /readyz, with the process that holds them', async () => {
    let ok = true
    const world = await server(
      {},
      {
        descriptors: () =>
          ok ? { ok, detail: 'the engine: 40 of 1024 in use' } : { ok, detail: 'the engine has 1020 of 1024 file descriptors in use' },
      },
    )
    expect((await world.get('/readyz')).status).toBe(200)
    ok = false
    const answer = await world.get('/readyz')
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { ready: false, missing: ['descriptors: the engine has 1020 of 1024 file descriptors in use'] },
    ])
  })
})
