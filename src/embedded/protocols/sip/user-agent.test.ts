import { afterEach, describe, expect, it } from 'vitest'
import { VirtualNetwork, VirtualTime, type VirtualTransport } from '../../../../test/kit/virtual-network.js'
import { audioOffer } from '../sdp/offer-answer.js'
import { DigestServer, digestSecret } from './digest.js'
import type { Endpoint } from './endpoint.js'
import type { IncomingInvite } from './incoming-call.js'
import { SipRequest, SipResponse, type SipMessage } from './message.js'
import { parseMessage } from './parse.js'
import { printMessage, startLine } from './print.js'
import { responseTo } from './responses.js'
import { UserAgent, type InviteOptions, type UserAgentOptions } from './user-agent.js'

const A: Endpoint = { protocol: 'udp', address: '192.0.2.1', port: 5060 }
const B: Endpoint = { protocol: 'udp', address: '192.0.2.2', port: 5060 }
const TO_B = 'sip:b@192.0.2.2:5060'
const SDP = audioOffer({ address: '192.0.2.1', port: 4000 })

/** Two user agents, or one and a hand-made peer, with everything that went over the wire. */
class World {
  readonly time = new VirtualTime()
  readonly wire: { readonly message: SipMessage; readonly from: Endpoint; readonly at: number }[] = []
  readonly network = new VirtualNetwork(this.time, () => 0.5)
  readonly agents: UserAgent[] = []
  readonly #peers = new Set<Endpoint>()

