import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { monthsUntil } from '../../src/figures/summary.js'
import { whenIn } from '../../src/figures/roll-up.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { findChromium } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { pictureOf } from './pictures.js'
import { signedIn } from './signed-in.js'
import { visitor } from './visitor.js'

const chromium = findChromium()
/** Two months on: the month of the calls is over and handed in; the next is to come. */
const later = Date.now() + 62 * 24 * 60 * 60_000

async function world(): Promise<AdminWorld> {
  return adminWorld({ admin: { now: () => later, returns: { type: 'other', diverted: ['referral-avoided'] } } })
}

const rows = (text: string) => parse<Record<string, string>>(text, { columns: true, bom: true })

async function happened(admin: AdminWorld, id: string, line: string, outcome?: string) {
  for (const fact of goodCall(id, { line })) await admin.store.log.append(id, fact)
  if (outcome !== undefined) await admin.store.log.append(id, { type: 'outcome.left', outcome, by: 'staff' })
}

test('a month handed in is restated once after a later outcome', async () => {
  const admin = await world()
  const month = whenIn(Date.now()).month
  await happened(admin, 'one', 'cardiology', 'referral-avoided')
  await happened(admin, 'two', 'cardiology', 'referral-made')
  await happened(admin, 'three', 'ent-adult', 'referral-made')
  const take = async (which: string) => rows(await (await admin.get(`/api/returns/${which}`, { method: 'POST' })).text())
  const first = await take(month)
  expect(first).toMatchObject([
    { month, type: 'other', total: '2', processed: '2', diverted: '1', restated: 'no' },
    { month, type: 'other', total: '1', processed: '1', diverted: '0', restated: 'no' },
  ])
  // Viewing is not handing in: the same file is the same again.
  const [following = ''] = monthsUntil(whenIn(later).month, 2)
  const look = async () => rows(await (await admin.get(`/api/returns/${following}`)).text())
  expect(await look()).toEqual([])
  await admin.store.log.append('two', { type: 'outcome.left', outcome: 'referral-avoided', by: 'staff' })
  expect(await look()).toMatchObject([{ month, total: '2', diverted: '2', restated: 'yes' }])
  expect(await take(following)).toMatchObject([{ month, diverted: '2', restated: 'yes' }])
  expect(await look()).toEqual([])
})

test('the sums of returns are those of a recount, whatever was left later', async () => {
  const admin = await world()
  for (const [id, line, outcome] of [
    ['one', 'cardiology', 'referral-avoided'],
    ['two', 'ent-adult', undefined],
    ['three', 'cardiology', 'referral-made'],
  ] as const)
    await happened(admin, id, line, outcome)
  await admin.store.log.append('three', { type: 'outcome.left', outcome: 'referral-avoided', by: 'staff' })
  const { differingRollUps } = await import('../../src/store/questions/roll-ups.js')
  expect(await differingRollUps(admin.store.tables.reading)).toEqual([])
  const sums = await admin.store.rollUps({ from: '2000-01', to: '2999-12', scope: 'asked' })
  expect(
    sums
      .filter(({ id }) => id.endsWith(' cardiology'))
      .map(({ figure, part, amount }) => [figure, part, amount])
      .sort(),
  ).toEqual([
    ['answered', '', 2],
    ['outcome', 'referral-avoided', 2],
  ])
})

test('a person who reports on a part sees that part, and hands nothing in', async () => {
  const admin = await world()
  const month = whenIn(Date.now()).month
  await happened(admin, 'one', 'cardiology')
  await happened(admin, 'two', 'ent-adult')
  const manager = await visitor(admin, { role: 'serviceManager', scope: { kind: 'line', id: 'cardiology' } })
  const seen = rows((await manager.get(`/returns/${month}`)).text)
  expect(seen.map(({ total }) => total)).toEqual(['1'])
  expect((await manager.post(`/returns/${month}/hand-in`, {})).status).toBe(404)
  expect((await manager.get(`/api/returns/${month}`)).status).toBe(200)
  expect((await fetch(new URL(`/api/returns/${month}`, admin.admin.url), { method: 'POST', headers: manager.headers })).status).toBe(403)
})

test.runIf(chromium)('the page lists the months, and is accessible', { timeout: 120_000 }, async () => {
  const admin = await world()
  const browser = await signedIn(admin, { role: 'serviceManager' }, 'returns', 'Monthly return')
  await expectGood(browser, 'returns', pictureOf(browser))
  expect(await browser.evaluate("document.querySelectorAll('tbody tr').length")).toBe(12)
  expect(browser.complaints).toEqual([])
})
