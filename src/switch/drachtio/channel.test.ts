import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import type Mrf from 'drachtio-fsmrf'
import type Srf from 'drachtio-srf'
import { Channel, ReinviteRefused } from './channel.js'
import { ChannelGone } from './channel-socket.js'
import type { MediaLink } from './media-link.js'

interface Execution {
  completed(event: Mrf.SocketEvent): void
  failed(error: Error): void
}

type Reply = (error: Error | null, response?: Srf.Response) => void

/** A channel on fakes: what it sends is kept, what comes back is up to the test. */
function channelOnFakes() {
  const sent: string[] = []
  const listeners = new Map<string, (event: Mrf.SocketEvent) => void>()
  const executions: Execution[] = []
  const connection = {
    unsubscribe: (names: readonly string[]) => sent.push(`nixevent ${names.join(' ')}`),
    filter: (header: string, value: string) => sent.push(`filter ${header} ${value}`),
    on: (event: string, listener: (event: Mrf.SocketEvent) => void) => listeners.set(event, listener),
    api: (command: string) => sent.push(command),
    sendRecv: (command: string) => sent.push(command),
    execute: (application: string, argument: string, _channel: string, execution: Execution) => {
      sent.push(`${application} ${argument}`)
      executions.push(execution)
      return `id-${executions.length}`
    },
  } as unknown as Mrf.Connection
  const requests: { options: { method: string; body?: string }; reply: Reply }[] = []
  const byes: ((error: unknown) => void)[] = []
  const handled: string[] = []
  const dialog = Object.assign(new EventEmitter(), {
    connected: true,
    local: { uri: '', sdp: undefined as string | undefined, contact: '<sip:us>' },
    handle: (request: Srf.Request) => handled.push(request.method),
    request: (options: { method: string }, reply: Reply) => requests.push({ options, reply }),
    destroy: (_: unknown, done: (error: unknown) => void) => byes.push(done),
  }) as unknown as Srf.Dialog & EventEmitter
  const endpoint = Object.assign(new EventEmitter(), {
    uuid: 'u-1',
    conn: connection,
    dialog,
    local: { sdp: 'offer' },
  }) as unknown as Mrf.Endpoint & EventEmitter
  const killed: string[] = []
  const link = {
    api: (command: string) => (killed.push(command), Promise.resolve('+OK')),
    kill: (uuid: string) => (killed.push(`uuid_kill ${uuid}`), Promise.resolve()),
  } as unknown as MediaLink
  const up = { signalling: true }
  const channel = new Channel(endpoint, dialog, connection, link, () => up.signalling)
  return { channel, sent, listeners, executions, requests, byes, handled, dialog, endpoint, killed, up }
}

const response = (status: number, body?: string) => ({ status, body }) as unknown as Srf.Response
const event = (headers: Record<string, string>) => ({ getHeader: (name: string) => headers[name] ?? null, getBody: () => '' })

