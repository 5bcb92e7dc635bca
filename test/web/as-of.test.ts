import { expect, onTestFinished, test, vi } from 'vitest'
import { monthsUntil } from '../../src/figures/summary.js'
import { whenIn } from '../../src/figures/roll-up.js'
import { adminWorld } from '../keeping/admin-world.js'
import { visitor } from './visitor.js'

const pages = ['/calls', '/summary', '/returns', '/advice-hours'] as const
const asOf = Date.UTC(2026, 5, 3, 8, 41)

test('while the replica lags, lists and reports say as of when they are, and no return is handed in', async () => {
  const world = await adminWorld()
  const manager = await visitor(world, { role: 'serviceManager' })
  const [before = ''] = monthsUntil(whenIn(Date.now()).month, 2)
  const data = ['/api/calls', '/api/calls.csv', '/api/calls.xlsx', `/api/returns/${before}`]
  const said = async (path: string) => (await fetch(new URL(path, world.admin.url), { headers: manager.headers })).headers.get('as-of')
  const handIn = async () =>
    (await fetch(new URL(`/api/returns/${before}`, world.admin.url), { method: 'POST', headers: manager.headers })).status
  for (const page of pages) expect((await manager.get(page)).text).not.toContain('is as of')
  for (const path of data) expect(await said(path)).toBeNull()

  const behind = vi.spyOn(world.store, 'reportsAsOf').mockReturnValue(asOf)
  onTestFinished(() => behind.mockRestore())
  for (const page of pages) expect((await manager.get(page)).text).toContain('is as of 3 June 2026 at 09:41')
  for (const path of data) expect(await said(path)).toBe('2026-06-03T08:41:00.000Z')
  // What is read from the database itself is current.
  expect((await manager.get('/account')).text).not.toContain('is as of')
  expect((await manager.get('/returns')).text).not.toContain('Hand it in')
  expect((await manager.post(`/returns/${before}/hand-in`, {})).status).not.toBe(200)
  expect(await handIn()).toBe(503)
  expect(await world.store.tables.reading.selectFrom('monthly_returns').selectAll().execute()).toEqual([])

  behind.mockReturnValue(undefined)
  expect((await manager.get('/returns')).text).toContain('Hand it in')
  expect(await handIn()).toBe(200)
})
