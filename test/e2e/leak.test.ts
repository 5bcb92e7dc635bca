import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { all, header, print } from '../contract/phone/message.js'
import { delay, Engine } from './engine.js'
import { world } from './world.js'

/** Everything by which a caller could be known again. */
const caller = { number: '01632960777', name: 'Ada Marsh', host: 'surgery.example', phone: 'Secretive Phone 9', patient: 'NHS-4857773456' }
const outbound = '+441632960999'

describe('no personal number leaks, in either direction', () => {
  let engine: Engine
  let gp: TestPhone
  let ward: TestPhone
  beforeAll(async () => {
    gp = await TestPhone.open()
    ward = await TestPhone.open()
    engine = await Engine.start({
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [`sip:consultant-home@127.0.0.1:${ward.port}`] }]),
      env: { RINGROUND_OUTBOUND_NUMBER: outbound, RINGROUND_OUTBOUND_NAME: 'Advice line' },
    })
  })
  afterAll(async () => {
    try {
      gp.close()
      ward.close()
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  it('a specialist sees the single outbound number and nothing of the caller; the caller sees nothing of the specialist', async () => {
    const from = `"${caller.name}" <sip:${caller.number}@${caller.host}>`
    const call = await gp.call(`sip:4000@${engine.sip}`, {
      from,
      headers: [
        ['P-Asserted-Identity', from],
        ['P-Preferred-Identity', from],
        ['Remote-Party-ID', `${from};party=calling`],
        ['Diversion', `<sip:${caller.number}@${caller.host}>;reason=no-answer`],
        ['Referred-By', from],
        ['History-Info', `<sip:${caller.number}@${caller.host}>;index=1`],
        ['User-Agent', caller.phone],
        ['Subject', `About ${caller.patient}`],
        ['X-Patient', caller.patient],
        ['Reply-To', from],
        ['Organization', caller.host],
      ],
    })
    await call.answered()
    const rung = await ward.nextCall()
    rung.answer()
    await delay(700)
    await rung.media.press('1')
    await delay(1_500)
    call.bye()
    await delay(300)
    rung.bye()
    await delay(300)

    const toWard = ward.seen.map(({ message }) => print(message.startLine, message.headers, message.body))
    expect(toWard.length).toBeGreaterThanOrEqual(2)
    for (const text of toWard) {
      for (const secret of [...Object.values(caller), call.callId, `:${gp.port}`, String(call.media.port), gp.uri])
        expect(text).not.toContain(secret)
    }
    const { request } = rung
    expect(header(request, 'From')).toMatch(new RegExp(`^"?Advice line"? <sip:\\${outbound}@`))
    for (const name of ['P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID']) {
      for (const value of all(request, name)) expect(value).toContain(outbound)
    }
    for (const name of ['Diversion', 'Referred-By', 'History-Info', 'Subject', 'X-Patient', 'Reply-To', 'Organization'])
      expect(all(request, name)).toEqual([])
    expect(header(request, 'Contact')).not.toContain(caller.number)
    expect(request.body).not.toMatch(new RegExp(`${call.media.port}|marsh|gp@`, 'i'))

    const toCaller = gp.seen.map(({ message }) => print(message.startLine, message.headers, message.body))
    for (const text of toCaller) {
      for (const secret of ['consultant-home', `:${ward.port}`, rung.callId, String(rung.media.port)]) expect(text).not.toContain(secret)
    }
  })

  it('nor does the API tell a number that was rung', async () => {
    const call = await engine.callTo('4000')
    expect(JSON.stringify(call)).not.toContain('consultant-home')
    expect(JSON.stringify(await (await engine.get('/api/calls')).json())).not.toContain('consultant-home')
  })
})
