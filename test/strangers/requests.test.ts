import { expect, test } from 'vitest'
import { closeAfterwards, until } from '../wire/bench-set-up.js'
import { header, RawPhone, tagIn } from '../wire/raw-phone.js'
import { counted, pause, STRANGE_ADDRESS, strangerBench } from './stranger-bench.js'

test('a 403 to a stranger goes out once; to a repeated INVITE once more; to whom we know it is repeated until its ACK', async () => {
  const { srf, routed, stranger, phone: open } = await strangerBench()
  srf.invite((_, response) => response.send(403))
  await routed()
  const phone = await stranger()
  const { messages } = counted(phone)
  const invite = phone.request('INVITE', { body: phone.sdp })
  phone.send(invite)
  await phone.expects('SIP/2.0 403')
  await pause(1_800)
  // Not even a 100 before it: one packet for one.
  expect(messages.map((text) => text.slice(0, 11))).toEqual(['SIP/2.0 403'])
  phone.send(invite)
  await phone.expects('SIP/2.0 403')
  await pause(300)
  expect(messages).toHaveLength(2)

  const known = await open()
  const heard = counted(known)
  known.send(known.request('INVITE', { body: known.sdp }))
  await until(() => heard.messages.filter((text) => text.startsWith('SIP/2.0 403')).length >= 2, 'a repetition')
})

test('answers go to where the request came from, never where its Via would have them', async () => {
  const { srf, routed, stranger, sip } = await strangerBench()
  srf.invite((_, response) => response.send(403))
  await routed()
  const victim = await RawPhone.open(sip, '127.0.0.77')
  closeAfterwards(() => victim.close())
  const phone = await stranger()
  const elsewhere = [
    `${phone.address}:${phone.port};maddr=${victim.address}`,
    `${victim.address}:${victim.port}`,
    `${victim.address}:${victim.port};maddr=${victim.address};received=${victim.address}`,
    `${phone.address}:${victim.port}`,
  ]
  for (const [n, sentBy] of elsewhere.entries()) {
    phone.send(
      phone.request('INVITE', {
        body: phone.sdp,
        headers: { Via: `SIP/2.0/UDP ${sentBy};branch=z9hG4bKelse${n}`, 'Call-ID': `else-${n}` },
      }),
    )
    await phone.expects('SIP/2.0 403')
    // What no parser takes, too.
    phone.send(phone.request('INVITE', { headers: { Via: `SIP/2.0/UDP ${sentBy};branch=z9hG4bKbad${n}`, CSeq: 'one INVITE' } }))
    await phone.expects('SIP/2.0 400')
  }
  expect(await victim.hears('', 200)).toBe(false)
})

test('what strangers get wrong is answered with tags that tell nothing of others, and the same tag for the same request', async () => {
  const { stranger } = await strangerBench()
  const phone = await stranger()
  const malformed = phone.request('INVITE', { headers: { CSeq: 'one INVITE' } })
  phone.send(malformed)
  const first = tagIn(header(await phone.expects('SIP/2.0 400'), 'To'))
  phone.send(malformed)
  expect(tagIn(header(await phone.expects('SIP/2.0 400'), 'To'))).toBe(first)
  expect(first).toMatch(/^[0-9a-f]{20}$/)
  phone.send(phone.request('INVITE', { headers: { CSeq: 'two INVITE' } }))
  expect(tagIn(header(await phone.expects('SIP/2.0 400'), 'To'))).not.toBe(first)
})

test('strangers are answered at most so often, each and all together, while whoever is known is served as ever', async () => {
  const { srf, routed, stranger, phone: open } = await strangerBench()
  srf.options((_, response) => response.send(200))
  await routed()
  const phones = await Promise.all(Array.from({ length: 20 }, (_, n) => stranger(`127.0.1.${n + 1}`)))
  const heard = phones.map((phone) => counted(phone).messages)
  for (let round = 0; round < 150; round++) for (const phone of phones) phone.send(phone.request(round % 2 === 0 ? 'OPTIONS' : 'BYE'))
  const known = await open()
  known.send(known.request('OPTIONS'))
  await known.expects('SIP/2.0 200')
  await pause(500)
  const answers = heard.map((messages) => messages.length)
  // 60 at once and 10 a second for one; 600 at once and 100 a second for all.
  expect(Math.max(...answers)).toBeLessThan(100)
  expect(Math.min(...answers)).toBeGreaterThan(0)
  expect(answers.reduce((sum, count) => sum + count, 0)).toBeLessThan(1_000)
})

