import { afterEach, describe, expect, it } from 'vitest'
import { SipRequest } from './message.js'
import { responseTo } from './responses.js'
import { A, B, TO_B, SDP, World, ringing, talking, handMade } from '../../../../test/kit/user-agents.js'

let world = new World()
afterEach(() => {
  world = new World()
})

describe('an INVITE', () => {
  it('rings, is answered, is ended', async () => {
    const { caller, callee } = await talking(world)
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

  it('whose answer is invalid is ended', async () => {
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
