import { parse } from 'csv-parse/sync'
import { unzipSync } from 'fflate'
import { readSheet } from 'read-excel-file/node'
import { expect, test } from 'vitest'
import { auditPage } from '../../src/audit/audit.js'
import { callsColumns } from '../../src/reports/columns.js'
import type { CallFact } from '../../src/facts/events.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { visitor } from './visitor.js'

const nhsNumber = '9990000018'
const inGroups = '999 000 0018'

/** A good call that a clinician accepted. */
function acceptedBy(callId: string, clinician: string, where: Parameters<typeof goodCall>[1] = {}, outcome = true): readonly CallFact[] {
  const facts = goodCall(callId, where).map((fact): CallFact =>
    fact.type === 'attempt.started' && fact.attempt === `${callId}-2`
      ? { ...fact, candidate: `clinician:${clinician}`, label: clinician, clinician }
      : fact,
  )
  return outcome ? facts : facts.filter(({ type }) => type !== 'outcome.left')
}

async function someCalls(): Promise<AdminWorld> {
  const world = await adminWorld()
  await world.tell('okafors', ...acceptedBy('okafors', 'dr-okafor', { line: 'cardiology', organisation: 'elm-row' }), {
    type: 'nhsNumber.left',
    nhsNumber,
  })
  await world.tell('hughes', ...acceptedBy('hughes', 'dr-hughes', { line: 'acute-medicine-dvt', organisation: 'mill-street' }, false), {
    type: 'nhsNumber.left',
    nhsNumber,
  })
  await world.tell('running', ...untilTalking('running', { line: 'ent-adult', organisation: 'harbour-lane' }))
  return world
}

const sheet = (csv: string): readonly (readonly string[])[] => parse(csv, { bom: true })
/** A file in a .xlsx, which is a ZIP. */
function unzipped(file: Buffer, name: string): string {
  return Buffer.from(unzipSync(file)[name] ?? []).toString('utf8')
}

const linked = (html: string) => [...html.matchAll(/<th role="rowheader" scope="row"[^>]*><a href="\/calls\/([^"]+)"/g)].map(([, id]) => id)

test('people see their calls, and patient data only where they may', async () => {
  const world = await someCalls()
  const manager = await visitor(world, { role: 'serviceManager' })
  const all = await manager.get('/calls')
  expect(linked(all.text)).toEqual(['running', 'hughes', 'okafors'])
  expect(all.text).not.toContain(inGroups)

  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  const own = await okafor.get('/calls')
  expect(linked(own.text)).toEqual(['okafors'])
  expect(own.text).toContain(inGroups)
  expect((await okafor.get('/calls/okafors')).text).toContain(inGroups)
  expect((await okafor.get('/calls/hughes')).status).toBe(404)
  expect((await okafor.get('/calls/nowhere')).status).toBe(404)

  const ofWend = await visitor(world, { role: 'pidApproved', scope: { kind: 'organisation', id: 'wend-vale' } })
  const wend = await ofWend.get('/calls')
  expect(linked(wend.text)).toEqual(['running', 'hughes'])
  // Only by approval, so not in a list; for one call after giving a reason.
  expect(wend.text).not.toContain(inGroups)
  expect((await ofWend.get('/api/calls')).text).not.toContain(nhsNumber)
  expect((await ofWend.get('/api/calls/hughes')).status).toBe(403)
  const asksWhy = await ofWend.get('/calls/hughes')
  expect(asksWhy.text).toContain('Why are you looking at this call?')
  expect(asksWhy.text).not.toContain(inGroups)
  expect(asksWhy.text).not.toContain('Mill Street')
  expect((await ofWend.post('/calls/hughes/reason', { why: ' ' })).text).toContain('Enter why you are looking at this call')
  expect((await ofWend.post('/calls/okafors/reason', { why: 'Complaint 7' })).status).toBe(404)
  expect((await ofWend.post('/calls/hughes/reason', { why: 'Complaint 7' })).location).toBe('/calls/hughes')
  expect((await ofWend.get('/calls/hughes')).text).toContain(inGroups)
  for (const path of ['/calls', '/calls/okafors', '/api/calls.csv', '/api/calls/okafors/record.txt'])
    expect((await (await visitor(world, { role: 'operations' })).get(path)).status, path).toBe(403)
})

