import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { pictureOf } from './pictures.js'

const chromium = findChromium()

/** An administrator, in a session. @returns posts a form of the page in their name */
async function administrator(world: AdminWorld) {
  const person = await world.accounts.addPerson(system, { name: 'Mary Lowe' })
  await world.accounts.grant(system, { person: person.id, role: 'administrator', scope: { kind: 'everywhere' } })
  const signedIn = await world.accounts.signIns.byLink(await world.accounts.makeLink(system, person.id, 'signIn'), {
    address: '127.0.0.1',
    userAgent: 'test',
  })
  if (signedIn.kind !== 'in') throw new Error(signedIn.kind)
  const cookie = `__Host-ringround=${signedIn.secret}`
  const page = await (await fetch(`${world.admin.url}programs`, { headers: { cookie } })).text()
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? ''
  return {
    page,
    post: (fields: readonly (readonly [string, string])[], path = 'programs') =>
      fetch(`${world.admin.url}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams([['token', token] as const, ...fields].map(([name, value]): [string, string] => [name, value])),
      }),
  }
}

const whole = [
  ['name', 'Prometheus'],
  ['scope', 'everywhere'],
  ['days', '30'],
] as const

test('nobody gives a program rights that they lack', async () => {
  const world = await adminWorld()
  const { page, post } = await administrator(world)
  expect(page).toContain('value="metrics"')
  expect(page).not.toContain('value="calls"')
  for (const may of ['calls', 'recordings', 'audit', 'approvals'])
    expect([may, (await post([...whole, ['may', may]])).status]).toEqual([may, 422])
  expect((await post([...whole, ['may', 'metrics'], ['may', 'recordings']])).status).toBe(422)
  expect(await world.accounts.tokenBook.all()).toEqual([])
  const made = await (await post([...whole, ['may', 'metrics'], ['may', 'health']])).text()
  const secret = /rr_[\w-]{43}/.exec(made)?.[0] ?? ''
  const ask = (path: string) => fetch(`${world.admin.url}${path}`, { headers: { authorization: `Bearer ${secret}` } })
  expect([(await ask('metrics')).status, (await ask('api/calls')).status]).toEqual([200, 403])
  const [token] = await world.accounts.tokenBook.all()
  expect(token).toMatchObject({ name: 'Prometheus', permissions: ['metrics', 'health'] })
  expect((await post([], `programs/${token?.id ?? ''}/end`)).headers.get('location')).toBe('/programs?done=tokenEnded')
  expect((await ask('metrics')).status).toBe(401)
  // Screens have a page of their own.
  const { token: screen } = await world.accounts.tokenBook.make(system, {
    kind: 'kiosk',
    name: 'Ward 7',
    permissions: ['wallboard'],
    scope: { kind: 'everywhere' },
  })
  expect((await post([], `programs/${screen.id}/end`)).status).toBe(404)
})

test('nobody gives a program more reach than their own: not others’ calls, not approvals, not another organisation', async () => {
  const world = await adminWorld()
  const { id } = await world.accounts.addPerson(system, { name: 'Sam Field', clinician: 'dr-okafor' })
  for (const [role, scope] of [
    ['administrator', { kind: 'everywhere' }],
    ['clinician', { kind: 'organisation', id: 'st-brides' }],
    ['serviceManager', { kind: 'organisation', id: 'st-brides' }],
  ] as const)
    await world.accounts.grant(system, { person: id, role, scope })
  await world.accounts.grant(system, {
    person: id,
    role: 'pidApproved',
    scope: { kind: 'everywhere' },
    reason: 'Complaint 17',
    until: Date.now() + 86_400_000,
  })
  const { secret: session } = await beginSession(
    world.store.tables.writing,
    { person: id, method: 'password', secondFactor: true, address: '127.0.0.1', userAgent: 'test' },
    defaultSessionLimits,
    Date.now(),
  )
  const make = async (may: string, scope: string) => {
    const answer = await fetch(`${world.admin.url}api/tokens`, {
      method: 'POST',
      headers: { cookie: `__Host-ringround=${session}`, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'export', may: [may], scope, days: 7 }),
    })
    const { error } = (await answer.json()) as { error?: { field?: string } }
    return error?.field ?? answer.status
  }
  const page = await (await fetch(`${world.admin.url}programs`, { headers: { cookie: `__Host-ringround=${session}` } })).text()
  expect([page.includes('value="calls"'), page.includes('value="recordings"'), page.includes('value="pocket"')]).toEqual([
    true,
    false,
    false,
  ])
  // They see recordings by approval and of their own calls: neither can be passed on.
  expect(await make('recordings', 'everywhere')).toBe('may')
  expect(await make('recordings', 'organisation:st-brides')).toBe('may')
  expect(await make('pocket', 'organisation:st-brides')).toBe('may')
  for (const scope of ['everywhere', 'organisation:wend-vale', 'line:ent-adult'])
    expect([scope, await make('calls', scope)]).toEqual([scope, 'scope'])
  expect(await make('calls', 'organisation:st-brides')).toBe(201)
  expect(await make('calls', 'line:cardiology')).toBe(201)
  expect(await make('metrics', 'everywhere')).toBe(201)
})

test('an error of a token is shown beside its field', async () => {
  const world = await adminWorld()
  const { post } = await administrator(world)
  for (const [fields, words] of [
    [
      [
        ['may', 'metrics'],
        ['scope', 'everywhere'],
        ['days', '30'],
      ],
      'Enter what the program is called',
    ],
    [
      [
        ['name', 'x'],
        ['scope', 'everywhere'],
        ['days', '30'],
      ],
      'Choose what it may do',
    ],
    [
      [
        ['name', 'x'],
        ['may', 'metrics'],
        ['scope', 'organisation:elm-row'],
        ['days', '30'],
      ],
      'this is for everything, or not at all',
    ],
    [
      [
        ['name', 'x'],
        ['may', 'wallboard'],
        ['scope', 'organisation:nowhere'],
        ['days', '30'],
      ],
      'Choose what it is for',
    ],
    [
      [
        ['name', 'x'],
        ['may', 'wallboard'],
        ['scope', 'everywhere'],
        ['days', '99999'],
      ],
      'Choose for how long',
    ],
  ] as const) {
    const answer = await post(fields)
    expect([answer.status, (await answer.text()).includes(words)], words).toEqual([422, true])
  }
})

test.runIf(chromium)('the page is accessible', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  await world.accounts.tokenBook.make(system, {
    kind: 'api',
    name: 'Nightly export',
    permissions: ['calls', 'reports'],
    scope: { kind: 'organisation', id: 'elm-row' },
  })
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(await world.wayIn())
  await browser.until("document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')")
  await browser.open(`${world.admin.url}programs`)
  await browser.until("document.querySelectorAll('tbody tr').length === 1")
  await expectGood(browser, 'programs', pictureOf(browser))
  await browser.evaluate('document.querySelector(\'form[action="/programs"]\').requestSubmit()')
  await browser.until("document.querySelectorAll('.nhsuk-error-summary li').length === 2")
  await expectGood(browser, 'programs-wrong', pictureOf(browser))
})
