import { EventEmitter } from 'node:events'
import type Mrf from 'drachtio-fsmrf'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MediaLink } from './media-link.js'
import type { Notice } from './settings.js'
import type { Signalling } from './signalling.js'
import { WarmChannels } from './warm-channels.js'

/** A FreeSWITCH that does with every channel what it is told to. */
class FakeFreeSwitch {
  asked = 0
  does: 'makes' | 'refuses' | 'endsAtOnce' = 'makes'
  readonly endpoints: EventEmitter[] = []

  readonly createEndpoint = (): Promise<Mrf.Endpoint> => {
    this.asked++
    if (this.does === 'refuses') return Promise.reject(Object.assign(new Error('refused'), { status: 488, reason: 'Not Acceptable Here' }))
    const connection = {
      on: () => undefined,
      unsubscribe: () => undefined,
      filter: () => undefined,
      api: (_: string, answered: (event: unknown) => void) => queueMicrotask(() => answered({ getBody: () => '+OK\n' })),
    }
    const dialog = Object.assign(new EventEmitter(), {
      connected: true,
      local: {},
      handle: () => undefined,
      destroy: (_: unknown, done: (error: unknown) => void) => done(null),
    })
    const endpoint = Object.assign(new EventEmitter(), { uuid: `u-${this.asked}`, conn: connection, dialog, local: { sdp: '' } })
    this.endpoints.push(endpoint)
    if (this.does === 'endsAtOnce') setTimeout(() => endpoint.emit('destroy', { reason: 'NO_ROUTE_DESTINATION' }), 10)
    return Promise.resolve(endpoint as unknown as Mrf.Endpoint)
  }
}

function store() {
  const server = new FakeFreeSwitch()
  const notices: Notice[] = []
  const changed = vi.fn()
  const link = {
    up: true,
    profile: 'drachtio_mrf',
    listenAddress: '127.0.0.1',
    describe: (what: string) => `FreeSWITCH: ${what}`,
    createEndpoint: server.createEndpoint,
    api: () => Promise.resolve('+OK'),
  } as unknown as MediaLink
  const signalling = { up: true, onLost: () => () => undefined } as unknown as Signalling
  const channels = new WarmChannels(link, signalling, { a: 'b' }, { least: 2, most: 6 }, (notice) => notices.push(notice), changed)
  return { server, channels, notices, changed }
}

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] }))
afterEach(() => vi.useRealTimers())

describe('a FreeSWITCH that refuses channels', () => {
  it('is asked more and more slowly, at last every 5 s, and said once what it answers', async () => {
    const { server, channels, notices } = store()
    server.does = 'refuses'
    channels.open()
    await vi.advanceTimersByTimeAsync(5 * 60_000)
    expect(server.asked).toBeGreaterThan(50)
    expect(server.asked).toBeLessThan(70)
    expect(channels.working).toBe(false)
    expect(channels.trouble).toContain('enable-3pcc')
    expect(notices.filter(({ level }) => level === 'error')).toHaveLength(1)
    await channels.close()
  })

  it('refuses callers at once meanwhile, in its words, without asking it again', async () => {
    const { server, channels } = store()
    server.does = 'refuses'
    channels.open()
    await vi.advanceTimersByTimeAsync(20_000)
    const before = server.asked
    for (let caller = 0; caller < 40; caller++) await expect(channels.take()).rejects.toThrow('488')
    expect(server.asked).toBe(before)
    await channels.close()
  })

  it('takes calls again, and says so, when a channel has stayed for a second', async () => {
    const { server, channels, notices, changed } = store()
    server.does = 'refuses'
    channels.open()
    await vi.advanceTimersByTimeAsync(20_000)
    server.does = 'makes'
    changed.mockClear()
    await vi.advanceTimersByTimeAsync(7_000)
    expect(channels.working).toBe(true)
    expect(channels.trouble).toBeUndefined()
    expect(changed).toHaveBeenCalled()
    expect(notices.at(-1)?.text).toContain('makes channels again')
    expect(channels.idle).toBe(2)
    await channels.close()
  })
})

it('a FreeSWITCH whose channels end as soon as they are made is not asked in a loop', async () => {
  const { server, channels } = store()
  server.does = 'endsAtOnce'
  channels.open()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(server.asked).toBeLessThan(40)
  expect(channels.working).toBe(false)
  expect(channels.trouble).toContain('NO_ROUTE_DESTINATION')
  await channels.close()
})

it('is ready with its first channel, not before', async () => {
  const { channels } = store()
  expect(channels.working).toBe(false)
  channels.open()
  await vi.advanceTimersByTimeAsync(0)
  expect(channels.working).toBe(true)
  await channels.close()
})
