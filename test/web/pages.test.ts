import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { visitor, type Visitor } from './visitor.js'

const chromium = findChromium()
const password = 'kestrel marble harbour'

async function opened(): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  return browser
}

/** A person with a password and a current role. */
async function member(world: AdminWorld, role: 'administrator' | 'operations' = 'administrator') {
  const person = await world.accounts.addPerson(system, { name: 'Mary Lowe', email: 'mary.lowe@example.nhs.uk' })
  await world.accounts.grant(system, { person: person.id, role, scope: { kind: 'everywhere' } })
  await world.accounts.signIns.setPassword(system, person.id, password, '')
  return person
}

const heading = "document.querySelector('h1')?.textContent.trim()"

test.runIf(chromium)('signing in and out by keyboard alone; errors are shown, and get the focus', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  await member(world)
  const browser = await opened()
  await browser.open(`${world.admin.url}people`)
  await browser.until(`${heading} === 'Sign in'`)
  await tabTo(browser, 'email')
  await browser.type('Mary.Lowe@example.nhs.uk')
  await tabTo(browser, 'password')
  await browser.type('not that one\r')
  await browser.until(`document.querySelector('.nhsuk-error-summary') && ${heading} === 'Sign in'`)
  expect(await browser.evaluate('document.activeElement.className')).toContain('nhsuk-error-summary')
  expect(await browser.evaluate('document.title')).toMatch(/^Error: Sign in/)
  await expectGood(browser, 'sign-in-wrong', pictureOf(browser))
  // The summary links to the field, which still has the typed text.
  await browser.type('\t\r')
  await browser.until("document.activeElement.id === 'email'")
  expect(await browser.evaluate('document.activeElement.value')).toBe('Mary.Lowe@example.nhs.uk')
  await tabTo(browser, 'password')
  await browser.type(`${password}\r`)
  // On to the wanted page.
  await browser.until(`${heading} === 'People'`)
  // A screen reader user skips the header.
  await browser.evaluate('document.activeElement.blur()')
  await tabTo(browser, 'Sign out')
  await browser.type('\r')
  await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('You are signed out')")
  await browser.open(`${world.admin.url}people`)
  await browser.until(`${heading} === 'Sign in'`)
  // A wrong password is answered with 422, which Chromium puts on its console.
  expect(browser.complaints.filter((one) => !one.includes('422'))).toEqual([])
})

test.runIf(chromium)(
  'a first administrator follows the link, chooses a password, invites a colleague, who signs in',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const { firstLink } = await import('../../src/accounts/first-account.js')
    const secret = await firstLink(world.accounts)
    const browser = await opened()
    await browser.open(`${world.admin.url}sign-in/link/${secret ?? ''}`)
    await browser.until(`${heading} === 'Sign in to Ringround'`)
    await expectGood(browser, 'link', pictureOf(browser))
    await tabTo(browser, 'Sign in as First administrator')
    await browser.type('\r')
    await browser.until(`${heading} === 'Choose a password'`)
    await tabTo(browser, 'password')
    await browser.type('short\r')
    await browser.until("document.querySelector('.nhsuk-error-summary')")
    await expectGood(browser, 'password', pictureOf(browser))
    await browser.evaluate("document.getElementById('password').focus()")
    await browser.type(`${password}\r`)
    // Three things to do, for each of their roles.
    await browser.until(`${heading} === 'What you can do here'`)
    await expectGood(browser, 'help', pictureOf(browser))
    expect(await browser.evaluate("[...document.querySelectorAll('main ol')].map((one) => one.children.length)")).toEqual([3, 3, 3, 3])
    for (const href of await browser.evaluate<string[]>("[...document.querySelectorAll('main ol a')].map((one) => one.href)")) {
      await browser.open(href)
      await browser.until(`document.readyState === 'complete' && location.href === ${JSON.stringify(href)}`)
      expect(await browser.evaluate(heading), href).not.toMatch(/cannot see|not found|went wrong/)
    }
    await browser.open(`${world.admin.url}account`)
    await browser.until(`${heading} === 'Your account'`)
    await expectGood(browser, 'account', pictureOf(browser))
    await browser.open(`${world.admin.url}people/new`)
    await browser.until(`${heading} === 'Invite someone'`)
    await expectGood(browser, 'invite', pictureOf(browser))
    await tabTo(browser, 'name')
    await browser.type('Sam Field')
    await tabTo(browser, 'email')
    await browser.type('sam.field@example.nhs.uk\r')
    await browser.until(`${heading} === 'Sam Field'`)
    await expectGood(browser, 'person', pictureOf(browser))
    const link = await browser.evaluate<string>("document.querySelector('.rr-secret').textContent.trim()")
    await browser.evaluate(
      "(() => { document.getElementById('role').value = 'operations'; document.getElementById('scope').value = 'organisation:elm-row' })()",
    )
    await browser.evaluate("document.getElementById('scope').focus()")
    await tabTo(browser, 'Give role')
    await browser.type('\r')
    await browser.until("document.querySelector('main ul')?.textContent.includes('Operations')")
    await browser.open(`${world.admin.url}people`)
    await browser.until(`${heading} === 'People'`)
    await expectGood(browser, 'people', pictureOf(browser))

    const other = await opened()
    await other.open(link)
    await other.until(`${heading} === 'Sign in to Ringround'`)
    await other.evaluate("document.querySelector('main form button').click()")
    await other.until(`${heading} === 'Choose a password'`)
    await other.open(`${world.admin.url}people`)
    await other.until(`${heading} === 'You cannot see this page'`)
    await expectGood(other, 'refused', pictureOf(other))
    // It works only once.
    await browser.open(link)
    await browser.until(`${heading} === 'This link has been used or has expired'`)
    expect(browser.complaints.filter((one) => !/4(22|04)/.test(one))).toEqual([])
  },
)

