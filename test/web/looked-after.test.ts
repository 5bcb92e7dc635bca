import { expect, test } from 'vitest'
import { documentedWorld } from '../keeping/documented-world.js'
import { adminWorld } from '../keeping/admin-world.js'
import { findChromium } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { complaints, errors, heading, notice, rowsOf, signedIn, text } from './signed-in.js'
import { weightOf } from './weight.js'

const chromium = findChromium()

test.runIf(chromium)('a practice is found by its name, and its numbers can be tapped', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await signedIn(world, { role: 'clinician', scope: { kind: 'organisation', id: 'st-brides' } }, 'bypass', 'Bypass numbers')
  expect((await browser.evaluate<string[][]>(rowsOf('bypass'))).map(([name]) => name)).toEqual([
    'Elm Row Surgery Y90001',
    'Harbour Lane Practice Y90002',
    'Mill Street Medical Centre Y90003',
    'Orrin Bridge Surgery Y90004',
  ])
  await expectGood(browser, 'bypass', pictureOf(browser))
  await tabTo(browser, 'search')
  await browser.type('elm\r')
  await browser.until(`location.search === '?search=elm' && ${rowsOf('bypass')}.length === 1`)
  expect(await browser.evaluate<string[][]>(rowsOf('bypass'))).toEqual([
    ['Elm Row Surgery Y90001', '2101', '01632 960201', '01632 960301', 'Saltmarsh and the Levels'],
  ])
  expect(await browser.evaluate("[...document.querySelectorAll('tbody .rr-telephone')].map((one) => one.href)")).toEqual([
    'tel:+441632960201',
    'tel:+441632960301',
  ])
  await browser.open(`${world.admin.url}bypass?search=nowhere`)
  await browser.until("document.querySelector('main')?.innerText.includes('No practice found')")
  await expectGood(browser, 'bypass-none', pictureOf(browser))
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('a failing telephone is taken off the list, with a stored reason', { timeout: 240_000 }, async () => {
  const world = await documentedWorld()
  const browser = await signedIn(world, { role: 'rotaKeeper' }, 'watch-list', 'Watch list')
  const [row] = await browser.evaluate<string[][]>(rowsOf('watch-list'))
  expect(row).toMatchObject([
    expect.stringMatching(/^On-call mobile \+44••••••••23$/),
    expect.stringMatching(/ at /),
    'On no rota today',
    expect.stringMatching(/(wrong number 404 Not Found ?.*){3}/),
    expect.stringMatching(/ at /),
    '1 of 4',
  ])
  await expectGood(browser, 'watch-list', pictureOf(browser))
  await tabTo(browser, 'On-call mobile')
  await browser.type('\r')
  await browser.until(`${heading} === 'On-call mobile'`)
  await expectGood(browser, 'watched', pictureOf(browser))
  await tabTo(browser, 'Take it off the list')
  await browser.type('\r')
  await browser.until(`${errors}[0] === 'Enter why you are taking it off the list'`)
  await tabTo(browser, 'why')
  await browser.type('The number is corrected\r')
  await browser.until(`${notice} === 'The telephone will be rung in its usual place again.'`)
  await browser.until("document.querySelector('main').innerText.includes('No telephones are failing.')")
  const [kept] = await world.store.tables.reading.selectFrom('ledger').select('data').where('topic', '=', 'watchList').execute()
  expect(JSON.parse(String(kept?.data))).toEqual({ why: 'The number is corrected' })
  expect(await browser.evaluate('document.documentElement.outerHTML')).not.toContain('7700900123')
  expect(complaints(browser)).toEqual([])
})

test.runIf(chromium)('a telephone is made, given a new password, each shown once, and removed', { timeout: 240_000 }, async () => {
  const world = await documentedWorld()
  const browser = await signedIn(world, { role: 'administrator' }, 'devices', 'Devices')
  expect(await browser.evaluate(text('main'))).toContain('None.')
  await tabTo(browser, 'New telephone')
  await browser.type('\r')
  await browser.until(`${heading} === 'New telephone'`)
  await tabTo(browser, 'user')
  await browser.type('Okafor Desk\r')
  await browser.until(`${errors}[0] === 'Choose whose telephone it is'`)
  await browser.evaluate(
    "(() => { document.getElementById('owner').value = 'clinician:dr-okafor'; document.getElementById('user').focus() })()",
  )
  await browser.type('\r')
  await browser.until(`${errors}[0]?.startsWith('Enter small letters')`)
  await expectGood(browser, 'new-device-wrong', pictureOf(browser))
  await browser.evaluate("(() => { const user = document.getElementById('user'); user.value = 'okafor-desk'; user.focus() })()")
  await browser.type('\r')
  await browser.until(`${heading} === 'Set up the telephone'`)
  const first = await browser.evaluate<string>(text('.rr-secret'))
  expect(await browser.evaluate(text('dl'))).toBe(
    'User okafor-desk Registrar sip:127.0.0.1:5060 Realm ringround Digest MD5 Whose it is Dr Ada Okafor In the directory device:okafor-desk',
  )
  await expectGood(browser, 'made-device', pictureOf(browser))
  await browser.open(`${world.admin.url}devices`)
  await browser.until(`${rowsOf('devices')}.length === 1`)
  expect((await browser.evaluate<string[][]>(rowsOf('devices')))[0]?.slice(0, 3)).toEqual([
    'okafor-desk',
    'Dr Ada Okafor',
    'Not registered',
  ])
  await expectGood(browser, 'devices', pictureOf(browser))
  // Confirmation needs scripts; without them the action is immediate.
  await browser.evaluate(
    "(() => { window.confirm = () => true; [...document.querySelectorAll('.rr-plain-button')].find((one) => one.textContent.startsWith('New password')).click() })()",
  )
  await browser.until(`${heading} === 'Set up the telephone'`)
  expect(await browser.evaluate<string>(text('.rr-secret'))).not.toBe(first)
  await browser.open(`${world.admin.url}devices`)
  await browser.until(`${rowsOf('devices')}.length === 1`)
  await browser.evaluate(
    "(() => { window.confirm = () => true; [...document.querySelectorAll('.rr-plain-button')].find((one) => one.textContent.startsWith('Remove')).click() })()",
  )
  await browser.until(`${notice}.startsWith('The telephone is removed.')`)
  expect(complaints(browser)).toEqual([])
})

test.runIf(chromium)('the alarms of all engines, the most urgent first, each with what to do', { timeout: 240_000 }, async () => {
  const up = [
    {
      alarm: 'number.failing: Dr Ada Okafor',
      severity: 'minor',
      detail: 'a telephone failed 3 times in a row',
      since: Date.now() - 60_000,
      lastAt: Date.now(),
      times: 3,
      engine: 'ringround-1',
    },
    {
      alarm: 'store.cannotWrite',
      severity: 'critical',
      detail: 'disk is full',
      since: Date.now(),
      lastAt: Date.now(),
      times: 1,
      engine: 'ringround-2',
    },
  ] as const
  const world = await adminWorld({ admin: { alarmsOfAll: { active: () => up, subscribe: () => () => undefined } } })
  const browser = await signedIn(world, { role: 'operations' }, 'alarms', 'Alarms')
  const shown = await browser.evaluate<string[]>(
    "[...document.querySelectorAll('.rr-alarm')].map((one) => one.innerText.replaceAll(/\\s+/g, ' '))",
  )
  expect(shown).toHaveLength(2)
  expect(shown[0]).toMatch(
    /^Critical store\.cannotWrite .*Now: disk is full What to do: .*At once, at any hour\. Since .*, on ringround-2\.$/i,
  )
  expect(shown[1]).toMatch(/^Minor number\.failing: Dr Ada Okafor .*raised 3 times, on ringround-1\.$/i)
  await expectGood(browser, 'alarms', pictureOf(browser))
  expect(await (await world.get('/api/alarms')).json()).toMatchObject({
    alarms: [
      { alarm: 'number.failing: Dr Ada Okafor', engine: 'ringround-1' },
      { alarm: 'store.cannotWrite', severity: 'critical', engine: 'ringround-2' },
    ],
  })
  expect(browser.complaints).toEqual([])
})

test('no page of these weighs more than 60 kB, its styles and scripts included', async () => {
  const world = await documentedWorld()
  const cookie = ((await fetch(await world.wayIn(), { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  for (const path of [
    'call-backs',
    'call-backs/new',
    'patient-connect',
    'call-back-codes',
    'bypass',
    'watch-list',
    'devices',
    'devices/new',
    'alarms',
    'design',
  ])
    expect(await weightOf(world, path, { cookie }), path).toBeLessThan(60_000)
})
