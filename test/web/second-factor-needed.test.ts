import { Secret, TOTP } from 'otpauth'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { defaultSecondFactorRoles } from '../../src/accounts/roles.js'
import { adminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { heading } from './signed-in.js'

const chromium = findChromium()

test.runIf(chromium)(
  'an administrator who follows their invitation sets up a second factor before anything else, and keeps one',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld({ secondFactorFor: defaultSecondFactorRoles })
    const mary = await world.accounts.addPerson(system, { name: 'Mary Lowe', email: 'mary.lowe@example.nhs.uk' })
    await world.accounts.grant(system, { person: mary.id, role: 'administrator', scope: { kind: 'everywhere' } })
    const browser = await Browser.start(chromium ?? '')
    onTestFinished(() => browser.close())
    const at = (title: string) => browser.until(`${heading} === ${JSON.stringify(title)}`)
    await browser.open(`${world.admin.url}sign-in/link/${await world.accounts.makeLink(system, mary.id, 'invitation')}`)
    await at('Sign in to Ringround')
    await browser.evaluate("document.querySelector('main form button').click()")
    await at('Choose a password')
    await tabTo(browser, 'password')
    await browser.type('kestrel marble harbour\r')
    await at('Set up a second factor first')
    await expectGood(browser, 'second-factor-first', pictureOf(browser))
    // Meanwhile there is no menu, and no other page opens.
    expect(await browser.evaluate("document.querySelectorAll('nav a').length")).toBe(0)
    await browser.open(`${world.admin.url}people`)
    await at('Set up a second factor first')
    expect(await browser.evaluate("fetch('/api/wallboard').then((answer) => answer.json()).then(({ error }) => error.code)")).toBe(
      'secondFactorNeeded',
    )
    await tabTo(browser, 'Set up an authenticator app')
    await browser.type('\r')
    await at('Set up an authenticator app')
    const app = new TOTP({
      secret: Secret.fromBase32((await browser.evaluate<string>("document.querySelector('.rr-secret').textContent")).replaceAll(' ', '')),
    })
    await tabTo(browser, 'code')
    await browser.type(`${app.generate()}\r`)
    await at('Your recovery codes')
    await browser.open(`${world.admin.url}people`)
    await at('People')
    // The only one cannot be removed.
    await browser.open(`${world.admin.url}account`)
    await at('Your account')
    await browser.evaluate(
      '(() => { window.confirm = () => true; document.querySelector(\'form[action^="/account/factors/"] button\').click() })()',
    )
    await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('It was not removed')")
    expect(await world.accounts.factors.has(mary.id)).toBe(true)
  },
)

test('signing in to the demo world takes one click, whatever its roles require', async () => {
  const world = await adminWorld({ secondFactorFor: defaultSecondFactorRoles })
  const entered = await fetch(await world.wayIn(), { redirect: 'manual' })
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  for (const page of ['wallboard', 'people', 'audit', 'approvals'])
    expect((await fetch(`${world.admin.url}${page}`, { headers: { cookie }, redirect: 'manual' })).status, page).toBe(200)
})
