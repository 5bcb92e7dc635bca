import { expect, onTestFinished, test } from 'vitest'
import { beginSession, defaultSessionLimits, endSession } from '../../src/accounts/sessions.js'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { givenUpAfterMs, Outbox } from '../../src/outbox/outbox.js'
import type { KeptMessage } from '../../src/outbox/message.js'
import { PushBook } from '../../src/outbox/push/book.js'
import { openStore } from '../../src/store/store.js'
import type { Ground } from './store-contract.js'

const minute = 60_000

/** Two engines' outboxes on one store, and a clock that is moved by hand. */
async function opened(ground: Ground) {
  const place = await ground.fresh()
  const store = await openStore({ ...place.settings, alarms: new AlarmBoard() })
  onTestFinished(() => store.close())
  let now = Date.UTC(2026, 2, 2, 9)
  const [one, other] = [1, 2].map(() => new Outbox({ tables: store.tables, now: () => now })) as [Outbox, Outbox]
  return { store, one, other, pass: (ms: number) => void (now += ms), now: () => now }
}

const taken = (message: KeptMessage | undefined): KeptMessage => {
  if (!message) throw new Error('nothing is due')
  return message
}

export function outboxContract(ground: Ground): void {
  test('a message is put in once, taken by one engine, sent, and over', async () => {
    const { one, other } = await opened(ground)
    const put = await Promise.all([
      one.put('mary', { kind: 'summary', month: '2026-02' }, 'summary 2026-02 mary'),
      other.put('mary', { kind: 'summary', month: '2026-02' }, 'summary 2026-02 mary'),
    ])
    expect(put.sort()).toEqual([false, true])
    const both = await Promise.all([one.take(), other.take()])
    const [message] = both.filter((found) => found !== undefined)
    expect(both.filter((found) => found !== undefined)).toHaveLength(1)
    expect(message).toMatchObject({ person: 'mary', message: { kind: 'summary', month: '2026-02' }, state: 'sending', tries: 1 })
    await one.done(message?.id ?? '', 'sent')
    expect(await one.take()).toBeUndefined()
    expect(await one.page(10)).toMatchObject([{ state: 'sent', sentAt: expect.any(Number) as number }])
    expect(await one.put('mary', { kind: 'summary', month: '2026-02' }, 'summary 2026-02 mary')).toBe(false)
  })

  test('the oldest goes first; forty at once are each taken once by two engines', async () => {
    const { one, other, pass } = await opened(ground)
    for (let n = 0; n < 40; n++) {
      await one.put(`person-${String(n).padStart(2, '0')}`, { kind: 'test' })
      pass(1)
    }
    const whole = async (outbox: Outbox) => {
      const found: string[] = []
      for (let next = await outbox.take(); next; next = await outbox.take()) found.push(next.person)
      return found
    }
    const [a, b] = await Promise.all([whole(one), whole(other)])
    expect([...a, ...b].sort()).toEqual(Array.from({ length: 40 }, (_, n) => `person-${String(n).padStart(2, '0')}`))
    expect(a).toEqual([...a].sort())
  })

  test('an engine that is killed with a message in hand leaves it to the others after two minutes', async () => {
    const { one, other, pass } = await opened(ground)
    await one.put('mary', { kind: 'test' })
    const lost = taken(await one.take())
    expect(await other.take()).toBeUndefined()
    pass(2 * minute)
    expect(taken(await other.take())).toMatchObject({ id: lost.id, tries: 2 })
  })

  test('what cannot be sent waits longer each time, is given up after three days, and may be sent again', async () => {
    const { one, pass, now } = await opened(ground)
    await one.put('mary', { kind: 'test' })
    const waited: number[] = []
    const begun = now()
    for (;;) {
      const message = taken(await one.take())
      if ((await one.failed(message, 'the server does not answer', false)) === 'failed') break
      const { dueAt } = taken(await one.find(message.id))
      waited.push((dueAt - now()) / minute)
      pass(dueAt - now() - 1)
      expect(await one.take()).toBeUndefined()
      pass(1)
    }
    expect(waited.slice(0, 6)).toEqual([1, 5, 15, 60, 240, 240])
    expect(now() - begun).toBeGreaterThanOrEqual(givenUpAfterMs)
    const [given] = await one.page(10, 'failed')
    expect(given).toMatchObject({ trouble: 'the server does not answer' })
    expect(await one.again(given?.id ?? '')).toBe(true)
    expect(await one.take()).toMatchObject({ id: given?.id })
  })

  test('what is refused for good is given up at once; what is stopped does not go; what is sent cannot be stopped', async () => {
    const { one } = await opened(ground)
    await one.put('mary', { kind: 'test' })
    const refused = taken(await one.take())
    expect(await one.failed(refused, 'no such mailbox', true)).toBe('failed')
    await one.put('sam', { kind: 'test' })
    const [waiting] = await one.page(10, 'waiting')
    expect(await one.stop(waiting?.id ?? '')).toBe(true)
    expect(await one.take()).toBeUndefined()
    expect(await one.again(waiting?.id ?? '')).toBe(true)
    const sent = taken(await one.take())
    expect([await one.stop(sent.id), await one.again(sent.id)]).toEqual([false, false])
    await one.done(sent.id, 'sent')
    expect([await one.stop(sent.id), await one.again(sent.id)]).toEqual([false, false])
  })

  test('since when messages wait is known once one has failed; what was done long ago is forgotten', async () => {
    const { one, pass, now } = await opened(ground)
    const begun = now()
    await one.put('mary', { kind: 'test' })
    expect(await one.waitingSince()).toBeUndefined()
    const message = taken(await one.take())
    await one.failed(message, 'not now', false)
    expect(await one.waitingSince()).toBe(begun)
    await one.put('sam', { kind: 'test' })
    const other = taken(await one.take())
    await one.done(other.id, 'sent')
    pass(minute)
    await one.forget(now())
    expect(await one.page(10)).toMatchObject([{ id: message.id }])
  })

  test('pages of it, the latest first, and who wants what', async () => {
    const { one, pass } = await opened(ground)
    for (let n = 0; n < 5; n++) {
      await one.put(`person-${n}`, { kind: 'alarm', alarm: 'store.diskFull', raisedAt: n })
      if (n % 2 === 1) pass(1)
    }
    const first = await one.page(2)
    const second = await one.page(2, undefined, first.at(-1))
    const third = await one.page(2, undefined, second.at(-1))
    expect([...first, ...second, ...third].map(({ person }) => person).sort()).toEqual([
      'person-0',
      'person-1',
      'person-2',
      'person-3',
      'person-4',
    ])
    await one.subscribe('mary', 'alarms', true)
    await one.subscribe('mary', 'alarms', true)
    await one.subscribe('sam', 'summary', true)
    expect([await one.subscribers('alarms'), [...(await one.subscribes('sam'))]]).toEqual([['mary'], ['summary']])
    await one.subscribe('mary', 'alarms', false)
    expect(await one.subscribers('alarms')).toEqual([])
  })

  test('letters and notices are taken each by its own sender; neither waits for the other', async () => {
    const { one, now } = await opened(ground)
    await one.put('mary', { kind: 'test' })
    await one.put('mary', { kind: 'push', subscription: 'x', about: { kind: 'onSoon', line: 'ent', at: now() } })
    const notice = taken(await one.take('push'))
    expect(notice).toMatchObject({ message: { kind: 'push', subscription: 'x', about: { kind: 'onSoon', line: 'ent', at: now() } } })
    expect(await one.take('push')).toBeUndefined()
    await one.failed(notice, 'not now', false)
    expect([await one.waitingSince('push'), await one.waitingSince()]).toEqual([now(), undefined])
    expect(await one.take()).toMatchObject({ message: { kind: 'test' } })
    expect(await one.take()).toBeUndefined()
  })

  test('a browser is told for as long as its session; the last session of a browser has it; what is chosen is the person’s', async () => {
    const { store, pass, now } = await opened(ground)
    const { writing } = store.tables
    const book = new PushBook({ db: writing, now })
    const place = (n: number) => ({ endpoint: `https://fcm.googleapis.com/${n}`, p256dh: 'key', auth: 'auth' })
    const begin = async (person: string) =>
      (
        await beginSession(
          writing,
          { person, method: 'password', secondFactor: true, address: '', userAgent: '' },
          defaultSessionLimits,
          now(),
        )
      ).session.id
    const [mary, elsewhere, sam] = [await begin('mary'), await begin('mary'), await begin('sam')]
    const told = async () =>
      [...(await book.all())]
        .map(
          ([person, all]) =>
            `${person} ${all
              .map(({ endpoint }) => endpoint.at(-1))
              .sort()
              .join()}`,
        )
        .sort()
    for (const [person, session, n] of [
      ['mary', mary, 1],
      ['mary', elsewhere, 2],
      ['mary', elsewhere, 3],
    ] as const)
      await book.keep(person, session, place(n))
    expect(await told()).toEqual(['mary 1,3'])
    await book.keep('sam', sam, place(1))
    expect([await told(), await book.has(mary), await book.has(sam)]).toEqual([['mary 3', 'sam 1'], false, true])
    await endSession(writing, 'mary', elsewhere, now())
    expect(await told()).toEqual(['sam 1'])
    await book.tidy()
    expect((await writing.selectFrom('push_subscriptions').select('person').execute()).map(({ person }) => person)).toEqual(['sam'])
    pass(defaultSessionLimits.absoluteMs)
    expect(await told()).toEqual([])
    expect([...(await book.wishes('sam'))]).toEqual(['onSoon', 'outcomeOpen', 'callBackDue'])
    for (const [kind, wanted] of [
      ['onSoon', false],
      ['onSoon', false],
      ['alarm', true],
      ['callBackDue', false],
      ['callBackDue', true],
    ] as const)
      await book.wish('sam', kind, wanted)
    expect([...(await book.wishes('sam'))]).toEqual(['outcomeOpen', 'callBackDue', 'alarm'])
    expect([...(await book.wishes('mary'))]).toEqual(['onSoon', 'outcomeOpen', 'callBackDue'])
  })
}
