import { expect, test } from 'vitest'
import { adminWorld } from '../keeping/admin-world.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { complaints, errors, fill, heading, notice, rowsOf, signedIn, text } from './signed-in.js'

const chromium = findChromium()
const hourMs = 3_600_000
const brides = { kind: 'organisation', id: 'st-brides' } as const

const press = (browser: Browser, what: string) =>
  browser.evaluate(`[...document.querySelectorAll('main button')].find((one) => one.textContent.includes(${JSON.stringify(what)})).click()`)
/** A refused form shows on Chromium's console. */

test.runIf(chromium)('a call-back is arranged by keyboard, started, and left with an outcome', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await signedIn(world, { role: 'serviceManager', scope: brides }, 'call-backs', 'Call-backs')
  expect(await browser.evaluate(text('main'))).toContain('Nobody is waiting to be called back.')
  await browser.open(`${world.admin.url}call-backs/new`)
  await browser.until(`${heading} === 'New call-back'`)
  expect(await browser.evaluate("[...document.getElementById('line').options].map(({ text }) => text)")).toEqual([
    'Choose a line',
    'Cardiac rehabilitation',
    'Chemotherapy helpline',
    'Epilepsy follow-up',
  ])
  expect(await browser.evaluate("[...document.getElementById('clinician').options].map(({ text }) => text)")).not.toContain(
    'Dr Carys Hughes',
  )
  await tabTo(browser, 'line')
  await browser.type('Card')
  await tabTo(browser, 'nhsNumber')
  await browser.type('943 476 5918')
  await tabTo(browser, 'time')
  await browser.type('later\r')
  await browser.until(`${errors}.length === 2`)
  expect(await browser.evaluate(errors)).toEqual(["Enter the patient's telephone number", 'Enter a time of day, such as 14:30'])
  await expectGood(browser, 'new-call-back-wrong', pictureOf(browser))
  await fill(browser, 'patientNumber', '07700 900123')
  await fill(browser, 'time', '14:30')
  await fill(browser, 'year', String(new Date().getFullYear() + 1))
  await browser.type('\r')
  await browser.until(`${errors}[0]?.startsWith('Enter a 10 digit NHS number')`)
  expect(await browser.evaluate("[document.getElementById('line').value, document.getElementById('time').value]")).toEqual([
    'cardiac-rehab-call-back',
    '14:30',
  ])
  await fill(browser, 'nhsNumber', '943 476 5919')
  await fill(browser, 'note', '<b>in the afternoon</b>')
  await press(browser, 'Arrange the call-back')
  await browser.until(`${notice} === 'The call-back is arranged.'`)
  const path = await browser.evaluate<string>('location.pathname')
  const id = path.split('/').at(-1) ?? ''
  expect(await browser.evaluate(text('dl'))).toContain(
    "Patient's number 07700 900123 NHS number 943 476 5919 Clinician Nobody yet Note <b>in the afternoon</b>",
  )
  await expectGood(browser, 'call-back', pictureOf(browser))

  await press(browser, 'Start the call')
  await browser.until(`${errors}[0] === 'Choose who makes the call'`)
  await fill(browser, 'clinician', 'dr-okafor')
  await tabTo(browser, 'Start the call')
  await browser.type('\r')
  await browser.until(`${notice}.startsWith('The clinician is being rung')`)
  expect(world.placed).toMatchObject([{ id, kind: 'callBack', clinician: 'dr-okafor', targets: [{ number: '+447700900123' }] }])
  expect(await browser.evaluate(text('h1'))).toBe('Call-back Being called')
  await world.tell(
    'placed-1',
    { type: 'call.placed', kind: 'pifuCallBack', arrangement: id, clinician: 'dr-okafor' },
    { type: 'call.ended', ending: 'completed' },
  )
  // The page updates itself when the call is over.
  await browser.until("document.getElementById('outcome')")
  expect(await browser.evaluate(text('h1'))).toBe('Call-back Waiting')
  expect(await browser.evaluate(text('main ul'))).toContain('nobody was reached by Dr Ada Okafor')
  await press(browser, 'Leave the outcome')
  await browser.until(`${errors}[0] === 'Choose what became of the call'`)
  await fill(browser, 'outcome', 'patient-discharged')
  await press(browser, 'Leave the outcome')
  await browser.until(`${notice} === 'The outcome is saved.'`)
  expect(await browser.evaluate(text('h1'))).toBe('Call-back Done')
  expect(complaints(browser)).toEqual([])
})

