import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { Scope } from '../../src/accounts/roles.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { callRecord } from '../../src/facts/call-record.js'
import { figuresOf } from '../../src/figures/summary.js'
import { rollUpOf, RollUpTotal, whenIn } from '../../src/figures/roll-up.js'
import type { Row } from '../../src/web/wallboard/row.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { afterTalking, goodCall, untilTalking } from '../kit/sample-call.js'
import { listen } from './event-stream.js'

interface Told {
  readonly board: { readonly tiles: readonly Row[]; readonly lines: readonly Row[]; readonly alarms: readonly Row[] }
  readonly calls: readonly Row[]
}

const screen = (world: AdminWorld, scope: Scope = { kind: 'everywhere' }, days = 1) =>
  world.accounts.tokenBook.makeScreen(system, { name: 'Control room', scope, expiresAt: Date.now() + days * 86_400_000 })
const cookie = (secret: string) => ({ cookie: `__Host-ringround=${secret}` })

/** The stream for a screen of that part. */
async function streamOf(world: AdminWorld, secret: string) {
  return listen((init) => fetch(new URL('/api/wallboard?screen=true', world.admin.url), { ...init, headers: cookie(secret) }))
}

const valueOf = ({ board }: Told, key: string) => board.tiles.find((tile) => tile.key === key)?.fields['value']
const lineOf = ({ board }: Told, key: string) => board.lines.find((line) => line.key === key)?.fields
const unanswered = (id: string) => [
  ...untilTalking(id).slice(0, 10),
  { type: 'hunt.ended', result: 'nobody' } as const,
  { type: 'call.ended', ending: 'unanswered' } as const,
]

test('today’s figures equal a recount of today’s calls, without yesterday’s; after a restart as well', async () => {
  const world = await adminWorld()
  for (let call = 0; call < 12; call++)
    await world.tell(`answered-${call}`, ...goodCall(`answered-${call}`, { line: call % 3 === 0 ? 'ent-adult' : 'cardiology' }))
  await world.tell('gone', ...unanswered('gone'))
  await world.tell('talking', ...untilTalking('talking'))
  for (const fact of goodCall('yesterday')) await world.store.appendLate('yesterday', fact, Date.now() - 86_400_000)
  const { secret } = await screen(world)
  const told = (await (await streamOf(world, secret)).next('snapshot')) as unknown as Told

  const today = whenIn(Date.now()).date
  const total = new RollUpTotal()
  for (const { callId } of (await world.store.calls({ limit: 200 })).calls) {
    const record = callRecord(await world.store.events(callId))
    if (record && whenIn(record.arrivedAt).date === today) total.add(rollUpOf(record))
  }
  const recount = figuresOf(total.rows().filter(({ scope }) => scope === 'all'))
  expect(recount).toMatchObject({ answered: 12, unanswered: 1, offered: 13 })
  expect(valueOf(told, 'answered')).toBe('12')
  expect(valueOf(told, 'dialToVoice')).toBe(`${((recount.dialToVoice.median ?? 0) / 1_000).toFixed(1)} s`)
  const ofLine = figuresOf(total.rows().filter(({ scope, id }) => scope === 'line' && id === 'cardiology'))
  expect(lineOf(told, 'cardiology')).toMatchObject({
    unanswered: '1',
    answerRate: expect.stringContaining(`${ofLine.answered} of ${ofLine.offered}`) as string,
  })
  expect(await world.store.differing()).toEqual([])

  await world.admin.close()
  await world.recordings.close()
  await world.store.close()
  const again = await adminWorld({ folder: world.folder })
  const afterwards = (await (await streamOf(again, secret)).next('snapshot')) as unknown as Told
  expect(valueOf(afterwards, 'answered')).toBe('12')
  expect(lineOf(afterwards, 'cardiology')).toEqual(lineOf(told, 'cardiology'))
})