test('an NHS number is hidden everywhere from people who may not see patient data, who can still leave one', async () => {
  const world = await someCalls()
  const manager = await visitor(world, { role: 'serviceManager' })
  for (const path of ['/calls', '/calls/okafors', '/api/calls', '/api/calls/okafors', '/api/calls.csv', '/api/calls/okafors/record.txt']) {
    const answer = await manager.get(path)
    expect(answer.status, path).toBe(200)
    expect(answer.text.includes(nhsNumber) || answer.text.includes(inGroups), path).toBe(false)
  }
  expect((await manager.post('/calls/find', { number: nhsNumber })).text).toContain('only people who may see patient data can search by it')
  expect((await manager.post('/calls/okafors/nhs-number', { nhsNumber: '999 000 0026' })).location).toBe(
    '/calls/okafors?done=nhsNumberLeft',
  )
  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  const page = (await okafor.get('/calls/okafors')).text
  expect(page).toContain('999 000 0026')
  expect(page).toContain(inGroups)
  expect(linked((await okafor.post('/calls/find', { number: '9990000026' })).text)).toEqual(['okafors'])
  expect(linked((await okafor.post('/calls/find', { number: nhsNumber })).text)).toEqual([])
  expect(linked((await okafor.post('/calls/find', { number: '01632 960101' })).text)).toEqual(['okafors'])
})

test('an arranged call shows its NHS number to people who may see patient data', async () => {
  const world = await adminWorld()
  const made = await world.get('/api/patient-connects', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ nhsNumber, patientNumber: '01632 960889', clinician: 'dr-okafor' }),
  })
  const { id } = (await made.json()) as { id: string }
  await world.tell(
    'connect',
    { type: 'call.placed', kind: 'patientConnect', arrangement: id, clinician: 'dr-okafor' },
    {
      type: 'attempt.started',
      attempt: 'connect-1',
      candidate: 'clinician:dr-okafor',
      label: 'Dr Ada Okafor',
      clinician: 'dr-okafor',
      pool: 'direct',
      target: 'sip:okafor@127.0.0.1:5071',
    },
    { type: 'attempt.answered', attempt: 'connect-1', legId: 'a' },
    {
      type: 'attempt.accepted',
      attempt: 'connect-1',
      proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: 'a', heardAt: Date.now() },
    },
    { type: 'attempt.ended', attempt: 'connect-1', result: 'accepted' },
    { type: 'call.ended', ending: 'unanswered' },
  )
  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  for (const path of ['/calls', '/calls/connect', '/api/calls.csv', '/api/calls/connect/record.txt'])
    expect((await okafor.get(path)).text, path).toContain(inGroups)
  for (const path of ['/api/calls', '/api/calls/connect']) expect((await okafor.get(path)).text, path).toContain(nhsNumber)
  const manager = await visitor(world, { role: 'serviceManager' })
  for (const path of ['/calls', '/calls/connect', '/api/calls', '/api/calls/connect', '/api/calls.csv', '/api/calls/connect/record.txt']) {
    const { status, text } = await manager.get(path)
    expect(status, path).toBe(200)
    expect(text.includes(inGroups) || text.includes(nhsNumber), path).toBe(false)
  }
  // A number left for the call itself takes precedence.
  await okafor.post('/calls/connect/nhs-number', { nhsNumber: '9990000026' })
  expect((await okafor.get('/calls')).text).toContain('999 000 0026')
})

test('a look at patient data is in the audit before it is shown, exports and lists included', async () => {
  const world = await someCalls()
  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  await okafor.get('/calls')
  await okafor.get('/api/calls.csv?number=9990000018')
  const manager = await visitor(world, { role: 'serviceManager' })
  await manager.get('/calls')
  await manager.get('/calls/hughes')
  const entries = (await auditPage(world.store.tables.reading, {}, 100))
    .filter(({ action }) => /^(call|calls|recording)\./.test(action))
    .reverse()
  expect(entries.map(({ actor, action, subject, data }) => ({ actor, action, subject, data }))).toEqual([
    { actor: okafor.id, action: 'call.seen', subject: 'okafors', data: {} },
    // The number searched for is patient data itself.
    { actor: okafor.id, action: 'calls.exported', subject: '', data: { order: 'newest', byNumber: true } },
    { actor: manager.id, action: 'call.seen', subject: 'hughes', data: {} },
  ])
})

