import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { adminWorld } from './admin-world.js'
import { Browser, findChromium } from './browser.js'

const chromium = findChromium()
/** Set to a folder to look at what the browser showed. */
const pictures = process.env['RINGROUND_TEST_SCREENSHOTS']
const hourMs = 3_600_000

test.runIf(chromium)('the page lists who waits to be called back, those due first at the top, overdue ones marked, numbers masked', async () => {
  const world = await adminWorld()
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(await world.wayIn())
  await browser.until("document.getElementById('ready')?.dataset.state === 'yes'")
  const text = (selector: string) => browser.evaluate<string>(`document.querySelector(${JSON.stringify(selector)})?.textContent`)
  expect(await text('#no-call-backs')).toBe('Nobody waits to be called back.')

  const evil = '<img src=x onerror="document.title=1">'
  const soon = await world.arranged.makeCallBack({ line: 'cardiac-rehab-call-back', patientNumber: '+447700900123', clinician: 'dr-okafor', dueAt: Date.now() + hourMs, note: evil })
  await world.arranged.makeCallBack({ line: evil, patientNumber: '+447700900124', dueAt: Date.now() + 5 * hourMs })
  await world.store.appendLate('asked', { type: 'callBack.requested', line: 'epilepsy-follow-up', number: '+447700900125' }, Date.now() - 9 * hourMs)
  await world.arranged.diary.settled()
  // A call that ends asks for the list again; so does the clock.
  await world.tell('any', { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' }, { type: 'call.ended', ending: 'noChoice' })
  await browser.until("document.querySelectorAll('#call-back-rows tr').length === 3", 20_000)
  const rows = await browser.evaluate<string[]>("[...document.querySelectorAll('#call-back-rows tr')].map((row) => row.textContent)")
  expect(rows[0]).toContain('Overdue')
  expect(rows[0]).toContain('Epilepsy follow-up')
  expect(rows[0]).toContain('asked for it')
  expect(rows[0]).toContain('Nobody yet')
  expect(rows[1]).toContain('Waiting')
  expect(rows[1]).toContain('Cardiac rehabilitation')
  expect(rows[1]).toContain('Dr Ada Okafor')
  expect(rows[2]).toContain(evil)
  expect(await browser.evaluate<number>("document.querySelectorAll('#call-back-rows img').length")).toBe(0)
  expect(await text('#call-back-summary')).toBe('3 to be called back, 1 overdue')
  expect(await browser.evaluate<boolean>("document.getElementById('no-call-backs').hidden")).toBe(true)
  const page = await browser.evaluate<string>('document.documentElement.outerHTML')
  for (const number of ['7700900123', '7700 900123', '900124', '900125']) expect(page).not.toContain(number)
  if (pictures !== undefined) {
    mkdirSync(pictures, { recursive: true })
    writeFileSync(join(pictures, 'call-backs.png'), await browser.screenshot())
  }

  await world.arranged.start(soon.id, () => ({ kind: 'placed', callId: 'placed' }))
  await browser.until("document.querySelector('#call-back-rows')?.textContent.includes('Being called')", 20_000)
  await world.tell('placed', { type: 'call.placed', kind: 'pifuCallBack', arrangement: soon.id, clinician: 'dr-okafor' }, { type: 'outcome.left', outcome: 'patient-discharged', by: 'caller' }, { type: 'call.ended', ending: 'completed' })
  await browser.until("document.querySelectorAll('#call-back-rows tr').length === 2", 20_000)
  expect(browser.complaints).toEqual([])
})
