import { expect, it, vi } from 'vitest'
import { atMost, DeadlinePassed, withDeadline } from './deadline.js'

it('hands on what comes in time', async () => {
  expect(await withDeadline<number>('work', 1_000, (resolve) => resolve(7))).toBe(7)
})

it('rejects when nothing ever comes', async () => {
  vi.useFakeTimers()
  const waiting = withDeadline('a word from the server', 200, () => undefined)
  const outcome = expect(waiting).rejects.toThrow('a word from the server: no answer within 200 ms')
  await vi.advanceTimersByTimeAsync(200)
  await outcome
  vi.useRealTimers()
})

it('releases what comes too late', async () => {
  vi.useFakeTimers()
  const released: string[] = []
  let arrive: (value: string) => void = () => undefined
  const waiting = withDeadline<string>(
    'a channel',
    100,
    (resolve) => (arrive = resolve),
    (value) => released.push(value),
  )
  const outcome = expect(waiting).rejects.toBeInstanceOf(DeadlinePassed)
  await vi.advanceTimersByTimeAsync(100)
  await outcome
  arrive('late channel')
  expect(released).toEqual(['late channel'])
  vi.useRealTimers()
})

it('turns an assertion that is thrown at once into a rejection, and leaves no timer', async () => {
  vi.useFakeTimers()
  await expect(
    withDeadline('a request', 100, () => {
      throw new Error('The expression evaluated to a falsy value')
    }),
  ).rejects.toThrow('The expression evaluated to a falsy value')
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

it('settles once, whatever is called back', async () => {
  const released: number[] = []
  const value = await withDeadline<number>(
    'work',
    1_000,
    (resolve, reject) => {
      resolve(1)
      reject(new Error('too late'))
      resolve(2)
    },
    (late) => released.push(late),
  )
  expect(value).toBe(1)
  expect(released).toEqual([2])
})

it('waits at most this long, and never rejects', async () => {
  await atMost(1_000, Promise.reject(new Error('whatever')))
  vi.useFakeTimers()
  const waiting = atMost(50, new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(50)
  await waiting
  vi.useRealTimers()
})