test.runIf(chromium)(
  'the list has the next due first, marks overdue ones, and shows no patient’s number; an open one is changed and cancelled',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const soon = await world.arranged.makeCallBack({
      line: 'cardiac-rehab-call-back',
      patientNumber: '+447700900123',
      clinician: 'dr-okafor',
      dueAt: Date.now() + hourMs,
      nhsNumber: '9434765919',
    })
    await world.store.appendLate(
      'asked',
      { type: 'callBack.requested', line: 'epilepsy-follow-up', number: '+447700900125' },
      Date.now() - 9 * hourMs,
    )
    await world.arranged.diary.settled()
    const browser = await signedIn(world, { role: 'clinician', scope: brides, clinician: 'dr-okafor' }, 'call-backs', 'Call-backs')
    const rows = await browser.evaluate<string[][]>(rowsOf('call-backs'))
    expect(rows.map((row) => row.slice(1))).toEqual([
      ['Overdue', 'Epilepsy follow-up', '+44••••••••25 asked for it', 'Nobody yet', '0'],
      ['Waiting', 'Cardiac rehabilitation', '+44••••••••23', 'Dr Ada Okafor', '0'],
    ])
    expect(await browser.evaluate(text('main'))).toContain('2 to be called back, 1 overdue')
    expect(await browser.evaluate('document.documentElement.outerHTML')).not.toMatch(/900123|900 123|9434765919|943 476/)
    await expectGood(browser, 'call-backs', pictureOf(browser))

    await browser.open(`${world.admin.url}call-backs/${soon.id}/change`)
    await browser.until(`${heading} === 'Change the call-back'`)
    await expectGood(browser, 'change-call-back', pictureOf(browser))
    await fill(browser, 'note', 'after four')
    await fill(browser, 'clinician', '')
    await press(browser, 'Change it')
    await browser.until(`${notice} === 'The call-back is changed.'`)
    expect(await world.arranged.find(soon.id)).toMatchObject({ note: 'after four', nhsNumber: '9434765919', dueAt: soon.dueAt })
    expect(await world.arranged.find(soon.id)).not.toHaveProperty('clinician')
    await browser.evaluate('window.confirm = () => true')
    await press(browser, 'Cancel it')
    await browser.until(`${notice} === 'It is cancelled. Nobody will be rung.'`)
    await browser.until(`${rowsOf('call-backs')}.length === 1`)
    await browser.open(`${world.admin.url}call-backs?show=settled`)
    await browser.until(`${heading} === 'Settled call-backs' && ${rowsOf('call-backs')}.length === 1`)
    expect((await browser.evaluate<string[][]>(rowsOf('call-backs')))[0]?.[1]).toBe('Cancelled')
    expect(complaints(browser)).toEqual([])
  },
)

