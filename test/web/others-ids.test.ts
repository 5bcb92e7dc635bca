import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { permissionNames, type RoleName, type Scope } from '../../src/accounts/roles.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { auditPage } from '../../src/audit/audit.js'
import { keepView, viewsOf } from '../../src/accounts/saved-views.js'
import type { AdminWorld } from '../keeping/admin-world.js'
import { apiOf, documentedWorld, operationsOf } from '../keeping/documented-world.js'
import { visitor } from './visitor.js'

/** Text that is only in others' records. */
const secrets = ['sentinel', '943 476 5919', '9434765919', '07700 900991', '7700900991']
const theirs = { line: 'cardiology', organisation: 'elm-row', clinician: 'dr-lindqvist', call: 'recorded' } as const
/** The viewers: from another trust, which runs another line. */
const mine: Scope = { kind: 'organisation', id: 'wend-vale' }

/** Others' ids, by URL parameter. */
async function othersThings(world: AdminWorld) {
  const hour = 3_600_000
  const patientNumber = '+447700900991'
  const callBack = async () =>
    world.arranged.makeCallBack({
      line: 'cardiac-rehab-call-back',
      patientNumber,
      nhsNumber: '9434765919',
      clinician: theirs.clinician,
      note: 'sentinel',
      dueAt: Date.now() + hour,
    })
  const connect = await world.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber,
    clinician: theirs.clinician,
    validMs: hour,
  })
  const code = await world.arranged.makeCallBackCode({
    about: { thread: 'sentinel' },
    asked: { clinician: theirs.clinician },
    line: theirs.line,
    number: '+441632960099',
    validMs: hour,
  })
  if (connect.kind !== 'made' || code.kind !== 'made') throw new Error('nothing was made')
  await world.tell(
    theirs.call,
    { type: 'nhsNumber.left', nhsNumber: '9434765919' },
    { type: 'outcome.left', outcome: 'referral-made', by: 'staff' },
  )
  const person = await world.accounts.addPerson(system, { name: 'sentinel', email: 'sentinel@example.nhs.uk', clinician: theirs.clinician })
  const grant = await world.accounts.grant(system, {
    person: person.id,
    role: 'serviceManager',
    scope: { kind: 'organisation', id: 'st-brides' },
  })
  await keepView(world.accounts.writing, person.id, { name: 'sentinel', query: 'days=7' }, Date.now())
  const [view] = await viewsOf(world.accounts.reading, person.id)
  const made = (kind: 'api' | 'kiosk') =>
    world.accounts.tokenBook.make(system, { kind, name: 'sentinel', permissions: ['wallboard'], scope: { kind: 'everywhere' } })
  const [api, kiosk] = [await made('api'), await made('kiosk')]
  await world.outbox.put(person.id, { kind: 'test' })
  const [message] = await world.outbox.page(1)
  const { id: callBackId } = await callBack()
  return {
    calls: theirs.call,
    'call-backs': callBackId,
    'patient-connect': connect.arrangement.id,
    'patient-connects': connect.arrangement.id,
    'call-back-codes': code.arrangement.id,
    people: person.id,
    programs: api.token.id,
    tokens: api.token.id,
    screens: kiosk.token.id,
    outbox: message?.id ?? '',
    approvals: grant.id,
    roles: grant.id,
    views: view?.id ?? '',
    sessions: 'session-of-another',
    devices: 'okafor-desk',
  } as const
}

/** The value for each place in the URL. */
function addressOf(url: string, things: Readonly<Record<string, string>>): string {
  const parts = url.split('/')
  return parts
    .map((part, index) => {
      if (part === '*') return 'json'
      if (!part.startsWith(':')) return part
      const name = part.slice(1)
      if (name in theirs) return theirs[name as keyof typeof theirs]
      const known: Readonly<Record<string, string>> = {
        section: 'lines',
        month: '2026-01',
        version: '1',
        other: '1',
        index: '0',
        date: '2099-01-05',
        week: '2099-01-05',
      }
      return encodeURIComponent(known[name] ?? things[parts[index - 1] ?? ''] ?? 'nothing')
    })
    .join('/')
}

/** Others' values for every form field. */
const fields = {
  ...theirs,
  to: theirs.clinician,
  outcome: 'referral-avoided',
  note: 'attack',
  why: 'withPatient',
  reason: 'attack',
  minutes: '30',
  nhsNumber: '',
  patientNumber: '01632 960889',
  scope: 'organisation:st-brides',
  role: 'serviceManager',
  thread: 'attack',
  name: 'attack',
  once: 'attack-once-1',
  state: 'done',
  version: '1',
  day: '5',
  month: '1',
  year: '2099',
  time: '10:00',
  days: '7',
  may: 'calls',
  until: '2099-01-05',
  who: 'sentinel@example.nhs.uk',
  people: 'dr-adeyemi',
  week: '2099-01-05',
  user: 'okafor-desk',
} as const

/** A hash of each table, apart from the audit. */
async function kept(world: AdminWorld): Promise<ReadonlyMap<string, string>> {
  const db = world.store.tables.writing
  const tables = await db.introspection.getTables()
  const found = new Map<string, string>()
  for (const { name } of tables) {
    if (/audit|sessions|asked_once|chain|engines|sqlite/.test(name)) continue
    // Names come from the database itself.
    const rows = await db
      .selectFrom(name as 'calls')
      .selectAll()
      .execute()
    const text = JSON.stringify(rows, (key, value: unknown) =>
      /used_?at|seen_?at/i.test(key) ? null : typeof value === 'bigint' ? String(value) : value,
    )
    found.set(name, createHash('sha256').update(text).digest('hex'))
  }
  return found
}

