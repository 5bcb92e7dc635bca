import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Arrived } from './channel.js'
import { SilenceWatch, type Presence } from './silence-watch.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

const TIMEOUT_MS = 60_000

function watched(
  presence: () => Presence,
  arrived: () => Arrived | undefined = () => ({ packets: 7, reports: 0, found: undefined }),
  timeoutMs = TIMEOUT_MS,
) {
  const asked: number[] = []
  const onGone = vi.fn()
  const watch = new SilenceWatch(
    timeoutMs,
    () => {
      const now = arrived()
      return now === undefined ? Promise.reject(new Error('FreeSWITCH says nothing')) : Promise.resolve(now)
    },
    (withinMs) => {
      asked.push(withinMs)
      return Promise.resolve(presence())
    },
    onGone,
  )
  return { watch, asked, onGone }
}

describe('a party from whom no voice comes', () => {
  it('is asked after the time-out, again and again, and stays while it answers', async () => {
    const { asked, onGone } = watched(() => 'there')
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(3 * TIMEOUT_MS)
    expect(asked).toEqual([8_000, 8_000, 8_000])
    expect(onGone).not.toHaveBeenCalled()
  })

  it('that has gone is told once', async () => {
    const { asked, onGone } = watched(() => 'gone')
    await vi.advanceTimersByTimeAsync(5 * TIMEOUT_MS)
    expect([asked.length, onGone.mock.calls.length]).toEqual([1, 1])
  })

  it('is asked three times when nobody can say', async () => {
    const answers: Presence[] = ['unsure', 'unsure', 'there', 'unsure', 'unsure', 'unsure', 'there']
    const { asked, onGone } = watched(() => answers[asked.length - 1] ?? 'there')
    await vi.advanceTimersByTimeAsync(10 * TIMEOUT_MS)
    expect([asked.length, onGone.mock.calls.length]).toEqual([6, 1])
  })

  it.each([
    ['voice', (count: number): Arrived => ({ packets: count, reports: 0, found: undefined })],
    ['reports', (count: number): Arrived => ({ packets: 7, reports: count, found: undefined })],
    ['a media server that says nothing', () => undefined],
  ])('is not asked while there is %s', async (_what, arrived) => {
    let count = 0
    const { asked } = watched(
      () => 'gone',
      () => arrived(count++),
    )
    await vi.advanceTimersByTimeAsync(10 * TIMEOUT_MS)
    expect(asked).toEqual([])
  })

  it('is never asked where there is no time-out, nor after the end', async () => {
    const never = watched(() => 'gone', undefined, 0)
    const ended = watched(() => 'gone')
    ended.watch.stop()
    await vi.advanceTimersByTimeAsync(10 * TIMEOUT_MS)
    expect([never.asked, ended.asked]).toEqual([[], []])
  })
})