test.runIf(chromium)('a follow-up: a PIN that is shown once, or the engine rings', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await signedIn(world, { role: 'clinician', scope: brides, clinician: 'dr-okafor' }, 'patient-connect', 'Follow up')
  expect(await browser.evaluate("document.getElementById('clinician').value")).toBe('dr-okafor')
  await expectGood(browser, 'patient-connect', pictureOf(browser))
  await tabTo(browser, 'nhsNumber')
  await browser.type('9434765918')
  await tabTo(browser, 'patientNumber')
  await browser.type('01632 960889\r')
  await browser.until(`${errors}[0]?.startsWith('Enter a 10 digit NHS number')`)
  expect(await browser.evaluate(text('#nhsNumber-error'))).toContain('Enter a 10 digit NHS number')
  await fill(browser, 'nhsNumber', '943 476 5919')
  await browser.type('\r')
  await browser.until(`${heading} === 'Your PIN'`)
  const pin = await browser.evaluate<string>(text('.rr-keys'))
  expect(pin).toMatch(/^\d{6}$/)
  expect(await browser.evaluate("document.querySelector('.rr-keys').getAttribute('aria-label')")).toBe(`PIN ${Array.from(pin).join(' ')}`)
  expect(await browser.evaluate("[...document.querySelectorAll('.rr-telephone')].map((one) => one.href)")).toEqual([
    'tel:+441632960006',
    'tel:1006',
  ])
  await expectGood(browser, 'patient-connect-pin', pictureOf(browser))
  expect(await browser.evaluate<string>('location.href')).not.toMatch(/\d{10}|960889/)
  await press(browser, 'Ring Dr Ada Okafor')
  await browser.until(`${notice}.startsWith('The clinician is being rung')`)
  expect(world.placed).toMatchObject([{ kind: 'patientConnect', clinician: 'dr-okafor' }])
  expect(await browser.evaluate('document.body.textContent')).not.toContain(pin)
  await expectGood(browser, 'patient-connect-one', pictureOf(browser))

  await browser.open(`${world.admin.url}patient-connect`)
  await browser.until(`${heading} === 'Follow up'`)
  expect((await browser.evaluate<string[][]>(rowsOf('open')))[0]?.slice(1)).toEqual(['Being called', '+44••••••••89', 'Dr Ada Okafor', '1'])
  await fill(browser, 'patientNumber', '01632 960889')
  await fill(browser, 'nhsNumber', '943 476 5919')
  await browser.evaluate("document.querySelector('input[value=ring]').click()")
  await press(browser, 'Continue')
  await browser.until(`${notice}.startsWith('The clinician is being rung')`)
  expect(world.placed).toHaveLength(2)
  expect(complaints(browser)).toEqual([])
})

test.runIf(chromium)(
  'a code about a call of theirs, and about a message: number and code, shown once, and cancelled',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    for (const fact of goodCall('theirs', { line: 'cardiology', organisation: 'elm-row' })) await world.store.log.append('theirs', fact)
    for (const fact of goodCall('others', { line: 'ent-adult', organisation: 'harbour-lane' })) await world.store.log.append('others', fact)
    const browser = await signedIn(world, { role: 'serviceManager', scope: brides }, 'call-back-codes', 'Call')
    const calls = await browser.evaluate<string[][]>(rowsOf('calls'))
    expect(calls.map(([, , line, who]) => [line, who?.split(' +')[0]])).toEqual([
      ['Cardiology', expect.stringContaining('Elm Row Surgery')],
    ])
    await expectGood(browser, 'call-back-codes', pictureOf(browser))
    await press(browser, 'Start call')
    await browser.until(`${heading} === 'Start call'`)
    const code = await browser.evaluate<string>(text('.rr-keys'))
    expect(code).toMatch(/^\d{4}$/)
    expect(await browser.evaluate("document.querySelector('.rr-telephone').href")).toBe('tel:+441632960099')
    await expectGood(browser, 'call-back-code', pictureOf(browser))
    await browser.open(`${world.admin.url}calls/theirs`)
    await browser.until("document.getElementById('ring-back')")
    await press(browser, 'Start call')
    await browser.until(`${heading} === 'Start call'`)
    await press(browser, 'Cancel the code')
    await browser.until(`${notice} === 'The code no longer works.'`)

    await press(browser, 'Start call')
    await browser.until(`${heading} === 'Start call'`)
    await browser.open(`${world.admin.url}call-back-codes`)
    await browser.until(`${heading} === 'Call' && ${rowsOf('open')}.length === 2`)
    expect(await browser.evaluate('document.body.textContent')).not.toContain('Code ')
    await fill(browser, 'thread', 'case 17')
    await fill(browser, 'to', 'hughes')
    await browser.type('\r')
    await browser.until(`${errors}.length === 1`)
    expect(await browser.evaluate(errors)).toEqual(['Choose the line that was called'])
    await fill(browser, 'line', 'cardiology')
    await fill(browser, 'to', 'hughes')
    await browser.type('\r')
    await browser.until(`${errors}[0]?.includes('Did you mean Dr Carys Hughes (dr-hughes)?')`)
    await expectGood(browser, 'call-back-codes-wrong', pictureOf(browser))
    await fill(browser, 'to', 'dr carys hughes')
    await browser.type('\r')
    await browser.until(`${heading} === 'Start call'`)
    expect(await browser.evaluate(text('main ol'))).toContain('You are connected to Dr Carys Hughes.')
    expect(complaints(browser)).toEqual([])
  },
)

