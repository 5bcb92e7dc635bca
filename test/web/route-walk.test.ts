import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { permissionNames, roleNames, type Need, type Permission, type RoleName } from '../../src/accounts/roles.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { documentedWorld } from '../keeping/documented-world.js'
import type { AdminWorld } from '../keeping/admin-world.js'

/** The permissions of each role, repeated by hand: a change of the table has to be deliberate. */
const whoMay: Readonly<Record<Permission, readonly RoleName[]>> = {
  wallboard: ['operations', 'serviceManager', 'administrator'],
  live: ['operations', 'serviceManager', 'administrator'],
  alarms: ['operations', 'serviceManager', 'administrator'],
  calls: ['clinician', 'serviceManager', 'pidApproved'],
  recordings: ['clinician', 'pidApproved'],
  outcomes: ['clinician', 'serviceManager', 'pidApproved'],
  assignments: ['serviceManager'],
  arrangements: ['clinician', 'serviceManager'],
  bypass: ['clinician', 'serviceManager'],
  browserCalls: ['clinician'],
  availability: ['clinician', 'rotaKeeper', 'operations', 'serviceManager'],
  pocket: ['clinician'],
  services: ['clinician', 'rotaKeeper', 'operations', 'serviceManager', 'administrator'],
  reports: ['serviceManager'],
  rotas: ['rotaKeeper', 'operations', 'serviceManager', 'administrator'],
  directory: ['administrator'],
  watchList: ['rotaKeeper', 'operations', 'serviceManager', 'administrator'],
  devices: ['administrator'],
  documentation: ['administrator'],
  health: ['operations', 'administrator'],
  metrics: ['administrator'],
  people: ['administrator'],
  tokens: ['administrator'],
  outbox: ['administrator'],
  approvals: ['privacyOfficer'],
  audit: ['privacyOfficer'],
  retention: ['privacyOfficer'],
}

/** The requesters on the walk: nobody, a person of each role and one without, programs. */
type Asker = { readonly name: string; readonly headers: Readonly<Record<string, string>>; readonly may: (need: Need) => boolean }

/** A signed-in person with that role. @returns the headers of their requests */
async function sessionOf(
  world: AdminWorld,
  role: RoleName | undefined,
  { secondFactor = true } = {},
): Promise<Readonly<Record<string, string>>> {
  const { id } = await world.accounts.addPerson(system, { name: role ?? 'nothing', clinician: 'dr-okafor' })
  if (role !== undefined) await world.accounts.grant(system, { person: id, role, scope: { kind: 'everywhere' } })
  const { secret } = await beginSession(
    world.store.tables.writing,
    { person: id, method: 'password', secondFactor, address: '127.0.0.1', userAgent: 'walk' },
    defaultSessionLimits,
    Date.now(),
  )
  return { cookie: `__Host-ringround=${secret}`, 'sec-fetch-site': 'same-origin' }
}

