import { describe, expect, it, vi } from 'vitest'
import type Mrf from 'drachtio-fsmrf'
import type { Channel } from './channel.js'
import { ChannelGone } from './channel-socket.js'
import { Player, sourceOf } from './player.js'

interface Execution {
  readonly source: string
  start(): void
  complete(response?: string): void
  gone(): void
}

function playerOnFakes() {
  const executions: Execution[] = []
  const breaks: string[] = []
  const channel = {
    execute: (_: string, source: string, started: () => void) =>
      new Promise<Mrf.SocketEvent>((resolve, reject) => {
        executions.push({
          source,
          start: started,
          complete: (response = 'FILE PLAYED') => resolve({ getHeader: () => response, getBody: () => '' }),
          gone: () => reject(new ChannelGone('gone')),
        })
      }),
    api: (command: string) => (breaks.push(command), Promise.resolve('+OK')),
  } as unknown as Channel
  return { player: new Player(channel), executions, breaks }
}

const file = (path: string) => ({ kind: 'file', path }) as const
const tick = () => new Promise((resolve) => setImmediate(resolve))

describe('playing to a channel', () => {
  it('gives FreeSWITCH one piece after the other', async () => {
    const { player, executions } = playerOnFakes()
    const playing = player.play([file('/a.wav'), { kind: 'silence', ms: 300 }], {})
    await tick()
    expect(executions.map((each) => each.source)).toEqual(['/a.wav'])
    executions[0]?.start()
    executions[0]?.complete()
    await tick()
    expect(executions.map((each) => each.source)).toEqual(['/a.wav', 'silence_stream://300'])
    executions[1]?.complete()
    expect((await playing).kind).toBe('finished')
  })

  it('names the piece that is missing, and plays nothing after it', async () => {
    const { player, executions } = playerOnFakes()
    const playing = player.play([file('/gone.wav'), file('/b.wav')], {})
    await tick()
    executions[0]?.complete('FILE NOT FOUND')
    expect(await playing).toEqual({ kind: 'failed', why: '/gone.wav: no such file' })
    expect(executions).toHaveLength(1)
  })

  it('sends the break when FreeSWITCH has begun, not before, and again while it goes on', async () => {
    vi.useFakeTimers()
    const { player, executions, breaks } = playerOnFakes()
    const playing = player.play([file('/a.wav')], {})
    await vi.advanceTimersByTimeAsync(0)
    player.cancel()
    expect((await playing).kind).toBe('cancelled')
    expect(breaks).toEqual([])
    executions[0]?.start()
    expect(breaks).toEqual(['uuid_break'])
    await vi.advanceTimersByTimeAsync(320)
    expect(breaks).toHaveLength(3)
    executions[0]?.complete()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(breaks).toHaveLength(3)
    vi.useRealTimers()
  })

  it('never has two applications of FreeSWITCH within each other', async () => {
    const { player, executions } = playerOnFakes()
    const first = player.play([file('/a.wav')], {})
    await tick()
    executions[0]?.start()
    const second = player.play([file('/b.wav')], {})
    expect((await first).kind).toBe('cancelled')
    await tick()
    expect(executions).toHaveLength(1)
    executions[0]?.complete()
    await tick()
    expect(executions.map((each) => each.source)).toEqual(['/a.wav', '/b.wav'])
    executions[1]?.complete()
    expect((await second).kind).toBe('finished')
  })

  it('does not wait for ever for an application that will not end', async () => {
    vi.useFakeTimers()
    const { player, executions } = playerOnFakes()
    void player.play([file('/a.wav')], {})
    await vi.advanceTimersByTimeAsync(0)
    executions[0]?.start()
    void player.play([file('/b.wav')], {})
    await vi.advanceTimersByTimeAsync(1_000)
    expect(executions.map((each) => each.source)).toEqual(['/a.wav', '/b.wav'])
    vi.useRealTimers()
  })

  it('begins nothing while a bridge is being made, and tells no end', async () => {
    const { player, executions } = playerOnFakes()
    const playing = player.play([file('/a.wav'), file('/b.wav')], {})
    await tick()
    executions[0]?.start()
    const release = player.hold()
    executions[0]?.complete('PLAYBACK ERROR')
    await tick()
    expect(executions).toHaveLength(1)
    player.cutOff()
    release()
    expect((await playing).kind).toBe('cancelled')
    await tick()
    expect(executions).toHaveLength(1)
  })

  it('goes on with the list when the bridge fails', async () => {
    const { player, executions } = playerOnFakes()
    const playing = player.play([file('/a.wav'), file('/b.wav')], {})
    await tick()
    const release = player.hold()
    executions[0]?.complete()
    await tick()
    release()
    await tick()
    expect(executions.map((each) => each.source)).toEqual(['/a.wav', '/b.wav'])
    executions[1]?.complete()
    expect((await playing).kind).toBe('finished')
  })

  it('tries again on a channel that is not quite out of its bridge, and gives up after a while', async () => {
    vi.useFakeTimers()
    const { player, executions } = playerOnFakes()
    const playing = player.play([file('/a.wav')], {})
    await vi.advanceTimersByTimeAsync(0)
    executions[0]?.complete('PLAYBACK ERROR')
    await vi.advanceTimersByTimeAsync(40)
    executions[1]?.complete()
    expect((await playing).kind).toBe('finished')
    const hopeless = player.play([file('/b.wav')], {})
    for (let index = 2; index < 10; index++) {
      await vi.advanceTimersByTimeAsync(700)
      executions[index]?.complete('PLAYBACK ERROR')
    }
    expect(await hopeless).toEqual({ kind: 'failed', why: '/b.wav: cannot be played' })
    expect(executions).toHaveLength(9)
    vi.useRealTimers()
  })

  it('gives up a loop of nothing', async () => {
    const { player } = playerOnFakes()
    expect(await player.play([], { loop: true })).toMatchObject({ kind: 'failed' })
  })

  it('settles as hung up when the leg is over', async () => {
    const { player, executions } = playerOnFakes()
    const playing = player.play([file('/a.wav')], {})
    await tick()
    player.end()
    executions[0]?.gone()
    expect(await playing).toEqual({ kind: 'hungUp' })
  })
})

it('knows the British tones', () => {
  expect(sourceOf({ kind: 'tone', tone: 'ringback' })).toBe('tone_stream://%(400,200,400,450);%(400,2000,400,450);loops=-1')
  expect(sourceOf({ kind: 'tone', tone: 'busy' })).toBe('tone_stream://%(375,375,400);loops=-1')
  expect(sourceOf({ kind: 'tone', tone: 'beep' })).toContain('%(400,0,')
})
