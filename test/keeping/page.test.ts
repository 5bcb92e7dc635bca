import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CallFact } from '../../src/facts/events.js'
import { afterTalking, goodCall, specialistsNumber, untilTalking } from '../kit/sample-call.js'
import { adminWorld, type AdminWorld } from './admin-world.js'
import { Browser, findChromium } from './browser.js'

const chromium = findChromium()
/** Set to a folder to look at what the browser showed. */
const pictures = process.env['RINGROUND_TEST_SCREENSHOTS']

async function browserOn(world: AdminWorld): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(await world.wayIn())
  await browser.until("document.getElementById('ready')?.dataset.state === 'yes'")
  return browser
}

async function picture(browser: Browser, name: string, dark = false): Promise<void> {
  if (pictures === undefined) return
  mkdirSync(pictures, { recursive: true })
  writeFileSync(join(pictures, `${name}.png`), await browser.screenshot({ dark }))
}

const text = (selector: string) => `document.querySelector(${JSON.stringify(selector)})?.textContent`

/** Some calls at different stages, as on a busy morning. */
async function busyMorning(world: AdminWorld): Promise<void> {
  const at = Date.now()
  const late = async (callId: string, ago: number, facts: readonly CallFact[]) => {
    for (const fact of facts) await world.store.appendLate(callId, fact, at - ago)
  }
  await late('talking', 95_000, untilTalking('talking', { line: 'cardiology', organisation: 'elm-row', heardAt: at - 94_000 }))
  await late('ringing', 14_000, goodCall('ringing', { line: 'ent-adult', organisation: 'mill-street' }).slice(0, 9))
  await late('whisper', 71_000, goodCall('whisper', { line: 'paediatrics-urgent', organisation: 'harbour-lane' }).slice(0, 11))
  await late('menu', 3_000, [...goodCall('menu', { organisation: 'saltmarsh-ambulance' }).slice(0, 2), { type: 'menu.offered', lines: ['cardiology', 'ent-adult'], attempt: 1 }])
}

