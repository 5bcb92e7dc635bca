import { expect, onTestFinished, test } from 'vitest'
import { writeTarget } from '../../src/directory/telephone-number.js'
import type { AttemptResult } from '../../src/facts/events.js'
import { openWatchList, type KeptWatchList } from '../../src/store/kept-watch-list.js'
import { adminWorld, type AdminWorld } from './admin-world.js'
import { keptWorld, type KeptWorld } from './kept-world.js'

/** A number of the demo directory, which stands on its rotas. */
const mobile = '+447700900202'
const office = '+441632960777'
let calls = 0

/** One call that rings one telephone. @returns its id */
async function ring(
  world: KeptWorld,
  result: AttemptResult,
  { target = mobile, label = 'On-call mobile', status, reason }: { target?: string; label?: string; status?: number; reason?: string } = {},
): Promise<string> {
  const callId = `call-${(calls += 1)}`
  const attempt = `${callId}-1`
  await world.tell(
    callId,
    { type: 'call.arrived', kind: 'dialIn', callerNumber: '01632960101', dialledNumber: '01632960000', source: '127.0.0.1:5070/udp' },
    { type: 'attempt.started', attempt, candidate: `phone:${target}`, label, pool: 'local', target, account: 'cardiology' },
    { type: 'attempt.ended', attempt, result, ...(status === undefined ? {} : { status }), ...(reason === undefined ? {} : { reason }) },
    { type: 'call.ended', ending: 'unanswered' },
  )
  return callId
}

const unallocated = (world: KeptWorld, target = mobile) => ring(world, 'badNumber', { target, status: 404, reason: 'Not Found' })

async function fail(world: KeptWorld, times: number, target = mobile): Promise<readonly string[]> {
  const ids: string[] = []
  for (let n = 0; n < times; n += 1) ids.push(await unallocated(world, target))
  return ids
}

async function listOf(world: KeptWorld): Promise<KeptWatchList> {
  const list = await openWatchList(world)
  onTestFinished(() => list.close())
  return list
}

interface Watched {
  readonly id: string
  readonly number: string
  readonly label: string
  readonly rung: number
  readonly failed: number
  readonly byReason: Readonly<Record<string, number>>
  readonly watchedSince: number | null
  readonly failures: readonly {
    readonly callId: string
    readonly at: number
    readonly result: string
    readonly status?: number
    readonly reason?: string
  }[]
  readonly standsToday: readonly { readonly kind: string; readonly id: string; readonly name: string }[]
}

async function watchedOf(world: AdminWorld): Promise<readonly Watched[]> {
  const answer = await world.get('api/watch-list')
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { readonly watched: readonly Watched[] }).watched
}

test('a failing telephone is on the list with its evidence, over a restart as well, until a person answers there', async () => {
  const world = await keptWorld()
  const { watchList, history } = await listOf(world)
  const ids = await fail(world, 3)
  expect(watchList.watched()).toMatchObject([
    { target: mobile, failures: ids.map((callId) => ({ callId, result: 'badNumber', status: 404 })) },
  ])
  expect(history.isWatched(mobile)).toBe(true)
  expect(world.alarms.active().map(({ alarm }) => alarm)).toEqual(['number.failing: On-call mobile'])

  const next = await world.again()
  const after = await listOf(next)
  expect(after.watchList.watched()).toMatchObject([{ target: mobile, failures: ids.map((callId) => ({ callId })) }])
  expect(next.alarms.active()).toHaveLength(1)
  await ring(next, 'accepted')
  expect(after.watchList.watched()).toEqual([])
  expect(next.alarms.active()).toEqual([])
})

test('one that was cleared by hand stays clear over a restart, and comes back by new failures alone', async () => {
  const world = await keptWorld()
  const { watchList } = await listOf(world)
  await fail(world, 3)
  expect(await watchList.clear(mobile)).toBe(true)
  expect(await watchList.clear(mobile)).toBe(false)
  expect(world.alarms.active()).toEqual([])

  const second = await world.again()
  const again = await listOf(second)
  expect(again.watchList.watched()).toEqual([])
  expect((await second.store.targets({ limit: 10 })).targets).toMatchObject([{ rung: 3, byResult: { badNumber: 3 }, failures: [] }])
  await fail(second, 2)
  expect(again.watchList.watched()).toEqual([])

  const third = await second.again()
  const later = await listOf(third)
  expect(later.watchList.watched()).toEqual([])
  const [last] = await fail(third, 1)
  expect(later.watchList.watched()[0]?.failures).toHaveLength(3)
  expect(later.watchList.watched()[0]?.failures.at(-1)?.callId).toBe(last)
})