test.runIf(chromium)('components, and the statement: no accessibility barriers', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await opened()
  await browser.open(await world.wayIn())
  await browser.until("location.pathname === '/wallboard' && document.querySelector('.rr-footer')")
  for (const page of ['design', 'accessibility', 'account', 'audit']) {
    await browser.open(`${world.admin.url}${page}`)
    await browser.until(`document.querySelector('.rr-footer') && location.pathname === '/${page}'`)
    await expectGood(browser, page, pictureOf(browser))
  }
  expect(browser.complaints).toEqual([])
})

test('no page weighs more than 60 kB, its styles and scripts included', async () => {
  const world = await adminWorld()
  const cookie = await signedIn(world)
  for (const path of ['sign-in', 'account', 'account/password', 'people', 'people/new', 'design', 'accessibility']) {
    const html = await (await fetch(`${world.admin.url}${path}`, { headers: path === 'sign-in' ? {} : { cookie } })).text()
    const files = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? '')
    let weight = gzipSync(html).length
    for (const file of new Set(files)) {
      const text = Buffer.from(await (await fetch(new URL(file, world.admin.url))).arrayBuffer())
      weight += gzipSync(text).length
      for (const [, other] of text.toString('utf8').matchAll(/from '(\/assets\/[^']+)'/g))
        weight += gzipSync(Buffer.from(await (await fetch(new URL(other ?? '', world.admin.url))).arrayBuffer())).length
    }
    expect(weight, path).toBeLessThan(60_000)
  }
})

test('a page is compressed; its form token reads differently each time, and every form of it is valid', async () => {
  const world = await adminWorld()
  const [mary, sam] = [await visitor(world, { role: 'administrator' }), await visitor(world, { role: 'administrator' })]
  const tokenOf = async (person: Visitor) => {
    const { text, headers } = await person.get('/account')
    expect(headers.get('content-encoding')).toBe('gzip')
    return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? ''
  }
  const tokens = [await tokenOf(mary), await tokenOf(mary)] as const
  expect(tokens[0]).not.toBe(tokens[1])
  const sent = async (token: string) => (await mary.post('/acting', { token, scope: '', back: '/account' })).status
  for (const token of tokens) expect(await sent(token)).toBe(303)
  for (const token of [await tokenOf(sam), '', 'x', tokens[0].slice(1), Buffer.alloc(64).toString('base64url')])
    expect(await sent(token), token).toBe(403)
})

async function signedIn(world: AdminWorld): Promise<string> {
  const answer = await fetch(await world.wayIn(), { redirect: 'manual' })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
