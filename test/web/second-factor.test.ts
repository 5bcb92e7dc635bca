import { Secret, TOTP } from 'otpauth'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { RoleName } from '../../src/accounts/roles.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'

const chromium = findChromium()
const password = 'kestrel marble harbour'
/** Past the gate, on any page. */
const inside = "document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')"
const heading = "document.querySelector('h1')?.textContent.trim()"

async function opened(): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  return browser
}

async function member(world: AdminWorld, name: string, email: string, role: RoleName) {
  const person = await world.accounts.addPerson(system, { name, email })
  await world.accounts.grant(system, { person: person.id, role, scope: { kind: 'everywhere' } })
  await world.accounts.signIns.setPassword(system, person.id, password, '')
  return person
}

/** By host name: browsers keep no passkeys for IP addresses. */
const pages = (world: AdminWorld) => world.admin.url.replace('127.0.0.1', 'localhost')

async function typePassword(browser: Browser, world: AdminWorld, email: string): Promise<void> {
  await browser.open(`${pages(world)}sign-in`)
  await browser.until(`${heading} === 'Sign in' && document.getElementById('password')`)
  await browser.evaluate(`(() => { document.getElementById('email').value = '${email}'; document.getElementById('password').focus() })()`)
  await browser.type(`${password}\r`)
}

async function signOut(browser: Browser): Promise<void> {
  await browser.evaluate('document.querySelector(\'form[action="/sign-out"] button\').click()')
  await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('You are signed out')")
}

/** The app's code, never a used one. */
function appOf(typed: string) {
  const app = new TOTP({ secret: Secret.fromBase32(typed.replaceAll(' ', '')) })
  let shown = ''
  return async () => {
    while (app.generate() === shown) await new Promise((resolve) => setTimeout(resolve, 500))
    return (shown = app.generate())
  }
}

test.runIf(chromium)(
  'a code generator is set up and signs in, and so does a passkey; a recovery code replaces a lost one',
  { timeout: 300_000 },
  async () => {
    const world = await adminWorld()
    const mary = await member(world, 'Mary Lowe', 'mary.lowe@example.nhs.uk', 'administrator')
    const browser = await opened()
    await browser.keepPasskeys()
    await typePassword(browser, world, 'mary.lowe@example.nhs.uk')
    await browser.until(inside)

    await browser.open(`${pages(world)}account/generator`)
    await browser.until(`${heading} === 'Set up an authenticator app'`)
    expect(await browser.evaluate("document.querySelector('.rr-qr svg').getBoundingClientRect().width")).toBeGreaterThan(100)
    await expectGood(browser, 'generator', pictureOf(browser))
    const code = appOf(await browser.evaluate<string>("document.querySelector('.rr-secret').textContent"))
    await tabTo(browser, 'code')
    await browser.type('123\r')
    await browser.until("document.querySelector('.nhsuk-error-summary')")
    await browser.evaluate("document.getElementById('code').focus()")
    await browser.type(`${await code()}\r`)
    await browser.until(`${heading} === 'Your recovery codes'`)
    await expectGood(browser, 'recovery-codes', pictureOf(browser))
    const [recovery = ''] = await browser.evaluate<string[]>(
      "[...document.querySelectorAll('.rr-secret li')].map((one) => one.textContent.trim())",
    )
    await signOut(browser)

    await typePassword(browser, world, 'mary.lowe@example.nhs.uk')
    await browser.until(`${heading} === 'Enter your code'`)
    await expectGood(browser, 'second', pictureOf(browser))
    await tabTo(browser, 'code')
    await browser.type('000000\r')
    await browser.until("document.querySelector('.nhsuk-error-summary')")
    await expectGood(browser, 'second-wrong', pictureOf(browser))
    await browser.evaluate("document.getElementById('code').focus()")
    await browser.type(`${await code()}\r`)
    await browser.until(inside)

    await browser.open(`${pages(world)}account/passkeys/new`)
    await browser.until(`${heading} === 'Add a passkey'`)
    await expectGood(browser, 'new-passkey', pictureOf(browser))
    await tabTo(browser, 'label')
    await browser.type('Work laptop\r')
    await browser.until(`${heading} === 'Your account'`)
    expect(await browser.evaluate("document.querySelector('main').textContent")).toContain('Work laptop')
    await expectGood(browser, 'account-with-factors', pictureOf(browser))
    await signOut(browser)

    await browser.open(`${pages(world)}sign-in`)
    await browser.until(`${heading} === 'Sign in'`)
    await tabTo(browser, 'Sign in with a passkey')
    await browser.type('\r')
    await browser.until(`${heading} === 'Sign in with a passkey'`)
    await expectGood(browser, 'passkey', pictureOf(browser))
    await browser.evaluate("document.getElementById('show').focus()")
    await browser.type('\r')
    await browser.until(inside)
    expect(
      (await world.accounts.sessions(mary.id)).map(({ method, secondFactorAt }) => [method, secondFactorAt !== undefined]),
    ).toContainEqual(['passkey', true])

    // The confirmation is recent: it may be removed at once.
    await browser.open(`${pages(world)}account`)
    await browser.until(`${heading} === 'Your account'`)
    await browser.evaluate(
      "(() => { window.confirm = () => true; [...document.querySelectorAll('form[action^=\"/account/factors/\"] button')].find((one) => one.textContent.includes('Work laptop')).click() })()",
    )
    await browser.until(
      "document.querySelector('.nhsuk-notification-banner') && !document.querySelector('main').textContent.includes('Work laptop')",
    )
    await signOut(browser)

    await typePassword(browser, world, 'mary.lowe@example.nhs.uk')
    await browser.until(`${heading} === 'Enter your code'`)
    await browser.evaluate("document.getElementById('code').focus()")
    await browser.type(`${recovery}\r`)
    await browser.until(inside)
    expect(browser.complaints.filter((one) => !one.includes('422') && !one.includes('/api/'))).toEqual([])
  },
)

