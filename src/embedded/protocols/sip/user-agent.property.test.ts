import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../test/kit/property-runs.js'
import { VirtualNetwork, VirtualTime } from '../../../../test/kit/virtual-network.js'
import { audioOffer } from '../sdp/offer-answer.js'
import type { IncomingInvite } from './incoming-call.js'
import type { Session } from './session.js'
import { UserAgent } from './user-agent.js'

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const END = { address: '192.0.2.1', port: 4000 }

type What = 'invite' | 'inviteLate' | 'inviteReliable' | 'giveUp' | 'bye' | 'reinvite' | 'update' | 'info' | 'refresh'

interface Action {
  readonly atMs: number
  readonly who: 0 | 1
  readonly what: What
}

interface Answering {
  readonly ringMs: number
  readonly answerMs: number
  readonly how: 'answer' | 'reject' | 'ignore' | 'early'
}

interface Scenario {
  readonly seed: number
  readonly loss: number
  readonly duplication: number
  readonly maxDelayMs: number
  /** For this long nothing comes through at all; session timers then have to find out what is left. */
  readonly outage: { readonly atMs: number; readonly forMs: number } | undefined
  readonly opening: What
  readonly actions: readonly Action[]
  readonly answering: readonly Answering[]
}

const who = fc.constantFrom<0 | 1>(0, 1)

/** What happens within a call comes often and close together: that is where offers cross. */
const what = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom<What>('reinvite') },
  { weight: 4, arbitrary: fc.constantFrom<What>('update', 'refresh', 'info') },
  { weight: 2, arbitrary: fc.constantFrom<What>('giveUp', 'bye') },
  { weight: 2, arbitrary: fc.constantFrom<What>('invite', 'inviteLate', 'inviteReliable') },
)

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  loss: fc.constantFrom(0, 0.05, 0.15, 0.3),
  duplication: fc.constantFrom(0, 0.1, 0.5),
  maxDelayMs: fc.constantFrom(1, 30, 400, 1500),
  outage: fc.option(fc.record({ atMs: fc.integer({ min: 0, max: 3000 }), forMs: fc.constantFrom(1000, 20_000, 45_000) }), {
    nil: undefined,
    freq: 4,
  }),
  opening: fc.constantFrom<What>('invite', 'inviteLate', 'inviteReliable'),
  actions: fc.array(fc.record({ atMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 20_000 })), who, what }), {
    maxLength: 12,
  }),
  answering: fc.array(
    fc.record({
      ringMs: fc.integer({ min: 0, max: 300 }),
      answerMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4000 })),
      how: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom<Answering['how']>('answer') },
        { weight: 3, arbitrary: fc.constantFrom<Answering['how']>('early', 'reject', 'ignore') },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

/** One of the two ends: places calls, answers them as the scenario says, changes them, ends them. */
class Side {
  /** Every session that this end knows of: what lives besides is a call that nobody holds. */
  readonly sessions = new Set<Session>()
  readonly #givingUp: AbortController[] = []
  #version = 0
  #calls = 0

  constructor(
    readonly agent: UserAgent,
    readonly time: VirtualTime,
    readonly answering: readonly Answering[],
  ) {
    agent.onInvite = (invite) => this.#rung(invite)
  }

