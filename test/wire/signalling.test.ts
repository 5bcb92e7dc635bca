import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { SocketTransport } from '../../src/embedded/protocols/sip/socket-transport.js'
import { UserAgent } from '../../src/embedded/protocols/sip/user-agent.js'
import { bench, closeAfterwards, until } from './bench-set-up.js'
import { listenSrf, type SrfDialog, type SrfRequest, type SrfReply } from './drachtio-packages.js'
import { header, RawPhone, tagIn } from './raw-phone.js'
import { startSwitch } from './switch-under-test.js'

type Handler = (request: SrfRequest, response: SrfReply) => void

/** Answers the next INVITE as the application would, and gives the dialog. */
function answering(
  srf: { invite(handler: Handler): void; createUAS: (req: SrfRequest, res: SrfReply, o: { localSdp: string }) => Promise<SrfDialog> },
  sdp: string,
): Promise<SrfDialog> {
  return new Promise((resolve, reject) => {
    srf.invite((req, res) => {
      srf.createUAS(req, res, { localSdp: sdp }).then(resolve, reject)
    })
  })
}

/** Sets up a call from a phone to the application. */
async function call(
  phone: RawPhone,
  dialog: Promise<SrfDialog>,
): Promise<{ readonly dialog: SrfDialog; readonly to: string; readonly target: string }> {
  phone.send(phone.request('INVITE', { body: phone.sdp }))
  const ok = await phone.expects('SIP/2.0 200')
  const to = header(ok, 'To')
  const target = /<([^>]+)>/.exec(header(ok, 'Contact'))?.[1] ?? ''
  phone.send(phone.request('ACK', { to, uri: target, headers: { CSeq: '1 ACK' } }))
  return { dialog: await dialog, to, target }
}

test('an INVITE gets 100 at once, and 503 when no application wants it', async () => {
  const { phone: open, srf } = await bench()
  const phone = await open()
  phone.send(phone.request('INVITE', { body: phone.sdp }))
  await phone.expects('SIP/2.0 100')
  const refused = await phone.expects('SIP/2.0 503')
  expect(tagIn(header(refused, 'To'))).not.toBe('')
  phone.send(phone.request('ACK', { to: header(refused, 'To'), headers: { Via: header(refused, 'Via'), CSeq: '1 ACK' } }))
  srf.removeAllListeners()
})

test('an INVITE is passed up with its source, answered, acknowledged, and ended by the phone', async () => {
  const { phone: open, srf, embedded, routed } = await bench()
  const phone = await open()
  let seen: SrfRequest | undefined
  srf.use('invite', (req, res) => {
    seen = req
    void srf.createUAS(req, res, { localSdp: phone.sdp }).then((dialog) => {
      dialog.on('destroy', () => (ended = true))
    })
  })
  let ended = false
  await routed()
  phone.send(phone.request('INVITE', { body: phone.sdp }))
  const ok = await phone.expects('SIP/2.0 200')
  expect([seen?.source_address, seen?.source_port, seen?.protocol]).toEqual(['127.0.0.1', phone.port, 'udp'])
  const to = header(ok, 'To')
  phone.send(phone.request('ACK', { to, headers: { CSeq: '1 ACK' } }))
  await until(() => embedded.load().dialogs === 1, 'the dialog')
  phone.send(phone.request('BYE', { to }))
  await phone.expects('SIP/2.0 200')
  await until(() => ended, 'the application to hear of the BYE')
  expect(embedded.load().dialogs).toBe(0)
})

test('a caller who gives up gets 200 and 487, and the application is told', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  let cancelled = 0
  let late: Promise<unknown> | undefined
  srf.invite((req, res) => {
    req.on('cancel', () => {
      cancelled++
      late = srf.createUAS(req, res, { localSdp: phone.sdp }).catch((error: unknown) => error)
    })
    res.send(180)
  })
  const invite = phone.request('INVITE', { body: phone.sdp })
  await routed()
  phone.send(invite)
  await phone.expects('SIP/2.0 180')
  const cancel = phone.request('CANCEL', { headers: { Via: header(invite, 'Via'), CSeq: '1 CANCEL' } })
  phone.send(cancel)
  const ok = await phone.expects('SIP/2.0 200')
  expect(header(ok, 'CSeq')).toBe('1 CANCEL')
  const terminated = await phone.expects('SIP/2.0 487')
  phone.send(phone.request('ACK', { to: header(terminated, 'To'), headers: { Via: header(invite, 'Via'), CSeq: '1 ACK' } }))
  await until(() => cancelled === 1, 'the cancel event')
  expect(String(await late)).toContain('Response not sent due to unknown transaction')
})