test('the API gives the list without numbers, and clears by an opaque id', async () => {
  const world = await adminWorld()
  expect(await watchedOf(world)).toEqual([])
  const ids = await fail(world, 3)
  await ring(world, 'failed', { target: office, label: 'Office', status: 503, reason: `no route to ${office} or 01632960777` })
  const [one, ...others] = await watchedOf(world)
  expect(others).toEqual([])
  expect(one).toMatchObject({
    label: 'On-call mobile',
    rung: 3,
    failed: 3,
    byReason: { 'badNumber 404': 3 },
    failures: ids.map((callId) => ({ callId, result: 'badNumber', status: 404, reason: 'Not Found' })),
  })
  expect(one?.number).toBe('+44••••••••02')
  const text = await (await world.get('api/targets')).text()
  for (const secret of [mobile, office, '7700900202', '01632960777']) expect(text + JSON.stringify(one)).not.toContain(secret)

  const cleared = await world.get(`api/watch-list/${one?.id ?? ''}/clear`, { method: 'POST' })
  expect(cleared.status).toBe(200)
  expect(await cleared.json()).toMatchObject({ target: { label: 'On-call mobile', watchedSince: null, failures: [] } })
  expect(await watchedOf(world)).toEqual([])
  const twice = await world.get(`api/watch-list/${one?.id ?? ''}/clear`, { method: 'POST' })
  expect([twice.status, await twice.json()]).toMatchObject([409, { error: { code: 'notWatched' } }])
})

test.each([
  ['a'.repeat(22), 404, 'targetNotFound'],
  [encodeURIComponent(mobile), 400, 'badRequest'],
  ['..%2f..%2fetc', 400, 'badRequest'],
  ['a', 400, 'badRequest'],
])('no telephone is cleared by the id %s', async (id, status, code) => {
  const world = await adminWorld()
  await fail(world, 3)
  const answer = await world.get(`api/watch-list/${id}/clear`, { method: 'POST' })
  expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([status, code])
  expect(await watchedOf(world)).toHaveLength(1)
})

test('ids change with a restart: an old page clears no telephone by mistake', async () => {
  const world = await adminWorld()
  await fail(world, 3)
  const [before] = await watchedOf(world)
  await world.recordings.close()
  await world.store.close()
  const next = await adminWorld({ folder: world.folder })
  const [after] = await watchedOf(next)
  expect(after?.label).toBe(before?.label)
  expect(after?.id).not.toBe(before?.id)
})

test('a clearing that cannot be stored is not done', async () => {
  const world = await adminWorld()
  await fail(world, 3)
  const [one] = await watchedOf(world)
  await world.store.close()
  const answer = await world.get(`api/watch-list/${one?.id ?? ''}/clear`, { method: 'POST' })
  expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([503, 'storeUnavailable'])
  expect(world.watched.watchList.watched()).toHaveLength(1)
})

test('every telephone has its figures, page by page, those that fail first', async () => {
  const world = await adminWorld()
  await ring(world, 'accepted', { target: '+441632960001', label: 'A' })
  await ring(world, 'declined', { target: '+441632960001', label: 'A', status: 603 })
  await ring(world, 'busy', { target: '+441632960002', label: 'B', status: 486 })
  await fail(world, 3)
  const ask = async (query: string) =>
    (await (await world.get(`api/targets${query}`)).json()) as { readonly nextCursor: string | null; readonly targets: readonly Watched[] }
  const all = await ask('')
  expect(all.nextCursor).toBeNull()
  expect(all.targets.map(({ label }) => label)).toEqual(['On-call mobile', 'A', 'B'])
  expect(all.targets[1]).toMatchObject({
    rung: 2,
    accepted: 1,
    refused: 1,
    failed: 0,
    byResult: { accepted: 1, declined: 1 },
    byReason: { 'declined 603': 1 },
    watchedSince: null,
  })
  const pages: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await ask(`?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`)
    pages.push(...page.targets.map(({ label }) => label))
    cursor = page.nextCursor
  }
  expect(pages).toEqual(['On-call mobile', 'A', 'B'])
  expect((await world.get('api/targets?cursor=nonsense')).status).toBe(400)
  expect((await world.get('api/targets?limit=0')).status).toBe(400)
})

test('the list names the rotas with the telephone today', async () => {
  const world = await adminWorld()
  // A clinician on a rota of the demo directory at the time of this test.
  const pools = [...world.directory.pools.values()].flatMap((pool) => pool.entries.map((entry) => ({ pool, entry })))
  const { pool, entry } = pools.find(({ entry: one }) => one.kind === 'clinician') ?? pools[0]!
  const target = entry.kind === 'phone' ? entry.target : world.directory.clinicians.get(entry.clinician)!.numbers[0]!
  const key = target.kind === 'number' ? target.number : writeTarget(target)
  await fail(world, 3, key)
  const [one] = await watchedOf(world)
  expect(one?.standsToday).toContainEqual({ kind: 'pool', id: pool.id, name: pool.specialty })
})

test('the page shows names as written, and only the ends of numbers', async () => {
  const world = await adminWorld()
  for (let times = 0; times < 3; times++)
    await ring(world, 'badNumber', { label: '<img src=x onerror="document.title=1">', target: office, status: 404 })
  expect(await watchedOf(world)).toHaveLength(1)
  const visit = await fetch(await world.wayIn(), { redirect: 'manual' })
  const page = await (
    await fetch(`${world.admin.url}watch-list`, { headers: { cookie: (visit.headers.get('set-cookie') ?? '').split(';')[0] ?? '' } })
  ).text()
  expect(page).toContain('&lt;img src=x onerror=&quot;document.title=1&quot;&gt;')
  expect(page).not.toContain('<img src=x')
  expect(page).toContain('wrong number 404')
  expect(page).not.toContain(office.replaceAll(/\D/g, '').slice(-6))
})