  sdp(): string {
    return audioOffer({ ...END, version: ++this.#version })
  }

  #rung(invite: IncomingInvite): void {
    const { ringMs, answerMs, how } = this.answering[this.#calls++ % this.answering.length]!
    this.time.after(ringMs, () => (how === 'early' ? invite.progress(this.sdp()) : invite.ring()))
    this.time.after(ringMs + answerMs, () => {
      if (how === 'reject') invite.reject(486)
      else if (how !== 'ignore') {
        void invite.answer(this.sdp()).then((result) => result.kind === 'answered' && this.keep(result.session))
        // At once where there is a session already: requests may come before the ACK.
        if (invite.session !== undefined) this.keep(invite.session)
      }
    })
  }

  /** Why sessions were lost. */
  readonly losses: string[] = []

  keep(session: Session): void {
    if (this.sessions.has(session)) return
    this.sessions.add(session)
    void session.ended.then((end) => end.kind === 'lost' && this.losses.push(end.why))
    session.handlers.offer = () => ({ answer: this.sdp() })
  }

  act(what: What, to: string): void {
    const session = [...this.agent.sessions].find((candidate) => !candidate.isOver)
    switch (what) {
      case 'invite':
      case 'inviteLate':
      case 'inviteReliable': {
        const abort = new AbortController()
        this.#givingUp.push(abort)
        const offer = what === 'inviteLate' ? { answerOffer: () => this.sdp() } : { sdp: this.sdp() }
        void this.agent
          .invite(to, { ...offer, signal: abort.signal, reliableProvisionals: what === 'inviteReliable' ? 'required' : 'supported' })
          .then((result) => result.kind === 'answered' && this.keep(result.session))
        break
      }
      case 'giveUp':
        this.#givingUp.at(-1)?.abort()
        break
      case 'bye':
        void session?.bye()
        break
      case 'reinvite':
        void session?.reinvite(this.sdp())
        break
      case 'update':
        void session?.update(this.sdp())
        break
      case 'refresh':
        void session?.update()
        break
      case 'info':
        void session?.info('application/dtmf-relay', 'Signal=1')
    }
  }

  get alive(): Session[] {
    return this.agent.sessions.filter((session) => !session.isOver)
  }

  giveUpAll(): void {
    for (const abort of this.#givingUp) abort.abort()
    for (const session of this.alive) void session.bye()
  }
}

async function play({ seed, loss, duplication, maxDelayMs, outage, opening, actions, answering }: Scenario): Promise<void> {
  const time = new VirtualTime()
  const random = seeded(seed)
  const quality = { loss, duplication, minDelayMs: 1, maxDelayMs }
  const network = new VirtualNetwork(time, random, quality)
  const sides = [1, 2].map((number) => {
    const transport = network.join({ protocol: 'udp', address: `192.0.2.${number}`, port: 5060 })
    const timed = outage === undefined ? {} : { sessionExpiresSeconds: 90 }
    return new Side(new UserAgent({ transport, clock: time, random, user: `ua${number}`, ...timed }), time, answering)
  })
  for (const action of [{ atMs: 0, who: 0 as const, what: opening }, ...actions]) {
    time.after(action.atMs, () => sides[action.who]!.act(action.what, `sip:x@192.0.2.${action.who === 0 ? 2 : 1}:5060`))
  }
  if (outage !== undefined) {
    time.after(outage.atMs, () => (network.quality = { ...quality, loss: 1 }))
    time.after(outage.atMs + outage.forMs, () => (network.quality = quality))
  }

  // Long enough for every timer but that of an unanswered INVITE; then those are cancelled, too.
  await time.pass(250_000)
  const [a, b] = sides.map((side) => new Map(side.alive.map((session) => [session.dialog.callId, session])))
  expect([...a!.keys()].sort(), 'both sides have the same calls').toEqual([...b!.keys()].sort())
  for (const [callId, session] of a!) {
    const other = b!.get(callId)!
    expect(session.localSdp, 'A sends what B was told').toBe(other.remoteSdp)
    expect(session.remoteSdp, 'B sends what A was told').toBe(other.localSdp)
  }
  for (const side of sides) {
    for (const session of side.alive) expect(side.sessions.has(session), 'no call lives that nobody holds').toBe(true)
    // A wire that loses every seventh packet at most brings everything through by repetition (the odds against are 10^6 to one).
    if (loss <= 0.15 && outage === undefined)
      expect(
        side.losses.filter((why) => /^no ACK|: no answer to|timer/.test(why)),
        'repetition brings everything through',
      ).toEqual([])
  }

  for (const side of sides) side.giveUpAll()
  // An INVITE whose CANCEL could not be sent rings until its own guard ends it.
  await time.pass(900_000)
  for (const { agent } of sides) {
    expect(agent.layer.counts, 'no transaction left').toEqual({ client: 0, server: 0, unacknowledged: 0 })
    expect(agent.dialogCount, 'no dialog left').toBe(0)
  }
  expect(time.pending, 'no timer left').toBe(0)
}

describe('two user agents over a network that loses, doubles and reorders', () => {
  it('agree in the end on what calls there are and on their media, and leave nothing behind', async () => {
    await fc.assert(fc.asyncProperty(scenario, play), { numRuns: propertyRuns(300) })
  })
})