test('a phone that is rung and given up gets CANCEL; its 487 ends the attempt', async () => {
  const { phone: open, srf, embedded } = await bench()
  const phone = await open()
  let request: SrfRequest | undefined
  const dialling = srf
    .createUAC(phone.uri, { localSdp: phone.sdp }, { cbRequest: (_, req) => (request = req) })
    .catch((error: unknown) => error as { status: number })
  const invite = await phone.expects('INVITE')
  phone.send(phone.response(invite, 180, 'Ringing'))
  await until(() => request !== undefined, 'the request')
  request!.cancel()
  const cancel = await phone.expects('CANCEL')
  expect(header(cancel, 'Via')).toBe(header(invite, 'Via'))
  phone.send(phone.response(cancel, 200, 'OK'))
  phone.send(phone.response(invite, 487, 'Request Terminated'))
  const ack = await phone.expects('ACK')
  expect(header(ack, 'Via')).toBe(header(invite, 'Via'))
  expect(await dialling).toMatchObject({ status: 487 })
  expect(embedded.load().dialogs).toBe(0)
})

test('a 200 that crosses the CANCEL is acknowledged and ended with BYE', async () => {
  const { phone: open, srf, embedded } = await bench()
  const phone = await open()
  let request: SrfRequest | undefined
  const dialling = srf.createUAC(phone.uri, { localSdp: phone.sdp }, { cbRequest: (_, req) => (request = req) })
  const invite = await phone.expects('INVITE')
  phone.send(phone.response(invite, 180, 'Ringing'))
  await until(() => request !== undefined, 'the request')
  request!.cancel()
  const cancel = await phone.expects('CANCEL')
  phone.send(phone.response(cancel, 200, 'OK'))
  phone.send(phone.response(invite, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  const bye = await phone.expects('BYE')
  expect(header(bye, 'Reason')).toContain('ACK-BYE due to cancel race condition')
  phone.send(phone.response(bye, 200, 'OK'))
  const dialog = await dialling
  await until(() => !dialog.connected, 'the application to hear of it')
  await until(() => embedded.load().dialogs === 0, 'no dialog')
})

test('a 200 that is never acknowledged is repeated, then the call is ended with BYE and the application told', async () => {
  const { phone: open, srf, routed } = await bench({ drachtio: { t1Ms: 20 } })
  const phone = await open()
  const dialog = answering(srf, phone.sdp)
  await routed()
  phone.send(phone.request('INVITE', { body: phone.sdp }))
  await phone.expects('SIP/2.0 200')
  await phone.expects('SIP/2.0 200')
  const gone = once(await dialog, 'destroy')
  const bye = await phone.expects('BYE')
  expect(header(bye, 'Reason')).toContain('ACK timeout')
  phone.send(phone.response(bye, 200, 'OK'))
  await gone
})

test('a request that is not answered is repeated, and ends in 408 for the application', async () => {
  const { phone: open, srf } = await bench({ drachtio: { t1Ms: 10 } })
  const phone = await open()
  const dialling = srf.createUAC(phone.uri, { localSdp: phone.sdp }).catch((error: unknown) => error as { status: number })
  await phone.expects('INVITE')
  await phone.expects('INVITE')
  expect(await dialling).toMatchObject({ status: 408 })
})

test('a closed port is told as 503 at once', async () => {
  const { phone: open, srf } = await bench()
  const phone = await open()
  const { uri } = phone
  phone.socket.removeAllListeners()
  const spare = await open()
  await new Promise<void>((resolve) => phone.socket.close(() => resolve()))
  phone.close = () => undefined
  const started = Date.now()
  const refused = await srf.createUAC(uri, { localSdp: spare.sdp }).catch((error: unknown) => error as { status: number })
  expect(refused).toMatchObject({ status: 503 })
  expect(Date.now() - started).toBeLessThan(2000)
})

test('nothing is sent to the server itself, to no address, or within a dialog that is not', async () => {
  const { srf, sip } = await bench()
  await expect(srf.createUAC(`sip:me@${sip}`, { localSdp: 'v=0\r\n' })).rejects.toThrow('can not send request to myself')
  await expect(srf.createUAC('sip:you@127.0.0.1;transport=ws', { localSdp: 'v=0\r\n' })).rejects.toThrow(
    'requested protocol/transport not available',
  )
})

test('destroying a dialog twice fails the second time with the real words', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  const waiting = answering(srf, phone.sdp)
  await routed()
  const { dialog } = await call(phone, waiting)
  const ended = dialog.destroy()
  const bye = await phone.expects('BYE')
  phone.send(phone.response(bye, 200, 'OK'))
  await ended
  await expect(dialog.destroy()).rejects.toThrow('Server error: unable to find dialog for dialog id provided')
})

test('REGISTER, OPTIONS, MESSAGE and INFO outside of dialogs reach the application that asked for them, Contact and Authorization included', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  const seen: string[] = []
  srf.register((req, res) => {
    seen.push(`${req.method} ${req.get('Authorization')}`)
    res.send(200, { headers: { Contact: req.get('Contact'), Expires: '300' } })
  })
  for (const method of ['options', 'message', 'info'] as const) {
    srf.use(method, (req, res) => {
      seen.push(req.method)
      res.send(202)
    })
  }
  await routed()
  phone.send(phone.request('REGISTER', { headers: { Authorization: 'Digest username="gp"', Expires: '300' } }))
  const registered = await phone.expects('SIP/2.0 200')
  expect([header(registered, 'Contact'), header(registered, 'Expires')]).toEqual([`<${phone.uri}>`, '300'])
  for (const method of ['OPTIONS', 'MESSAGE', 'INFO']) {
    phone.send(phone.request(method, { headers: { 'Call-ID': `other-${method}` } }))
    await phone.expects('SIP/2.0 202')
  }
  expect(seen).toEqual(['REGISTER Digest username="gp"', 'OPTIONS', 'MESSAGE', 'INFO'])
  phone.send(phone.request('BYE', { to: '<sip:x@y>;tag=nobody', headers: { 'Call-ID': 'strange' } }))
  await phone.expects('SIP/2.0 481')
  phone.send(phone.request('FROBNICATE', { headers: { 'Call-ID': 'strange-2' } }))
  await phone.expects('SIP/2.0 501')
})