  constructor() {
    this.network.onSent = (bytes, from) => {
      const parsed = parseMessage(bytes)
      if (parsed.ok) this.wire.push({ message: parsed.message, from, at: this.time.monotonic() })
      else if (!this.#peers.has(from)) throw new Error(`sent what cannot be read: ${parsed.problem.where}: ${parsed.problem.what}`)
    }
  }

  agent(where: Endpoint, options: Partial<UserAgentOptions> = {}): UserAgent {
    const agent = new UserAgent({ transport: this.network.join(where), clock: this.time, user: where === A ? 'a' : 'b', ...options })
    this.agents.push(agent)
    return agent
  }

  /** A peer that only keeps what it gets; the test speaks for it. */
  peer(where: Endpoint): {
    readonly got: SipMessage[]
    readonly transport: VirtualTransport
    say(message: SipMessage | string, to?: Endpoint): void
  } {
    const transport = this.network.join(where)
    this.#peers.add(where)
    const got: SipMessage[] = []
    transport.user = { received: ({ message }) => got.push(message) }
    return {
      got,
      transport,
      say: (message, to = A) => transport.send(typeof message === 'string' ? Buffer.from(message) : printMessage(message), to),
    }
  }

  /** Start lines sent by that end, without the URIs: `INVITE`, `200`. */
  lines(from: Endpoint): string[] {
    return this.wire.filter((sent) => sent.from === from).map(({ message }) => startLine(message).replace('SIP/2.0 ', '').split(' ')[0]!)
  }

  async ends(): Promise<void> {
    await this.time.pass(1_000_000)
    for (const { layer, dialogCount } of this.agents) {
      expect(layer.counts).toEqual({ client: 0, server: 0, unacknowledged: 0 })
      expect(dialogCount).toBe(0)
    }
    expect(this.time.pending).toBe(0)
  }
}

let world = new World()
afterEach(() => {
  world = new World()
})

function ringing(agent: UserAgent): IncomingInvite[] {
  const invites: IncomingInvite[] = []
  agent.onInvite = (invite) => {
    invites.push(invite)
    invite.ring()
  }
  return invites
}

async function talking(options: Partial<InviteOptions> = {}) {
  const a = world.agent(A)
  const b = world.agent(B)
  const invites = ringing(b)
  const result = a.invite(TO_B, { sdp: SDP, ...options })
  await world.time.pass(50)
  const answer = invites[0]!.answer(SDP)
  await world.time.pass(50)
  const [outcome, answered] = await Promise.all([result, answer])
  if (outcome.kind !== 'answered' || answered.kind !== 'answered') throw new Error('no call')
  return { a, b, caller: outcome.session, callee: answered.session }
}

describe('an INVITE', () => {
  it('rings, is answered, is ended', async () => {
    const { caller, callee } = await talking()
    expect(world.lines(A)).toEqual(['INVITE', 'ACK'])
    expect(world.lines(B)).toEqual(['180', '200'])
    void caller.bye()
    await world.time.pass(50)
    expect(await callee.ended).toMatchObject({ kind: 'remote' })
    expect(await caller.ended).toEqual({ kind: 'local' })
    await world.ends()
  })

  it('that is slow to be dealt with gets 100 after 200 ms', async () => {
    const a = world.agent(A)
    const b = world.agent(B)
    b.onInvite = () => undefined
    const gone = new AbortController()
    void a.invite(TO_B, { sdp: SDP, signal: gone.signal })
    await world.time.pass(300)
    expect(world.lines(B)).toEqual(['100'])
    expect(world.wire.at(-1)?.at).toBe(201)
    gone.abort()
    await world.time.pass(10)
    expect(world.lines(A)).toEqual(['INVITE', 'CANCEL', 'ACK'])
    expect(world.lines(B)).toEqual(['100', '200', '487'])
    await world.ends()
  })

  it('given up before anything came back is cancelled at the first provisional, not before (RFC 3261 9.1)', async () => {
    const a = world.agent(A)
    const b = world.peer(B)
    const gone = new AbortController()
    const result = a.invite(TO_B, { sdp: SDP, signal: gone.signal })
    await world.time.pass(5)
    gone.abort()
    await world.time.pass(400)
    expect(await result).toEqual({ kind: 'cancelled' })
    expect(world.lines(A)).toEqual(['INVITE'])
    const invite = b.got[0] as SipRequest
    b.say(responseTo(invite, 180, { toTag: 'x' }))
    await world.time.pass(5)
    expect(world.lines(A)).toEqual(['INVITE', 'CANCEL'])
    b.say(responseTo(b.got[1] as SipRequest, 200, { toTag: 'x' }))
    b.say(responseTo(invite, 487, { toTag: 'x' }))
    await world.ends()
    expect(world.lines(A)).toEqual(['INVITE', 'CANCEL', 'ACK'])
  })

  it('whose 200 crosses the CANCEL is acknowledged and ended with BYE', async () => {
    const a = world.agent(A)
    const b = world.agent(B)
    const invites = ringing(b)
    const gone = new AbortController()
    world.network.quality = { loss: 0, duplication: 0, minDelayMs: 20, maxDelayMs: 20 }
    const result = a.invite(TO_B, { sdp: SDP, signal: gone.signal })
    await world.time.pass(100)
    const answered = invites[0]!.answer(SDP)
    gone.abort()
    await world.time.pass(200)
    expect(await result).toEqual({ kind: 'cancelled' })
    expect(world.lines(A)).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
    const outcome = await answered
    expect(outcome.kind === 'answered' && (await outcome.session.ended).kind).toBe('remote')
    await world.ends()
  })

  it('answered by two forks keeps the first and releases the second', async () => {
    const a = world.agent(A)
    const b = world.peer(B)
    const result = a.invite(TO_B, { sdp: SDP })
    await world.time.pass(5)
    const invite = b.got[0] as SipRequest
    for (const tag of ['one', 'two']) {
      const ok = responseTo(invite, 200, { toTag: tag })
      ok.headers.add('Contact', `<sip:${tag}@192.0.2.2:5060>`)
      b.say(ok.setBody('application/sdp', SDP))
    }
    await world.time.pass(10)
    const outcome = await result
    expect(outcome.kind === 'answered' && outcome.session.dialog.remoteTag).toBe('one')
    expect(b.got.slice(1).map((message) => `${(message as SipRequest).method} ${message.toTag}`)).toEqual(['ACK one', 'ACK two', 'BYE two'])
    b.say(responseTo(b.got[3] as SipRequest, 200))
    // The 200 comes again: its ACK was lost.
    const again = responseTo(invite, 200, { toTag: 'one' })
    again.headers.add('Contact', '<sip:one@192.0.2.2:5060>')
    b.say(again)
    await world.time.pass(10)
    expect(b.got.slice(4).map((message) => (message as SipRequest).method)).toEqual(['ACK'])
    if (outcome.kind === 'answered') void outcome.session.bye()
    await world.time.pass(5)
    b.say(responseTo(b.got.at(-1) as SipRequest, 200))
    await world.ends()
  })

  it("whose 200 leaves out what its 183 has described takes that; another branch's does not count", async () => {
    const a = world.agent(A)
    const b = world.peer(B)
    const result = a.invite(TO_B, { sdp: SDP })
    await world.time.pass(5)
    const invite = b.got[0] as SipRequest
    const early = SDP.replace('4000', '4444')
    for (const [tag, sdp] of [
      ['one', early],
      ['two', SDP],
    ] as const) {
      const progress = responseTo(invite, 183, { toTag: tag })
      progress.headers.add('Contact', '<sip:b@192.0.2.2:5060>')
      b.say(progress.setBody('application/sdp', sdp))
    }
    const ok = responseTo(invite, 200, { toTag: 'one' })
    ok.headers.add('Contact', '<sip:b@192.0.2.2:5060>')
    b.say(ok)
    await world.time.pass(10)
    const outcome = await result
    expect(outcome.kind === 'answered' && outcome.session.remoteSdp).toBe(early)
    if (outcome.kind === 'answered') void outcome.session.bye()
    await world.time.pass(5)
    b.say(responseTo(b.got.at(-1) as SipRequest, 200))
    await world.ends()
  })

  it('whose 200 is never acknowledged ends with BYE after 32 s, the 200 repeated meanwhile', async () => {
    const b = world.agent(B)
    const a = world.peer(A)
    const invites = ringing(b)
    a.say(handMade('INVITE', { sdp: SDP }), B)
    await world.time.pass(10)
    const answer = invites[0]!.answer(SDP)
    await world.time.pass(33_000)
    expect(await answer).toEqual({ kind: 'unacknowledged' })
    expect(world.lines(B).filter((line) => line === '200')).toHaveLength(11)
    expect(world.lines(B)).toContain('BYE')
    await world.ends()
  })

  it('answered and ended in one breath: the BYE waits for the ACK (RFC 3261 15)', async () => {
    const a = world.agent(A)
    const b = world.agent(B)
    const invites = ringing(b)
    world.network.quality = { loss: 0, duplication: 0, minDelayMs: 50, maxDelayMs: 50 }
    const result = a.invite(TO_B, { sdp: SDP })
    await world.time.pass(60)
    void invites[0]!.answer(SDP)
    void invites[0]!.session!.bye()
    await world.time.pass(90)
    expect(world.lines(B)).toEqual(['180', '200'])
    await world.time.pass(200)
    expect(world.lines(B)).toEqual(['180', '200', 'BYE'])
    const outcome = await result
    expect(outcome.kind === 'answered' && (await outcome.session.ended).kind).toBe('remote')
    await world.ends()
  })

  it('without SDP gets an offer, and its ACK brings the answer', async () => {
    const a = world.agent(A)
    const b = world.agent(B)
    const invites = ringing(b)
    const theirs: string[] = []
    const result = a.invite(TO_B, {
      answerOffer: (offer) => {
        theirs.push(offer)
        return 'v=0\r\no=- 9 9 IN IP4 192.0.2.1\r\n'
      },
    })
    await world.time.pass(10)
    expect(invites[0]!.offer).toBeUndefined()
    const answer = invites[0]!.answer(SDP)
    await world.time.pass(10)
    expect(theirs).toEqual([SDP])
    expect(await answer).toMatchObject({ kind: 'answered', lateAnswer: 'v=0\r\no=- 9 9 IN IP4 192.0.2.1\r\n' })
    expect((await result).kind).toBe('answered')
  })

  it('whose answer is none is ended', async () => {
    const a = world.agent(A)
    const b = world.peer(B)
    const result = a.invite(TO_B, { sdp: SDP })
    await world.time.pass(5)
    b.say(responseTo(b.got[0] as SipRequest, 200, { toTag: 'x' }))
    await world.time.pass(5)
    expect(await result).toMatchObject({ kind: 'failed', why: 'badAnswer' })
    expect(world.lines(A)).toEqual(['INVITE', 'ACK', 'BYE'])
  })

  it('that nobody answers fails after 32 s; a URI that leads nowhere at once', async () => {
    const a = world.agent(A)
    const result = a.invite(TO_B, { sdp: SDP })
    await world.time.pass(32_001)
    expect(await result).toMatchObject({ kind: 'failed', why: 'timeout' })
    expect(world.lines(A)).toHaveLength(7)
    expect(await a.invite('tel:+44', { sdp: SDP })).toMatchObject({ kind: 'failed', why: 'badUri' })
    expect(await a.invite('sips:a@b', { sdp: SDP })).toMatchObject({ kind: 'failed', why: 'unresolved' })
    await world.ends()
  })
})

describe('reliable provisional responses (RFC 3262)', () => {
  it('are numbered, repeated until their PRACK, and hold back the 200', async () => {
    const a = world.agent(A)
    const b = world.agent(B)
    b.onInvite = (invite) => {
      invite.ring()
      invite.progress(SDP)
      void invite.answer(SDP)
    }
    const result = a.invite(TO_B, { sdp: SDP, reliableProvisionals: 'required' })
    await world.time.pass(50)
    expect((await result).kind).toBe('answered')
    expect(world.lines(A)).toEqual(['INVITE', 'PRACK', 'PRACK', 'ACK'])
    expect(world.lines(B)).toEqual(['180', '200', '183', '200', '200'])
    const numbers = world.wire.flatMap(({ message }) => message.headers.get('RSeq') ?? []).map(Number)
    expect(numbers[1]).toBe(numbers[0]! + 1)
    // The answer went out in the 183; the 200 does not repeat it.
    expect(
      world.wire.findLast(({ message }) => message.kind === 'response' && message.cseq.method === 'INVITE')?.message.sdp,
    ).toBeUndefined()
  })

  it('without PRACK end the INVITE with 504', async () => {
    const b = world.agent(B)
    const a = world.peer(A)
    ringing(b)
    a.say(handMade('INVITE', { sdp: SDP, more: ['Require: 100rel'] }), B)
    await world.time.pass(40_000)
    expect(world.lines(B).filter((line) => line === '180').length).toBeGreaterThan(5)
    expect(world.lines(B)).toContain('504')
    await world.ends()
  })
})

describe('within a call', () => {
  it('a re-INVITE of either side is answered, one that crosses another gets 491 and comes again', async () => {
    const { caller, callee } = await talking()
    caller.handlers.offer = callee.handlers.offer = () => ({ answer: SDP })
    const both = Promise.all([caller.reinvite(SDP), callee.reinvite(SDP)])
    await world.time.pass(6000)
    expect((await both).map(({ kind }) => kind)).toEqual(['answered', 'answered'])
    expect([...world.lines(A), ...world.lines(B)]).toContain('491')
  })

  it('a re-INVITE without SDP gets an offer; its answer comes with the ACK', async () => {
    const b = world.agent(B)
    const a = world.peer(A)
    const invites = ringing(b)
    a.say(handMade('INVITE', { sdp: SDP }), B)
    await world.time.pass(5)
    void invites[0]!.answer(SDP)
    await world.time.pass(5)
    const tag = a.got.at(-1)!.toTag!
    a.say(handMade('ACK', { tag }), B)
    await world.time.pass(5)
    const session = invites[0]!.session!
    const answers: string[] = []
    session.handlers.answered = (sdp) => answers.push(sdp)
    a.say(handMade('INVITE', { tag, cseq: 2, branch: 'two' }), B)
    await world.time.pass(5)
    expect(a.got.at(-1)?.sdp).toBe(SDP)
    a.say(handMade('ACK', { tag, cseq: 2, branch: 'three', sdp: SDP }), B)
    await world.time.pass(5)
    expect(answers).toEqual([SDP])
  })

  it('UPDATE, INFO, OPTIONS and strangers are answered; an old CSeq gets 500', async () => {
    const { caller, callee } = await talking()
    callee.handlers.offer = () => ({ answer: SDP })
    callee.handlers.info = (request) => (request.contentType === 'application/dtmf-relay' ? 200 : 415)
    const results = Promise.all([caller.update(), caller.info('application/dtmf-relay', 'Signal=1'), caller.info('text/plain', 'x')])
    await world.time.pass(50)
    expect((await results).map((result) => (result.kind === 'refused' ? result.status : result.kind))).toEqual([
      'answered',
      'answered',
      415,
    ])
    const stale = new SipRequest('MESSAGE', TO_B)
    stale.headers
      .add('From', `<sip:a@x>;tag=${callee.dialog.remoteTag}`)
      .add('To', `<sip:b@x>;tag=${callee.dialog.localTag}`)
      .add('Call-ID', callee.dialog.callId)
      .add('CSeq', '99 MESSAGE')
    const answers: number[] = []
    const events = { final: (response: SipResponse) => answers.push(response.status), failed: () => undefined }
    world.agents[0]!.layer.send(stale, B, events)
    await world.time.pass(50)
    const older = stale.clone()
    older.headers.remove('Via').set('CSeq', '3 MESSAGE')
    world.agents[0]!.layer.send(older, B, events)
    await world.time.pass(50)
    expect(answers).toEqual([405, 500])
  })

  it('481 inside the dialog means that the other side has lost it', async () => {
    const { b, caller } = await talking()
    b.layer.close()
    const peer = world.peer(B)
    const change = caller.reinvite(SDP)
    await world.time.pass(5)
    peer.say(responseTo(peer.got.at(-1) as SipRequest, 481))
    await world.time.pass(5)
    expect(await change).toMatchObject({ kind: 'refused', status: 481 })
    expect(await caller.ended).toMatchObject({ kind: 'lost' })
  })

  it('a session timer is answered, kept by refreshes, and ends the call when they stop (RFC 4028)', async () => {
    const a = world.agent(A, { sessionExpiresSeconds: 90 })
    const b = world.agent(B)
    const invites = ringing(b)
    const result = a.invite(TO_B, { sdp: SDP })
    await world.time.pass(10)
    void invites[0]!.answer(SDP)
    await world.time.pass(10)
    const ok = world.wire.findLast(({ message }) => message.kind === 'response')!.message
    expect(ok.headers.get('Session-Expires')).toBe('90;refresher=uac')
    expect(ok.headers.get('Require')).toBe('timer')
    await world.time.pass(300_000)
    expect(world.lines(A).filter((line) => line === 'UPDATE')).toHaveLength(6)
    const outcome = await result
    if (outcome.kind !== 'answered') throw new Error('no call')
    expect(outcome.session.isOver).toBe(false)
    a.layer.close()
    await world.time.pass(90_000)
    expect(await invites[0]!.session!.ended).toMatchObject({ kind: 'lost', why: 'the session timer ran out' })
  })

  it('an interval below the least gets 422', async () => {
    const b = world.agent(B)
    const a = world.peer(A)
    const invites = ringing(b)
    a.say(handMade('INVITE', { sdp: SDP, more: ['Session-Expires: 30', 'Supported: timer'] }), B)
    await world.time.pass(5)
    void invites[0]!.answer(SDP)
    await world.time.pass(5)
    expect(a.got.at(-1)).toMatchObject({ status: 422 })
    expect(a.got.at(-1)?.headers.get('Min-SE')).toBe('90')
  })
})

describe('what is refused by its form (RFC 3261 8.2, RFC 4475 3.3)', () => {
  it.each([
    ['an unknown scheme', handMade('OPTIONS', { uri: 'nobodyKnowsThisScheme:totallyopaquecontent' }), 416],
    ['an unknown extension', handMade('OPTIONS', { more: ['Require: nothingSupportsThis'] }), 420],
    ['an unknown body', handMade('INVITE', { more: ['Content-Type: application/unknownformat'], body: '<audio/>' }), 415],
    ['an unknown method', handMade('NEWMETHOD', {}), 405],
    ['a BYE for no call', handMade('BYE', { tag: 'none' }), 481],
    ['a CANCEL for no INVITE', handMade('CANCEL', {}), 481],
    ['something malformed', handMade('OPTIONS', {}).replace('CSeq: 1 OPTIONS', 'CSeq: 1 INVITE'), 400],
    ['another version', handMade('OPTIONS', {}).replace('SIP/2.0\r\n', 'SIP/7.0\r\n'), 505],
    ['an INVITE that nobody takes', handMade('INVITE', { sdp: SDP }), 480],
    ['OPTIONS, which is fine', handMade('OPTIONS', {}), 200],
  ])('%s', async (_name, text, status) => {
    world.agent(B)
    const a = world.peer(A)
    a.say(text, B)
    await world.time.pass(5)
    expect(a.got).toHaveLength(1)
    expect(a.got[0]).toMatchObject({ status })
    expect(a.got[0]!.toTag).toBeDefined()
    if (status === 480) a.say(handMade('ACK', { tag: a.got[0]!.toTag! }), B)
    await world.ends()
  })

  it('an INVITE that comes over two ways is taken once, the other gets 482', async () => {
    const b = world.agent(B)
    const a = world.peer(A)
    const invites = ringing(b)
    a.say(handMade('INVITE', { sdp: SDP }), B)
    a.say(handMade('INVITE', { sdp: SDP, branch: 'other' }), B)
    await world.time.pass(5)
    expect(invites).toHaveLength(1)
    expect(world.lines(B)).toContain('482')
  })

  it('a response out of nowhere is dropped', async () => {
    const b = world.agent(B)
    const a = world.peer(A)
    const request = parseMessage(handMade('INVITE', {}))
    a.say(responseTo(request.ok ? (request.message as SipRequest) : new SipRequest('X', 'x'), 200, { toTag: 'y' }), B)
    await world.time.pass(50)
    expect(a.got).toEqual([])
    expect(b.layer.counts).toEqual({ client: 0, server: 0, unacknowledged: 0 })
  })
})

describe('registering', () => {
  it('answers the challenge, refreshes before the binding ends, and takes it away at the end', async () => {
    const digest = new DigestServer({ realm: 'ringround', secret: 'sixteen random by' })
    const registrar = world.agent(B)
    const seen: string[] = []
    registrar.onRequest = (request) => {
      const verdict = digest.verify(request.headers.get('Authorization'), 'REGISTER', world.time.monotonic(), (user, algorithm) =>
        user === 'gp' ? digestSecret(algorithm, 'gp', 'ringround', 'pass') : undefined,
      )
      const response = responseTo(request, verdict.kind === 'accepted' ? 200 : 401, { toTag: 't' })
      if (verdict.kind !== 'accepted')
        for (const challenge of digest.challenges(world.time.monotonic())) response.headers.add('WWW-Authenticate', challenge)
      else
        response.headers.add('Contact', `${request.headers.get('Contact')};expires=${Math.min(60, Number(request.headers.get('Expires')))}`)
      seen.push(`${response.status} ${request.headers.get('Expires')} ${request.cseq.sequence}`)
      return response
    }
    const a = world.agent(A)
    const registering = a.register({ registrar: 'sip:192.0.2.2:5060', auth: { username: 'gp', password: 'pass' }, expiresSeconds: 300 })
    await world.time.pass(50)
    const result = await registering
    expect(result).toMatchObject({ kind: 'registered', expiresSeconds: 60 })
    await world.time.pass(100_000)
    if (result.kind === 'registered') void result.unregister()
    await world.time.pass(50)
    expect(seen).toEqual(['401 300 1', '200 300 2', '200 300 3', '200 300 4', '200 0 5'])

    const wrong = a.register({ registrar: 'sip:192.0.2.2:5060', auth: { username: 'gp', password: 'wrong' } })
    await world.time.pass(50)
    expect(await wrong).toMatchObject({ kind: 'refused', status: 401 })
    await world.ends()
  })
})

/** A message as some other stack would send it. */
function handMade(
  method: string,
  {
    uri = TO_B,
    tag,
    cseq = 1,
    branch = 'one',
    more = [],
    sdp,
    body = sdp ?? '',
  }: { uri?: string; tag?: string; cseq?: number; branch?: string; more?: readonly string[]; sdp?: string; body?: string },
): string {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}`,
    'Max-Forwards: 70',
    'From: <sip:a@192.0.2.1>;tag=caller',
    `To: <sip:b@192.0.2.2>${tag === undefined ? '' : `;tag=${tag}`}`,
    'Call-ID: hand-made',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:a@192.0.2.1:5060>',
    ...more,
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}