test.runIf(chromium)('the page shows every call now, and the waiting clock runs', async () => {
  const world = await adminWorld()
  const browser = await browserOn(world)
  expect(await browser.evaluate(text('#no-calls p'))).toBe('No calls at the moment.')
  await busyMorning(world)
  await browser.until("document.querySelectorAll('.card').length === 4")
  expect(await browser.evaluate(text('[data-stage=ringing] .stage strong'))).toBe('On-call mobile')
  expect(await browser.evaluate(text('[data-stage=talking] .record'))).toBe('Recording')
  expect(await browser.evaluate(text('[data-stage=ringing] .tried'))).toContain('Dr Okafor: no answer')
  expect(await browser.evaluate(text('#figure-waiting'))).toBe('2')
  const clock = '[data-stage=whisper] .clock span'
  const before = await browser.evaluate<string>(text(clock))
  await browser.until(`${text(clock)} !== ${JSON.stringify(before)}`)
  expect(await browser.evaluate<boolean>("document.querySelector('[data-stage=whisper] .clock').hasAttribute('data-long')")).toBe(true)

  for (const fact of afterTalking('talking')) await world.store.log.append('talking', fact)
  await browser.until("document.querySelectorAll('.card').length === 3")
  await browser.until(`document.querySelector('#rows')?.textContent.includes('Referral avoided')`)
  expect(await browser.evaluate<string>('document.documentElement.outerHTML')).not.toContain(specialistsNumber.slice(4))
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('the last calls are there with their outcome, and a recording can be heard', async () => {
  const world = await adminWorld()
  await world.recordedCall('recorded', 4)
  for (const fact of goodCall('unrecorded', { line: 'ent-adult', organisation: 'elm-row' }).filter((one) => !one.type.startsWith('recording'))) await world.store.log.append('unrecorded', fact)
  await world.recordings.idle()
  const browser = await browserOn(world)
  await browser.until("document.querySelectorAll('#rows tr').length === 2")
  await browser.evaluate("document.querySelector('#rows button.small:not(.quiet)').click()")
  await browser.until("document.getElementById('audio').currentTime > 0.3")
  const seconds = await browser.evaluate<number>("document.getElementById('audio').duration")
  expect(seconds).toBeGreaterThan(3.9)
  expect(seconds).toBeLessThan(4.7)

  await browser.evaluate("[...document.querySelectorAll('#rows tr')].find((row) => row.textContent.includes('Cardiology')).querySelector('button.quiet').click()")
  await browser.until("document.getElementById('details').open")
  const details = await browser.evaluate<string>(text('#details-body'))
  expect(details).toContain('pressed 1 (rfc4733)')
  expect(details).toContain('no answer')
  expect(details).not.toContain(specialistsNumber.slice(4))
  await browser.evaluate("document.getElementById('details-close').click()")

  await browser.evaluate("(() => { const line = document.querySelector('[name=line]'); line.value = 'ent-adult'; line.dispatchEvent(new Event('change', { bubbles: true })) })()")
  await browser.until("document.querySelectorAll('#rows tr').length === 1")
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('what comes over the telephone is shown as text and never runs', async () => {
  const world = await adminWorld()
  const evil = '<img src=x onerror="document.title=1">'
  await world.tell('evil', { type: 'call.arrived', kind: 'dialIn', callerNumber: evil, dialledNumber: evil, organisation: evil, source: evil }, { type: 'line.chosen', line: evil, by: 'only' })
  const browser = await browserOn(world)
  await browser.until("document.querySelectorAll('.card').length === 1")
  expect(await browser.evaluate(text('.card-line'))).toBe(evil)
  expect(await browser.evaluate<number>("document.querySelectorAll('.card img, #rows img').length")).toBe(0)
  expect(await browser.evaluate('document.title')).toContain('Ringround')
})

test.runIf(chromium)('the page says in words when calls cannot be taken, and shows alarms', async () => {
  const world = await adminWorld()
  const browser = await browserOn(world)
  world.switchIs({ ready: false, signalling: { up: true, detail: 'up' }, media: { up: false, detail: 'the event socket is closed' }, legs: 0 })
  world.alarms.raise('store.cannotWrite', 'database or disk is full')
  await browser.until(`${text('#notices')}.includes('database or disk is full')`)
  await browser.until("document.getElementById('ready').dataset.state === 'no'", 20_000)
  expect(await browser.evaluate(text('#ready-text'))).toBe('media: the event socket is closed')
  world.alarms.clear('store.cannotWrite')
  await browser.until(`${text('#notices')} === ''`)
  await picture(browser, 'not-ready')
})

test.runIf(chromium && pictures)('pictures of the page', async () => {
  const world = await adminWorld({ admin: { ringHere: ['sip:01632960001@127.0.0.1:5060', 'sip:1001@127.0.0.1:5060'] } })
  const at = Date.now()
  const endings = ['completed', 'completed', 'unanswered', 'completed', 'abandonedInHunt', 'completed', 'lineClosed', 'completed', 'interrupted']
  for (const [index, ending] of endings.entries()) {
    const line = ['cardiology', 'ent-adult', 'paediatrics-urgent', 'acute-medicine-dvt'][index % 4] ?? ''
    const organisation = ['elm-row', 'harbour-lane', 'mill-street', 'saltmarsh-ambulance'][(index * 3) % 4] ?? ''
    const facts = ending === 'completed' ? goodCall(`past-${index}`, { line, organisation }).slice(0, -1) : goodCall(`past-${index}`, { line, organisation }).slice(0, 7)
    const begun = at - (index + 1) * 47 * 60_000
    for (const [step, fact] of facts.entries()) {
      const when = begun + step * (fact.type === 'talk.ended' ? 12_000 : 2_600)
      await world.store.appendLate(`past-${index}`, fact.type === 'attempt.accepted' ? { ...fact, proof: { ...fact.proof, heardAt: when } } : fact, when)
    }
    await world.store.appendLate(`past-${index}`, { type: 'call.ended', ending: ending as 'completed' }, begun + 300_000)
    if (ending === 'completed' && index !== 3) await world.tell(`past-${index}`, { type: 'recording.ready', recordingId: `past-${index}-r`, path: `x/${index}.mp3`, bytes: 100, seconds: 200 + index * 37, sha256: 'x' })
  }
  await world.recordedCall('recorded', 4)
  await world.recordings.idle()
  const browser = await browserOn(world)
  await picture(browser, 'quiet')
  await busyMorning(world)
  await browser.until("document.querySelectorAll('.card').length === 4")
  await browser.until("document.querySelectorAll('#rows tr').length >= 9")
  await picture(browser, 'busy')
  await picture(browser, 'busy-dark', true)
  await browser.evaluate("document.querySelector('#rows button.small:not(.quiet)').click()")
  await browser.until("document.getElementById('audio').currentTime > 0.3")
  await picture(browser, 'player')
  await browser.evaluate("[...document.querySelectorAll('#rows button.quiet')][1].click()")
  await browser.until("document.getElementById('details').open")
  await picture(browser, 'details')
  await browser.evaluate("document.getElementById('details-close').click()")
  await browser.resize(390, 844)
  await picture(browser, 'phone')
  expect(browser.complaints).toEqual([])
})
