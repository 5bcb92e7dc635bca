import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { lineChoices } from '../../src/directory/access.js'
import type { Line } from '../../src/directory/model.js'
import { huntCandidates } from '../../src/directory/rota.js'
import type { CallFact } from '../../src/facts/events.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { heading, signedIn, text } from './signed-in.js'
import { visitor } from './visitor.js'
import { weightOf } from './weight.js'

const chromium = findChromium()
const okafor = { role: 'clinician', clinician: 'dr-okafor', scope: { kind: 'organisation', id: 'st-brides' } } as const
/** A call that Dr Okafor took, without an outcome. */
async function openCall(world: AdminWorld, id: string): Promise<void> {
  const facts = goodCall(id, { line: 'cardiology', organisation: 'elm-row' }).map((fact): CallFact =>
    fact.type === 'attempt.started' && fact.attempt === `${id}-2`
      ? { ...fact, candidate: 'clinician:dr-okafor', label: 'Dr Ada Okafor', clinician: 'dr-okafor' }
      : fact,
  )
  await world.tell(id, ...facts.filter(({ type }) => type !== 'outcome.left'))
}
const outcomesOf = async (world: AdminWorld, id: string) =>
  (await world.store.events(id)).flatMap((event) => (event.type === 'outcome.left' ? [[event.outcome, event.actor.kind]] : []))
/** Everything of ours that the browser stores. */
const kept = `(async () => { const names = await caches.keys(); const pages = await Promise.all(names.map(async (name) => [name, (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)])); return { pages, stored: JSON.stringify(localStorage) } })()`
const workerIsReady = '(await navigator.serviceWorker.ready, navigator.serviceWorker.controller !== null)'

async function ready(browser: Browser): Promise<void> {
  await browser.until(`(async () => ${workerIsReady})()`)
  await browser.until("localStorage.getItem('ringround.pocket') !== null")
}

test('is a clinician’s start page: who is on, what can be rung, and light', async () => {
  const world = await adminWorld()
  const clinician = await visitor(world, okafor)
  expect((await clinician.get('/')).headers.get('location')).toBe('/pocket')
  const { status, text: page } = await clinician.get('/pocket')
  expect(status).toBe(200)
  for (const name of ['Cardiology', 'Ring a line', 'Reach a practice']) expect(page).toContain(name)
  expect(await weightOf(world, '/pocket', clinician.headers)).toBeLessThan(60_000)
  // A person not in the directory is not let in; nor is another role.
  expect((await (await visitor(world, { role: 'clinician' })).get('/pocket')).status).toBe(403)
  expect((await (await visitor(world, { role: 'serviceManager' })).get('/pocket')).status).toBe(403)
  expect((await (await visitor(world, { role: 'clinician', clinician: 'dr-nobody' })).get('/pocket')).text).toContain(
    'Your account is not linked to a clinician',
  )
})

test('an outcome is taken once, however often it is sent, and only for one’s own call', async () => {
  const world = await adminWorld()
  await openCall(world, 'theirs')
  const clinician = await visitor(world, okafor)
  const send = (outcome: string, once: string) => clinician.post('/pocket/calls/theirs/outcome', { outcome, once })
  expect(
    (await Promise.all([send('referral-avoided', 'tapped-once'), send('referral-avoided', 'tapped-once')])).map(({ location }) => location),
  ).toEqual(['/pocket?done=outcomeLeft', '/pocket?done=outcomeLeft'])
  expect((await outcomesOf(world, 'theirs')).length).toBeGreaterThan(0)
  // Another person has changed it since: a late one does not undo that.
  expect((await clinician.post('/calls/theirs/outcome', { outcome: 'referral-made' })).status).toBe(303)
  expect((await send('referral-avoided', 'tapped-once')).location).toBe('/pocket?done=outcomeLeft')
  expect((await outcomesOf(world, 'theirs')).at(-1)?.[0]).toBe('referral-made')
  expect((await send('referral-avoided', 'short')).status).toBe(422)
  const other = await visitor(world, { ...okafor, clinician: 'dr-hughes' })
  expect((await other.post('/pocket/calls/theirs/outcome', { outcome: 'referral-avoided', once: 'tapped-once' })).status).toBe(404)
})