test('every address of another organisation’s arrangements is not found', async () => {
  const world = await adminWorld()
  const callBack = await world.arranged.makeCallBack({
    line: 'cardiac-rehab-call-back',
    patientNumber: '+447700900123',
    dueAt: Date.now() + hourMs,
  })
  const connect = await world.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    validMs: hourMs,
  })
  const code = await world.arranged.makeCallBackCode({
    about: { thread: 'case 17' },
    asked: { clinician: 'dr-okafor' },
    line: 'cardiology',
    number: '+441632960099',
    validMs: hourMs,
  })
  for (const fact of goodCall('theirs', { line: 'cardiology', organisation: 'elm-row' })) await world.store.log.append('theirs', fact)
  if (connect.kind !== 'made' || code.kind !== 'made') throw new Error('nothing was made')
  const { secret } = await world.accounts.tokenBook.make(
    { actor: 'system', address: '' },
    { kind: 'api', name: 'others', permissions: ['arrangements', 'calls'], scope: { kind: 'organisation', id: 'wend-vale' } },
  )
  const { createHmac } = await import('node:crypto')
  // A program has no session and no page: its form token is that of no cookie, masked with zeros.
  const token = Buffer.concat([Buffer.alloc(32), createHmac('sha256', '').update('form').digest()]).toString('base64url')
  const ask = async (method: 'GET' | 'POST', path: string, fields: Readonly<Record<string, string>> = {}) => {
    const answer = await world.get(path, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
      ...(method === 'POST' ? { body: new URLSearchParams({ token, ...fields }).toString() } : {}),
    })
    return [answer.status, /960889|900123|943 ?476/.test(await answer.text())]
  }
  const paths = [
    ...['', '/change'].map((part) => ['GET', `/call-backs/${callBack.id}${part}`] as const),
    ...['start', 'change', 'cancel', 'close', 'outcome'].map((part) => ['POST', `/call-backs/${callBack.id}/${part}`] as const),
    ['GET', `/patient-connect/${connect.arrangement.id}`] as const,
    ...['start', 'cancel', 'outcome'].map((part) => ['POST', `/patient-connect/${connect.arrangement.id}/${part}`] as const),
    ['POST', `/call-back-codes/${code.arrangement.id}/cancel`] as const,
  ]
  for (const [method, path] of paths) expect(await ask(method, path), path).toEqual([404, false])
  expect(await ask('POST', '/call-back-codes/call', { call: 'theirs' })).toEqual([404, false])
  for (const path of ['/call-backs', '/patient-connect', '/call-back-codes']) expect(await ask('GET', path)).toEqual([200, false])
  expect(world.placed).toEqual([])
  expect(await world.arranged.find(callBack.id)).not.toHaveProperty('closed')
})
