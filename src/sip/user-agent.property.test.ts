import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncomingInvite } from './incoming-call.js'
import { audioOffer } from './offer-answer.js'
import type { Session } from './session.js'
import { UserAgent } from './user-agent.js'
import { VirtualNetwork, VirtualTime } from './virtual-network.js'

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

interface Action {
  readonly atMs: number
  readonly who: 0 | 1
  readonly what: 'invite' | 'inviteLate' | 'inviteReliable' | 'giveUp' | 'bye' | 'reinvite' | 'update' | 'info' | 'refresh'
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
  readonly actions: readonly Action[]
  readonly answering: readonly Answering[]
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  loss: fc.constantFrom(0, 0.05, 0.15, 0.3),
  duplication: fc.constantFrom(0, 0.1, 0.5),
  maxDelayMs: fc.constantFrom(1, 30, 400, 1500),
  actions: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 20_000 }),
      who: fc.constantFrom(0 as const, 1 as const),
      what: fc.constantFrom('invite' as const, 'invite' as const, 'inviteLate' as const, 'inviteReliable' as const, 'giveUp' as const, 'bye' as const, 'reinvite' as const, 'reinvite' as const, 'update' as const, 'info' as const, 'refresh' as const),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  answering: fc.array(
    fc.record({
      ringMs: fc.integer({ min: 0, max: 500 }),
      answerMs: fc.integer({ min: 0, max: 4000 }),
      how: fc.constantFrom('answer' as const, 'answer' as const, 'answer' as const, 'reject' as const, 'ignore' as const, 'early' as const),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

/** One of the two ends: places calls, answers them as the scenario says, changes them, ends them. */
class Side {
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
        void invite.answer(this.sdp())
        if (invite.session !== undefined) this.keep(invite.session)
        else void Promise.resolve().then(() => invite.session && this.keep(invite.session))
      }
    })
  }

  keep(session: Session): void {
    this.sessions.add(session)
    session.handlers.offer = () => ({ answer: this.sdp() })
  }

  act(what: Action['what'], to: string): void {
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

async function play({ seed, loss, duplication, maxDelayMs, actions, answering }: Scenario): Promise<void> {
  const time = new VirtualTime()
  const random = seeded(seed)
  const network = new VirtualNetwork(time, random, { loss, duplication, minDelayMs: 1, maxDelayMs })
  const sides = [1, 2].map((number) => {
    const transport = network.join({ protocol: 'udp', address: `192.0.2.${number}`, port: 5060 })
    return new Side(new UserAgent({ transport, clock: time, random, user: `ua${number}` }), time, answering)
  })
  for (const { atMs, who, what } of actions) time.after(atMs, () => sides[who]!.act(what, `sip:x@192.0.2.${who === 0 ? 2 : 1}:5060`))

  // Long enough for every timer but that of an unanswered INVITE; then those are cancelled, too.
  await time.pass(200_000)
  const [a, b] = sides.map((side) => new Map(side.alive.map((session) => [session.dialog.callId, session])))
  expect([...a!.keys()].sort(), 'both sides have the same calls').toEqual([...b!.keys()].sort())
  for (const [callId, session] of a!) {
    const other = b!.get(callId)!
    expect(session.localSdp, 'A sends what B was told').toBe(other.remoteSdp)
    expect(session.remoteSdp, 'B sends what A was told').toBe(other.localSdp)
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
    await fc.assert(fc.asyncProperty(scenario, play), { numRuns: 300 })
  })
})
