import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { beginSession, defaultSessionLimits, endSession } from '../../src/accounts/sessions.js'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import type { CallFact } from '../../src/facts/events.js'
import type { KeptMessage } from '../../src/outbox/message.js'
import { Outbox } from '../../src/outbox/outbox.js'
import { defaultPushServices, isOfPushService, readPushPlace } from '../../src/outbox/push/address.js'
import { PushBook } from '../../src/outbox/push/book.js'
import { byPush } from '../../src/outbox/push/carrier.js'
import { keyPairOf } from '../../src/outbox/push/key-pair.js'
import { watchPushOccasions } from '../../src/outbox/push/occasions.js'
import { Sender } from '../../src/outbox/sender.js'
import { openStore } from '../../src/store/store.js'
import { parseDirectory } from '../../src/directory/parse-directory.js'
import { adminWorld } from '../keeping/admin-world.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { translated } from '../keeping/translated.js'
import { goodCall } from '../kit/sample-call.js'
import { pushService } from './push-service.js'

const minute = 60_000
const hour = 60 * minute
const contact = 'mailto:advice@example.nhs.uk'
const key = Buffer.alloc(32, 7)
const pair = keyPairOf(key)

test('the key pair is the same for every engine that has the key, and another for another key', () => {
  expect(keyPairOf(Buffer.from(key))).toEqual(pair)
  expect(Buffer.from(pair.publicKey, 'base64url')).toHaveLength(65)
  expect(keyPairOf(Buffer.alloc(32, 8)).publicKey).not.toBe(pair.publicKey)
  expect(pair.privateKey).not.toBe(key.toString('base64url'))
})

test.each([
  ['https://fcm.googleapis.com/fcm/send/abc', true],
  ['https://web.push.apple.com/QGuQ', true],
  ['https://wns2-ln2p.notify.windows.com/w/?token=a', true],
  ['http://fcm.googleapis.com/fcm/send/abc', false],
  ['https://fcm.googleapis.com:8443/fcm', false],
  ['https://fcm.googleapis.com@10.0.0.1/', false],
  ['https://user:word@fcm.googleapis.com/', false],
  ['https://fcm.googleapis.com.example.org/', false],
  ['https://evilpush.apple.com/', false],
  ['https://push.apple.com.example.org/', false],
  ['https://127.0.0.1/', false],
  ['http://127.0.0.1:5432/', false],
  ['https://169.254.169.254/latest/meta-data', false],
  ['https://[::1]/', false],
  ['file:///etc/passwd', false],
  ['no address', false],
])('nobody has the engine post elsewhere than to a push service: %s', (endpoint, is) => {
  expect(isOfPushService(endpoint, defaultPushServices)).toBe(is)
})

test('what a browser sends is read once, whole, or refused', async () => {
  const service = await pushService(pair.publicKey)
  const place = { ...service.subscribe() }
  expect(readPushPlace(place, [service.origin])).toEqual({ kind: 'read', place })
  expect(readPushPlace(place, defaultPushServices)).toEqual({ kind: 'refused', code: 'notAPushService' })
  for (const wrong of [{ p256dh: 'x' }, { auth: '' }, { p256dh: Buffer.alloc(65, 4).toString('base64url') }])
    expect(readPushPlace({ ...place, ...wrong }, [service.origin])).toEqual({ kind: 'refused', code: 'badKeys' })
})

async function subscribed() {
  const world = await adminWorld()
  const { writing } = world.store.tables
  let at = Date.now()
  const now = () => at
  const service = await pushService(pair.publicKey)
  const book = new PushBook({ db: writing, now })
  const mary = await world.accounts.addPerson(system, { name: 'Mary Lowe', clinician: 'dr-a' })
  const signIn = async (place = service.subscribe()) => {
    const { session } = await beginSession(
      writing,
      { person: mary.id, method: 'password', secondFactor: true, address: '', userAgent: '' },
      defaultSessionLimits,
      now(),
    )
    await book.keep(mary.id, session.id, place)
    return { session: session.id, place }
  }
  const carrier = byPush({
    book,
    contact,
    services: [service.origin],
    keyPair: () => Promise.resolve(pair),
    directory: () => emptyDirectory,
    now,
  })
  const message = (subscription: string): KeptMessage => ({
    id: 'x',
    person: mary.id,
    message: { kind: 'push', subscription, about: { kind: 'callBackDue', callBack: 'one', line: 'ent', at: now() } },
    state: 'sending',
    createdAt: 0,
    dueAt: 0,
    tries: 1,
  })
  const idOf = async () => [...(await book.all()).values()].flat()[0]?.id ?? ''
  return { world, service, book, mary, signIn, carrier, message, idOf, now, is: (next: number) => void (at = next) }
}

