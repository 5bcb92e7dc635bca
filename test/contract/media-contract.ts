import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bridge, Leg, Moved } from '../../src/switch/port.js'
import { expectNothingLeftOver } from './left-over.js'
import { legOf, never } from './port-contract.js'
import type { Caller, World } from './world.js'

/** A world whose media server for new calls can die; there is another one. */
export interface MediaWorld extends World {
  mediaDies(): Promise<void>
  /** It is up, and calls begin there. */
  mediaIsBack(): Promise<void>
}

const from = { number: '+441632960000', displayName: 'Advice line' }

/** What every implementation of the port does when a media server dies under its legs. */
export function mediaContract(name: string, open: () => Promise<MediaWorld>): void {
  describe(`a media server that dies, under ${name}`, { timeout: 120_000 }, () => {
    let world: MediaWorld

    expectNothingLeftOver()
    beforeAll(async () => {
      world = await open()
      await world.mediaIsBack()
    })
    afterEach(async () => {
      try {
        expect(await world.leaks()).toEqual([])
      } finally {
        await world.mediaIsBack()
      }
    })
    afterAll(() => world.close())

    async function answeredCaller(): Promise<{ caller: Caller; leg: Leg }> {
      const answered = new Promise<Leg>((resolve, reject) => {
        world.switch.onIncoming(async (call) => {
          const answer = await call.answer()
          if (answer.kind === 'answered') resolve(answer.leg)
          else reject(new Error(answer.kind))
        })
      })
      const caller = await world.call()
      return { caller, leg: await world.settled(answered) }
    }

    async function talk(): Promise<{ caller: Caller; leg: Leg; other: Leg; bridge: Bridge }> {
      const { caller, leg } = await answeredCaller()
      const phone = await world.phone({ answersAfterMs: 20 })
      const other = legOf(await world.settled(world.switch.dial(phone.target, { from, ringMs: 5_000, signal: never(), near: leg })))
      return { caller, leg, other, bridge: await bridged(leg, other) }
    }

    async function bridged(a: Leg, b: Leg): Promise<Bridge> {
      const result = await world.settled(world.switch.bridge(a, b, { signal: never() }))
      if (result.kind !== 'bridged') throw new Error(JSON.stringify(result.kind))
      return result.bridge
    }

    const moved = (leg: Leg): Promise<Moved> => world.settled(new Promise((resolve) => void leg.onMoved(resolve)), 8_000)

    it('the party stays on the line, within 5 s at another one, and what was playing is played again', async () => {
      const { leg } = await answeredCaller()
      const before = leg.handle
      const playing = leg.play([world.file(1_500)])
      await world.elapse(700)
      const move = moved(leg)
      await world.mediaDies()
      expect((await move).silentMs).toBeLessThan(5_000)
      expect(leg.ended).toBeUndefined()
      expect(leg.handle).not.toBe(before)
      const again = world.now()
      expect((await world.settled(playing)).kind).toBe('finished')
      expect(world.now() - again).toBeGreaterThan(1_300)
      await world.settled(leg.close())
    })

    it('words are heard first, and alone where nothing was playing', async () => {
      const { leg } = await answeredCaller()
      leg.afterMove = [world.file(1_000)]
      const playing = leg.play([world.file(500)])
      await world.elapse(200)
      const move = moved(leg)
      await world.mediaDies()
      await move
      const again = world.now()
      expect((await world.settled(playing)).kind).toBe('finished')
      expect(world.now() - again).toBeGreaterThan(1_300)
      await world.settled(leg.close())
    })

    it('keys are listened for as before', async () => {
      const { caller, leg } = await answeredCaller()
      const heard = leg.listenFor({ keys: ['1'], signal: never() })
      const move = moved(leg)
      await world.mediaDies()
      await move
      await world.elapse(300)
      caller.press('1')
      expect(await world.settled(heard)).toMatchObject({ kind: 'key', key: '1' })
      await world.settled(leg.close())
    })

    it('what is asked for meanwhile waits until it can be done', async () => {
      const { leg } = await answeredCaller()
      const move = moved(leg)
      await world.mediaDies()
      const played = leg.play([world.file(200)])
      const recorded = leg.record(world.spool(), { signal: never() })
      await move
      expect((await world.settled(played)).kind).toBe('finished')
      const recording = await world.settled(recorded)
      expect(recording.kind).toBe('recording')
      if (recording.kind === 'recording') await world.settled(recording.recording.stop())
      await world.settled(leg.close())
    })

    it('two who talk are told so together, and can be connected again', async () => {
      const { leg, other, bridge } = await talk()
      await world.mediaDies()
      const end = await world.settled(bridge.ended)
      expect(end).toMatchObject({ kind: 'moved' })
      if (end.kind === 'moved') expect(end.apartMs).toBeLessThan(5_000)
      const played = await world.settled(Promise.all([leg.play([world.file(200)]), other.play([world.file(200)])]))
      expect(played.map(({ kind }) => kind)).toEqual(['finished', 'finished'])
      const again = await bridged(leg, other)
      await world.settled(leg.close())
      expect(await world.settled(again.ended)).toMatchObject({ kind: 'hungUp', first: leg })
      await world.settled(other.close())
    })

    it('a bridge that is being made comes about at the next one', async () => {
      const { leg } = await answeredCaller()
      const { leg: other } = await answeredCaller()
      const dying = world.mediaDies()
      const result = world.switch.bridge(leg, other, { signal: never() })
      await dying
      const made = await world.settled(result)
      // Either it was made before, and they are told; or it is made after.
      if (made.kind === 'bridged') {
        const ended = await Promise.race([made.bridge.ended, world.elapse(3_000)])
        if (ended) expect(ended.kind).toBe('moved')
      } else expect(made.kind).toBe('bridged')
      await world.settled(Promise.all([leg.close(), other.close()]))
    })

    it('a recording ends with it, and another one begins', async () => {
      const { leg } = await answeredCaller()
      const first = await world.settled(leg.record(world.spool(), { signal: never() }))
      expect(first.kind).toBe('recording')
      const move = moved(leg)
      await world.mediaDies()
      await move
      if (first.kind === 'recording') await world.settled(first.recording.stop())
      const second = await world.settled(leg.record(world.spool(), { signal: never() }))
      expect(second.kind).toBe('recording')
      await world.elapse(100)
      if (second.kind === 'recording') await world.settled(second.recording.stop())
      await world.settled(leg.close())
    })

    it('a telephone that rings rings on, and can be connected', async () => {
      const { leg } = await answeredCaller()
      const phone = await world.phone('never')
      const dialling = world.switch.dial(phone.target, { from, ringMs: 15_000, signal: never(), near: leg })
      await world.eventually(() => phone.ringing)
      await world.mediaDies()
      await world.elapse(1_000)
      await world.eventually(() => phone.ringing)
      phone.answer()
      const other = legOf(await world.settled(dialling))
      await bridged(leg, other)
      await world.settled(Promise.all([leg.close(), other.close()]))
    })

    it('calls that come meanwhile are taken', async () => {
      await world.mediaDies()
      const { caller, leg } = await answeredCaller()
      expect((await world.settled(leg.play([world.file(100)]))).kind).toBe('finished')
      caller.hangUp()
      expect(await world.settled(leg.hungUp)).toMatchObject({ ending: 'hangup' })
      await world.settled(leg.close())
    })

    it('a caller who is being answered in that moment is answered, and goes on at another one', async () => {
      let durable = (): void => undefined
      const when = new Promise<void>((resolve) => (durable = resolve))
      const answered = new Promise<Leg>((resolve) => world.switch.onIncoming(async (call) => resolve(legOf(await call.answer({ when })))))
      const call = world.call()
      // The channel is there, and the 200 waits for the disk.
      await world.elapse(500)
      await world.mediaDies()
      durable()
      const caller = await call
      const leg = await world.settled(answered)
      expect((await world.settled(leg.play([world.file(200)]), 8_000)).kind).toBe('finished')
      expect([leg.ended, caller.released]).toEqual([undefined, false])
      await world.settled(leg.close())
    })

    it('a party that hangs up in that moment is gone, and nothing is left', async () => {
      const { caller, leg } = await answeredCaller()
      const playing = leg.play([world.file(3_000)])
      const dying = world.mediaDies()
      caller.hangUp()
      await dying
      expect(await world.settled(leg.hungUp)).toMatchObject({ ending: 'hangup' })
      expect((await world.settled(playing)).kind).toBe('hungUp')
      await world.settled(leg.close())
    })

    it('a leg that we close in that moment is closed', async () => {
      const { caller, leg } = await answeredCaller()
      const dying = world.mediaDies()
      await world.settled(leg.close())
      await dying
      expect(leg.ended).toMatchObject({ ending: 'released' })
      await world.eventually(() => caller.released)
    })
  })
}