test('a stream begins with the whole state, sends each change, and a beat every few seconds', async () => {
  const world = await adminWorld()
  const { secret } = await screen(world)
  const stream = await streamOf(world, secret)
  const first = (await stream.next('snapshot')) as unknown as Told
  expect(first.board.lines).toHaveLength(world.directory.lines.size)
  expect(first.calls).toEqual([])
  await world.tell('one', ...untilTalking('one').slice(0, 5))
  const ringing = (await stream.next('call', ({ call }) => (call as Row).fields['stage'] === 'Ringing')) as unknown as {
    readonly call: Row
  }
  expect(ringing.call).toMatchObject({
    key: 'one',
    fields: {
      line: world.directory.lines.get('cardiology')?.name,
      whom: world.directory.clinicians.get('dr-okafor')?.role,
      attempt: '1 of 2',
    },
  })
  const waiting = await stream.next('board', ({ rows }) => (rows as { lines?: Row[] }).lines !== undefined)
  expect((waiting['rows'] as { lines: Row[] }).lines.map(({ key, fields }) => [key, fields['waiting']])).toEqual([['cardiology', '1']])
  await world.tell('one', ...goodCall('one').slice(5))
  expect(await stream.next('over')).toMatchObject({ key: 'one' })
  // Once its facts are in today's sums.
  await stream.next('board', ({ rows }) =>
    ((rows as { tiles?: Row[] }).tiles ?? []).some(({ key, fields }) => key === 'answered' && fields['value'] === '1'),
  )
  await stream.next('beat')
  // A client that was away gets the whole state, not the missed events.
  await stream.close()
  await world.tell('two', ...untilTalking('two'))
  const back = (await (await streamOf(world, secret)).next('snapshot')) as unknown as Told
  expect(back.calls.map(({ key, fields }) => [key, fields['stage']])).toEqual([['two', 'Talking']])
  expect(valueOf(back, 'answered')).toBe('1')
})

test('the stream has only the viewer’s lines, and no caller’s number or name', async () => {
  const world = await adminWorld()
  const { trust } = world.directory.lines.get('ent-adult')!
  const ofTrust = await streamOf(world, (await screen(world, { kind: 'organisation', id: trust })).secret)
  const ofLine = await streamOf(world, (await screen(world, { kind: 'line', id: 'ent-adult' })).secret)
  const all = await streamOf(world, (await screen(world)).secret)
  const lines = [...world.directory.lines.values()]
    .filter((line) => line.trust === trust)
    .map(({ id }) => id)
    .sort()
  expect(((await ofTrust.next('snapshot')) as unknown as Told).board.lines.map(({ key }) => key).sort()).toEqual(lines)
  expect(((await ofLine.next('snapshot')) as unknown as Told).board.lines.map(({ key }) => key)).toEqual(['ent-adult'])
  const other = [...world.directory.lines.values()].find((line) => line.trust !== trust)!.id
  await world.tell('theirs', ...goodCall('theirs', { line: other }))
  await world.tell('ours', ...untilTalking('ours', { line: 'ent-adult' }))
  await world.tell('ours', ...afterTalking('ours'))
  await all.next('over', ({ key }) => key === 'ours')
  for (const stream of [ofTrust, ofLine]) {
    await stream.next('over', ({ key }) => key === 'ours')
    const text = JSON.stringify(stream.heard)
    expect(text).not.toContain('theirs')
  }
  const text = JSON.stringify([...all.heard, ...ofLine.heard])
  for (const secret of ['01632960101', '07700900123', '7700900123', 'Elm Row', 'Okafor']) expect(text).not.toContain(secret)
})

test('an operations person of one organisation sees only its lines, on the page and in the stream', async () => {
  const world = await adminWorld()
  const { trust } = world.directory.lines.get('ent-adult')!
  const { secret } = await world.accounts.tokenBook.make(system, {
    kind: 'api',
    name: 'part',
    permissions: ['wallboard'],
    scope: { kind: 'organisation', id: trust },
  })
  const page = await (await fetch(new URL('/wallboard', world.admin.url), { headers: { authorization: `Bearer ${secret}` } })).text()
  const keys = [...page.matchAll(/<tr data-key="([^"]+)"/g)].map(([, key]) => key)
  expect(keys.filter((key) => key !== '').sort()).toEqual(
    [...world.directory.lines.values()]
      .filter((line) => line.trust === trust)
      .map(({ id }) => id)
      .sort(),
  )
})