test('a notice reaches its browser, signed and sealed for it alone, with how long it is news', async () => {
  const { service, signIn, carrier, message, idOf } = await subscribed()
  await signIn()
  expect(await carrier.deliver(message(await idOf()))).toEqual({ kind: 'sent' })
  expect(service.wrong).toEqual([])
  expect(service.received).toMatchObject([{ contact, urgency: 'high', notice: { title: 'A call-back is due', path: '/call-backs' } }])
  expect(service.received[0]?.ttl).toBeGreaterThan(2 * 3_600 - 60)
  expect(service.received[0]?.ttl).toBeLessThanOrEqual(2 * 3_600)
})

test('a browser that its push service has forgotten is told of nothing any more; what fails otherwise is tried again; nobody is led elsewhere', async () => {
  const { service, book, signIn, carrier, message, idOf } = await subscribed()
  const { place } = await signIn()
  const id = await idOf()
  for (const status of [429, 500, 503]) {
    service.says({ status })
    expect(await carrier.deliver(message(id))).toEqual({ kind: 'failed', why: `${new URL(service.origin).host} answers ${status}` })
  }
  const other = await pushService(pair.publicKey)
  service.says({ status: 307, location: `${other.origin}/push/1` })
  expect(await carrier.deliver(message(id))).toMatchObject({ kind: 'failed', why: expect.stringContaining('answers 307') as string })
  expect([other.received, other.wrong, service.received]).toEqual([[], [], []])
  expect(await book.find(id)).toBeDefined()
  service.says({ status: 201 })
  service.forget(place)
  expect(await carrier.deliver(message(id))).toMatchObject({ kind: 'refused', why: expect.stringContaining('answers 410') as string })
  expect(await book.find(id)).toBeUndefined()
  expect(await carrier.deliver(message(id))).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('no longer gets notices') as string,
  })
})

test('what is no news any more is not sent, nor anything to a session that is over', async () => {
  const { world, mary, service, signIn, carrier, message, idOf, now, is } = await subscribed()
  const { session } = await signIn()
  const late = message(await idOf())
  is(now() + 2 * hour)
  expect(await carrier.deliver(late)).toEqual({ kind: 'refused', why: 'it is out of date' })
  expect(await carrier.deliver(message(await idOf()))).toEqual({ kind: 'sent' })
  const id = await idOf()
  is(now() + 12 * hour)
  expect(await carrier.deliver(message(id))).toMatchObject({ kind: 'refused' })
  is(now() - 12 * hour)
  await endSession(world.store.tables.writing, mary.id, session, now())
  expect(await carrier.deliver(message(id))).toMatchObject({ kind: 'refused' })
  expect(service.received).toHaveLength(1)
})

test(
  'an engine that is killed once the push service has a notice leaves it to the next, which sends it again: it is shown once',
  { timeout: 120_000 },
  async () => {
    const program = await translated('test/outbox/engine-that-pushes.ts', ['src/store/sqlite/database-thread.ts'])
    const service = await pushService(pair.publicKey)
    const file = join(scratchFolder(), 'calls.db')
    const store = await openStore({ file, alarms: new AlarmBoard() })
    const book = new PushBook({ db: store.tables.writing, now: () => Date.now() })
    const { session } = await beginSession(
      store.tables.writing,
      { person: 'mary', method: 'password', secondFactor: true, address: '', userAgent: '' },
      defaultSessionLimits,
      Date.now(),
    )
    await book.keep('mary', session.id, service.subscribe())
    const subscription = [...(await book.all()).values()].flat()[0]?.id ?? ''
    await new Outbox({ tables: store.tables, now: () => Date.now() }).put('mary', {
      kind: 'push',
      subscription,
      about: { kind: 'callBackDue', callBack: 'one', line: 'ent', at: Date.now() },
    })
    await store.close()

    const child = spawn(process.execPath, [program, file, key.toString('hex'), service.origin], { stdio: ['ignore', 'ignore', 'inherit'] })
    const exited = once(child, 'exit')
    service.onReceived(() => void child.kill('SIGKILL'))
    await exited
    service.onReceived(() => undefined)
    expect(service.received).toHaveLength(1)

    const next = await openStore({ file, alarms: new AlarmBoard() })
    onTestFinished(() => next.close())
    const now = () => Date.now() + 3 * minute
    const outbox = new Outbox({ tables: next.tables, now })
    expect(await outbox.page(1)).toMatchObject([{ state: 'sending' }])
    const sender = new Sender({
      outbox,
      carrier: byPush({
        book: new PushBook({ db: next.tables.writing, now }),
        contact,
        services: [service.origin],
        keyPair: () => Promise.resolve(pair),
        directory: () => emptyDirectory,
        now,
      }),
      alarms: new AlarmBoard(),
      clock: { ...systemClock, now },
    })
    onTestFinished(() => sender.close())
    await expect.poll(async () => (await outbox.page(1))[0]?.state, { timeout: 60_000 }).toBe('sent')
    const [first, again] = service.received
    expect(service.received).toHaveLength(2)
    expect([again?.topic, again?.notice]).toEqual([first?.topic, first?.notice])
  },
)