/** Routes that only change the viewer's own data, whatever they send. */
const ownThings = ['/api/views', '/calls/views', '/pocket/not-now', '/pocket/on']

/** Of a program, which has no session. */
const formOfTokens = Buffer.concat([Buffer.alloc(32), createHmac('sha256', '').update('form').digest()]).toString('base64url')

test('another organisation’s ids, on every route: nothing is revealed, nothing is changed', { timeout: 600_000 }, async () => {
  const world = await documentedWorld({ admin: { demoLink: () => Promise.resolve('none') } })
  const things = await othersThings(world)
  const bodies = new Map(
    operationsOf(await apiOf(world)).map(({ method, path, operation }) => [
      `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      Object.values(operation.requestBody?.content['application/json']?.examples ?? {}).map(({ value }) => value),
    ]),
  )
  const people: { name: string; headers: Readonly<Record<string, string>>; token: string }[] = []
  for (const role of ['clinician', 'rotaKeeper', 'operations', 'serviceManager', 'pidApproved'] as const satisfies readonly RoleName[]) {
    const one = await visitor(world, { role, scope: mine, clinician: 'dr-adeyemi' })
    people.push({
      name: role,
      headers: one.headers,
      token: /name="token" value="([^"]+)"/.exec((await one.get('/account')).text)?.[1] ?? '',
    })
  }
  const { secret } = await world.accounts.tokenBook.make(system, { kind: 'api', name: 'part', permissions: permissionNames, scope: mine })
  people.push({ name: 'a program', headers: { authorization: `Bearer ${secret}` }, token: formOfTokens })
  const told: string[] = []
  const changed: string[] = []
  // A person who may see it gets it.
  for (const path of [`/api/calls/${things.calls}`, `/call-backs/${things['call-backs']}`, `/people/${things.people}`])
    expect(await (await world.get(path)).text(), path).toMatch(/sentinel|9434765919/)
  let before = await kept(world)
  for (const { method, url, page, needs } of world.admin.routes) {
    if (method === 'HEAD' || needs === 'anyone' || /^\/(account|docs|sign-out|acting|design|help)/.test(url)) continue
    const path = addressOf(url, things)
    const sent: (string | undefined)[] =
      method === 'GET' ? [undefined] : page ? [''] : (bodies.get(`${method} ${url}`) ?? []).map((body) => JSON.stringify(body))
    for (const { name, headers, token } of people) {
      for (const body of sent.length === 0 ? [undefined] : sent) {
        const abort = new AbortController()
        const answer = await fetch(new URL(path, world.admin.url), {
          method,
          redirect: 'manual',
          signal: abort.signal,
          headers: {
            ...headers,
            ...(body === undefined ? {} : { 'content-type': page ? 'application/x-www-form-urlencoded' : 'application/json' }),
          },
          ...(body === undefined ? {} : { body: page ? new URLSearchParams({ token, ...fields }).toString() : body }),
        })
        const text = answer.headers.get('content-type')?.startsWith('text/event-stream')
          ? ''
          : Buffer.from(await answer.arrayBuffer()).toString('latin1')
        abort.abort()
        const what = `${method} ${url} ${name} ${answer.status}`
        if (secrets.some((one) => text.includes(one) && !path.includes(one))) told.push(what)
        if (method === 'GET') continue
        const now = await kept(world)
        for (const [table, hash] of now)
          if (before.get(table) !== hash && !ownThings.includes(url))
            changed.push(`${what} ${answer.headers.get('location') ?? ''} ${table}`)
        before = now
      }
    }
  }
  expect(told).toEqual([])
  expect(changed).toEqual([])
})

test('another person’s account loses nothing, and the audit does not claim that it did', async () => {
  const world = await documentedWorld()
  const [one, other] = [await visitor(world, { role: 'serviceManager' }), await visitor(world, { role: 'serviceManager' })]
  const [session] = await world.accounts.sessions(other.id)
  await keepView(world.accounts.writing, other.id, { name: 'theirs', query: 'days=7' }, Date.now())
  const [view] = await viewsOf(world.accounts.reading, other.id)
  if (!session || !view) throw new Error('they have none')
  const written = async () => (await auditPage(world.store.tables.writing, { actor: one.id }, 200)).map(({ action }) => action)
  expect((await one.post(`/account/sessions/${session.id}/end`, {})).location).toBe('/account?done=sessionOver')
  expect((await one.post(`/account/factors/${session.id}/remove`, {})).status).toBe(404)
  expect((await one.post(`/account/identities/${session.id}/unlink`, {})).status).toBe(404)
  expect((await one.post(`/calls/views/${view.id}/remove`, {})).status).toBe(404)
  expect((await one.send('DELETE', `/api/views/${view.id}`, {})).status).toBe(404)
  expect((await other.get('/account')).status).toBe(200)
  expect(await written()).toEqual([])
  // One of one's own can be ended, and that is written down.
  await beginSession(
    world.store.tables.writing,
    { person: one.id, method: 'password', secondFactor: true, address: '127.0.0.1', userAgent: 'another' },
    defaultSessionLimits,
    Date.now(),
  )
  const another = (await world.accounts.sessions(one.id)).find(({ userAgent }) => userAgent === 'another')
  expect((await one.post(`/account/sessions/${another?.id ?? ''}/end`, {})).location).toBe('/account?done=sessionEnded')
  expect(await written()).toEqual(['session.ended'])
})