test('a person with the right assigns a call from a Dial-In number, which is then among that clinician’s own', async () => {
  const world = await someCalls()
  const prasad = await visitor(world, { role: 'clinician', clinician: 'dr-prasad' })
  expect((await prasad.get('/calls/hughes')).status).toBe(404)
  expect((await prasad.post('/calls/hughes/clinician', { clinician: 'dr-prasad' })).status).toBe(403)
  const elsewhere = await visitor(world, { role: 'serviceManager', scope: { kind: 'organisation', id: 'elm-row' } })
  expect((await elsewhere.post('/calls/hughes/clinician', { clinician: 'dr-prasad' })).status).toBe(404)
  expect((await elsewhere.put('/api/calls/hughes/clinician', { clinician: 'dr-prasad' })).status).toBe(404)
  const manager = await visitor(world, { role: 'serviceManager', name: 'Mary Lowe' })
  expect((await manager.post('/calls/hughes/clinician', { clinician: 'dr-nobody' })).status).toBe(422)
  expect((await manager.post('/calls/hughes/clinician', { clinician: 'dr-prasad' })).location).toBe('/calls/hughes?done=callAssigned')
  const page = await prasad.get('/calls/hughes')
  expect(page.text).toContain('The call was assigned to Dr Ravi Prasad')
  expect(page.text).toContain('by Mary Lowe')
  expect(page.text).toContain(inGroups)
  const list = (await prasad.get('/calls')).text
  expect(linked(list)).toEqual(['hughes'])
  // It has no outcome yet: the question comes first, with a button for each.
  expect(list).toContain('Outcome still open')
  expect((await prasad.post('/calls/hughes/outcome', { outcome: 'clinic-booked', back: '/calls' })).location).toBe(
    '/calls?done=outcomeLeft',
  )
  expect((await prasad.get('/calls')).text).not.toContain('Outcome still open')
  expect((await manager.post('/calls/hughes/clinician', { clinician: '' })).location).toBe('/calls/hughes?done=callAssignedToNobody')
  expect(linked((await prasad.get('/calls')).text)).toEqual([])
  expect(await world.store.differing()).toEqual([])
})

test('the CSV has the columns, the filters and the reach of the page, and nothing that a spreadsheet would run', async () => {
  const world = await someCalls()
  await world.tell(
    'evil',
    ...goodCall('evil', { line: 'cardiology', organisation: '=HYPERLINK("https://elsewhere.example","x")' }).map((fact): CallFact =>
      fact.type === 'attempt.started' ? { ...fact, label: '@SUM(1+1)*cmd|A0' } : fact,
    ),
  )
  const manager = await visitor(world, { role: 'serviceManager' })
  const { text: csv, headers } = await manager.get('/api/calls.csv')
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(headers.get('content-disposition')).toContain('ringround-calls.csv')
  const rows = sheet(csv)
  expect(rows[0]).toEqual(callsColumns.map(({ name }) => name))
  expect(rows).toHaveLength(5)
  const [evil = []] = rows.slice(1)
  expect(evil[4]).toBe(`'=HYPERLINK("https://elsewhere.example","x")`)
  expect(evil[7]).toBe("'@SUM(1+1)*cmd|A0")
  expect(
    sheet((await manager.get('/api/calls.csv?outcome=open')).text)
      .slice(1)
      .map((cells) => cells[6]),
  ).toEqual(['Acute Medicine SDEC - DVT'])
  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  const [, ...own] = sheet((await okafor.get('/api/calls.csv')).text)
  expect(own).toHaveLength(1)
  expect(own[0]).toMatchObject({ 2: inGroups, 7: 'dr-okafor', 12: 'Referral avoided' })
  expect((await manager.get('/api/calls.csv?days=0')).status).toBe(400)
})

