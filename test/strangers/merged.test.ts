import { expect, test } from 'vitest'
import { bench, until } from '../wire/bench-set-up.js'
import { header, type RawPhone, tagIn } from '../wire/raw-phone.js'

/** A caller's INVITE as it comes again over another path: its own branch, and what the caller is asked to change. */
const copy = (phone: RawPhone, invite: string, branch: string, change: (text: string) => string = (text) => text): string =>
  change(invite.replace(/branch=z9hG4bK[^;\r]+/, `branch=z9hG4bK${branch}${phone.port}`))

test('a merged request is refused with 482 before, during and after the answer, and the call can be hung up', async () => {
  const { srf, routed, phone: open, embedded } = await bench()
  let calls = 0
  srf.invite((request, response) => {
    calls++
    setTimeout(() => void srf.createUAS(request, response, { localSdp: phone.sdp }).catch(() => undefined), 150)
  })
  await routed()
  const phone = await open()
  const invite = phone.request('INVITE', { body: phone.sdp })
  phone.send(invite)
  phone.send(copy(phone, invite, 'before'))
  expect(tagIn(header(await phone.expects('SIP/2.0 482'), 'To'))).not.toBe('')
  const to = header(await phone.expects('SIP/2.0 200'), 'To')
  phone.send(copy(phone, invite, 'during'))
  await phone.expects('SIP/2.0 482')
  phone.send(phone.request('ACK', { to, headers: { CSeq: '1 ACK' } }))
  phone.send(copy(phone, invite, 'after'))
  await phone.expects('SIP/2.0 482')
  // A second call under the name of the first one, which still runs.
  phone.send(copy(phone, invite, 'second', (text) => text.replace(/^CSeq: \d+/m, 'CSeq: 77')))
  await phone.expects('SIP/2.0 482')
  expect(calls).toBe(1)
  expect(embedded.load().dialogs).toBe(1)
  phone.send(phone.request('BYE', { to, headers: { CSeq: '99 BYE' } }))
  await phone.expects('SIP/2.0 200')
  await until(() => embedded.load().dialogs === 0, 'the end of the call')
})

test('a CANCEL reaches the call that it is for: no second one with its Call-ID can begin while it rings', async () => {
  const { srf, routed, phone: open } = await bench()
  const cancelled: string[] = []
  srf.invite((request) => void request.on('cancel', () => cancelled.push(request.get('From'))))
  await routed()
  const phone = await open()
  const invite = phone.request('INVITE', { body: phone.sdp })
  phone.send(invite)
  await phone.expects('SIP/2.0 100')
  phone.send(copy(phone, invite, 'other', (text) => text.replace(/^From: .*$/m, 'From: <sip:phone@127.0.0.1>;tag=another')))
  await phone.expects('SIP/2.0 482')
  phone.send(
    invite
      .replace(/^INVITE /, 'CANCEL ')
      .replace(/^CSeq: (\d+) INVITE/m, 'CSeq: $1 CANCEL')
      .replace(/Content-Length: \d+[^]*$/, 'Content-Length: 0\r\n\r\n'),
  )
  await phone.expects('SIP/2.0 487')
  await until(() => cancelled.length === 1, 'the cancel')
  expect(cancelled[0]).toContain(`raw${phone.port}`)
})

test('what was refused may be tried again over another path, with or without a new CSeq', async () => {
  const { srf, routed, phone: open } = await bench()
  const statuses = [401, 503, 200]
  srf.invite((request, response) => {
    const status = statuses.shift() ?? 500
    if (status === 200) void srf.createUAS(request, response, { localSdp: phone.sdp }).catch(() => undefined)
    else response.send(status)
  })
  await routed()
  const phone = await open()
  const invite = phone.request('INVITE', { body: phone.sdp })
  const acknowledge = (refusal: string): void =>
    phone.send(
      phone.request('ACK', {
        to: header(refusal, 'To'),
        headers: { Via: header(refusal, 'Via'), CSeq: header(refusal, 'CSeq').replace('INVITE', 'ACK') },
      }),
    )
  phone.send(invite)
  acknowledge(await phone.expects('SIP/2.0 401'))
  const again = copy(phone, invite, 'again', (text) => text.replace(/^CSeq: 1 /m, 'CSeq: 2 '))
  phone.send(again)
  acknowledge(await phone.expects('SIP/2.0 503'))
  phone.send(copy(phone, again, 'once-more'))
  const to = header(await phone.expects('SIP/2.0 200'), 'To')
  phone.send(phone.request('ACK', { to, headers: { CSeq: '2 ACK' } }))
})

test('an unknown extension is refused with 420 and named; a scheme that is not served with 416', async () => {
  const { phone: open, srf, routed } = await bench()
  srf.invite((_, response) => response.send(486))
  srf.options((_, response) => response.send(200))
  await routed()
  const phone = await open()
  for (const method of ['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE']) {
    phone.send(phone.request(method, { headers: { Require: '100rel, foo, Timer, bar', 'Call-ID': `require-${method}` } }))
    expect(header(await phone.expects('SIP/2.0 420'), 'Unsupported')).toBe('foo, bar')
    for (const uri of ['http:127.0.0.1', 'mailto:a@b.example', 'urn:service:sos', 'h323:7001@127.0.0.1']) {
      phone.send(phone.request(method, { uri, headers: { 'Call-ID': `scheme-${method}-${uri}` } }))
      await phone.expects('SIP/2.0 416')
    }
  }
  // Who hangs up has hung up, whatever they require.
  phone.send(phone.request('BYE', { to: '<sip:7001@127.0.0.1>;tag=none', headers: { Require: 'foo' } }))
  await phone.expects('SIP/2.0 481')
  for (const uri of ['SIP:7001@127.0.0.1', 'tel:+441632960401', 'sips:7001@127.0.0.1']) {
    phone.send(phone.request('OPTIONS', { uri, headers: { Require: 'timer' } }))
    await phone.expects('SIP/2.0 200')
  }
})