test.runIf(chromium)(
  'a privacy officer approves a colleague, who shows a second factor before it opens anything',
  { timeout: 300_000 },
  async () => {
    const world = await adminWorld()
    await member(world, 'Priya Shah', 'priya.shah@example.nhs.uk', 'privacyOfficer')
    const sam = await member(world, 'Sam Field', 'sam.field@example.nhs.uk', 'operations')
    const officer = await opened()
    await typePassword(officer, world, 'priya.shah@example.nhs.uk')
    await officer.until(inside)
    await officer.open(`${pages(world)}approvals`)
    await officer.until(`${heading} === 'Approvals'`)
    await tabTo(officer, 'who')
    await officer.type('priya.shah@example.nhs.uk\r')
    await officer.until("document.querySelector('.nhsuk-error-summary')")
    expect(
      await officer.evaluate("[...document.querySelectorAll('.nhsuk-error-summary li')].map((one) => one.textContent.trim())"),
    ).toEqual([
      'Nobody approves themselves; ask another privacy officer',
      'Enter a reason of 10 to 500 characters, such as the complaint or the audit that it is for',
      'Enter a last day, from today to a year from now',
    ])
    await expectGood(officer, 'approvals-wrong', pictureOf(officer))
    const lastDay = new Date(Date.now() + 7 * 24 * 3_600_000).toISOString().slice(0, 10)
    await officer.evaluate(
      `(() => { const { who, scope, reason, until } = document.querySelector('form[action="/approvals"]').elements; who.value = 'sam.field@example.nhs.uk'; scope.value = 'everywhere'; reason.value = 'Complaint 2026-17 about a call'; until.value = '${lastDay}' })()`,
    )
    await officer.evaluate('document.querySelector(\'form[action="/approvals"]\').requestSubmit()')
    await officer.until(
      "document.querySelector('.nhsuk-notification-banner') && document.querySelector('tbody')?.textContent.includes('Sam Field')",
    )
    await expectGood(officer, 'approvals', pictureOf(officer))

    const signedIn = await world.accounts.signIns.byPassword(
      { email: 'sam.field@example.nhs.uk', password },
      { address: '192.0.2.7', userAgent: 'a browser', network: '192.0.2.0/24' },
    )
    if (signedIn.kind !== 'in') throw new Error(signedIn.kind)
    const ask = (path: string) =>
      fetch(`${world.admin.url}${path}`, {
        headers: { cookie: `__Host-ringround=${signedIn.secret}`, 'sec-fetch-site': 'same-origin' },
        redirect: 'manual',
      })
    expect((await ask('api/calls')).status).toBe(403)
    const confirm = await (await ask('account/confirm')).text()
    expect(confirm).toContain('Set up a second factor first')
    const { step, typed } = await world.accounts.factors.beginGenerator(sam)
    const code = appOf(typed)
    await world.accounts.factors.finishGenerator({ actor: sam.id, address: '192.0.2.7' }, sam.id, step, await code())
    expect(await world.accounts.signIns.confirmByCode({ actor: sam.id, address: '192.0.2.7' }, signedIn, await code())).toEqual({
      kind: 'right',
    })
    expect((await ask('api/calls')).status).toBe(200)
    expect(officer.complaints.filter((one) => !one.includes('422'))).toEqual([])
  },
)

