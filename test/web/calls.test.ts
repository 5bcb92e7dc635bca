import { expect, onTestFinished, test } from 'vitest'
import type { CallFact } from '../../src/facts/events.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { heading } from './signed-in.js'
import { visit, visitor } from './visitor.js'
import { weightOf } from './weight.js'

const chromium = findChromium()
async function opened(): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  return browser
}

const acceptedBy = (callId: string, clinician: string, facts: readonly CallFact[]) =>
  facts.map((fact): CallFact =>
    fact.type === 'attempt.started' && fact.attempt === `${callId}-2`
      ? { ...fact, candidate: `clinician:${clinician}`, label: 'Dr Ada Okafor', clinician }
      : fact,
  )

/** One call with its MP3, one whose outcome is open, both answered by the same clinician, and one that nobody answered. */
async function busy(): Promise<AdminWorld> {
  const world = await adminWorld()
  await world.recordedCall('recorded', 3)
  await world.recordings.idle()
  await world.tell(
    'recorded',
    { type: 'call.assigned', clinician: 'dr-okafor' },
    { type: 'outcome.left', outcome: 'referral-avoided', by: 'staff' },
    { type: 'nhsNumber.left', nhsNumber: '9990000018' },
  )
  await world.tell(
    'open',
    ...acceptedBy(
      'open',
      'dr-okafor',
      goodCall('open').filter(({ type }) => type !== 'outcome.left'),
    ),
  )
  await world.tell(
    'missed',
    ...goodCall('missed', { line: 'ent-adult', organisation: 'harbour-lane' }).slice(0, 7),
    { type: 'hunt.ended', result: 'nobody' },
    { type: 'call.ended', ending: 'unanswered' },
  )
  return world
}

