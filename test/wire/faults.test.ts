import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { bench, closeAfterwards, mediaBench, stillOpen, until } from './bench-set-up.js'
import { connectMrf, quick } from './drachtio-packages.js'
import { header } from './raw-phone.js'

const OFFER =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n'

test('a message that is lost on request is repeated by the transaction, over UDP', async () => {
  const { embedded, phone: open, srf, routed } = await bench({ drachtio: { t1Ms: 50 } })
  const phone = await open()
  await routed()
  embedded.fault({ kind: 'drop', stream: 'sip', nth: 1, matching: 'INVITE sip:phone' })
  const dialling = srf.createUAC(phone.uri, { localSdp: OFFER }).catch((error: unknown) => error as { status: number })
  const invite = await phone.expects('INVITE')
  phone.send(phone.response(invite, 486, 'Busy Here'))
  await phone.expects('ACK')
  expect(await dialling).toMatchObject({ status: 486 })
})

test('a message that is delayed on request is overtaken', async () => {
  const { embedded, phone: open, srf } = await bench()
  const phone = await open()
  embedded.fault({ kind: 'delay', stream: 'sip', nth: 1, ms: 150, matching: 'INVITE sip:phone' })
  void srf.createUAC(phone.uri, { localSdp: OFFER }).catch(() => undefined)
  expect(await phone.hears('INVITE', 100)).toBe(false)
  const invite = await phone.expects('INVITE')
  phone.send(phone.response(invite, 486, 'Busy Here'))
  await phone.expects('ACK')
})

test('event sockets that are cut end their channels; the application hears of it, and can connect again', async () => {
  const { embedded, ms, srf, where } = await mediaBench()
  const ep = quick(await ms.createEndpoint({ remoteSdp: OFFER }))
  const gone = once(ep, 'destroy')
  embedded.fault({ kind: 'disconnect', stream: 'event-socket-out' })
  await gone
  await until(() => embedded.load().channels === 0, 'no channel')
  const told = once(ms, 'end')
  embedded.fault({ kind: 'disconnect', stream: 'event-socket-in' })
  await until(() => embedded.load().eventSockets === 0, 'no event socket')
  await told
  const again = await connectMrf(srf, where)
  closeAfterwards(() => again.disconnect())
  await until(() => embedded.load().eventSockets === 1, 'the application to be back')
})

test('an application that is cut off loses what it had not answered: the caller gets 503, what it was ringing is given up, its dialogs answer 481', async () => {
  const { embedded, phone: open, srf, routed } = await bench()
  const caller = await open()
  const rung = await open()
  const talker = await open()
  let taken = 0
  srf.invite((req, res) => {
    taken++
    if (req.get('Call-ID') === 'talking') void srf.createUAS(req, res, { localSdp: OFFER })
    else res.send(180)
  })
  await routed()
  talker.send(talker.request('INVITE', { body: OFFER, headers: { 'Call-ID': 'talking' } }))
  const ok = await talker.expects('SIP/2.0 200')
  talker.send(talker.request('ACK', { to: header(ok, 'To'), headers: { 'Call-ID': 'talking', CSeq: '1 ACK' } }))
  caller.send(caller.request('INVITE', { body: OFFER }))
  await caller.expects('SIP/2.0 180')
  srf.createUAC(rung.uri, { localSdp: OFFER }).catch(() => undefined)
  const invite = await rung.expects('INVITE')
  rung.send(rung.response(invite, 180, 'Ringing'))
  await until(() => taken === 2, 'both calls')
  embedded.fault({ kind: 'disconnect', stream: 'app' })
  const refused = await caller.expects('SIP/2.0 503')
  caller.send(caller.request('ACK', { to: header(refused, 'To'), headers: { Via: header(refused, 'Via'), CSeq: '1 ACK' } }))
  const cancel = await rung.expects('CANCEL')
  rung.send(rung.response(cancel, 200, 'OK'))
  rung.send(rung.response(invite, 487, 'Request Terminated'))
  await rung.expects('ACK')
  talker.send(talker.request('BYE', { to: header(ok, 'To'), headers: { 'Call-ID': 'talking', CSeq: '9 BYE' } }))
  await talker.expects('SIP/2.0 481')
  await until(() => embedded.load().dialogs === 0 && embedded.load().apps === 1, 'nothing left, and the application back')
})

