import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { RoleName, Scope } from '../../src/accounts/roles.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { pictureOf } from './pictures.js'

const chromium = findChromium()
const password = 'kestrel marble harbour'

/** Two answered calls, both accepted by the first clinician of the directory. */
async function world() {
  const admin = await adminWorld()
  const [one, two] = [...admin.directory.clinicians.values()]
  if (!one || !two) throw new Error('the directory has no two clinicians')
  for (const id of ['one', 'two'])
    for (const fact of goodCall(id))
      await admin.store.log.append(id, fact.type === 'attempt.started' ? { ...fact, clinician: one.id } : fact)
  return { admin, one, two }
}

async function cookieOf(admin: AdminWorld, role: RoleName, scope: Scope, clinician?: string): Promise<string> {
  const person = await admin.accounts.addPerson(system, {
    name: role,
    email: `${role}-${scope.kind === 'everywhere' ? 'all' : scope.id}@example.nhs.uk`,
    clinician,
  })
  await admin.accounts.grant(system, { person: person.id, role, scope })
  await admin.accounts.signIns.setPassword(system, person.id, password, '')
  const signedIn = await admin.accounts.signIns.byPassword(
    { email: person.email ?? '', password },
    { address: '127.0.0.1', userAgent: 'test', network: `${role} ${person.id}` },
  )
  if (signedIn.kind !== 'in') throw new Error(signedIn.kind)
  return `__Host-ringround=${signedIn.secret}`
}

const ask = (admin: AdminWorld, cookie: string, query = '') => fetch(`${admin.admin.url}advice-hours${query}`, { headers: { cookie } })

test('a clinician sees their own hours, and no trace of others’', async () => {
  const { admin, one, two } = await world()
  const cookie = await cookieOf(admin, 'clinician', { kind: 'everywhere' }, one.id)
  const page = await ask(admin, cookie)
  expect(await page.text()).toContain(one.name)
  expect((await ask(admin, cookie, `?clinician=${two.id}`)).status).toBe(404)
  expect((await ask(admin, cookie, '?clinician=nobody')).status).toBe(404)
  const pdf = await ask(admin, cookie, '?as=pdf')
  expect([
    pdf.headers.get('content-type'),
    Buffer.from(await pdf.arrayBuffer())
      .subarray(0, 8)
      .toString(),
  ]).toEqual(['application/pdf', '%PDF-1.7'])
  const csv = await (await ask(admin, cookie, '?as=csv')).text()
  const lines = csv.trim().split('\r\n')
  expect(lines).toHaveLength(13)
  expect(lines[0]).toContain('month,rung,answered,talk hours')
  const [, , answered, hours] = lines.at(-1)?.split(',') ?? []
  expect(answered).toBe('2')
  const [row] = (await admin.store.rollUps({ from: '2000-01', to: '2999-12', scope: 'clinician' })).filter(
    ({ figure, id }) => figure === 'talkMs' && id === one.id,
  )
  expect(hours).toBe(((row?.amount ?? 0) / 3_600_000).toFixed(2))
})

test('a manager sees those who work for the organisation that they report on', async () => {
  const { admin, one } = await world()
  const other = [...admin.directory.organisations.keys()].find((id) => !one.organisations.includes(id)) ?? ''
  const theirs = await cookieOf(admin, 'serviceManager', { kind: 'organisation', id: one.organisations[0] ?? '' })
  expect((await ask(admin, theirs, `?clinician=${one.id}`)).status).toBe(200)
  const others = await cookieOf(admin, 'serviceManager', { kind: 'organisation', id: other })
  expect((await ask(admin, others, `?clinician=${one.id}`)).status).toBe(404)
})

test.runIf(chromium)('the statement is accessible, and can be printed', { timeout: 240_000 }, async () => {
  const { admin, one } = await world()
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(await admin.wayIn())
  await browser.until("document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')")
  await browser.open(`${admin.admin.url}advice-hours?clinician=${one.id}`)
  await browser.until("document.querySelectorAll('tbody tr').length === 12")
  await expectGood(browser, 'advice-hours', pictureOf(browser))
  expect(await browser.evaluate("[...document.querySelectorAll('tbody tr:last-child td')].map((one) => one.textContent)")).toEqual(
    expect.arrayContaining(['2']),
  )
  expect(gzipSync(await browser.evaluate<string>('document.documentElement.outerHTML')).length).toBeLessThan(20_000)
  await browser.open(`${admin.admin.url}summary`)
  await browser.until("document.getElementById('by-clinician')")
  await expectGood(browser, 'summary-with-clinicians', pictureOf(browser))
  expect(await browser.evaluate("document.querySelector('[aria-labelledby=by-clinician] tbody').textContent")).toContain(one.name)
})