/** A form as sent by a browser on our page. */
async function post(
  world: AdminWorld,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
) {
  return fetch(`${world.admin.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
  })
}

test('attacks on signing in fail', { timeout: 120_000 }, async () => {
  const world = await adminWorld()
  const mary = await member(world, 'Mary Lowe', 'mary.lowe@example.nhs.uk', 'administrator')
  const email = 'mary.lowe@example.nhs.uk'
  const cookieOf = (answer: Response) => /__Host-ringround=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? ''
  const opens = async (cookie: string) =>
    (await fetch(`${world.admin.url}people`, { headers: { cookie: `__Host-ringround=${cookie}` }, redirect: 'manual' })).status

  // Fixation: an earlier cookie is not the session afterwards.
  const planted = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  const answer = await post(world, 'sign-in', { email, password }, { cookie: `__Host-ringround=${planted}` })
  const cookie = cookieOf(answer)
  expect(cookie).not.toBe(planted)
  expect(answer.headers.get('set-cookie')).toMatch(/; Path=\/;? ?.*/)
  for (const word of ['HttpOnly', 'Secure', 'SameSite=Lax']) expect(answer.headers.get('set-cookie')).toContain(word)
  expect([await opens(planted), await opens(cookie)]).toEqual([303, 200])

  // Forged, cut short, another letter: nothing opens.
  for (const forged of [
    '',
    'x',
    cookie.slice(0, -1),
    `${cookie}A`,
    `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`,
    cookie.toLowerCase(),
    "' or '1'='1",
    'rr_' + cookie,
  ])
    expect(await opens(forged), forged).toBe(303)

  // From another page, without the token, with that of another session.
  const other = cookieOf(await post(world, 'sign-in', { email, password }))
  const token =
    /name="token" value="([^"]+)"/.exec(
      await (await fetch(`${world.admin.url}account`, { headers: { cookie: `__Host-ringround=${other}` } })).text(),
    )?.[1] ?? ''
  const change = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) =>
    post(world, 'account/password', { password: 'another fine password', ...fields }, { cookie: `__Host-ringround=${cookie}`, ...headers })
  for (const [fields, headers] of [
    [{}, {}],
    [{ token }, {}],
    [{ token: '' }, { 'sec-fetch-site': 'cross-site' }],
    [{ token }, { 'sec-fetch-site': 'same-site' }],
    [{ token }, { 'sec-fetch-site': 'none' }],
  ] as const)
    expect((await change(fields, headers)).status).toBe(403)
  expect(await world.accounts.signIns.byPassword({ email, password }, { address: '', userAgent: '', network: 'x' })).toMatchObject({
    kind: 'in',
  })

  // Redirects to other sites.
  for (const next of [
    'https://elsewhere.example/',
    '//elsewhere.example',
    '/\\elsewhere.example',
    '/%0d%0aset-cookie:x=y',
    'javascript:alert(1)',
    '/sign-in/link/x',
  ]) {
    const led = (await post(world, 'sign-in', { email, password, next })).headers.get('location') ?? ''
    expect(led, next).toMatch(/^\/(?![/\\])/)
    expect(new URL(led, world.admin.url).origin).toBe(new URL(world.admin.url).origin)
  }

  // Bypassing the second factor: without one, with a step of another kind, with a session that never showed it.
  const { step, typed } = await world.accounts.factors.beginGenerator(mary)
  const code = appOf(typed)
  await world.accounts.factors.finishGenerator({ actor: mary.id, address: '' }, mary.id, step, await code())
  const page = await (await post(world, 'sign-in', { email, password })).text()
  const waiting = /name="step" value="([^"]+)"/.exec(page)?.[1] ?? ''
  expect(waiting).toHaveLength(43)
  const asSession = await opens(waiting)
  expect(asSession).toBe(303)
  for (const fields of [
    { step: waiting, code: '' },
    { step: '', code: await code() },
    { step: 'A'.repeat(43), code: '123456' },
    { step: waiting, code: "' or 1=1 --" },
    { step: waiting, code: '9'.repeat(50_000) },
  ]) {
    const refused = await post(world, 'sign-in/second', fields)
    expect([refused.status, cookieOf(refused)]).toEqual([422, ''])
  }
  for (const made of ['', '{}', '[]', '{"id":1}', `{"id":"${'A'.repeat(300)}","response":{}}`, 'x'.repeat(50_000)]) {
    const refused = await post(world, 'sign-in/passkey/shown', { step: waiting, answer: made })
    // On a bare IP address there are no passkeys.
    expect([refused.status, cookieOf(refused)]).toEqual([404, ''])
  }
  // To add or remove one, an unattended session is not enough.
  const own = { cookie: `__Host-ringround=${other}` }
  for (const path of ['account/generator', 'account/passkeys/new'])
    expect((await fetch(`${world.admin.url}${path}`, { headers: own, redirect: 'manual' })).headers.get('location'), path).toContain(
      '/account/confirm',
    )
  const [factor] = await world.accounts.factors.list(mary.id)
  expect((await post(world, `account/factors/${factor?.id ?? ''}/remove`, { token }, own)).headers.get('location')).toContain(
    '/account/confirm',
  )
  expect((await post(world, 'account/recovery', { token }, own)).headers.get('location')).toContain('/account/confirm')
  expect(await world.accounts.factors.list(mary.id)).toHaveLength(1)

  // Only our own files.
  for (const path of [
    'assets/../../../package.json',
    'assets/..%2f..%2fpackage.json',
    'assets/%2e%2e/%2e%2e/package.json',
    'assets/page.js%00.css',
    'assets/....//package.json',
    'docs/..%2f..%2f..%2fpackage.json',
  ]) {
    const answered = await fetch(`${world.admin.url}${path}`, { redirect: 'manual' })
    expect([answered.ok, await answered.text().then((text) => text.includes('"devDependencies"'))], path).toEqual([false, false])
  }
})