test('the spreadsheet, opened by another reader, has dates as dates, numbers as numbers, texts as texts however they begin, and the reach of the page', async () => {
  const world = await someCalls()
  const evil = ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', 'a\u0001b\ud800']
  for (const [index, organisation] of evil.entries())
    await world.tell(`evil-${index}`, ...goodCall(`evil-${index}`, { line: 'cardiology', organisation }))
  const manager = await visitor(world, { role: 'serviceManager' })
  const answer = await fetch(new URL('/api/calls.xlsx?order=oldest', world.admin.url), {
    headers: { authorization: `Bearer ${world.token}` },
  })
  expect(answer.headers.get('content-type')).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
  const file = Buffer.from(await answer.arrayBuffer())
  const rows = await readSheet(file)
  expect(rows[0]).toEqual(callsColumns.map(({ name }) => name))
  const [okafors = [], hughes = []] = rows.slice(1)
  const [call] = (await world.store.calls({ order: 'oldest', limit: 1 })).calls
  const local = new Date(call!.arrivedAt).toLocaleString('sv-SE', { timeZone: 'Europe/London' })
  expect(okafors[0]).toEqual(new Date(`${local.slice(0, 10)}T00:00:00Z`))
  // A time of day is a part of a day.
  expect(new Date(okafors[1] as unknown as Date).toISOString().slice(11, 19)).toBe(local.slice(11, 19))
  expect(okafors.slice(2, 9)).toEqual([
    '999 000 0018',
    null,
    'Elm Row Surgery',
    'Saltmarsh and the Levels',
    'Cardiology',
    'dr-okafor',
    "St Bride's Hospital",
  ])
  expect(okafors.slice(9, 12).map((value) => typeof value)).toEqual(['number', 'number', 'number'])
  expect(hughes[12]).toBeNull()
  expect(rows.slice(4).map((cells) => cells[4])).toEqual([
    ...evil.slice(0, 4),
    expect.stringMatching(/^\s*=1$/),
    expect.stringMatching(/^\s*=1$/),
    'ab\ufffd',
  ])
  // No cell of the sheet itself has a formula.
  const sheetXml = unzipped(file, 'xl/worksheets/sheet1.xml')
  expect(sheetXml).toContain('=1+1')
  expect(sheetXml).not.toMatch(/<f[ >]/)
  const ofOthers = await readSheet(
    Buffer.from(
      await (
        await fetch(new URL('/api/calls.xlsx?outcome=open', world.admin.url), { headers: { authorization: `Bearer ${world.token}` } })
      ).arrayBuffer(),
    ),
  )
  expect(ofOthers.slice(1).map((cells) => cells[6])).toEqual(['Acute Medicine SDEC - DVT'])
  expect((await manager.get('/api/calls.xlsx?days=0')).status).toBe(400)
  expect((await (await visitor(world, { role: 'operations' })).get('/api/calls.xlsx')).status).toBe(403)
})

test('a view is kept only for its owner, without the number searched for, and is replaced by one of the same name', async () => {
  const world = await someCalls()
  const okafor = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  const other = await visitor(world, { role: 'serviceManager' })
  const saved = await okafor.post('/calls/views', { name: 'Mine', query: 'days=7&line=cardiology&number=9990000018&surprise=1' })
  expect(saved.location).toBe('/calls?days=7&line=cardiology&done=viewSaved')
  await okafor.post('/calls/views', { name: 'Mine', query: 'days=30&outcome=open' })
  expect((await okafor.post('/calls/views', { name: ' ', query: 'days=7' })).status).toBe(422)
  const { views } = JSON.parse((await okafor.get('/api/views')).text) as { views: { view: string; name: string; query: string }[] }
  expect(views).toEqual([{ view: expect.any(String) as string, name: 'Mine', query: 'days=30&outcome=open' }])
  expect((await okafor.get('/calls')).text).toContain('href="/calls?days=30&amp;outcome=open"')
  expect((await other.get('/calls')).text).not.toContain('>Mine<')
  expect((await other.post(`/calls/views/${views[0]!.view}/remove`, {})).status).toBe(404)
  expect((await okafor.post(`/calls/views/${views[0]!.view}/remove`, {})).location).toBe('/calls?done=viewRemoved')
  expect(JSON.parse((await okafor.get('/api/views')).text)).toEqual({ views: [] })
})
