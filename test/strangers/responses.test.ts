import { expect, test } from 'vitest'
import { bench, closeAfterwards, until } from '../wire/bench-set-up.js'
import type { SrfDialog, SrfResponse } from '../wire/drachtio-packages.js'
import { header, RawPhone, tagIn } from '../wire/raw-phone.js'
import { KNOWN_ADDRESS, pause, STRANGE_ADDRESS } from './stranger-bench.js'

/** A call to a phone, up to its INVITE; `outcome` fills when the application has a final answer. */
async function calling() {
  const { srf, sip, phone: open, embedded } = await bench()
  const phone = await open()
  const seen: SrfResponse[] = []
  const outcome: { dialog?: SrfDialog; error?: unknown } = {}
  srf.createUAC(phone.uri, { localSdp: phone.sdp }, { cbProvisional: (response) => seen.push(response) }).then(
    (dialog) => (outcome.dialog = dialog),
    (error: unknown) => (outcome.error = error),
  )
  const invite = await phone.expects('INVITE')
  return { sip, phone, invite, seen, outcome, embedded }
}

async function forger(sip: string, address: string): Promise<RawPhone> {
  const other = await RawPhone.open(sip, address)
  closeAfterwards(() => other.close())
  return other
}

/** With all that the request said, and a Contact and audio of the forger's. */
const forged = (by: RawPhone, invite: string, headers: Readonly<Record<string, string>> = {}): string =>
  by.response(invite, 200, 'OK', { body: by.sdp, headers })

test.each([
  ['another address', STRANGE_ADDRESS],
  ['another port of the same address', KNOWN_ADDRESS],
])('a 200 from %s than was called is not taken, whatever it knows; the answer of who was called is', async (_, address) => {
  const { sip, phone, invite, outcome } = await calling()
  const other = await forger(sip, address)
  other.send(forged(other, invite))
  expect(await other.hears('ACK', 300)).toBe(false)
  expect(outcome).toEqual({})
  phone.send(phone.response(invite, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  await until(() => outcome.dialog !== undefined, 'the dialog')
  expect(outcome.dialog?.sip.remoteTag).toBe(tagIn(`;tag=raw${phone.port}`))
})

test('a 200 by somebody else after the right one makes no second call, and is not acknowledged', async () => {
  const { sip, phone, invite, outcome } = await calling()
  phone.send(phone.response(invite, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  const other = await forger(sip, STRANGE_ADDRESS)
  other.send(forged(other, invite))
  expect(await other.hears('', 300)).toBe(false)
  await until(() => outcome.dialog !== undefined, 'the dialog')
})

test.each([
  ['Call-ID', 'Call-ID', (value: string) => `${value}x`],
  ['From tag', 'From', (value: string) => `${value}x`],
  ['CSeq number', 'CSeq', (value: string) => value.replace(/^\d+/, (n) => String(Number(n) + 1))],
])('a response with another %s is not taken, though it comes from the right place with the right branch', async (_, name, change) => {
  const { phone, invite, outcome, seen } = await calling()
  phone.send(phone.response(invite, 180, 'Ringing', { headers: { [name]: change(header(invite, name)) } }))
  phone.send(phone.response(invite, 486, 'Busy Here', { headers: { [name]: change(header(invite, name)) } }))
  await pause(200)
  expect(seen).toEqual([])
  expect(outcome).toEqual({})
  phone.send(phone.response(invite, 603, 'Decline'))
  await until(() => outcome.error !== undefined, 'the answer')
  expect((outcome.error as { status: number }).status).toBe(603)
})

test('a forged answer to a re-INVITE changes nothing: its To tag must be that of the dialog', async () => {
  const { phone, invite, outcome } = await calling()
  phone.send(phone.response(invite, 200, 'OK', { body: phone.sdp }))
  await phone.expects('ACK')
  await until(() => outcome.dialog !== undefined, 'the dialog')
  let answer: string | undefined
  void outcome.dialog?.modify(phone.sdp).then((sdp) => (answer = sdp))
  const again = await phone.expects('INVITE')
  phone.send(
    phone.response(again, 200, 'OK', {
      body: phone.sdp.replace('s=-', 's=forged'),
      headers: { To: `${header(again, 'To').replace(/;tag=.*/, '')};tag=other` },
    }),
  )
  await pause(150)
  expect(answer).toBeUndefined()
  phone.send(phone.response(again, 200, 'OK', { body: phone.sdp.replace('s=-', 's=right') }))
  await phone.expects('ACK')
  await until(() => answer !== undefined, 'the answer')
  expect(answer).toContain('s=right')
})

test('a phone that has shown that it sends from another port than it listens on may answer from there, and from no third one', async () => {
  const { srf, sip, phone: open } = await bench()
  const listens = await open()
  const sends = await open()
  // Its own request names the port on which it listens.
  sends.send(sends.request('OPTIONS', { headers: { Via: `SIP/2.0/UDP 127.0.0.1:${listens.port};branch=z9hG4bKasym` } }))
  await listens.expects('SIP/2.0 ')
  const outcome: { error?: unknown } = {}
  srf.createUAC(listens.uri, { localSdp: listens.sdp }).catch((error: unknown) => (outcome.error = error))
  const invite = await listens.expects('INVITE')
  sends.send(sends.response(invite, 180, 'Ringing'))
  await pause(100)
  const third = await forger(sip, KNOWN_ADDRESS)
  third.send(third.response(invite, 486, 'Busy Here'))
  expect(await third.hears('ACK', 300)).toBe(false)
  sends.send(sends.response(invite, 603, 'Decline'))
  await until(() => outcome.error !== undefined, 'the answer')
  expect((outcome.error as { status: number }).status).toBe(603)
})
