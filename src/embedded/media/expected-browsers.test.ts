import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MediaEngine } from './media-engine.js'
import { loadWerift } from './secure/werift.js'

vi.mock('./secure/werift.js', async (original) => {
  const real = await original<typeof import('./secure/werift.js')>()
  return { loadWerift: vi.fn(real.loadWerift) }
})

let media: MediaEngine

beforeEach(() => {
  vi.mocked(loadWerift).mockClear()
  media = new MediaEngine({ address: '127.0.0.1', portRange: [0, 0] })
})

afterEach(() => media.close())

it('loads nothing for plain calls', async () => {
  await (await media.createChannel({ id: 'one' })).close()
  expect(loadWerift).not.toHaveBeenCalled()
})

it('gets ready for browsers once nobody is on the line, and once only', async () => {
  const [one, other] = [await media.createChannel({ id: 'one' }), await media.createChannel({ id: 'other' })]
  media.expectSecurity()
  await one.close()
  expect(loadWerift).not.toHaveBeenCalled()
  await other.close()
  expect(loadWerift).toHaveBeenCalledTimes(1)
  media.expectSecurity()
  await media.prepareSecurity()
  expect(loadWerift).toHaveBeenCalledTimes(1)
})

it('does not keep a party waiting that encrypts now', async () => {
  await media.createChannel({ id: 'one' })
  media.expectSecurity()
  const fingerprint = await media.prepareSecurity()
  expect(fingerprint.algorithm).toBe('sha-256')
})
