import { describe, expect, it } from 'vitest'
import type { KeySource } from '../port.js'
import { asKeySource, Keys } from './keys.js'

const never = new AbortController().signal
const press = (keys: Keys, key: '1' | '2' | '3', source: KeySource, monotonic: number) =>
  keys.press({ key, source, at: 1_000 + monotonic }, monotonic)

describe('the keys of a leg', () => {
  it('finds a key that was pressed before a flow listened', async () => {
    const keys = new Keys()
    press(keys, '2', 'rfc4733', 0)
    expect(await keys.listen({ keys: ['2'], signal: never })).toEqual({ kind: 'key', key: '2', source: 'rfc4733', at: 1_000 })
  })

  it('tells a key that was not asked for', async () => {
    const keys = new Keys()
    const heard = keys.listen({ keys: ['1'], signal: never })
    press(keys, '3', 'info', 5)
    expect(await heard).toMatchObject({ kind: 'otherKey', key: '3', source: 'info' })
  })

  it('counts a press once that comes as an event and as a tone', async () => {
    const keys = new Keys()
    press(keys, '1', 'inband', 60)
    press(keys, '1', 'rfc4733', 180)
    press(keys, '2', 'rfc4733', 400)
    expect(await keys.listen({ keys: ['1', '2'], signal: never })).toMatchObject({ key: '1' })
    expect(await keys.listen({ keys: ['1', '2'], signal: never })).toMatchObject({ key: '2' })
  })

  it('counts two quick presses as two, in one form or in both', async () => {
    for (const forms of [['rfc4733'], ['inband', 'rfc4733']] as const) {
      const keys = new Keys()
      for (const [index, at] of [0, 250].entries()) for (const form of forms) press(keys, '1', form, at + index)
      const abort = new AbortController()
      const listen = () => keys.listen({ keys: ['1'], signal: abort.signal })
      expect(await listen()).toMatchObject({ kind: 'key' })
      expect(await listen()).toMatchObject({ kind: 'key' })
      const third = listen()
      abort.abort()
      expect(await third).toEqual({ kind: 'cancelled' })
    }
  })

  it('counts the same key again after a while, whatever its form', async () => {
    const keys = new Keys()
    press(keys, '1', 'rfc4733', 0)
    press(keys, '1', 'info', 3_000)
    await keys.listen({ keys: ['1'], signal: never })
    expect(await keys.listen({ keys: ['1'], signal: never })).toMatchObject({ source: 'info' })
  })

  it('knows the ends of one press that are told as presses of their own from two presses', () => {
    const keys = new Keys()
    const told = (key: '1' | '2', source: KeySource, heldMs: number, at: number) => keys.isRepetition({ key, source, at }, heldMs, at)
    expect([0, 20, 40].map((at) => told('1', 'rfc4733', 100, at))).toEqual([false, true, true])
    expect(told('1', 'rfc4733', 100, 240)).toBe(false)
    expect(told('2', 'rfc4733', 100, 250)).toBe(false)
    expect(told('2', 'rfc4733', 15, 268)).toBe(false)
    expect(told('2', 'inband', 100, 270)).toBe(false)
  })

  it('forgets what was pressed when told to', async () => {
    const keys = new Keys()
    press(keys, '1', 'rfc4733', 0)
    keys.drop()
    const heard = keys.listen({ keys: ['1', '2'], signal: never })
    press(keys, '2', 'rfc4733', 10)
    expect(await heard).toMatchObject({ key: '2' })
  })

  it('settles a listener when the leg is over, and every later one', async () => {
    const keys = new Keys()
    const heard = keys.listen({ keys: ['1'], signal: never })
    keys.end()
    expect(await heard).toEqual({ kind: 'hungUp' })
    expect(await keys.listen({ keys: ['1'], signal: never })).toEqual({ kind: 'hungUp' })
  })

  it('has one listener at a time', async () => {
    const keys = new Keys()
    const first = keys.listen({ keys: ['1'], signal: never })
    await expect(keys.listen({ keys: ['1'], signal: never })).rejects.toThrow('listener')
    keys.end()
    await first
  })

  it('does not begin to listen for a flow that has given up', async () => {
    expect(await new Keys().listen({ keys: ['1'], signal: AbortSignal.abort() })).toEqual({ kind: 'cancelled' })
  })
})

describe('what a key looks like', () => {
  it('knows the three forms by the media server names', () => {
    expect(['RTP', 'INBAND_AUDIO', 'ENDPOINT', 'APP', null].map(asKeySource)).toEqual(['rfc4733', 'inband', 'info', 'unknown', 'unknown'])
  })
})
