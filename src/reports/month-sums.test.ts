import { expect, test } from 'vitest'
import { figuresIn, figuresOf } from '../figures/summary.js'
import type { MonthAsked, MonthSum } from '../store/questions/month-sums.js'
import { MonthSums } from './month-sums.js'

/** A store with these sums that notes its queries. */
function storeWith(sums: Record<string, readonly MonthSum[]>, changes = new Map(Object.keys(sums).map((month) => [month, 1]))) {
  const asked: MonthAsked[] = []
  return {
    asked,
    changes,
    monthSums: (one: MonthAsked) => {
      asked.push(one)
      return Promise.resolve({ sums: sums[one.month] ?? [], changes: sums[one.month] && (changes.get(one.month) ?? 0) })
    },
    monthChanges: () => Promise.resolve(new Map(changes)),
  }
}

const answered = (id: string, total: number): MonthSum => ({ id, figure: 'answered', total, parts: ` ${total}` })
const connections = (id: string, parts: string): MonthSum => ({ id, figure: 'connectionIn', total: 0, parts })

test('a month is read once, and again when its sums have changed, by any engine', async () => {
  const store = storeWith({ '2026-02': [answered('cardiology', 3)], '2026-03': [answered('cardiology', 4), answered('ent', 1)] })
  const months = ['2026-02', '2026-03']
  const sums = new MonthSums(store)
  const [one, other] = await Promise.all([sums.of('line', months), sums.of('line', months)])
  expect(one.totals(['answered'], months)).toEqual(
    new Map([
      ['cardiology', 7],
      ['ent', 1],
    ]),
  )
  expect(other.ids(['2026-02'])).toEqual(new Set(['cardiology']))
  await sums.of('line', months)
  expect(store.asked.map(({ month }) => month)).toEqual(['2026-02', '2026-03'])
  store.changes.set('2026-02', 2)
  await sums.of('line', months)
  expect(store.asked.map(({ month }) => month)).toEqual(['2026-02', '2026-03', '2026-02'])
  // Another scope is another reading.
  await sums.of('all', ['2026-02'])
  expect(store.asked.at(-1)).toEqual({ month: '2026-02', scope: 'all' })
})

test('sums of a replica further behind are not kept as those of the one that was asked how far it is', async () => {
  const late = { sums: [answered('ent', 1)], changes: 7 }
  const [ahead, answers] = [new Map([['2026-03', 9]]), [late, { sums: [answered('ent', 2)], changes: 9 }]]
  let asked = 0
  const sums = new MonthSums({ monthChanges: () => Promise.resolve(ahead), monthSums: () => Promise.resolve(answers[asked++] ?? late) })
  const total = async () => (await sums.of('line', ['2026-03'])).totals(['answered'], ['2026-03']).get('ent')
  expect(await total()).toBe(1)
  expect(await total()).toBe(2)
  expect(await total()).toBe(2)
  expect(asked).toBe(2)
})

test('sums that come with a later number than was asked for are kept under theirs', async () => {
  const store = storeWith({ '2026-03': [answered('ent', 1)] })
  const sums = new MonthSums({
    ...store,
    monthSums: async (one) => {
      store.changes.set('2026-03', 2)
      return store.monthSums(one)
    },
  })
  for (let n = 0; n < 3; n++) await sums.of('line', ['2026-03'])
  expect(store.asked).toHaveLength(1)
})

test('an unannounced change of sums shows after ten minutes, also in a month that had none', async () => {
  let now = 0
  const ofMonths: Record<string, readonly MonthSum[]> = { '2026-03': [answered('ent', 1)] }
  const store = storeWith(ofMonths, new Map())
  const sums = new MonthSums(store, () => now)
  const total = async (month: string) => (await sums.of('line', [month])).totals(['answered'], [month]).get('ent')
  expect(await total('2026-03')).toBe(1)
  expect(await total('2026-02')).toBeUndefined()
  ofMonths['2026-03'] = [answered('ent', 2)]
  ofMonths['2026-02'] = [answered('ent', 3)]
  expect(await total('2026-02')).toBe(3)
  now = 10 * 60_000 - 1
  expect(await total('2026-03')).toBe(1)
  now++
  expect(await total('2026-03')).toBe(2)
})

test('a month that could not be read is asked for again', async () => {
  const store = storeWith({ '2026-03': [answered('ent', 1)] })
  let away = true
  const sums = new MonthSums({
    ...store,
    monthSums: (one) => (away ? Promise.reject(new Error('the database is away')) : store.monthSums(one)),
  })
  await expect(sums.of('line', ['2026-03'])).rejects.toThrow('away')
  away = false
  expect((await sums.of('line', ['2026-03'])).totals(['answered'], ['2026-03'])).toEqual(new Map([['ent', 1]]))
})

test('the figures read of a month add up as its sums do, part by part', async () => {
  const sums = await new MonthSums(
    storeWith({
      '2026-02': [answered('ent', 3), connections('ent', '200 1\n210 2')],
      '2026-03': [answered('ent', 1), connections('ent', '200 1'), { id: 'ent', figure: 'outcome', total: 1, parts: 'seen at home 1' }],
    }),
  ).of('line', ['2026-02', '2026-03'])
  const rows = [...sums.rows(['2026-02', '2026-03'])]
  expect(rows).toContainEqual({ month: '2026-02', scope: 'line', id: 'ent', figure: 'connectionIn', part: '210', amount: 2 })
  expect(rows).toContainEqual({ month: '2026-03', scope: 'line', id: 'ent', figure: 'outcome', part: 'seen at home', amount: 1 })
  expect(figuresOf(rows)).toMatchObject({ answered: 4, offered: 4, outcomes: [{ outcome: 'seen at home', calls: 1 }] })
  expect(figuresIn(sums.sums(['ent', 'nobody'], ['2026-02', '2026-03']))).toEqual(figuresOf(rows))
})