const directory = (() => {
  const parsed = parseDirectory(
    'areas: { a: { name: A } }\norganisations: { t: { kind: trust, name: T, area: a } }\nclinicians: { dr-a: { name: Dr A, role: x, numbers: 01632 960001, organisations: [t] } }\nlines:\n  one: { trust: t, name: Cardiology, code: 1, hours: always, access: everyone }\nrotas:\n  one: { pattern: [{ session: Day, days: mon, time: 09:00-17:00, entries: [dr-a] }] }\n',
    'x',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
})()

test('a clinician is told once, whichever engine looks first, a quarter of an hour before they are on, of what is due and of what is open; each may be switched off', async () => {
  const { world, book, mary, signIn, now, is } = await subscribed()
  const outbox = new Outbox({ tables: world.store.tables, now })
  await world.accounts.grant(system, { person: mary.id, role: 'clinician', scope: { kind: 'everywhere' } })
  for (const fact of goodCall('open', { line: 'one' })) {
    const own: CallFact =
      fact.type === 'attempt.started' && fact.attempt === 'open-2'
        ? { ...fact, candidate: 'clinician:dr-a', label: 'Dr A', clinician: 'dr-a' }
        : fact
    if (fact.type !== 'outcome.left') await world.store.log.append('open', own)
  }
  const [call] = (await world.store.calls({ outcome: 'open', limit: 1 })).calls
  const ended = call?.endedAt ?? Number.NaN
  const on = Date.parse('2026-01-12T09:00Z')
  let due: { readonly id: string; readonly line: string; readonly dueAt: number }[] = []
  const look = async () => {
    const ends = [1, 2].map(() =>
      watchPushOccasions({
        outbox,
        book,
        accounts: world.accounts,
        alarms: new AlarmBoard(),
        store: world.store,
        callBacksDue: (clinician, from, to) => due.filter(({ dueAt }) => clinician === 'dr-a' && dueAt >= from && dueAt < to),
        directory: () => directory,
        clock: { ...systemClock, now },
        trouble: (error) => expect.fail(String(error)),
      }),
    )
    await Promise.all(ends.map((end) => end()))
    const told = (await outbox.page(20)).map(({ message }) => (message.kind === 'push' ? message.about : undefined))
    await world.store.tables.writing.deleteFrom('outbox').execute()
    return told
  }
  is(on - 15 * minute - 1)
  await signIn()
  due = [{ id: 'cb', line: 'one', dueAt: on }]
  expect(await look()).toEqual([])
  is(on - 15 * minute)
  expect(await look()).toEqual([{ kind: 'onSoon', line: 'one', at: on }])
  // Who is on is told of nothing; what is due, when it is.
  is(on + 1)
  expect(await look()).toEqual([{ kind: 'callBackDue', callBack: 'cb', line: 'one', at: on }])
  due = []
  is(ended + 9 * minute)
  await signIn()
  expect(await look()).toEqual([])
  is(ended + 10 * minute)
  await signIn()
  // Two browsers, each told.
  expect(await look()).toMatchObject([
    { kind: 'outcomeOpen', call: 'open', line: 'one' },
    { kind: 'outcomeOpen', call: 'open' },
  ])
  await book.wish(mary.id, 'outcomeOpen', false)
  expect(await look()).toEqual([])
  await book.wish(mary.id, 'outcomeOpen', true)
  await world.accounts.disable(system, mary.id)
  expect(await look()).toEqual([])
})

test('alarms are told to whoever asked for them and may see them, once', async () => {
  const { world, book, mary, signIn, now } = await subscribed()
  const outbox = new Outbox({ tables: world.store.tables, now })
  await signIn()
  const raised = async () => {
    const alarms = new AlarmBoard()
    const end = watchPushOccasions({
      outbox,
      book,
      accounts: world.accounts,
      alarms,
      store: world.store,
      callBacksDue: () => [],
      directory: () => directory,
      clock: systemClock,
      trouble: (error) => expect.fail(String(error)),
    })
    for (let times = 0; times < 2; times++) {
      alarms.raise('store.diskFull', 'no room')
      alarms.raise('store.diskFull', 'still no room')
      alarms.clear('store.diskFull')
    }
    alarms.raise('mail.notSent', 'of low urgency')
    await end()
    return (await outbox.page(10)).map(({ person, message }) => [person, message.kind === 'push' && message.about.kind])
  }
  expect(await raised()).toEqual([])
  await world.accounts.grant(system, { person: mary.id, role: 'operations', scope: { kind: 'everywhere' } })
  expect(await raised()).toEqual([])
  await book.wish(mary.id, 'alarm', true)
  expect(await raised()).toEqual([[mary.id, 'alarm']])
})
