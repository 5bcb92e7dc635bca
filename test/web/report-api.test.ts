import { expect, test } from 'vitest'
import type { CallFact } from '../../src/facts/events.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { visitor } from './visitor.js'

/** What the pages Summary, Advice hours and Audit show, for programs: scoped and audited alike. */

interface Summary {
  readonly months: readonly string[]
  readonly total: { readonly offered: number; readonly answered: number; readonly answerRate: number | null }
  readonly byMonth: readonly { readonly month: string; readonly figures: { readonly offered: number } }[]
  readonly byLine: readonly { readonly id: string; readonly name: string | null; readonly figures: { readonly offered: number } }[]
  readonly byClinician: readonly { readonly id: string }[]
  readonly byHour: readonly unknown[]
}

/** Two answered calls on the first line, accepted by the first clinician, and an unanswered one on the second. */
async function reported() {
  const world = await adminWorld()
  const [one = '', two = ''] = [...world.directory.lines.keys()]
  const [okafor, prasad] = [...world.directory.clinicians.values()]
  if (!okafor || !prasad) throw new Error('the directory has no two clinicians')
  const by = (fact: CallFact): CallFact => (fact.type === 'attempt.started' ? { ...fact, clinician: okafor.id } : fact)
  const write = async (callId: string, facts: readonly CallFact[]) => {
    for (const fact of facts) await world.store.log.append(callId, fact)
  }
  for (const id of ['first', 'second']) await write(id, goodCall(id, { line: one }).map(by))
  await write('gone', [
    ...untilTalking('gone', { line: two }).slice(0, 10),
    { type: 'attempt.ended', attempt: 'gone-2', result: 'noAnswer' },
    { type: 'hunt.ended', result: 'nobody' },
    { type: 'call.ended', ending: 'unanswered' },
  ])
  return { world, one, two, okafor, prasad }
}

async function bodyOf(answer: Promise<{ readonly status: number; readonly text: string }>): Promise<unknown> {
  const { status, text } = await answer
  expect(status, text).toBe(200)
  return JSON.parse(text)
}

test('the summary has the figures of the lines that are reported on, and of no others', async () => {
  const { world, one, two, okafor } = await reported()
  const everywhere = await visitor(world, { role: 'serviceManager' })
  const all = (await bodyOf(everywhere.get('/api/summary'))) as Summary
  expect(all.total).toMatchObject({ offered: 3, answered: 2, answerRate: 2 / 3 })
  expect([all.months.length, all.byHour.length, all.byMonth.at(-1)?.figures.offered]).toEqual([12, 168, 3])
  expect(all.byLine.map(({ id, figures }) => [id, figures.offered])).toEqual([
    [one, 2],
    [two, 1],
  ])
  expect(all.byClinician.map(({ id }) => id)).toContain(okafor.id)

  const ofOne = (await bodyOf(everywhere.get(`/api/summary?line=${one}`))) as Summary
  expect([ofOne.total.offered, ofOne.byClinician]).toEqual([2, []])

  const narrow = await visitor(world, { role: 'serviceManager', scope: { kind: 'line', id: two } })
  const theirs = (await bodyOf(narrow.get('/api/summary'))) as Summary
  expect([theirs.total.offered, theirs.byLine.map(({ id }) => id), theirs.byClinician]).toEqual([1, [two], []])
  for (const line of [one, 'no-such-line']) expect((await narrow.get(`/api/summary?line=${line}`)).status, line).toBe(404)
})

test('advice hours are one’s own, and those of clinicians whom one reports on', async () => {
  const { world, okafor, prasad } = await reported()
  const hours = (of: string) => `/api/clinicians/${of}/advice-hours`
  const own = await visitor(world, { role: 'clinician', clinician: okafor.id })
  const body = (await bodyOf(own.get(hours(okafor.id)))) as { readonly months: readonly object[]; readonly total: object }
  expect(body.months).toHaveLength(12)
  expect(body.total).toMatchObject({ answered: 2 })
  for (const other of [prasad.id, 'nobody']) expect((await own.get(hours(other))).status, other).toBe(404)
  expect((await (await visitor(world, { role: 'serviceManager' })).get(hours(okafor.id))).status).toBe(200)
})

test('the audit is read page by page and as a whole, by privacy officers alone, and each reading is in it', async () => {
  const world: AdminWorld = await adminWorld()
  const officer = await visitor(world, { role: 'privacyOfficer' })
  type Page = { readonly entries: readonly { readonly number: number; readonly action: string }[]; readonly nextCursor: number | null }
  const page = (await bodyOf(officer.get('/api/audit?limit=2'))) as Page
  expect(page.entries[0]?.action).toBe('audit.read')
  const next = (await bodyOf(officer.get(`/api/audit?limit=2&cursor=${String(page.nextCursor)}`))) as Page
  expect(next.entries[0]?.number).toBe((page.entries.at(-1)?.number ?? 0) - 1)
  const ofCall = (await bodyOf(officer.get('/api/audit?call=nobodys'))) as Page
  // The question itself is about that call.
  expect(ofCall.entries.map(({ action }) => action)).toEqual(['audit.read'])
  const lines = (await officer.get('/api/audit.jsonl')).text.trim().split('\n')
  expect((JSON.parse(lines.at(-1) ?? '') as { action: string }).action).toBe('audit.exported')
  const manager = await visitor(world, { role: 'serviceManager' })
  for (const path of ['/api/audit', '/api/audit.jsonl']) expect((await manager.get(path)).status, path).toBe(403)
})
