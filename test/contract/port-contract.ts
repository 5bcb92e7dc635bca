import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AnswerResult, DialResult, IncomingCall, Leg } from '../../src/switch/port.js'
import { expectNothingLeftOver } from './left-over.js'
import type { Caller, Manner, RungPhone, World } from './world.js'

const from = { number: '+441632960000', displayName: 'Advice line' }

/**
 * What every implementation of the port does, in the words of the port. Nothing here knows of SIP or RTP; what takes real sound is in
 * `audio-contract.ts`.
 */
export function portContract(name: string, open: () => Promise<World>): void {
  describe(`the port, kept by ${name}`, () => {
    let world: World

    expectNothingLeftOver()
    beforeAll(async () => {
      world = await open()
    })
    afterEach(async () => {
      expect(await world.leaks()).toEqual([])
    })
    afterAll(() => world.close())

    /** A caller rings us; the handler hands the call out and stays until it is over. */
    async function arrival(options: { alien?: boolean } = {}): Promise<{ caller: Caller; call: IncomingCall; done: () => void }> {
      let done: () => void = () => undefined
      const arrived = new Promise<IncomingCall>((resolve) => {
        world.switch.onIncoming((call) => {
          resolve(call)
          return new Promise<void>((finish) => (done = finish))
        })
      })
      const caller = await world.call(options)
      const call = await world.settled(arrived)
      return { caller, call, done: () => done() }
    }

    async function answeredCaller(): Promise<{ caller: Caller; leg: Leg; done: () => void }> {
      const { caller, call, done } = await arrival()
      const leg = legOf(await world.settled(call.answer()))
      return { caller, leg, done }
    }

    async function answeredPhone(manner: Manner = { answersAfterMs: 20 }): Promise<{ phone: RungPhone; leg: Leg }> {
      const phone = await world.phone(manner)
      const result = await world.settled(world.switch.dial(phone.target, { from, ringMs: 3_000, signal: never() }))
      return { phone, leg: legOf(result) }
    }

    describe('a call that comes in', () => {
      it('is answered, and ends when the caller hangs up', async () => {
        const { caller, leg, done } = await answeredCaller()
        expect(leg.ended).toBeUndefined()
        caller.hangUp()
        expect(await world.settled(leg.hungUp)).toMatchObject({ ending: 'hangup' })
        expect(leg.ended).toMatchObject({ ending: 'hangup' })
        await world.settled(leg.close())
        done()
      })

      it('is released when we close the leg, and closing twice is harmless', async () => {
        const { caller, leg, done } = await answeredCaller()
        await world.settled(Promise.all([leg.close(), leg.close()]))
        expect(leg.ended).toMatchObject({ ending: 'released' })
        await world.settled(leg.close())
        await world.eventually(() => caller.released)
        done()
      })

      it('tells who rings and what was dialled', async () => {
        const { caller, call, done } = await arrival()
        expect(call.callerNumber).toBe('01865000001')
        expect(call.dialledNumber).toBe('7001')
        expect(call.header('X-Not-There')).toBeUndefined()
        await world.settled(call.reject(486))
        await world.eventually(() => caller.refusedWith === 486)
        done()
      })

      it('tells that the caller gave up before we answered', async () => {
        const { caller, call, done } = await arrival()
        expect(call.signal.aborted).toBe(false)
        caller.hangUp()
        await world.eventually(() => call.signal.aborted)
        expect(await world.settled(call.answer())).toEqual({ kind: 'cancelled' })
        await world.settled(call.reject(486))
        done()
      })

      it('is answered or given up, never both, when the two cross', async () => {
        const { caller, call, done } = await arrival()
        const answer = call.answer()
        caller.hangUp()
        const result = await world.settled(answer)
        if (result.kind === 'answered') {
          await world.settled(result.leg.hungUp)
          await world.settled(result.leg.close())
        } else expect(result.kind).toBe('cancelled')
        done()
      })

      it('is refused with 488 when there is no codec in common', async () => {
        const { caller, call, done } = await arrival({ alien: true })
        expect(await world.settled(call.answer())).toEqual({ kind: 'noCommonCodec' })
        await world.eventually(() => caller.refusedWith === 488)
        done()
      })

      it('gets 500 from a handler that forgets it', async () => {
        world.switch.onIncoming(() => Promise.resolve())
        const caller = await world.call()
        await world.eventually(() => caller.refusedWith === 500)
      })

      it('gets 500 from a handler that breaks', async () => {
        world.switch.onIncoming(() => Promise.reject(new Error('a bug')))
        const caller = await world.call()
        await world.eventually(() => caller.refusedWith === 500)
      })
    })

    describe('ringing a telephone', () => {
      it('is answered', async () => {
        const heard: string[] = []
        const phone = await world.phone({ answersAfterMs: 60 })
        const result = await world.settled(
          world.switch.dial(phone.target, {
            from,
            ringMs: 3_000,
            signal: never(),
            onSent: ({ sipCallId }) => heard.push(sipCallId),
            onRinging: () => heard.push('rings'),
          }),
        )
        const leg = legOf(result)
        expect(heard).toEqual([expect.stringMatching(/./), 'rings'])
        expect(result.kind === 'answered' && result.rangMs).toBeGreaterThanOrEqual(50)
        phone.person?.hangUp()
        expect(await world.settled(leg.hungUp)).toMatchObject({ ending: 'hangup' })
        await world.settled(leg.close())
      })

      it.each([
        [486, 'busy'],
        [603, 'declined'],
        [480, 'unavailable'],
        [404, 'badNumber'],
      ] as const)('meets a refusal with %i: %s', async (status, kind) => {
        const phone = await world.phone({ refusesWith: status })
        expect(await world.settled(world.switch.dial(phone.target, { from, ringMs: 3_000, signal: never() }))).toMatchObject({
          kind,
          status,
        })
      })

      it('meets the ring time-out, neither early nor late', async () => {
        const phone = await world.phone('never')
        const began = world.now()
        const result = await world.settled(world.switch.dial(phone.target, { from, ringMs: 300, signal: never() }))
        expect(result.kind).toBe('noAnswer')
        expect(result.kind === 'noAnswer' && result.rangMs).toBeGreaterThanOrEqual(295)
        // A machine that is busy may be late; a second (what other switches allow themselves) is not lateness of the machine.
        expect(world.now() - began).toBeLessThan(1_300)
        await world.eventually(() => !phone.ringing)
      })

      it('is cancelled', async () => {
        const phone = await world.phone('never')
        const abort = new AbortController()
        const dialling = world.switch.dial(phone.target, { from, ringMs: 3_000, signal: abort.signal, onRinging: () => abort.abort() })
        expect(await world.settled(dialling)).toEqual({ kind: 'cancelled' })
        await world.elapse(50)
        await world.eventually(() => !phone.ringing)
      })

      it('does not begin when it was cancelled before', async () => {
        const phone = await world.phone({ answersAfterMs: 1 })
        expect(await world.settled(world.switch.dial(phone.target, { from, ringMs: 3_000, signal: AbortSignal.abort() }))).toEqual({
          kind: 'cancelled',
        })
        await world.elapse(100)
        expect(phone.person).toBeUndefined()
      })

      it.each([1, 5, 15, 30])('is cancelled %i ms after it began, without a trace', async (ms) => {
        const phone = await world.phone('never')
        const abort = new AbortController()
        const dialling = world.switch.dial(phone.target, { from, ringMs: 3_000, signal: abort.signal })
        await world.elapse(ms)
        abort.abort()
        expect(await world.settled(dialling)).toEqual({ kind: 'cancelled' })
        await world.elapse(50)
        await world.eventually(() => !phone.ringing)
      })

      it('has one outcome when the answer crosses the time-out, and nobody is left on the line', async () => {
        for (const answersAfterMs of [192, 196, 200, 204, 208]) {
          const phone = await world.phone({ answersAfterMs })
          const result = await world.settled(world.switch.dial(phone.target, { from, ringMs: 200, signal: never() }))
          expect(['answered', 'noAnswer']).toContain(result.kind)
          if (result.kind === 'answered') await world.settled(result.leg.close())
          await world.eventually(() => !phone.ringing && (phone.person?.released ?? true))
        }
      })
    })

    describe('playing', () => {
      it('finishes after the length of the pieces', async () => {
        const { leg, done } = await answeredCaller()
        const began = world.now()
        const played = await world.settled(leg.play([world.file(200), { kind: 'silence', ms: 100 }, world.file(200)]))
        expect(played.kind).toBe('finished')
        const ms = played.kind === 'finished' ? played.ms : 0
        expect(ms).toBeGreaterThanOrEqual(440)
        expect(world.now() - began).toBeLessThan(2_500)
        await world.settled(leg.close())
        done()
      })

      it('is cancelled in the middle, and the next play is heard in full', async () => {
        const { leg, done } = await answeredCaller()
        const abort = new AbortController()
        const playing = leg.play([world.file(2_000)], { signal: abort.signal })
        await world.elapse(200)
        abort.abort()
        expect((await world.settled(playing)).kind).toBe('cancelled')
        const next = await world.settled(leg.play([world.file(300)]))
        expect(next.kind).toBe('finished')
        expect(next.kind === 'finished' && next.ms).toBeGreaterThanOrEqual(270)
        await world.settled(leg.close())
        done()
      })

      it('is replaced by the next play', async () => {
        const { leg, done } = await answeredCaller()
        const first = leg.play([{ kind: 'tone', tone: 'ringback' }])
        await world.elapse(100)
        const second = leg.play([world.file(200)])
        expect((await world.settled(first)).kind).toBe('cancelled')
        expect((await world.settled(second)).kind).toBe('finished')
        await world.settled(leg.close())
        done()
      })

      it('is cancelled at any moment, however early', async () => {
        const { leg, done } = await answeredCaller()
        for (const ms of [0, 2, 10, 20, 40]) {
          const abort = new AbortController()
          const playing = leg.play([world.file(1_000)], { signal: abort.signal })
          if (ms > 0) await world.elapse(ms)
          abort.abort()
          expect((await world.settled(playing)).kind).toBe('cancelled')
        }
        expect((await world.settled(leg.play([world.file(100)]))).kind).toBe('finished')
        await world.settled(leg.close())
        done()
      })

      it('does not begin when it was cancelled before', async () => {
        const { leg, done } = await answeredCaller()
        expect(await world.settled(leg.play([world.file(100)], { signal: AbortSignal.abort() }))).toEqual({ kind: 'cancelled', ms: 0 })
        await world.settled(leg.close())
        done()
      })

      it('goes round and round until it is stopped', async () => {
        const { leg, done } = await answeredCaller()
        const abort = new AbortController()
        const playing = leg.play([world.file(100), { kind: 'silence', ms: 50 }], { signal: abort.signal, loop: true })
        await world.elapse(700)
        abort.abort()
        const played = await world.settled(playing)
        expect(played.kind === 'cancelled' && played.ms).toBeGreaterThan(500)
        await world.settled(leg.close())
        done()
      })

      it('ends with the leg, whichever side ends it', async () => {
        for (const who of ['party', 'we'] as const) {
          const { caller, leg, done } = await answeredCaller()
          const playing = leg.play([{ kind: 'tone', tone: 'ringback' }])
          await world.elapse(100)
          if (who === 'party') caller.hangUp()
          else void leg.close()
          expect(await world.settled(playing)).toEqual({ kind: 'hungUp' })
          expect(await world.settled(leg.play([world.file(100)]))).toEqual({ kind: 'hungUp' })
          await world.settled(leg.close())
          done()
        }
      })
    })

    describe('keys', () => {
      it('are found when they are pressed before anybody listens', async () => {
        const { caller, leg, done } = await answeredCaller()
        caller.press('4')
        await world.elapse(700)
        caller.press('2')
        await world.elapse(700)
        expect(await world.settled(leg.listenFor({ keys: ['4'], signal: never() }))).toMatchObject({ kind: 'key', key: '4' })
        expect(await world.settled(leg.listenFor({ keys: ['4'], signal: never() }))).toMatchObject({ kind: 'otherKey', key: '2' })
        await world.settled(leg.close())
        done()
      })

      it('are heard through a prompt', async () => {
        const { caller, leg, done } = await answeredCaller()
        const playing = leg.play([{ kind: 'tone', tone: 'ringback' }])
        await world.elapse(200)
        const heard = leg.listenFor({ keys: ['1'], signal: never() })
        caller.press('1')
        expect(await world.settled(heard)).toMatchObject({ kind: 'key', key: '1' })
        await world.settled(leg.close())
        expect(await world.settled(playing)).toEqual({ kind: 'hungUp' })
        done()
      })

      it('are forgotten on request', async () => {
        const { caller, leg, done } = await answeredCaller()
        caller.press('3')
        await world.elapse(700)
        leg.dropKeys()
        const abort = new AbortController()
        const heard = leg.listenFor({ keys: ['3'], signal: abort.signal })
        await world.elapse(100)
        abort.abort()
        expect(await world.settled(heard)).toEqual({ kind: 'cancelled' })
        await world.settled(leg.close())
        done()
      })

      it('come no more when the party has gone', async () => {
        const { caller, leg, done } = await answeredCaller()
        const heard = leg.listenFor({ keys: ['1'], signal: never() })
        caller.hangUp()
        expect(await world.settled(heard)).toEqual({ kind: 'hungUp' })
        expect(await world.settled(leg.listenFor({ keys: ['1'], signal: never() }))).toEqual({ kind: 'hungUp' })
        await world.settled(leg.close())
        done()
      })
    })

    describe('a bridge', () => {
      it('ends when one hangs up; the other stays and can be played to at once', async () => {
        for (const who of ['caller', 'called'] as const) {
          const { caller, leg: a, done } = await answeredCaller()
          const { phone, leg: b } = await answeredPhone()
          const result = await world.settled(world.switch.bridge(a, b, { signal: never() }))
          if (result.kind !== 'bridged') throw new Error(`not bridged: ${result.kind}`)
          await world.elapse(300)
          const [goes, stays] = who === 'caller' ? [a, b] : [b, a]
          if (who === 'caller') caller.hangUp()
          else phone.person?.hangUp()
          expect(await world.settled(result.bridge.ended)).toMatchObject({ kind: 'hungUp', first: goes, hangUp: { ending: 'hangup' } })
          expect(stays.ended).toBeUndefined()
          expect((await world.settled(stays.play([world.file(200)]))).kind).toBe('finished')
          await world.settled(result.bridge.unbridge())
          await world.settled(Promise.all([a.close(), b.close()]))
          done()
        }
      })

      it('comes apart, and both can be played to at once', async () => {
        const { leg: a, done } = await answeredCaller()
        const { leg: b } = await answeredPhone()
        const result = await world.settled(world.switch.bridge(a, b, { signal: never() }))
        if (result.kind !== 'bridged') throw new Error(`not bridged: ${result.kind}`)
        await world.elapse(200)
        await world.settled(Promise.all([result.bridge.unbridge(), result.bridge.unbridge()]))
        expect(await world.settled(result.bridge.ended)).toEqual({ kind: 'unbridged' })
        const plays = await world.settled(Promise.all([a.play([world.file(200)]), b.play([world.file(200)])]))
        expect(plays.map((played) => played.kind)).toEqual(['finished', 'finished'])
        const again = await world.settled(world.switch.bridge(a, b, { signal: never() }))
        expect(again.kind).toBe('bridged')
        await world.settled(Promise.all([a.close(), b.close()]))
        done()
      })

      it('cuts off what either was playing', async () => {
        const { leg: a, done } = await answeredCaller()
        const { leg: b } = await answeredPhone()
        const plays = [a.play([{ kind: 'tone', tone: 'ringback' }]), b.play([world.file(3_000)])]
        await world.elapse(200)
        const result = await world.settled(world.switch.bridge(a, b, { signal: never() }))
        expect(result.kind).toBe('bridged')
        expect((await world.settled(Promise.all(plays))).map((played) => played.kind)).toEqual(['cancelled', 'cancelled'])
        await world.settled(Promise.all([a.close(), b.close()]))
        done()
      })

      it('does not come about with a party that has gone, or when it was cancelled', async () => {
        const { leg: a, done } = await answeredCaller()
        const { leg: b } = await answeredPhone()
        expect(await world.settled(world.switch.bridge(a, b, { signal: AbortSignal.abort() }))).toEqual({ kind: 'cancelled' })
        await world.settled(b.close())
        expect(await world.settled(world.switch.bridge(a, b, { signal: never() }))).toMatchObject({ kind: 'hungUp', leg: b })
        await world.settled(a.close())
        done()
      })

      it('settles when a party hangs up in the moment in which it is made', async () => {
        const { leg: a, done } = await answeredCaller()
        const { phone, leg: b } = await answeredPhone()
        const bridging = world.switch.bridge(a, b, { signal: never() })
        phone.person?.hangUp()
        const result = await world.settled(bridging)
        if (result.kind === 'bridged') expect(await world.settled(result.bridge.ended)).toMatchObject({ kind: 'hungUp' })
        else expect(result).toMatchObject({ kind: 'hungUp', leg: b })
        expect((await world.settled(a.play([world.file(100)]))).kind).toBe('finished')
        await world.settled(Promise.all([a.close(), b.close()]))
        done()
      })
    })

    describe('a recording', () => {
      it('runs through a bridge and stops twice', async () => {
        const { leg: a, done } = await answeredCaller()
        const { leg: b } = await answeredPhone()
        const recorded = await world.settled(a.record(world.spool(), { signal: never() }))
        if (recorded.kind !== 'recording') throw new Error(`not recording: ${recorded.kind}`)
        await world.settled(world.switch.bridge(a, b, { signal: never() }))
        await world.elapse(200)
        await world.settled(Promise.all([recorded.recording.stop(), recorded.recording.stop()]))
        await world.settled(Promise.all([a.close(), b.close()]))
        await world.settled(recorded.recording.stop())
        done()
      })

      it('ends with the leg', async () => {
        const { caller, leg, done } = await answeredCaller()
        const recorded = await world.settled(leg.record(world.spool(), { signal: never() }))
        if (recorded.kind !== 'recording') throw new Error(`not recording: ${recorded.kind}`)
        caller.hangUp()
        await world.settled(leg.hungUp)
        await world.settled(recorded.recording.stop())
        expect(await world.settled(leg.record(world.spool(), { signal: never() }))).toEqual({ kind: 'hungUp' })
        await world.settled(leg.close())
        done()
      })
    })
  })
}

export function never(): AbortSignal {
  return new AbortController().signal
}

export function legOf(result: AnswerResult | DialResult): Leg {
  if (result.kind !== 'answered') throw new Error(`not answered: ${JSON.stringify(result)}`)
  return result.leg
}