test.runIf(chromium)(
  'a clinician leaves an open outcome with one press, by keyboard, and changes it in the call',
  { timeout: 240_000 },
  async () => {
    const world = await busy()
    const browser = await opened()
    await visit(world, browser, '/calls', { role: 'clinician', clinician: 'dr-okafor' })
    await browser.until(`${heading} === 'Calls' && document.getElementById('open')`)
    await expectGood(browser, 'calls-own', pictureOf(browser))
    await tabTo(browser, 'Referral made')
    await browser.type('\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('The outcome is saved')")
    expect(await browser.evaluate("document.getElementById('open')")).toBeNull()
    expect((await world.store.events('open')).at(-1)).toMatchObject({ type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
    await browser.open(new URL('/calls/open', world.admin.url).href)
    await browser.until("document.querySelector('.rr-timeline')")
    await tabTo(browser, 'Admission avoided')
    await browser.type('\r')
    await browser.until("document.querySelector('#outcome strong')?.textContent === 'Admission avoided'")
    expect(await browser.evaluate("document.querySelector('#outcome .nhsuk-list').textContent")).toContain('Referral made')
    await tabTo(browser, 'nhsNumber')
    await browser.type('999 000 0017\r')
    await browser.until("document.querySelector('.nhsuk-error-summary')")
    await expectGood(browser, 'call-wrong', pictureOf(browser))
    await browser.evaluate("(() => { const field = document.getElementById('nhsNumber'); field.focus(); field.select() })()")
    await browser.type('999 000 0026\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('The NHS number is saved')")
    expect(browser.complaints.filter((one) => !one.includes('422'))).toEqual([])
  },
)

test.runIf(chromium)('a manager filters, sorts and saves a view, and tells whose call it was', { timeout: 240_000 }, async () => {
  const world = await busy()
  const browser = await opened()
  await visit(world, browser, '/calls', { role: 'serviceManager' })
  await browser.until("document.querySelectorAll('.rr-calls tbody tr').length === 3")
  await expectGood(browser, 'calls', pictureOf(browser))
  await tabTo(browser, 'Filter the list')
  await browser.type('\r')
  await tabTo(browser, 'answered')
  await browser.evaluate("document.getElementById('answered').value = 'false'")
  await tabTo(browser, 'Show')
  await browser.type('\r')
  await browser.until("document.querySelectorAll('.rr-calls tbody tr').length === 1 && location.search.includes('answered=false')")
  expect(await browser.evaluate("document.querySelector('.rr-calls tbody').textContent")).toContain('Harbour Lane Practice')
  await tabTo(browser, 'name')
  await browser.type('Missed\r')
  await browser.until("document.querySelector('.rr-views a')?.textContent === 'Missed'")
  await expectGood(browser, 'calls-filtered', pictureOf(browser))
  await browser.open(new URL('/calls', world.admin.url).href)
  await browser.until("document.querySelectorAll('.rr-calls tbody tr').length === 3")
  await tabTo(browser, 'Wait time (secs)')
  await browser.type('\r')
  await browser.until("document.querySelector('th[aria-sort]')?.textContent.startsWith('Wait time')")
  await browser.open(new URL('/calls/recorded', world.admin.url).href)
  await browser.until("document.getElementById('assignment')")
  expect(await browser.evaluate("document.querySelector('.rr-player')")).toBeNull()
  await browser.evaluate("document.getElementById('clinician').value = 'dr-prasad'")
  await tabTo(browser, 'Assign')
  await browser.type('\r')
  await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('The call is assigned')")
  await expectGood(browser, 'call-assigned', pictureOf(browser))
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('a recording plays, can be moved through by keyboard, and shows its two voices', { timeout: 240_000 }, async () => {
  const world = await busy()
  const browser = await opened()
  await visit(world, browser, '/calls/recorded', { role: 'clinician', clinician: 'dr-okafor' })
  await browser.until("document.querySelector('.rr-player__place') && document.querySelector('.rr-player img').naturalWidth > 0")
  await expectGood(browser, 'call-recording', pictureOf(browser))
  await browser.evaluate("document.querySelector('.rr-player__place').focus()")
  expect(await browser.evaluate("document.querySelector('.rr-player__place').getAttribute('aria-valuetext')")).toBe('0:00 of 0:03')
  await browser.evaluate("document.querySelector('.rr-player audio').play()")
  await browser.until("document.querySelector('.rr-player audio').currentTime > 0.2")
  await browser.evaluate(
    "(() => { const place = document.querySelector('.rr-player__place'); place.value = '2'; place.dispatchEvent(new Event('input')) })()",
  )
  await browser.until("document.querySelector('.rr-player audio').currentTime >= 2")
  await browser.evaluate("[...document.querySelectorAll('.rr-player__choice button')].find((one) => one.textContent === 'Caller').click()")
  expect(
    await browser.evaluate("[...document.querySelectorAll('.rr-player__choice [aria-pressed=true]')].map((one) => one.textContent)"),
  ).toEqual(['Normal', 'Caller'])
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('a person who sees a call only by approval first gives a reason, by keyboard', { timeout: 240_000 }, async () => {
  const world = await busy()
  const browser = await opened()
  await visit(world, browser, '/account', { role: 'pidApproved' })
  // Simulates a shown second factor.
  await world.store.tables.writing.updateTable('sessions').set({ second_factor_at: Date.now() }).execute()
  await browser.open(new URL('/calls/recorded', world.admin.url).href)
  await browser.until(`${heading} === 'Why are you looking at this call?'`)
  await tabTo(browser, 'why')
  await tabTo(browser, 'Show patient data')
  await browser.type('\r')
  await browser.until("document.querySelector('.nhsuk-error-summary')")
  await expectGood(browser, 'call-reason', pictureOf(browser))
  await browser.evaluate("document.getElementById('why').focus()")
  await browser.type('Complaint 2026-17')
  await tabTo(browser, 'Show patient data')
  await browser.type('\r')
  await browser.until("document.querySelector('.rr-player')")
  expect(await browser.evaluate("document.getElementById('nhsNumber').value")).toBe('999 000 0018')
  expect(browser.complaints.filter((one) => !one.includes('422'))).toEqual([])
})

test('no page of the calls report weighs more than 60 kB, its styles and scripts included', async () => {
  const world = await busy()
  for (let call = 0; call < 60; call++) await world.tell(`more-${call}`, ...goodCall(`more-${call}`))
  const manager = await visitor(world, { role: 'serviceManager' })
  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  for (const [who, path] of [
    [manager, '/calls'],
    [manager, '/calls/missed'],
    [okafor, '/calls/recorded'],
  ] as const) {
    expect(await weightOf(world, path, who.headers), path).toBeLessThan(60_000)
  }
})
