import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { goodCall, specialistsNumber, untilTalking } from '../kit/sample-call.js'
import { adminWorld, type AdminWorld } from './admin-world.js'
import { Browser, findChromium } from './browser.js'

const chromium = findChromium()
/** Set to a folder to look at what the browser showed. */
const pictures = process.env['RINGROUND_TEST_SCREENSHOTS']

async function opened(world: AdminWorld): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(await world.wayIn())
  await browser.until("document.getElementById('ready')?.dataset.state === 'yes'")
  return browser
}

/** Everything that the page can show at once, with the long names of real services. */
async function fullPage(): Promise<AdminWorld> {
  const world = await adminWorld({ admin: { ringHere: ['sip:01632960001@127.0.0.1:5060', 'sip:1001@192.0.2.10:5060'] } })
  await world.recordedCall('recorded', 4)
  await world.tell('ringing', ...goodCall('ringing', { line: 'ent-adult', organisation: 'mill-street' }).slice(0, 9))
  await world.tell('talking', ...untilTalking('talking', { line: 'paediatrics-urgent', organisation: 'harbour-lane' }))
  // After those that were accepted there.
  for (let failed = 0; failed < 3; failed++) {
    await world.tell(`failing-${failed}`, ...goodCall(`failing-${failed}`).slice(0, 4), { type: 'attempt.started', attempt: `f-${failed}`, candidate: `phone:${specialistsNumber}`, label: 'On-call mobile of the children’s assessment unit', pool: 'local', target: specialistsNumber }, { type: 'attempt.ended', attempt: `f-${failed}`, result: 'badNumber', status: 404, reason: 'Not Found', fault: 'farEnd' }, { type: 'call.ended', ending: 'unanswered' })
  }
  await world.get('/api/call-backs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ line: 'cardiac-rehab-call-back', patientNumber: '01632 960889', clinician: 'dr-okafor', dueAt: new Date(Date.now() + 3_600_000).toISOString() }) })
  world.alarms.raise('trunk.failing: carrier-with-a-long-name', 'calls go through the other trunks first, where there are any; sip:carrier-with-a-very-long-host-name.example.net:5060;transport=tcp did not answer')
  await world.recordings.idle()
  return world
}

test.runIf(chromium).each([320, 375, 768, 1280])('nothing lies beyond the edge of a screen %i wide, and nothing has to be pushed sideways but the tables', async (width) => {
  const world = await fullPage()
  const browser = await opened(world)
  await browser.resize(width, 800)
  await browser.until("document.querySelectorAll('.card').length === 2 && !document.getElementById('failing').hidden && document.querySelectorAll('#rows tr').length >= 4")
  await look(browser, width, 'page')
  await browser.evaluate("document.querySelector('#rows button.small:not(.quiet)').click()")
  await browser.until("!document.getElementById('player').hidden")
  await look(browser, width, 'player')
  await browser.evaluate("document.getElementById('player-close').click()")
  await browser.evaluate("[...document.querySelectorAll('#rows tr')].find((row) => row.querySelector('button.small:not(.quiet)')).querySelector('button.quiet').click()")
  await browser.until("document.getElementById('details').open")
  await look(browser, width, 'details')
  expect(browser.complaints).toEqual([])
})

/** What the page has that lies outside the screen, other than within a part that scrolls by itself. */
const beyond = `(() => {
  const width = document.documentElement.clientWidth
  const scrolls = (one) => { for (let up = one.parentElement; up; up = up.parentElement) if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(up).overflowX)) return true; return false }
  const shown = [...document.body.querySelectorAll('*')].filter((one) => one.getClientRects().length > 0 && !one.classList.contains('skip') && !scrolls(one))
  return [...(document.documentElement.scrollWidth > width ? ['the page: ' + document.documentElement.scrollWidth] : []), ...shown.filter((one) => one.getBoundingClientRect().right > width + 0.5 || one.getBoundingClientRect().left < -0.5).map((one) => one.tagName + '.' + one.className + '#' + one.id + ' ' + Math.round(one.getBoundingClientRect().right))]
})()`

async function look(browser: Browser, width: number, part: string): Promise<void> {
  if (pictures !== undefined) {
    mkdirSync(pictures, { recursive: true })
    writeFileSync(join(pictures, `${part}-${width}.png`), await browser.screenshot({ whole: true }))
  }
  expect(await browser.evaluate<readonly string[]>(beyond), `${part} at ${width}`).toEqual([])
}

test.runIf(chromium)('dates are written with the day first, by keyboard, and what is no date is said beside the field', async () => {
  const world = await adminWorld()
  await world.tell('old', { type: 'call.arrived', kind: 'dialIn', callerNumber: '01632960101', dialledNumber: '01632960001', organisation: 'elm-row', source: 'test' }, { type: 'call.ended', ending: 'abandonedInMenu' })
  const browser = await opened(world)
  const rows = "document.querySelectorAll('#rows tr').length"
  await browser.until(`${rows} === 1`)
  expect(await browser.evaluate("[...document.querySelectorAll('input[type=date]')].length")).toBe(0)
  const write = async (field: string, text: string) => {
    await browser.evaluate(`(() => { const field = document.querySelector('[name=${field}]'); field.focus(); field.select() })()`)
    await browser.type(text === '' ? '\b' : text)
    await browser.type('\r')
  }
  await write('to', '1 Feb 2020')
  await browser.until(`${rows} === 0`)
  expect(await browser.evaluate("document.querySelector('[name=to]').value")).toBe('01/02/2020')
  await write('to', '03/27/2026')
  await browser.until("document.querySelector('[name=to]').getAttribute('aria-invalid') === 'true'")
  expect(await browser.evaluate("document.getElementById('filter-to-wrong').textContent")).toContain('27/03/2026')
  // The list is that of the last date that was one.
  expect(await browser.evaluate(rows)).toBe(0)
  await browser.evaluate("document.querySelector('#filters [type=reset]').click()")
  await browser.until(`${rows} === 1`)
  expect(await browser.evaluate("document.querySelector('[name=to]').hasAttribute('aria-invalid') || document.getElementById('filter-to-wrong').textContent !== ''")).toBe(false)
  expect(browser.complaints).toEqual([])
})
