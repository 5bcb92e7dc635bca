import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Leg } from '../../src/switch/port.js'
import { PhoneMedia } from './phone/media.js'
import { method, status } from './phone/message.js'
import type { CallOptions, PhoneCall } from './phone/phone.js'
import type { SocketWorld } from './socket-world.js'

const TIMEOUT_MS = 3_000
/** Time enough for a party to be asked, and hung up, if it were. */
const TWICE_MS = 2 * TIMEOUT_MS + 1_000

const never = () => new AbortController().signal

export interface Promises {
  /** FreeSWITCH does not look at where a key comes from while it empties a channel's socket (docs/guard.md, "Whose voice"). */
  readonly keysOfThePartyAtAnyMoment: boolean
}

/**
 * Who is the party, and whether it is still there: nobody else is heard, sent to, or believed; a party that is silent is not taken for one
 * that has gone. Promised of every set of servers.
 * @param open a world whose media time-out is 3 s
 */
export function partyContract(name: string, open: () => Promise<SocketWorld>, promises: Promises): void {
  describe(name, () => {
    let world: SocketWorld
    const strangers: PhoneMedia[] = []
    beforeAll(async () => void (world = await open()))
    afterAll(() => world.close())
    afterEach(async () => {
      for (const stranger of strangers.splice(0)) stranger.close()
      expect(await world.leaks()).toEqual([])
    })

    async function caller(options: CallOptions = {}): Promise<{ phone: PhoneCall; leg: Leg }> {
      let leg: Leg | undefined
      world.switch.onIncoming(async (call) => {
        const result = await call.answer()
        if (result.kind === 'answered') leg = result.leg
      })
      const phone = await (await world.place(options)).answered()
      await world.eventually(() => leg !== undefined)
      if (!leg) throw new Error('no leg')
      return { phone, leg }
    }

    /** A stranger who knows the port of a call, and sends to it whatever helps. */
    async function stranger(call: PhoneCall, address: string): Promise<PhoneMedia> {
      const made = await PhoneMedia.open(address)
      strangers.push(made)
      made.telephoneEventType = 101
      made.law = call.media.law
      made.tones = [1_900]
      made.remote = call.media.remote
      made.start()
      return made
    }

    async function end(leg: Leg): Promise<void> {
      await world.settled(leg.close())
      await world.settled(leg.hungUp)
    }

    const asked = (call: PhoneCall): number => call.seen.filter(({ message }) => method(message) === 'OPTIONS').length

    describe.each(['127.0.0.1', '127.0.0.9'])('a stranger at %s', (address) => {
      it('hears nothing and presses nothing, in the silence of the party or beside its voice', async () => {
        const { phone, leg } = await caller()
        phone.media.mute = true
        const villain = await stranger(phone, address)
        void leg.play([world.file(4_000, 700)])
        await phone.media.hears(700)
        await villain.press('1')
        await world.elapse(300)
        phone.media.mute = false
        await world.elapse(300)
        await villain.press('1')
        await world.elapse(300)
        await phone.media.press('2')
        expect(await world.settled(leg.listenFor({ keys: ['1', '2'], signal: never() }))).toMatchObject({ kind: 'key', key: '2' })
        expect(villain.packets).toEqual([])
        await end(leg)
      })

      if (promises.keysOfThePartyAtAnyMoment)
        it('presses nothing in the moments in which pieces end and begin, however often they try', async () => {
          const { phone, leg } = await caller()
          const villain = await stranger(phone, address)
          const playing = leg.play(Array.from({ length: 12 }, () => world.file(100, 700)))
          for (let presses = 0; presses < 12; presses++) await villain.press('1')
          await world.settled(playing)
          await phone.media.press('3')
          expect(await world.settled(leg.listenFor({ keys: ['1', '3'], signal: never() }))).toMatchObject({ kind: 'key', key: '3' })
          await end(leg)
        })

      it('finds nobody at the port of a party that has hung up', async () => {
        const { phone, leg } = await caller()
        const villain = await stranger(phone, address)
        await end(leg)
        await world.elapse(300)
        expect(villain.packets).toEqual([])
      })
    })

    describe('a party behind NAT, that names an address at which it is not', () => {
      it('is heard and hears, and a stranger who was there first from elsewhere has no key and loses what they had', async () => {
        const { phone, leg } = await caller({ mediaAddress: '10.77.0.1' })
        phone.media.tones = [1_500]
        void leg.play([world.file(6_000, 700)])
        await phone.media.hears(700, 4_000)
        await phone.media.press('3')
        expect(await world.settled(leg.listenFor({ keys: ['3'], signal: never() }))).toMatchObject({ kind: 'key', key: '3' })
        const villain = await stranger(phone, '127.0.0.9')
        await villain.press('1')
        await world.elapse(300)
        await phone.media.press('4')
        expect(await world.settled(leg.listenFor({ keys: ['1', '4'], signal: never() }))).toMatchObject({ kind: 'key', key: '4' })
        expect(villain.packets).toEqual([])
        await end(leg)
      })

      it('is not mistaken for a stranger who sprays from elsewhere while it is quiet', async () => {
        const silent = await world.telephone()
        const call = await silent.call(world.dialIn, { mediaAddress: '10.77.0.1' })
        call.media.mute = true
        let leg: Leg | undefined
        world.switch.onIncoming(async (incoming) => {
          const result = await incoming.answer()
          if (result.kind === 'answered') leg = result.leg
        })
        await call.answered()
        const villain = await stranger(call, '127.0.0.9')
        await villain.press('1')
        await world.eventually(() => leg !== undefined)
        await world.elapse(1_500)
        const before = villain.packets.length
        void leg?.play([world.file(3_000, 700)])
        await villain.press('1')
        await world.elapse(1_500)
        // FreeSWITCH sends silence to the first source, until it has been asked which that is.
        expect(villain.packets.length - before).toBeLessThan(20)
        expect(villain.firstHeard(700)).toBeUndefined()
        const abort = new AbortController()
        const heard = leg?.listenFor({ keys: ['1'], signal: abort.signal })
        await world.elapse(200)
        abort.abort()
        expect(await heard).toEqual({ kind: 'cancelled' })
        if (leg) await end(leg)
      })
    })

    describe('a description', () => {
      it('that names a third host brings it nothing until it has sent something', async () => {
        const third = await PhoneMedia.open('127.0.0.7')
        strangers.push(third)
        const { phone, leg } = await caller({ mediaAddress: '127.0.0.7', mediaPort: third.port })
        phone.media.mute = true
        void leg.play([world.file(8_000, 700)])
        await world.elapse(1_000)
        expect(third.packets).toEqual([])
        third.law = phone.media.law
        third.remote = phone.media.remote
        third.start()
        await third.hears(700, 4_000)
        await end(leg)
      })

      it.each([
        ['a group', () => ({ address: '224.0.0.7', port: 4000 })],
        ['everybody', () => ({ address: '255.255.255.255', port: 4000 })],
        ['the port at which we hear it', (call: PhoneCall) => call.media.remote],
        ['the port at which we take calls', () => world.servers.sip],
      ])('that names %s is refused, and the call goes on as it was', async (_what, place) => {
        const { phone, leg } = await caller()
        const named = place(phone)
        if (!named) throw new Error('no media')
        expect(status(await phone.reinvite('sendrecv', named))).toBe(488)
        void leg.play([world.file(2_000, 700)])
        await phone.media.hears(700, 3_000, performance.now())
        await end(leg)
      })
    })

    describe('one key', () => {
      async function pressed(leg: Leg, count: number): Promise<string> {
        const keys: string[] = []
        for (let left = count; left > 0; left--) {
          const heard = await world.settled(leg.listenFor({ keys: ['1', '2', '3'], signal: never() }))
          keys.push(heard.kind === 'key' ? heard.key : heard.kind)
        }
        // Whatever is told twice would come now.
        await world.elapse(500)
        const abort = new AbortController()
        const more = leg.listenFor({ keys: ['1'], signal: abort.signal })
        abort.abort()
        const surplus = await more
        return keys.join('') + (surplus.kind === 'cancelled' ? '' : ` and ${surplus.kind}`)
      }

      it('of a phone that gives each packet of it a timestamp of its own is one key', async () => {
        const { phone, leg } = await caller()
        await world.elapse(300)
        for (const key of ['1', '1', '2']) {
          await phone.media.press(key, 100, true)
          await world.elapse(160)
        }
        expect(await pressed(leg, 3)).toBe('112')
        await end(leg)
      })

      it('in an INFO is one key, in every form that phones write', async () => {
        const { phone, leg } = await caller()
        for (const [type, body] of [
          ['application/dtmf', '1'],
          ['application/dtmf', 'Signal=2\r\nDuration=160\r\n'],
          ['application/dtmf-relay', 'Signal= 3\nDuration= 160\n'],
        ] as const) {
          expect(status(await phone.inDialog('INFO', body, [['Content-Type', type]]))).toBe(200)
        }
        expect(await pressed(leg, 3)).toBe('123')
        await end(leg)
      })
    })

    describe('a party that is silent', () => {
      it.each([
        ['holds the call, sending nothing', 'inactive'],
        ['holds the call, able to play music', 'sendonly'],
        ['is muted, and sends nothing', undefined],
      ])(
        'because it %s, is asked, and stays',
        async (_what, direction) => {
          const { phone, leg } = await caller()
          await world.elapse(300)
          if (direction !== undefined) expect(status(await phone.reinvite(direction))).toBe(200)
          phone.media.mute = true
          await world.elapse(TWICE_MS)
          expect(asked(phone)).toBeGreaterThanOrEqual(1)
          expect(phone.byeAt).toBeUndefined()
          phone.media.mute = false
          if (direction !== undefined) expect(status(await phone.reinvite('sendrecv'))).toBe(200)
          await phone.media.press('1')
          expect(await world.settled(leg.listenFor({ keys: ['1'], signal: never() }))).toMatchObject({ kind: 'key' })
          await end(leg)
        },
        20_000,
      )

      it('because it holds the call as RFC 2543 had it, naming no address, stays, and hears nothing until it resumes', async () => {
        const { phone, leg } = await caller()
        void leg.play([{ kind: 'tone', tone: 'busy' }], { loop: true })
        await phone.media.hears(400)
        expect(status(await phone.reinvite('sendrecv', { address: '0.0.0.0', port: phone.media.port }))).toBe(200)
        phone.media.mute = true
        await world.elapse(300)
        const before = phone.media.packets.length
        await world.elapse(TWICE_MS)
        expect(phone.media.packets.length - before).toBeLessThanOrEqual(1)
        expect(phone.byeAt).toBeUndefined()
        phone.media.mute = false
        expect(status(await phone.reinvite('sendrecv'))).toBe(200)
        await phone.media.hears(400, 3_000, performance.now())
        await end(leg)
      }, 20_000)

      it('in a talk stays, and so does the other', async () => {
        const one = await caller()
        const other = await caller()
        const bridged = await world.settled(world.switch.bridge(one.leg, other.leg, { signal: never() }))
        if (bridged.kind !== 'bridged') throw new Error(bridged.kind)
        await world.elapse(300)
        one.phone.media.mute = true
        expect(status(await one.phone.reinvite('inactive'))).toBe(200)
        await world.elapse(TWICE_MS)
        expect([one.phone.byeAt, other.phone.byeAt]).toEqual([undefined, undefined])
        one.phone.media.mute = false
        one.phone.media.tones = [1_500]
        expect(status(await one.phone.reinvite('sendrecv'))).toBe(200)
        await other.phone.media.hears(1_500, 4_000, performance.now())
        await end(one.leg)
        await end(other.leg)
      }, 25_000)

      it('and knows nothing of the call any more is hung up', async () => {
        const { phone, leg } = await caller()
        await world.elapse(100)
        phone.media.mute = true
        phone.refuse.set('OPTIONS', 481)
        expect(await world.settled(leg.hungUp, 12_000)).toMatchObject({ ending: 'mediaTimeout' })
        await phone.ended()
        await end(leg)
      }, 20_000)
    })
  })
}
