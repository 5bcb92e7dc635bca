import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DialOptions, DialResult, Sent } from '../../src/switch/port.js'
import type { Trunk } from '../../src/switch/drachtio/settings.js'
import { header } from './phone/message.js'
import { credentialsOf, TestTrunk, type TrunkInvite, type TrunkOptions } from './phone/trunk.js'
import { SocketWorld, type Servers } from './socket-world.js'

const number = '+441632960123'
const challenge = (nonce: string, more = '') =>
  `Digest realm="trunk.example", nonce="${nonce}", algorithm=MD5, qop="auth", opaque="00ff"${more}`

/** What the adapter does with several trunks, and with trunks that ask who it is, on whatever servers. */
export function trunkContract(name: string, start: () => Promise<Servers>): void {
  describe(name, { timeout: 30_000 }, () => {
    let world: SocketWorld
    let trunks: TestTrunk[]
    let states: string[]

    beforeEach(() => {
      trunks = []
      states = []
    })
    afterEach(async () => {
      try {
        expect(await world.leaks()).toEqual([])
      } finally {
        for (const each of trunks) each.close()
        await world.close()
      }
    })

    /** Trunks called a, b, c. */
    async function open(...kinds: readonly (TrunkOptions & Pick<Trunk, 'user' | 'password'>)[]): Promise<void> {
      trunks = await Promise.all(kinds.map((kind) => TestTrunk.open(kind)))
      const settings = trunks.map(({ address }, index) => {
        const { user, password } = kinds[index]!
        return { name: 'abc'[index]!, address, ...(user === undefined ? {} : { user, password: password ?? '' }) }
      })
      world = await SocketWorld.open(await start(), {
        trunks: settings,
        onTrunk: (trunk, failing) => states.push(failing === undefined ? `${trunk} carries` : `${trunk} fails: ${failing}`),
      })
    }

    function dial(more: Partial<DialOptions> = {}): Promise<DialResult> {
      return world.switch.dial(
        { kind: 'number', number },
        { from: { number: '+441632960000', displayName: 'Advice line' }, ringMs: 10_000, signal: new AbortController().signal, ...more },
      )
    }

    const trunk = (index: number) => trunks[index]!
    const always = (act: (invite: TrunkInvite) => void) => (invite: TrunkInvite) => act(invite)
    const rejects = (status: number, headers: readonly (readonly [string, string])[] = []) =>
      always((invite) => invite.reply(status, 'No', headers))
    const answers = always((invite) => {
      invite.reply(180)
      invite.answer()
    })
    async function answered(dialling: Promise<DialResult>): Promise<void> {
      const result = await dialling
      if (result.kind !== 'answered') throw new Error(JSON.stringify(result))
      await result.leg.close()
    }

    it.each([500, 502, 503, 504, 408, 403])('goes to the next trunk when the first says %i before anybody rang', async (status) => {
      await open({}, {})
      trunk(0).onInvite = rejects(status)
      trunk(1).onInvite = answers
      const sent: Sent[] = []
      await answered(dial({ onSent: (one) => sent.push(one) }))
      expect(sent).toMatchObject([
        { sipCallId: trunk(0).invites[0]?.callId, trunk: 'a' },
        { sipCallId: trunk(1).invites[0]?.callId, trunk: 'b' },
      ])
      expect(trunk(0).invites).toHaveLength(1)
      expect(trunk(1).invites.map(({ dialled }) => dialled)).toEqual([number])
    })

    it.each([486, 600, 603, 404, 410, 484, 480, 488])('leaves it at that when the far end says %i', async (status) => {
      await open({}, {})
      trunk(0).onInvite = rejects(status)
      const result = await dial()
      expect(result).toMatchObject({ status })
      await world.elapse(100)
      expect(trunk(1).seen).toEqual([])
      expect(states).toEqual([])
    })

    it.each([408, 500, 503, 487])('leaves it at that when it says %i after the telephone has rung', async (status) => {
      await open({}, {})
      trunk(0).onInvite = (invite) => {
        invite.reply(180)
        setTimeout(() => invite.reply(status), 100)
      }
      expect((await dial()).kind).not.toBe('answered')
      await world.elapse(100)
      expect(trunk(1).seen).toEqual([])
      expect(states).toEqual([])
    })

    it('gives up a silent trunk after four seconds, lets the second ring, and tries the silent one last from then on', async () => {
      await open({ options: false }, {})
      trunk(1).onInvite = answers
      const began = world.now()
      await answered(dial())
      const took = world.now() - began
      expect(took).toBeGreaterThan(3_500)
      expect(took).toBeLessThan(5_500)
      expect(trunk(0).of('OPTIONS').length).toBeGreaterThan(0)
      expect(states).toEqual(['a fails: the trunk does not answer'])
      const again = world.now()
      await answered(dial())
      expect(world.now() - again).toBeLessThan(1_500)
      // It wakes up while its INVITE is still being sent: it hears of the CANCEL at once.
      const late = trunk(0).invites[0]!
      late.reply(100)
      await world.eventually(() => late.cancelledAt !== undefined)
    })

    it('tries a closed port at once no more', async () => {
      await open({}, {})
      trunk(0).close()
      trunk(1).onInvite = answers
      await answered(dial())
      expect(states).toHaveLength(1)
      expect(states[0]).toMatch(/^a fails: /)
    })

    it('waits for a trunk that is there and takes its time to ring', async () => {
      await open({}, {})
      trunk(0).onInvite = (invite) => {
        invite.reply(100)
        setTimeout(() => answers(invite), 5_500)
      }
      await answered(dial())
      expect(trunk(1).seen).toEqual([])
      expect(states).toEqual([])
    })

    it('says of an only trunk that it is silent, when the ring time is over', async () => {
      await open({ options: false })
      const result = await dial({ ringMs: 3_000 })
      expect(result).toMatchObject({ kind: 'failed', fault: 'trunk', reason: 'the trunk does not answer' })
      expect(states).toHaveLength(1)
    })

    it('tries trunks in their order when all have failed, and says when one carries calls again', async () => {
      await open({}, {})
      for (const each of trunks) each.onInvite = rejects(503)
      expect(await dial()).toMatchObject({ kind: 'failed', fault: 'trunk', status: 503 })
      expect(await dial()).toMatchObject({ kind: 'failed', fault: 'trunk', status: 503 })
      expect(trunks.map(({ invites }) => invites.length)).toEqual([2, 2])
      trunk(0).onInvite = rejects(486)
      expect(await dial()).toMatchObject({ kind: 'busy' })
      expect(states.at(-1)).toBe('a carries')
      await dial()
      expect(trunks.map(({ invites }) => invites.length)).toEqual([4, 2])
    })

    it('uses only the trunks that may carry the number', async () => {
      await open({}, {}, {})
      for (const each of trunks) each.onInvite = rejects(503)
      await dial({ trunks: ['c', 'a'] })
      expect(trunks.map(({ invites }) => invites.length)).toEqual([1, 0, 1])
      expect(await dial({ trunks: [] })).toMatchObject({ kind: 'failed', fault: 'ours' })
      expect(trunks.map(({ invites }) => invites.length)).toEqual([1, 0, 1])
    })

    it('counts failing over into the ring time', async () => {
      await open({ options: false }, {})
      const began = world.now()
      const result = await dial({ ringMs: 3_000 })
      expect(result.kind).toBe('noAnswer')
      expect(world.now() - began).toBeLessThan(4_500)
      expect(trunk(1).invites).toHaveLength(1)
    })

    const password = 'a,b:c"d@e'
    const known = { user: 'ringround', password }

    it.each([401, 407] as const)('answers a challenge (%i) with MD5 and qop=auth, within the same call', async (status) => {
      await open(known)
      trunk(0).onInvite = (invite) => {
        if (invite === trunk(0).invites[0]) return invite.challenge(status, challenge('n1'))
        answers(invite)
      }
      await answered(dial())
      const [first, second, ...more] = trunk(0).invites
      expect(more).toEqual([])
      const given = credentialsOf(second!.message, password)
      expect(given).toMatchObject({
        right: true,
        header: status === 401 ? 'Authorization' : 'Proxy-Authorization',
        fields: {
          username: 'ringround',
          realm: 'trunk.example',
          nonce: 'n1',
          nc: '00000001',
          opaque: '00ff',
          uri: `sip:${number}@${trunk(0).address}`,
        },
      })
      expect(second!.callId).toBe(first!.callId)
      expect(second!.cseq).toBe(first!.cseq + 1)
      expect(second!.branch).not.toBe(first!.branch)
      expect(header(second!.message, 'From')).toBe(header(first!.message, 'From'))
      // The refusal is acknowledged within its own transaction, the answer in one of its own.
      await world.eventually(() => trunk(0).of('BYE').length > 0)
      const acks = trunk(0).of('ACK')
      expect(acks.map((ack) => header(ack, 'CSeq'))).toEqual([`${first!.cseq} ACK`, `${second!.cseq} ACK`])
      expect(header(acks[0]!, 'Via')).toContain(first!.branch)
      expect(header(acks[1]!, 'Via')).not.toContain(second!.branch)
      expect(Number(header(trunk(0).of('BYE')[0]!, 'CSeq')?.split(' ')[0])).toBeGreaterThan(second!.cseq)
      expect(states).toEqual([])
    })

    it('tries once more when its credentials came too late, and not a third time', async () => {
      await open(known)
      let stale = 1
      trunk(0).onInvite = (invite) => {
        const given = credentialsOf(invite.message, password)
        if (!given) return invite.challenge(401, challenge(`n${trunk(0).invites.length}`))
        if (stale-- > 0) return invite.challenge(401, challenge('n9', ', stale=true'))
        answers(invite)
      }
      await answered(dial())
      expect(trunk(0).invites).toHaveLength(4)
      stale = 99
      expect(await dial()).toMatchObject({ kind: 'failed', fault: 'trunk', status: 401 })
      expect(trunk(0).invites).toHaveLength(8)
    })

    it('rings no longer than it was to when its credentials came too late, late', async () => {
      await open(known)
      const late = 2_000
      trunk(0).onInvite = (invite) => {
        const given = credentialsOf(invite.message, password)
        if (!given) return invite.challenge(401, challenge(`n${trunk(0).invites.length}`))
        if (given.fields['nonce'] !== 'n1') return invite.reply(180)
        invite.reply(100)
        setTimeout(() => invite.challenge(401, challenge('n9', ', stale=true')), late)
      }
      const began = world.now()
      expect((await dial({ ringMs: 4_000 })).kind).toBe('noAnswer')
      const took = world.now() - began
      expect(trunk(0).invites).toHaveLength(4)
      expect(took).toBeGreaterThan(3_900)
      // Begun again at the second try, it would be over after six seconds.
      expect(took).toBeLessThan(4_000 + late / 2)
    })

    it.each([401, 407, 403] as const)(
      'goes to the next trunk when its password is not taken (%i), without asking for ever',
      async (status) => {
        await open({ user: 'ringround', password: 'wrong' }, {})
        trunk(0).onInvite = (invite) => {
          if (credentialsOf(invite.message, password) && status === 403) return invite.reply(403)
          invite.challenge(status === 407 ? 407 : 401, challenge(`n${trunk(0).invites.length}`))
        }
        trunk(1).onInvite = answers
        await answered(dial())
        expect(trunk(0).invites).toHaveLength(2)
        expect(credentialsOf(trunk(0).invites[1]!.message, password)?.right).toBe(false)
        if (status !== 403) expect(states).toEqual([`a fails: ${status} Who are you`])
        expect(states.join()).not.toContain('wrong')
      },
    )

    it('goes to the next trunk when it is asked for credentials and has none', async () => {
      await open({}, {})
      trunk(0).onInvite = (invite) => invite.challenge(401, challenge('n'))
      trunk(1).onInvite = answers
      await answered(dial())
      expect(trunk(0).invites).toHaveLength(1)
    })

    it('ends the ringing of a challenged call at the ring time-out, and at once when it is called off', async () => {
      await open(known)
      trunk(0).onInvite = (invite) => {
        if (!credentialsOf(invite.message, password)) return invite.challenge(401, challenge('n'))
        invite.reply(180)
      }
      expect(await dial({ ringMs: 1_500 })).toMatchObject({ kind: 'noAnswer' })
      await world.eventually(() => trunk(0).invites[1]?.cancelledAt !== undefined)
      const off = new AbortController()
      const dialling = dial({ signal: off.signal, onRinging: () => off.abort() })
      expect(await dialling).toEqual({ kind: 'cancelled' })
      await world.eventually(() => trunk(0).invites[3]?.cancelledAt !== undefined)
      const cancels = trunk(0)
        .of('CANCEL')
        .map((cancel) => header(cancel, 'CSeq'))
      expect(cancels).toEqual([1, 3].map((index) => `${trunk(0).invites[index]!.cseq} CANCEL`))
    })

    it('lets nobody ring when the challenge crosses the CANCEL', async () => {
      await open(known)
      const off = new AbortController()
      trunk(0).onInvite = (invite) => {
        if (credentialsOf(invite.message, password)) return invite.reply(180)
        invite.obeys = false
        invite.reply(100)
        setTimeout(() => off.abort(), 50)
        setTimeout(() => invite.challenge(401, challenge('n')), 250)
      }
      expect(await dial({ signal: off.signal })).toEqual({ kind: 'cancelled' })
      await world.elapse(600)
      for (const late of trunk(0).invites.slice(1)) expect(late.cancelledAt).toBeDefined()
    })

    it('lets nobody ring when it is called off while the challenge is being answered', async () => {
      await open(known)
      const off = new AbortController()
      trunk(0).onInvite = (invite) => {
        if (credentialsOf(invite.message, password)) return void setTimeout(() => invite.reply(180), 20)
        invite.challenge(401, challenge('n'))
        off.abort()
      }
      expect(await dial({ signal: off.signal })).toEqual({ kind: 'cancelled' })
      await world.elapse(600)
      for (const late of trunk(0).invites.slice(1)) expect(late.cancelledAt).toBeDefined()
    })

    it('shows the trunk the single outbound number and nothing else of the caller', async () => {
      await open({})
      trunk(0).onInvite = rejects(486)
      await dial()
      const { message } = trunk(0).invites[0]!
      expect(header(message, 'From')).toMatch(/^"Advice line" <sip:\+441632960000@127\.0\.0\.1>;tag=/)
      expect(header(message, 'P-Asserted-Identity')).toBe('"Advice line" <sip:+441632960000@127.0.0.1>')
    })
  })
}
