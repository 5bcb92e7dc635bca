import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Shortages, type Shortage } from './shortages.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function made() {
  const free = { sipConnections: false, rtpPorts: false, channels: false, descriptors: false }
  const told: (readonly Shortage[])[] = []
  const shortages = new Shortages(
    {
      sipConnections: () => free.sipConnections,
      rtpPorts: () => Promise.resolve(free.rtpPorts),
      channels: () => free.channels,
      descriptors: () => Promise.reject(new Error('cannot even look')),
    },
    (now) => told.push(now),
  )
  return { free, told, shortages }
}

test('a shortage is told once, however many are refused for it, and is over when a look finds enough', async () => {
  const { free, told, shortages } = made()
  for (let n = 0; n < 50; n++) shortages.add('rtpPorts', 'no port')
  shortages.add('channels', 'no channel')
  expect(told).toEqual([
    [{ kind: 'rtpPorts', detail: 'no port' }],
    [
      { kind: 'rtpPorts', detail: 'no port' },
      { kind: 'channels', detail: 'no channel' },
    ],
  ])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told).toHaveLength(2)
  free.rtpPorts = true
  await vi.advanceTimersByTimeAsync(2_000)
  expect(told.at(-1)).toEqual([{ kind: 'channels', detail: 'no channel' }])
  free.channels = true
  await vi.advanceTimersByTimeAsync(2_000)
  expect(told.at(-1)).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
  shortages.add('rtpPorts', 'again')
  expect(shortages.now).toEqual([{ kind: 'rtpPorts', detail: 'again' }])
})

test('what cannot be looked at is not over', async () => {
  const { told, shortages } = made()
  shortages.add('descriptors', 'none left')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(told).toHaveLength(1)
})