test('a screen’s link moves its token from the URL into a cookie; the first use, its making and its end are in the audit', async () => {
  const world = await adminWorld()
  const { secret, token } = await screen(world, { kind: 'line', id: 'cardiology' })
  const visit = await fetch(new URL(`/screen/${secret}?look=dark`, world.admin.url), { redirect: 'manual' })
  expect([visit.status, visit.headers.get('location')]).toEqual([303, '/wallboard?look=dark'])
  const set = visit.headers.get('set-cookie') ?? ''
  expect(set).toMatch(/^__Host-ringround=rr_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=8\d{4}$/)
  const page = await fetch(new URL('/wallboard?look=dark', world.admin.url), { headers: cookie(secret) })
  const html = await page.text()
  expect(html).toContain('<body class="rr-wall rr-wall--dark">')
  expect(html).not.toContain('rr-navigation')
  expect(html).not.toContain('Okafor')
  expect(html).not.toContain(secret)
  // A second use is not a first one.
  await fetch(new URL(`/screen/${secret}`, world.admin.url), { redirect: 'manual' })
  const stream = await streamOf(world, secret)
  await stream.next('snapshot')
  expect(await world.accounts.tokenBook.end(system, token.id)).toBe(true)
  expect((await fetch(new URL('/wallboard', world.admin.url), { headers: cookie(secret), redirect: 'manual' })).status).toBe(303)
  expect((await streamOf(world, secret)).status).toBe(401)
  expect((await fetch(new URL(`/screen/${secret}`, world.admin.url), { redirect: 'manual' })).status).toBe(404)
  const told = await world.accounts.reading.selectFrom('audit').selectAll().where('subject', '=', token.id).orderBy('seq').execute()
  expect(told.map(({ action }) => action)).toEqual(['token.made', 'token.firstUsed', 'token.ended'])
  expect(told[1]).toMatchObject({ actor: token.id, address: '127.0.0.1' })
  const kept = await world.accounts.reading.selectFrom('api_tokens').selectAll().where('id', '=', token.id).executeTakeFirstOrThrow()
  expect(JSON.stringify([kept, told])).not.toContain(secret.slice(3))
})

test('the stream of a viewer who may no longer watch, or would see other lines, ends', async () => {
  const world = await adminWorld({ admin: { limits: { streamAskedMs: 50 } } })
  const made = await screen(world)
  const ofScreen = await streamOf(world, made.secret)
  await ofScreen.next('snapshot')
  await world.accounts.tokenBook.end(system, made.token.id)
  await ofScreen.ended

  const { id } = await world.accounts.addPerson(system, { name: 'Sam Field' })
  const grant = await world.accounts.grant(system, { person: id, role: 'operations', scope: { kind: 'everywhere' } })
  const { secret } = await beginSession(
    world.store.tables.writing,
    { person: id, method: 'password', secondFactor: false, address: '127.0.0.1', userAgent: 'test' },
    defaultSessionLimits,
    Date.now(),
  )
  const ofPerson = () => listen((init) => fetch(new URL('/api/wallboard', world.admin.url), { ...init, headers: cookie(secret) }))
  const first = await ofPerson()
  await first.next('beat')
  await world.accounts.grant(system, { person: id, role: 'operations', scope: { kind: 'line', id: 'cardiology' } })
  await world.accounts.endGrant(system, id, grant.id)
  await first.ended
  const second = await ofPerson()
  expect(((await second.next('snapshot')) as unknown as Told).board.lines.map(({ key }) => key)).toEqual(['cardiology'])
  await world.accounts.disable(system, id)
  await second.ended
})

test('an expired screen shows nothing, and a program’s token is no screen', async () => {
  const world = await adminWorld()
  const { secret } = await screen(world, { kind: 'everywhere' }, -1)
  expect((await fetch(new URL(`/screen/${secret}`, world.admin.url), { redirect: 'manual' })).status).toBe(404)
  expect((await streamOf(world, secret)).status).toBe(401)
  const program = await world.accounts.tokenBook.make(system, {
    kind: 'api',
    name: 'nightly',
    permissions: ['wallboard', 'calls'],
    scope: { kind: 'everywhere' },
  })
  expect((await fetch(new URL(`/screen/${program.secret}`, world.admin.url), { redirect: 'manual' })).status).toBe(404)
  // Nor is its link accepted where it could be read in transit.
  const good = await screen(world)
  const plain = await adminWorld({ admin: { allowedHosts: ['wall.example'] } })
  const there = await plain.accounts.tokenBook.makeScreen(system, {
    name: 'x',
    scope: { kind: 'everywhere' },
    expiresAt: Date.now() + 86_400_000,
  })
  expect(good.secret).not.toBe(there.secret)
  const { request } = await import('node:http')
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    request(new URL(`/screen/${there.secret}`, plain.admin.url), { headers: { host: 'wall.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(answer).toBe(403)
})