test('within a dialog both sides can hold and resume, ask by INFO, and glare is 491', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  const waiting = answering(srf, phone.sdp)
  await routed()
  const { dialog, to, target } = await call(phone, waiting)
  // The phone puts on hold: srf answers by itself and tells.
  const held = once(dialog, 'hold')
  phone.send(phone.request('INVITE', { to, uri: target, body: phone.sdp.replace('sendrecv', 'sendonly'), headers: { CSeq: '10 INVITE' } }))
  const holding = await phone.expects('SIP/2.0 200')
  phone.send(phone.request('ACK', { to, uri: target, headers: { CSeq: '10 ACK' } }))
  await held
  expect(holding).toContain('a=recvonly')
  // The application sends a re-INVITE; the phone offers at the same time.
  const modified = dialog.modify(phone.sdp)
  const reinvite = await phone.expects('INVITE')
  phone.send(phone.request('INVITE', { to, uri: target, body: phone.sdp, headers: { CSeq: '11 INVITE' } }))
  const glare = await phone.expects('SIP/2.0 491')
  phone.send(phone.request('ACK', { to, uri: target, headers: { Via: header(glare, 'Via'), CSeq: '11 ACK' } }))
  phone.send(phone.response(reinvite, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  expect(await modified).toBe(phone.sdp)
  // INFO both ways, and the next number in the sequence.
  const info = once(dialog, 'info') as Promise<[SrfRequest, SrfReply]>
  phone.send(
    phone.request('INFO', {
      to,
      uri: target,
      headers: { CSeq: '12 INFO', 'Content-Type': 'application/dtmf-relay' },
      body: 'Signal=5\r\nDuration=160\r\n',
    }),
  )
  const [asked, reply] = await info
  expect(asked.body).toContain('Signal=5')
  reply.send(200)
  await phone.expects('SIP/2.0 200')
  const told = dialog.request({ method: 'INFO', headers: { 'Content-Type': 'text/plain' }, body: 'hello' })
  const request = await phone.expects('INFO')
  expect(Number(header(request, 'CSeq').split(' ')[0])).toBeGreaterThan(Number(header(reinvite, 'CSeq').split(' ')[0]))
  phone.send(phone.response(request, 200, 'OK'))
  expect((await told).status).toBe(200)
  // An old number is refused.
  phone.send(phone.request('INFO', { to, uri: target, headers: { CSeq: '5 INFO' } }))
  await phone.expects('SIP/2.0 500')
})

test('a reliable provisional response is repeated until its PRACK, which the application answers', async () => {
  const { phone: open, srf, embedded, routed } = await bench({ drachtio: { t1Ms: 40 } })
  const phone = await open()
  const answered = new Promise<SrfDialog>((resolve, reject) => {
    srf.invite((req, res) => {
      res.send(183, { headers: { Require: '100rel' }, body: phone.sdp }, undefined, () => {
        srf.createUAS(req, res, { localSdp: phone.sdp }).then(resolve, reject)
      })
    })
  })
  await routed()
  phone.send(phone.request('INVITE', { body: phone.sdp, headers: { Supported: '100rel' } }))
  const first = await phone.expects('SIP/2.0 183')
  const again = await phone.expects('SIP/2.0 183')
  expect(header(again, 'RSeq')).toBe(header(first, 'RSeq'))
  const to = header(first, 'To')
  phone.send(phone.request('PRACK', { to, headers: { RAck: `${header(first, 'RSeq')} 1 INVITE` } }))
  await phone.expects('SIP/2.0 200')
  const ok = await phone.expects('SIP/2.0 200')
  expect(header(ok, 'CSeq')).toBe('1 INVITE')
  expect(tagIn(header(ok, 'To'))).toBe(tagIn(to))
  phone.send(phone.request('ACK', { to, headers: { CSeq: '1 ACK' } }))
  await answered
  expect(embedded.load().dialogs).toBe(1)
})

test('a reliable provisional response from a phone is answered with PRACK', async () => {
  const { phone: open, srf } = await bench()
  const phone = await open()
  const dialling = srf.createUAC(phone.uri, { localSdp: phone.sdp, headers: { Supported: '100rel' } })
  const invite = await phone.expects('INVITE')
  phone.send(phone.response(invite, 183, 'Session Progress', { headers: { Require: '100rel', RSeq: '7' }, body: phone.sdp }))
  const prack = await phone.expects('PRACK')
  expect(header(prack, 'RAck')).toBe(`7 ${header(invite, 'CSeq')}`)
  phone.send(phone.response(prack, 200, 'OK'))
  phone.send(phone.response(invite, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  const dialog = await dialling
  const ended = dialog.destroy()
  const bye = await phone.expects('BYE')
  expect(Number(header(bye, 'CSeq').split(' ')[0])).toBeGreaterThan(Number(header(prack, 'CSeq').split(' ')[0]))
  phone.send(phone.response(bye, 200, 'OK'))
  await ended
})

test('a session timer that the caller asks for is answered; one that is too short inside the dialog is refused', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  void answering(srf, phone.sdp)
  await routed()
  phone.send(phone.request('INVITE', { body: phone.sdp, headers: { 'Session-Expires': '1800;refresher=uac', Supported: 'timer' } }))
  const ok = await phone.expects('SIP/2.0 200')
  expect(header(ok, 'Session-Expires')).toBe('1800;refresher=uac')
  const to = header(ok, 'To')
  phone.send(phone.request('ACK', { to, headers: { CSeq: '1 ACK' } }))
  phone.send(phone.request('INVITE', { to, body: phone.sdp, headers: { CSeq: '20 INVITE', 'Session-Expires': '10', Supported: 'timer' } }))
  expect(header(await phone.expects('SIP/2.0 422'), 'Min-SE')).toBe('90')
})

test('a phone behind a NAT gets requests where its packets come from', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  const waiting = answering(srf, phone.sdp)
  await routed()
  phone.send(phone.request('INVITE', { body: phone.sdp, headers: { Contact: '<sip:phone@192.168.77.5:5999>' } }))
  const ok = await phone.expects('SIP/2.0 200')
  phone.send(phone.request('ACK', { to: header(ok, 'To'), headers: { CSeq: '1 ACK' } }))
  const ended = (await waiting).destroy()
  const bye = await phone.expects('BYE sip:phone@192.168.77.5:5999')
  phone.send(phone.response(bye, 200, 'OK'))
  await ended
})

test('a challenge to our INVITE is answered by the application with credentials, in the same call', async () => {
  const { phone: open, srf } = await bench()
  const phone = await open()
  const dialling = srf.createUAC(phone.uri, { localSdp: phone.sdp, auth: { username: 'ringround', password: 'secret' } })
  const invite = await phone.expects('INVITE')
  phone.send(
    phone.response(invite, 401, 'Unauthorized', {
      headers: { 'WWW-Authenticate': 'Digest realm="trunk", nonce="abc", algorithm=MD5, qop="auth"' },
    }),
  )
  await phone.expects('ACK')
  const again = await phone.expects('INVITE')
  expect(header(again, 'Authorization')).toContain('username="ringround"')
  expect(header(again, 'Call-ID')).toBe(header(invite, 'Call-ID'))
  expect(Number(header(again, 'CSeq').split(' ')[0])).toBe(Number(header(invite, 'CSeq').split(' ')[0]) + 1)
  phone.send(phone.response(again, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  const dialog = await dialling
  const ended = dialog.destroy()
  const bye = await phone.expects('BYE')
  phone.send(phone.response(bye, 200, 'OK'))
  await ended
})

test('calls are carried over TCP both ways', async () => {
  const { srf, sip, embedded, routed } = await bench()
  const transport = await SocketTransport.open({ protocols: ['tcp'] })
  const agent = new UserAgent({ transport, user: 'gp' })
  closeAfterwards(async () => {
    await agent.close()
    await transport.close()
  })
  const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
  const waiting = answering(srf, sdp)
  await routed()
  const placed = await agent.invite(`sip:7001@${sip};transport=tcp`, { sdp })
  if (placed.kind !== 'answered') throw new Error(placed.kind)
  const incoming = await waiting
  await incoming.destroy()
  expect((await placed.session.ended).kind).toBe('remote')
  agent.onInvite = (invite) => void invite.answer(sdp)
  const dialog = await srf.createUAC(`sip:gp@127.0.0.1:${transport.listeners[0]!.port};transport=tcp`, { localSdp: sdp })
  await dialog.destroy()
  await until(() => embedded.load().dialogs === 0, 'no dialog')
})

test('with an outbound address the server dials the application for every new request, and answers 480 when it is not there', async () => {
  const app = listenSrf()
  const server = app.listen({ host: '127.0.0.1', port: 0, secret: 'cymru' })
  await once(app, 'listening')
  const { port } = server.address()
  const { embedded, sip } = await startSwitch({ drachtio: { outbound: { address: '127.0.0.1', port } } })
  closeAfterwards(() => embedded.stop())
  const phone = await RawPhone.open(sip)
  closeAfterwards(() => phone.close())
  app.invite((_, res) => res.send(486))
  phone.send(phone.request('INVITE', { body: phone.sdp }))
  const busy = await phone.expects('SIP/2.0 486')
  phone.send(phone.request('ACK', { to: header(busy, 'To'), headers: { Via: header(busy, 'Via'), CSeq: '1 ACK' } }))
  embedded.fault({ kind: 'disconnect', stream: 'app' })
  server.close()
  await until(() => embedded.load().apps === 0, 'the application to be gone')
  phone.send(phone.request('INVITE', { body: phone.sdp, headers: { 'Call-ID': 'second' } }))
  await phone.expects('SIP/2.0 480')
})

test('call records go to the application that asked for them', async () => {
  const { phone: open, srf, routed } = await bench()
  const phone = await open()
  const records: string[] = []
  for (const kind of ['attempt', 'start', 'stop'])
    srf.on(`cdr:${kind}`, (source: string, _time: string, detail: unknown) =>
      records.push(`${kind} ${source} ${typeof detail === 'string' ? detail : ''}`.trim()),
    )
  const waiting = answering(srf, phone.sdp)
  await routed()
  const { to, target } = await call(phone, waiting)
  phone.send(phone.request('BYE', { to, uri: target, headers: { CSeq: '9 BYE' } }))
  await phone.expects('SIP/2.0 200')
  await until(() => records.length === 3, 'three records')
  expect(records).toEqual(['attempt network', 'start application uas', 'stop network normal-release'])
})

test('an application that does not keep to the protocol is refused and disconnected', async () => {
  const { where } = await bench()
  for (const [sent, expected] of [
    ['5#hello', ''],
    ['99#short', ''],
    ['x#', ''],
    [`${Buffer.byteLength('1|route|invite')}#1|route|invite`, 'NO|client must authenticate first'],
    [`${Buffer.byteLength('1|authenticate|wrong|')}#1|authenticate|wrong|`, 'NO|incorrect secret'],
  ] as const) {
    const socket = connect(where.drachtio.app.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk.toString()))
    await once(socket, 'connect')
    socket.end(sent)
    await once(socket, 'close')
    expect(heard).toContain(expected)
  }
})