async function askers(world: AdminWorld): Promise<readonly Asker[]> {
  const person = async (role: RoleName | undefined): Promise<Asker> => {
    const headers = await sessionOf(world, role)
    return {
      name: role ?? 'no role',
      headers,
      may: (need) => need === 'anyone' || need === 'signedIn' || need === 'known' || (role !== undefined && whoMay[need].includes(role)),
    }
  }
  const token = async (
    name: string,
    kind: 'api' | 'kiosk',
    permissions: readonly Permission[],
    scheme: 'bearer' | 'cookie',
  ): Promise<Asker> => {
    const { secret } = await world.accounts.tokenBook.make(system, { kind, name, permissions, scope: { kind: 'everywhere' } })
    return {
      name,
      headers:
        scheme === 'bearer'
          ? { authorization: `Bearer ${secret}` }
          : { cookie: `__Host-ringround=${secret}`, 'sec-fetch-site': 'same-origin' },
      may: (need) => need === 'anyone' || (kind === 'api' && need === 'known') || permissions.some((one) => one === need),
    }
  }
  return [
    { name: 'nobody', headers: { 'sec-fetch-site': 'same-origin' }, may: (need) => need === 'anyone' },
    {
      name: 'a forged cookie',
      headers: { cookie: '__Host-ringround=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'sec-fetch-site': 'same-origin' },
      may: (need) => need === 'anyone',
    },
    {
      name: 'a forged token',
      headers: { authorization: 'Bearer rr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      may: (need) => need === 'anyone',
    },
    await person(undefined),
    ...(await Promise.all(roleNames.map(person))),
    await token('a token for nothing', 'api', [], 'bearer'),
    await token('a token for calls', 'api', ['calls'], 'bearer'),
    await token('a kiosk', 'kiosk', ['wallboard'], 'cookie'),
    // A stolen wall screen has a cookie, but no token for the API.
    { ...(await token('a kiosk token as that of a program', 'kiosk', ['wallboard'], 'bearer')), may: (need) => need === 'anyone' },
  ]
}

/** The answer: let in (whatever the route itself answers), or refused by the gate. */
async function answered(
  world: AdminWorld,
  { method, url, page }: { readonly method: string; readonly url: string; readonly page: boolean },
  headers: Readonly<Record<string, string>>,
): Promise<'in' | 'out' | 'secondFactorNeeded'> {
  const path = url.replaceAll(/:\w+/g, 'nothing').replace('*', '')
  const abort = new AbortController()
  const response = await fetch(new URL(path, world.admin.url), {
    method,
    headers: { ...headers, ...(page && method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
    redirect: 'manual',
    signal: abort.signal,
    ...(page && method === 'POST' ? { body: '' } : {}),
  })
  // A stream does not end by itself.
  const text = response.headers.get('content-type')?.startsWith('text/event-stream') === true ? '' : await response.text()
  abort.abort()
  if (response.status === 401) return 'out'
  const location = response.headers.get('location') ?? ''
  if (
    (response.status === 303 && location.startsWith('/account/confirm')) ||
    (response.status === 403 && text.includes('secondFactorNeeded'))
  )
    return 'secondFactorNeeded'
  if (response.status === 403) return method === 'HEAD' || text.includes('notAllowed') || text.includes('None of your roles') ? 'out' : 'in'
  return response.status === 303 && location.startsWith('/sign-in') && path !== '/sign-out' ? 'out' : 'in'
}

test('every route states its requirement, and lets in only those who meet it', { timeout: 240_000 }, async () => {
  const world = await documentedWorld()
  const { routes } = world.admin
  expect(routes.filter(({ needs }) => needs === undefined)).toEqual([])
  expect(routes.length).toBeGreaterThan(60)
  const everybody = await askers(world)
  const wrong: string[] = []
  for (const route of routes) {
    // Signing out ends the walk's session: it is asked last, by itself.
    if (route.url === '/sign-out') continue
    const answers = await Promise.all(everybody.map(async (asker) => ({ asker, found: await answered(world, route, asker.headers) })))
    for (const { asker, found } of answers) {
      const expected = route.needs !== undefined && asker.may(route.needs) ? 'in' : 'out'
      if (found !== expected) wrong.push(`${route.method} ${route.url} (${route.needs}): ${asker.name} is ${found}`)
    }
  }
  expect(wrong).toEqual([])
})

/** Open to a person whose role requires a second factor not yet set up: to set it up, to choose a password, to sign out. */
const beforeSecondFactor = [
  '/account/confirm',
  '/account/confirm/passkey',
  '/account/confirm/passkey/shown',
  '/account/generator',
  '/account/passkeys/new',
  '/account/password',
].sort()

test('a person whose role requires a second factor sees nothing else before there is one', { timeout: 240_000 }, async () => {
  const world = await documentedWorld({ secondFactorFor: ['administrator'] })
  const [without, manager, shown] = [
    await sessionOf(world, 'administrator', { secondFactor: false }),
    await sessionOf(world, 'serviceManager', { secondFactor: false }),
    await sessionOf(world, 'administrator'),
  ]
  const open: string[] = []
  const closed: string[] = []
  for (const route of world.admin.routes) {
    // A HEAD says no more than its GET.
    if (route.needs === 'anyone' || route.url === '/sign-out' || route.method === 'HEAD') continue
    const name = `${route.method} ${route.url}`
    if ((await answered(world, route, without)) !== 'secondFactorNeeded') open.push(route.url)
    for (const headers of [manager, shown]) if ((await answered(world, route, headers)) === 'secondFactorNeeded') closed.push(name)
  }
  expect([...new Set(open)].sort()).toEqual(beforeSecondFactor)
  expect(closed).toEqual([])
})

test('every permission is in the repeated table', () => {
  expect(Object.keys(whoMay).sort()).toEqual([...permissionNames].sort())
})