test.runIf(chromium)('the page can be installed, works by keyboard, and passes axe', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  await openCall(world, 'theirs')
  const browser = await signedIn(world, okafor, 'pocket', 'My lines')
  await ready(browser)
  const { errors, manifest, manifestErrors } = await browser.installability()
  // A headless browser installs nothing; about the page itself it reports nothing.
  expect([errors, manifestErrors]).toEqual([[], []])
  const { start_url: start, icons } = JSON.parse(manifest) as { start_url: string; icons: { src: string; sizes: string; type: string }[] }
  expect(start).toBe('/pocket')
  for (const { src, sizes, type } of icons.filter((icon) => icon.type === 'image/png')) {
    const png = Buffer.from(await (await fetch(new URL(src, world.admin.url))).arrayBuffer())
    expect([type, `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, png.subarray(1, 4).toString()]).toEqual(['image/png', sizes, 'PNG'])
  }
  await expectGood(browser, 'pocket', pictureOf(browser))
  await tabTo(browser, 'search')
  await browser.type('elm\r')
  await browser.until(`${text('#found')}.includes('Elm Row Surgery')`)
  expect(await browser.evaluate("[...document.querySelectorAll('#found a')].map(({ href }) => href)")).toEqual([
    'tel:+441632960201',
    'tel:+441632960301',
  ])
  await expectGood(browser, 'pocket-found', pictureOf(browser))
  await browser.open(`${world.admin.url}pocket`)
  await browser.until("document.getElementById('open') && document.readyState === 'complete'")
  await tabTo(browser, 'Referral avoided')
  await browser.type('\r')
  await browser.until(`${text('.nhsuk-notification-banner')}.includes('The outcome is saved.')`)
  expect(await browser.evaluate('document.activeElement.className')).toContain('nhsuk-notification-banner')
  expect(await outcomesOf(world, 'theirs')).toEqual([['referral-avoided', 'staff']])
  expect(await browser.evaluate("document.getElementById('open')")).toBeNull()
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)(
  'offline it shows the last known state with its age, keeps an outcome, and sends it once',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    await openCall(world, 'theirs')
    await openCall(world, 'another')
    const browser = await signedIn(world, okafor, 'pocket', 'My lines')
    await ready(browser)
    await browser.connect(false)
    await browser.until(`${text('#connection')} === 'No connection. What you see may be out of date.'`)
    // The older of the two is folded away.
    await browser.evaluate(`document.querySelector('.rr-open summary').click()`)
    await browser.evaluate(`document.querySelector('form[action="/pocket/calls/theirs/outcome"] button').click()`)
    await browser.until(`${text('.rr-open')}.includes('Referral avoided: kept on this phone, and sent when there is a connection.')`)
    await browser.open(`${world.admin.url}pocket`)
    await browser.until(`${heading} === 'No connection' && document.getElementById('age')`)
    expect(await browser.evaluate(text('#age'))).toMatch(/^This is from \w+ \d{1,2}:\d\d, .+ ago\. It may have changed since\.$/)
    expect(await browser.evaluate(text('#kept'))).toContain('Referral avoided: kept on this phone')
    await expectGood(browser, 'pocket-offline', pictureOf(browser))
    await browser.evaluate(
      "[...document.querySelectorAll('#kept button')].find((one) => one.textContent.startsWith('Referral made')).click()",
    )
    await tabTo(browser, 'search')
    await browser.type('elm')
    await browser.until(`${text('#kept')}.includes('01632 960201')`)
    expect([await outcomesOf(world, 'theirs'), await outcomesOf(world, 'another')]).toEqual([[], []])
    // It does not navigate while the clinician looks for a number.
    await browser.type('\b\b\b')
    await browser.connect(true)
    await browser.until(`${heading} === 'My lines'`)
    await browser.until("localStorage.getItem('ringround.waiting') === '[]'")
    expect([await outcomesOf(world, 'theirs'), await outcomesOf(world, 'another')]).toEqual([
      [['referral-avoided', 'staff']],
      [['referral-made', 'staff']],
    ])
  },
)

test.runIf(chromium)('stores no user’s page, and forgets its data when they sign out', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const callBack = await world.arranged.makeCallBack({
    line: 'cardiac-rehab-call-back',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    dueAt: Date.now() + 3_600_000,
    nhsNumber: '9434765919',
  })
  await openCall(world, 'theirs')
  const browser = await signedIn(world, okafor, 'pocket', 'My lines')
  await ready(browser)
  for (const path of ['calls', 'calls/theirs', `call-backs/${callBack.id}`, 'pocket']) {
    await browser.open(`${world.admin.url}${path}`)
    await browser.until(`document.readyState === 'complete' && location.pathname === '/${path}'`)
  }
  const { pages, stored } = await browser.evaluate<{ pages: [string, string[]][]; stored: string }>(kept)
  expect(pages.map(([name, paths]) => [name.replace(/\w{12}$/, ''), paths.filter((path) => !path.startsWith('/assets/'))])).toEqual([
    ['ringround-', ['/offline']],
  ])
  const offline = await browser.evaluate<string>("caches.match('/offline').then((answer) => answer.text())")
  expect(offline).not.toContain('Mary Lowe')
  expect(offline + stored).not.toMatch(/900 ?123|943 ?476/)
  await browser.evaluate('document.querySelector(\'form[action="/sign-out"]\').requestSubmit()')
  await browser.until(`${heading} === 'Sign in'`)
  expect(await browser.evaluate('[localStorage.length, navigator.serviceWorker.controller === null]')).toEqual([0, true])
})

test.runIf(chromium)('a new version replaces the old one and its cache', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await signedIn(world, okafor, 'pocket', 'My lines')
  await ready(browser)
  // Like an old version: another name, and a file that the new one lacks.
  await browser.evaluate("caches.open('ringround-000000000000').then((cache) => cache.put('/assets/old.js', new Response('old')))")
  await browser.evaluate('navigator.serviceWorker.getRegistration().then((one) => one.unregister())')
  await browser.open(`${world.admin.url}pocket`)
  await browser.until(`${heading} === 'My lines'`)
  await ready(browser)
  await browser.until("caches.keys().then((names) => names.length === 1 && names[0] !== 'ringround-000000000000')")
})

test.runIf(chromium)(
  '"not now" is set with one press, cleared with another, and shown to operations and on the wallboard',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    // A line that is always open has a clinician on at every hour.
    const on = huntCandidates(world.directory, world.directory.lines.get('cardiology') as Line, Date.now())
    const clinician = on.flatMap((one) => one.clinician ?? [])[0] ?? ''
    const name = world.directory.clinicians.get(clinician)?.name ?? ''
    const browser = await signedIn(world, { ...okafor, clinician }, 'pocket', 'My lines')
    await ready(browser)
    await tabTo(browser, 'Not now for 30 minutes')
    await browser.type('\r')
    await browser.until(`${text('.nhsuk-notification-banner')}.includes('You will be rung after everyone else until the time is up.')`)
    const said = world.availability.of(clinician)
    expect(said).toMatchObject({ why: 'withPatient' })
    expect(Math.round(((said?.until ?? 0) - (said?.since ?? 0)) / 60_000)).toBe(30)
    expect(await browser.evaluate(text('#not-now'))).toMatch(/^Not now until \d{1,2}:\d\d$/)
    await expectGood(browser, 'pocket-not-now', pictureOf(browser))

    const keeper = await visitor(world, { role: 'operations' })
    expect((await keeper.get('/availability')).text).toContain(name)
    expect((await keeper.get('/wallboard')).text).toContain(`${name} (not now until`)
    const entries = []
    for await (const entry of world.store.ledger.entries('availability')) entries.push([entry.subject, entry.type, entry.actor.kind])
    expect(entries).toEqual([[clinician, 'notNow', 'staff']])

    await tabTo(browser, 'I am on')
    await browser.type('\r')
    await browser.until(`${text('.nhsuk-notification-banner')}.includes('You will be rung in your usual place again.')`)
    expect(world.availability.of(clinician)).toBeUndefined()
    expect(browser.complaints).toEqual([])
  },
)

test.runIf(chromium)('operations set it for a clinician, by keyboard, and clear it', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await signedIn(world, { role: 'operations' }, 'availability', 'Availability')
  await browser.evaluate("document.getElementById('minutes').value = '3'")
  await tabTo(browser, 'clinician')
  await browser.type('Dr Ada')
  await tabTo(browser, 'Not now')
  await browser.type('\r')
  await browser.until(`${text('.nhsuk-error-summary')}.includes('Enter a whole number of minutes from 5 to 240')`)
  await expectGood(browser, 'availability-wrong', pictureOf(browser))
  await browser.evaluate("document.getElementById('minutes').value = '45'; document.getElementById('clinician').value = 'dr-okafor'")
  await tabTo(browser, 'Not now')
  await browser.type('\r')
  await browser.until(`${text('.rr-rows')}.includes('Dr Ada Okafor')`)
  await expectGood(browser, 'availability', pictureOf(browser))
  await tabTo(browser, 'Back on: Dr Ada Okafor')
  await browser.type('\r')
  await browser.until(`${text('main')}.includes('Nobody has said "not now" at the moment.')`)
})

test('for a clinician outside their reach people can neither set it nor see it', async () => {
  const world = await adminWorld()
  const prasad = await visitor(world, { ...okafor, clinician: 'dr-prasad' })
  await world.availability.notNow('dr-adeyemi', Date.now() + 600_000, 'inTheatre', { kind: 'staff' })
  expect((await prasad.put('/api/availability/dr-adeyemi', { minutes: 30 })).status).toBe(404)
  expect((await prasad.post('/availability/dr-adeyemi/on', {})).status).toBe(404)
  expect((await prasad.get('/api/availability')).text).toBe('{"notNow":[]}')
  expect((await prasad.put('/api/availability/dr-prasad', { minutes: 30, why: 'travelling' })).status).toBe(200)
  expect((await prasad.put('/api/availability/dr-prasad', { minutes: 300 })).status).toBe(400)
  expect((await prasad.put('/api/availability/dr-prasad', {})).text).toContain('"why":"other"')
  expect((await fetch(new URL('/api/availability/dr-prasad', world.admin.url), { method: 'PUT', headers: prasad.headers })).status).toBe(
    400,
  )
  const keeper = await visitor(world, { role: 'rotaKeeper', scope: { kind: 'line', id: 'cardiology' } })
  expect((await keeper.get('/api/availability')).text).toContain('dr-prasad')
  expect((await keeper.get('/api/availability')).text).not.toContain('dr-adeyemi')
})

test('the API rings for a press as the page does: once, never late, for oneself or by a program of their organisation', async () => {
  const world = await adminWorld()
  const clinician = await visitor(world, okafor)
  const press = { clinician: 'dr-okafor', once: 'press-by-api-1' }
  const ring = (body: object, line = always) => clinician.send('POST', `/api/lines/${line}/ring`, body)
  const first = await ring(press)
  expect([first.status, JSON.parse(first.text)]).toEqual([202, { callId: 'rung-1' }])
  expect(JSON.parse((await ring(press)).text)).toEqual({ callId: null })
  // The page and the API are one: a press is not taken twice because it came another way.
  expect((await clinician.post(`/pocket/lines/${always}/ring`, { once: press.once })).location).toBe('/pocket?done=ringing')
  expect(world.rung).toHaveLength(1)
  const codeOf = (text: string) => (JSON.parse(text) as { error: { code: string } }).error.code
  const late = await ring({ ...press, once: 'press-by-api-2', pressedAt: new Date(Date.now() - 60_000).toISOString() })
  expect([late.status, codeOf(late.text)]).toEqual([409, 'tooLate'])
  expect(codeOf((await ring({ ...press, once: 'press-by-api-3', pressedAt: 'yesterday' })).text)).toBe('badRequest')
  expect(codeOf((await ring({ ...press, once: 'short' })).text)).toBe('badRequest')
  for (const line of ['epilepsy-follow-up', 'nowhere']) expect(codeOf((await ring(press, line)).text)).toBe('lineNotFound')
  expect(codeOf((await ring({ ...press, once: 'press-by-api-4', clinician: 'dr-hughes' })).text)).toBe('clinicianNotFound')
  expect(world.rung).toHaveLength(1)
  const program = async (id: string) => {
    const { secret } = await world.accounts.tokenBook.make(system, {
      kind: 'api',
      name: id,
      permissions: ['pocket'],
      scope: { kind: 'organisation', id },
    })
    return world.get(`/api/lines/${always}/ring`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...press, once: `press-of-${id}` }),
    })
  }
  expect((await program('elm-row')).status).toBe(404)
  expect((await program('st-brides')).status).toBe(202)
  expect(world.rung).toHaveLength(2)
})

/** A line that is always open, and that Dr Okafor's hospital may use. */
const always = 'cardiology'

test('a line is rung once for one press, never late, and only by those who may', async () => {
  const world = await adminWorld()
  const clinician = await visitor(world, okafor)
  const press = (once: string, more: Readonly<Record<string, string>> = {}, line = always) =>
    clinician.post(`/pocket/lines/${line}/ring`, { once, ...more })
  const lines = lineChoices(world.directory, 'st-brides', Date.now())
  expect(lines.map(({ line }) => line.id)).toContain(always)
  expect((await Promise.all([press('one-press'), press('one-press'), press('one-press')])).map(({ location }) => location)).toEqual(
    Array(3).fill('/pocket?done=ringing'),
  )
  expect(world.rung.map(({ clinician: who, line, organisation }) => [who.id, line.id, organisation.id])).toEqual([
    ['dr-okafor', always, 'st-brides'],
  ])
  const late = await press('second-press', { pressedAt: String(Date.now() - 60_000) })
  expect([late.status, late.text.includes('nobody was rung')]).toEqual([422, true])
  expect((await press('third-press', { pressedAt: 'yesterday' })).status).toBe(422)
  expect((await press('fourth-press', { pressedAt: String(Date.now() - 2_000) })).location).toBe('/pocket?done=ringing')
  for (const line of ['epilepsy-follow-up', 'nowhere'])
    expect((await press('fifth-press', {}, line)).text).toContain('may no longer ring this line')
  expect(world.rung).toHaveLength(2)
})

test.runIf(chromium)('one press, by keyboard, rings; offline it rings neither now nor later', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await signedIn(world, okafor, 'pocket', 'My lines')
  await ready(browser)
  await tabTo(browser, 'Ring me and connect me to Cardiology')
  await browser.type('\r')
  await browser.until(`${text('.nhsuk-notification-banner')}.includes('Your phone will ring in a moment. Press 1 to be connected.')`)
  expect(world.rung).toHaveLength(1)
  await expectGood(browser, 'pocket-ringing', pictureOf(browser))
  await browser.connect(false)
  await browser.evaluate("[...document.querySelectorAll('form[data-now=ring] button')].at(-1).click()")
  await browser.until(`${text('#connection')}.startsWith('No connection. If your phone does not ring now, it will not')`)
  await browser.connect(true)
  await browser.until(`${text('#connection')} === ''`)
  expect(world.rung).toHaveLength(1)
})
