import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AdoptResult, Bridge, Leg } from '../../src/switch/port.js'
import { expectNothingLeftOver } from './left-over.js'
import type { Left, World } from './world.js'

/** What every implementation of the port does with the legs of an engine that was killed. */
export function adoptionContract(name: string, open: () => Promise<World>): void {
  describe(`legs of an engine that was killed, taken over by ${name}`, { timeout: 120_000 }, () => {
    let world: World

    expectNothingLeftOver()
    beforeAll(async () => {
      world = await open()
    })
    afterEach(async () => {
      expect(await world.leaks()).toEqual([])
    })
    afterAll(() => world.close())

    async function adopted(handle: string): Promise<Leg> {
      return legOf(await world.settled(world.switch.adopt(handle)))
    }

    async function talk(): Promise<{ readonly left: Left; readonly caller: Leg; readonly other: Leg; readonly bridge: Bridge }> {
      const left = await world.leftBy('withTalk')
      const [caller, other] = [await adopted(left.callerHandle), await adopted(left.other?.handle ?? '')]
      const result = world.switch.rejoin(caller, other)
      if (result.kind !== 'bridged') throw new Error(JSON.stringify(result))
      return { left, caller, other, bridge: result.bridge }
    }

    it('a caller is there, can be played to and listened to, and can hang up', async () => {
      const left = await world.leftBy('withCaller')
      const leg = await adopted(left.callerHandle)
      expect(leg.ended).toBeUndefined()
      expect(await world.settled(leg.play([world.file(300)]))).toMatchObject({ kind: 'finished' })
      const heard = leg.listenFor({ keys: ['1'], signal: never() })
      left.caller.press('1')
      expect(await world.settled(heard)).toMatchObject({ kind: 'key', key: '1' })
      left.caller.hangUp()
      expect(await world.settled(leg.hungUp)).toMatchObject({ ending: 'hangup' })
      await world.settled(leg.close())
    })

    it('a caller is released when we close the leg', async () => {
      const left = await world.leftBy('withCaller')
      const leg = await adopted(left.callerHandle)
      await world.settled(leg.close())
      await world.eventually(() => left.caller.released)
    })

    it('its recording is ours to stop', async () => {
      const left = await world.leftBy('withCaller')
      const leg = await adopted(left.callerHandle)
      const recording = leg.recordingOn(left.recording)
      expect(recording.path).toBe(left.recording)
      await world.settled(recording.stop())
      await world.settled(recording.stop())
      await world.settled(leg.close())
    })

    it('two go on talking, and the end of one ends the bridge and not the other', async () => {
      const { left, caller, other, bridge } = await talk()
      left.other?.person.hangUp()
      expect(await world.settled(bridge.ended)).toMatchObject({ kind: 'hungUp', first: other })
      expect(caller.ended).toBeUndefined()
      expect(await world.settled(caller.play([world.file(300)]))).toMatchObject({ kind: 'finished' })
      await world.settled(caller.close())
      await world.eventually(() => left.caller.released)
    })

    it('two go on talking, and can be taken apart and connected again', async () => {
      const { left, caller, other, bridge } = await talk()
      await world.settled(bridge.unbridge())
      expect(await world.settled(bridge.ended)).toEqual({ kind: 'unbridged' })
      const again = await world.settled(world.switch.bridge(caller, other, { signal: never() }))
      expect(again.kind).toBe('bridged')
      left.caller.hangUp()
      if (again.kind === 'bridged') expect(await world.settled(again.bridge.ended)).toMatchObject({ kind: 'hungUp', first: caller })
      await world.settled(other.close())
    })

    it('a party who hung up while nobody was there is gone, and nothing is left of it', async () => {
      const left = await world.leftBy('withCaller')
      left.caller.hangUp()
      await world.elapse(200)
      expect(await world.settled(world.switch.adopt(left.callerHandle))).toMatchObject({ kind: 'gone' })
    })

    it('two who do not hear each other are told so, and can be connected', async () => {
      const [first, second] = [await world.leftBy('withCaller'), await world.leftBy('withCaller')]
      const [a, b] = [await adopted(first.callerHandle), await adopted(second.callerHandle)]
      expect(world.switch.rejoin(a, b)).toMatchObject({ kind: 'failed' })
      expect(await world.settled(world.switch.bridge(a, b, { signal: never() }))).toMatchObject({ kind: 'bridged' })
      await world.settled(Promise.all([a.close(), b.close()]))
    })

    it('who had just answered, and of whom only the INVITE had been kept, is there, and the two can be connected', async () => {
      const left = await world.leftBy('withBothUntold')
      const [caller, other] = [await adopted(left.callerHandle), await adopted(left.other?.handle ?? '')]
      expect(await world.settled(caller.play([world.file(300)]))).toMatchObject({ kind: 'finished' })
      const heard = other.listenFor({ keys: ['1'], signal: never() })
      left.other?.person.press('1')
      expect(await world.settled(heard)).toMatchObject({ kind: 'key', key: '1' })
      const connected = await world.settled(world.switch.bridge(caller, other, { signal: never() }))
      expect(connected.kind).toBe('bridged')
      left.caller.hangUp()
      if (connected.kind === 'bridged') expect(await world.settled(connected.bridge.ended)).toMatchObject({ kind: 'hungUp', first: caller })
      await world.settled(other.close())
      await world.eventually(() => left.other?.person.released === true)
    })

    it('a caller whose INVITE has come to another engine meanwhile is left to that one', async () => {
      const left = await world.leftBy('withBothUntold')
      const taken = await world.settled(world.switch.adopt(left.callerHandle, undefined, () => Promise.resolve(false)))
      expect(taken).toMatchObject({ kind: 'gone' })
      expect(left.caller.released).toBe(false)
      await world.settled((await adopted(left.callerHandle)).close())
      await world.settled((await adopted(left.other?.handle ?? '')).close())
    })

    it('a malformed handle is no leg', async () => {
      expect((await world.settled(world.switch.adopt('nonsense'))).kind).not.toBe('adopted')
    })
  })
}

function legOf(result: AdoptResult): Leg {
  if (result.kind !== 'adopted') throw new Error(JSON.stringify(result))
  return result.leg
}

function never(): AbortSignal {
  return new AbortController().signal
}