describe('a channel', () => {
  it('asks for the four kinds of events that are read, and for nothing of the applications that nobody waits for', () => {
    expect(channelOnFakes().sent).toEqual([
      'nixevent CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER DETECTED_TONE PLAYBACK_START PLAYBACK_STOP CUSTOM conference::maintenance',
      'filter Application -start_dtmf',
      'filter Application -stop_dtmf',
      'filter Application -socket',
      'filter Application -park',
    ])
  })

  it('begins what nobody waits for, and nothing once it is gone', () => {
    const { channel, sent, endpoint, executions } = channelOnFakes()
    channel.begin('start_dtmf')
    expect(sent.at(-1)).toBe('start_dtmf ')
    expect(executions).toEqual([undefined])
    endpoint.emit('destroy', { reason: 'NORMAL_CLEARING' })
    channel.begin('stop_dtmf')
    expect(sent.at(-1)).toBe('start_dtmf ')
  })

  it('tells that FreeSWITCH has refused an application as if the channel were gone', async () => {
    const { channel, executions } = channelOnFakes()
    const playing = channel.execute('playback', 'x.wav')
    executions[0]?.failed(new Error('-ERR invalid session id'))
    await expect(playing).rejects.toThrow('invalid session id')
    await expect(playing).rejects.toBeInstanceOf(ChannelGone)
  })

  it('tells when FreeSWITCH begins with an application, and when it has done', async () => {
    const { channel, listeners, executions } = channelOnFakes()
    const started = vi.fn()
    const done = channel.execute('playback', 'x.wav', started)
    listeners.get('esl::event::CHANNEL_EXECUTE::u-1')?.(event({ 'Application-UUID': 'another' }))
    expect(started).not.toHaveBeenCalled()
    listeners.get('esl::event::CHANNEL_EXECUTE::u-1')?.(event({ 'Application-UUID': 'id-1' }))
    expect(started).toHaveBeenCalledOnce()
    executions[0]?.completed(event({ 'Application-Response': 'FILE PLAYED' }))
    expect((await done).getHeader('Application-Response')).toBe('FILE PLAYED')
  })

  it('settles what is under way when it is lost, for FreeSWITCH never will', async () => {
    const { channel, endpoint } = channelOnFakes()
    const lost = vi.fn()
    channel.onLost = lost
    const playing = channel.execute('playback', 'x.wav')
    const command = channel.api('uuid_break')
    const outcomes = Promise.allSettled([playing, command])
    endpoint.emit('destroy', { reason: 'MEDIA_TIMEOUT' })
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(ChannelGone) as unknown })
    expect(lost).toHaveBeenCalledExactlyOnceWith({ cause: 'MEDIA_TIMEOUT' })
    await expect(channel.execute('playback', 'y.wav')).rejects.toBeInstanceOf(ChannelGone)
  })

  it('waits for the cause when the BYE of FreeSWITCH does not give one', async () => {
    const { channel, dialog, endpoint } = channelOnFakes()
    const lost = new Promise((resolve) => (channel.onLost = resolve))
    dialog.emit('destroy', { get: () => undefined })
    endpoint.emit('destroy', { reason: 'MEDIA_TIMEOUT' })
    expect(await lost).toEqual({ cause: 'MEDIA_TIMEOUT' })
  })

  it('describes a party, and remembers what it said for the re-INVITE that FreeSWITCH sends when it bridges', async () => {
    const { channel, requests, dialog, handled } = channelOnFakes()
    const described = channel.describe('v=0 party')
    expect(requests[0]?.options).toMatchObject({ method: 'INVITE', body: 'v=0 party' })
    requests[0]?.reply(null, response(100))
    requests[0]?.reply(null, response(200, 'v=0 answer'))
    expect(await described).toBe('v=0 answer')
    const send = vi.fn()
    dialog.handle({ method: 'INVITE', body: undefined } as unknown as Srf.Request, { send } as unknown as Srf.Response)
    expect(send).toHaveBeenCalledWith(200, expect.objectContaining({ body: 'v=0 party' }))
    dialog.handle({ method: 'BYE' } as unknown as Srf.Request, { send } as unknown as Srf.Response)
    expect(handled).toEqual(['BYE'])
  })

  it('can be described again after FreeSWITCH has refused once', async () => {
    const { channel, requests } = channelOnFakes()
    const refused = channel.describe('v=0 bad')
    requests[0]?.reply(null, response(491))
    await expect(refused).rejects.toBeInstanceOf(ReinviteRefused)
    const second = channel.describe('v=0 good')
    requests[1]?.reply(null, response(200, 'v=0 answer'))
    expect(await second).toBe('v=0 answer')
  })

  it('is hung up once, by BYE, however often it is released', async () => {
    const { channel, byes, killed } = channelOnFakes()
    const twice = Promise.all([channel.release(), channel.release()])
    expect(byes).toHaveLength(1)
    byes[0]?.(null)
    await twice
    expect(killed).toEqual([])
  })

  it('is hung up by the event socket when the BYE fails, or nothing answers it, or drachtio is not there', async () => {
    const failing = channelOnFakes()
    const released = failing.channel.release()
    failing.byes[0]?.(new Error('unable to find dialog'))
    await released
    expect(failing.killed).toEqual(['uuid_kill u-1'])

    vi.useFakeTimers()
    const silent = channelOnFakes()
    const releasing = silent.channel.release()
    await vi.advanceTimersByTimeAsync(2_000)
    await releasing
    expect(silent.killed).toEqual(['uuid_kill u-1'])
    vi.useRealTimers()

    const alone = channelOnFakes()
    alone.up.signalling = false
    await alone.channel.release()
    expect(alone.byes).toEqual([])
    expect(alone.killed).toEqual(['uuid_kill u-1'])
  })
})
