import { afterEach, describe, expect, it } from 'vitest'
import { DigestServer, digestSecret } from './digest.js'
import { SipRequest, SipResponse } from './message.js'
import { parseMessage } from './parse.js'
import { responseTo } from './responses.js'
import { A, B, TO_B, SDP, World, ringing, talking, handMade } from '../../../../test/kit/user-agents.js'

let world = new World()
afterEach(() => {
  world = new World()
})

describe('within a call', () => {
  it('a re-INVITE of either side is answered, one that crosses another gets 491 and comes again', async () => {
    const { caller, callee } = await talking(world)
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
    const { caller, callee } = await talking(world)
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
    const { b, caller } = await talking(world)
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