test('a telephone that proved itself is a stranger no longer', async () => {
  const { srf, routed, stranger } = await strangerBench()
  srf.register((_, response) => response.send(200))
  srf.options((_, response) => response.send(200))
  await routed()
  const phone = await stranger()
  phone.send(phone.request('REGISTER', { uri: 'sip:127.0.0.1' }))
  await phone.expects('SIP/2.0 200')
  const { messages } = counted(phone)
  for (let n = 0; n < 200; n++) phone.send(phone.request('OPTIONS'))
  await until(() => messages.length === 200, 'all answers')
})

test('a stranger cannot end, change or cancel a call: without its tags there is no dialog, without its branch no INVITE', async () => {
  const { srf, routed, stranger, phone: open, embedded } = await strangerBench()
  let ended = false
  srf.invite((request, response) => {
    request.on('cancel', () => (ended = true))
    if (request.calledNumber === '7002') return
    void srf.createUAS(request, response, { localSdp: phone.sdp }).then((dialog) => dialog.on('destroy', () => (ended = true)))
  })
  await routed()
  const phone = await open()
  phone.send(phone.request('INVITE', { body: phone.sdp }))
  const to = header(await phone.expects('SIP/2.0 200'), 'To')
  phone.send(phone.request('ACK', { to, headers: { CSeq: '1 ACK' } }))
  const other = await stranger()
  const ofCall = { 'Call-ID': `raw-${phone.port}`, From: `<sip:phone@127.0.0.1>;tag=raw${phone.port}` }
  for (const method of ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'NOTIFY']) {
    other.send(other.request(method, { to: `${to.replace(/;tag=.*/, '')};tag=guessed`, headers: { ...ofCall, CSeq: `9 ${method}` } }))
    await other.expects('SIP/2.0 481')
  }

  // Ringing: even with the branch, a CANCEL that comes from elsewhere is not the caller's.
  const ringing = await open()
  const invite = ringing.request('INVITE', { to: '<sip:7002@127.0.0.1>', uri: 'sip:7002@127.0.0.1', body: ringing.sdp })
  ringing.send(invite)
  await ringing.expects('SIP/2.0 100')
  other.send(
    invite
      .replace(/^INVITE /, 'CANCEL ')
      .replace(/^CSeq: (\d+) INVITE/m, 'CSeq: $1 CANCEL')
      .replace(/Content-Length: \d+[^]*$/, 'Content-Length: 0\r\n\r\n'),
  )
  await other.expects('SIP/2.0 481')
  await pause(100)
  expect(ended).toBe(false)
  expect(embedded.load().dialogs).toBe(1)
  phone.send(phone.request('BYE', { to, headers: { CSeq: '3 BYE' } }))
  await phone.expects('SIP/2.0 200')
  await until(() => embedded.load().dialogs === 0, 'the end of the call')
})

test('noise with port 0, of every size and kind, is survived without a line for each', async () => {
  const lines: string[] = []
  const { stranger, phone: open, srf, routed } = await strangerBench({ log: (line) => lines.push(line) })
  srf.options((_, response) => response.send(200))
  await routed()
  const phone = await stranger()
  for (const via of [
    '127.0.0.66:0',
    '127.0.0.66:0;rport',
    '127.0.0.66:0;maddr=0.0.0.0',
    '255.255.255.255:0',
    '[::]:0',
    'nowhere.invalid:0',
  ]) {
    phone.send(phone.request('OPTIONS', { headers: { Via: `SIP/2.0/UDP ${via};branch=z9hG4bK0${via.length}`, 'Call-ID': via } }))
    await phone.expects('SIP/2.0 200')
  }
  const known = await open()
  known.send(known.request('OPTIONS', { headers: { Via: `SIP/2.0/UDP ${known.address}:0;branch=z9hG4bKzero` } }))
  known.send(known.request('OPTIONS'))
  await known.expects('SIP/2.0 200')
  expect(lines).toEqual([])
  expect(STRANGE_ADDRESS).toBe(phone.address)
})