test('a media server that never sends BYE lets destroy hang; the channel is gone all the same', async () => {
  const { embedded, ms } = await mediaBench()
  const ep = quick(await ms.createEndpoint({ remoteSdp: OFFER }))
  embedded.fault({ kind: 'neverBye' })
  const destroying = ep.destroy()
  expect(await stillOpen(destroying, 200)).toBe(true)
  expect(embedded.load().channels).toBe(0)
})

test('no channel is given while that is refused, and again when the fault is withdrawn', async () => {
  const { embedded, ms } = await mediaBench()
  embedded.fault({ kind: 'refuseChannels' })
  await expect(ms.createEndpoint({ remoteSdp: OFFER })).rejects.toMatchObject({ status: 503 })
  embedded.fault({ kind: 'none' })
  await (await ms.createEndpoint({ remoteSdp: OFFER })).destroy()
})

test('an event that is lost leaves what waited for it waiting; nothing else is hurt', async () => {
  const { embedded, ms } = await mediaBench()
  const ep = quick(await ms.createEndpoint({ remoteSdp: OFFER }))
  embedded.fault({ kind: 'drop', stream: 'event-socket-out', nth: 1, matching: 'CHANNEL_EXECUTE_COMPLETE' })
  expect(await stillOpen(ep.play('silence_stream://20'), 300)).toBe(true)
  expect((await ep.play('silence_stream://20')).playbackMilliseconds).toBe('20')
})

test('half of all audio packets can be lost, and calls live', async () => {
  const { embedded, ms } = await mediaBench()
  embedded.fault({ kind: 'losePackets', share: 0.5 })
  const ep = quick(await ms.createEndpoint({ remoteSdp: OFFER }))
  expect((await ep.play('tone_stream://%(200,0,440)')).playbackMilliseconds).toBe('200')
})

test('the switch that stops ends its calls with BYE, and a second stop is harmless', async () => {
  const { embedded, phone: open, srf, routed } = await bench()
  const phone = await open()
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: OFFER }))
  await routed()
  phone.send(phone.request('INVITE', { body: OFFER }))
  const ok = await phone.expects('SIP/2.0 200')
  phone.send(phone.request('ACK', { to: header(ok, 'To'), headers: { CSeq: '1 ACK' } }))
  await until(() => embedded.load().dialogs === 1, 'the dialog')
  const stopping = embedded.stop()
  const bye = await phone.expects('BYE')
  phone.send(phone.response(bye, 200, 'OK'))
  await stopping
  await embedded.stop()
  expect(embedded.load()).toMatchObject({ channels: 0, dialogs: 0 })
})

test('noise on every port is answered or dropped, and a call is taken afterwards', async () => {
  const { embedded, where, phone: open, srf, routed } = await bench()
  const phone = await open()
  srf.invite((_, res) => res.send(486))
  await routed()
  let seed = 1
  const random = (): number => (seed = (seed * 48271) % 2147483647)
  const noise = (): Buffer => Buffer.from(Array.from({ length: random() % 300 }, () => random() % 256))
  const almost = phone.request('INVITE', { body: OFFER, headers: { 'Call-ID': 'noise' } })
  for (let round = 0; round < 200; round++) {
    phone.send(noise().toString('latin1'))
    const cut = random() % almost.length
    phone.send(almost.slice(0, cut) + String.fromCharCode(random() % 256) + almost.slice(cut + (random() % 5)))
  }
  for (const port of [where.drachtio.app.port, where.freeswitch.eventSocket.port]) {
    for (let round = 0; round < 20; round++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(round % 2 === 0 ? noise() : Buffer.concat([Buffer.from('auth ClueCon\n\n'), noise(), Buffer.from('\n\n')]))
      socket.end()
      socket.resume()
      await once(socket, 'close')
    }
  }
  phone.send(
    phone.request('INVITE', {
      body: OFFER,
      headers: { 'Call-ID': 'real', CSeq: '999 INVITE', Via: `SIP/2.0/UDP 127.0.0.1:${phone.port};branch=z9hG4bKreal` },
    }),
  )
  await phone.expects('SIP/2.0 486')
  expect(embedded.load().dialogs).toBe(0)
})
