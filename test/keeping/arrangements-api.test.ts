import { expect, test } from 'vitest'
import { goodCall } from '../kit/sample-call.js'
import { adminWorld, type AdminWorld } from './admin-world.js'

const nhsNumber = '943 476 5919'
const soon = (ms = 3_600_000) => new Date(Date.now() + ms).toISOString()

async function ask(
  world: AdminWorld,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; text: string; headers: Headers }> {
  const response = await world.get(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    text,
    headers: response.headers,
  }
}

const refusal = ({ status, body }: { readonly status: number; readonly body: Record<string, unknown> }) => ({
  status,
  ...(body['error'] as { code: string; message: string }),
})

const listOf = async (world: AdminWorld, path: string) => (await ask(world, 'GET', path)).body['arrangements'] as Record<string, unknown>[]

async function scheduled(world: AdminWorld, more: Record<string, unknown> = {}): Promise<string> {
  const made = await ask(world, 'POST', '/api/call-backs', {
    line: 'cardiac-rehab-call-back',
    patientNumber: '07700 900123',
    dueAt: soon(),
    ...more,
  })
  expect(made.status, made.text).toBe(201)
  return made.body['id'] as string
}

test('a call-back is scheduled, listed, changed, started once, and done by its outcome', async () => {
  const world = await adminWorld()
  const made = await ask(world, 'POST', '/api/call-backs', {
    line: 'cardiac-rehab-call-back',
    patientNumber: '07700 900123',
    nhsNumber,
    clinician: 'dr-okafor',
    dueAt: '2099-01-01T00:00:00Z',
  })
  expect(refusal(made)).toMatchObject({ status: 400, code: 'badRequest', message: expect.stringContaining('dueAt') as string })
  const id = await scheduled(world, { nhsNumber, note: 'in the afternoon' })
  const path = `/api/call-backs/${id}`
  expect((await ask(world, 'GET', path)).body).toMatchObject({
    id,
    state: 'open',
    patientNumber: '07700 900123',
    nhsNumber,
    note: 'in the afternoon',
    lineName: 'Cardiac rehabilitation',
    overdue: false,
    tries: [],
  })
  const listed = await ask(world, 'GET', '/api/call-backs')
  expect(listed.body).toMatchObject({
    arrangements: [{ id, state: 'open', patientNumber: '+44••••••••23', clinician: null, tries: 0, madeBy: 'staff' }],
    nextCursor: null,
  })
  for (const secret of ['7700900123', '07700 900123', '943', 'afternoon']) expect(listed.text).not.toContain(secret)

  expect(refusal(await ask(world, 'POST', `${path}/start`))).toMatchObject({ status: 409, code: 'noClinician' })
  expect((await ask(world, 'PATCH', path, { clinician: 'dr-okafor', note: null, dueAt: soon(7_200_000) })).body).toMatchObject({
    clinician: 'dr-okafor',
    clinicianName: 'Dr Ada Okafor',
    note: null,
  })
  const starts = await Promise.all([ask(world, 'POST', `${path}/start`), ask(world, 'POST', `${path}/start`, { clinician: 'dr-prasad' })])
  expect(starts.map(({ status }) => status).sort()).toEqual([202, 409])
  expect(starts.find(({ status }) => status === 202)?.body).toEqual({ callId: 'placed-1' })
  expect(world.placed).toHaveLength(1)
  expect(world.placed[0]).toMatchObject({
    id,
    kind: 'callBack',
    targets: [{ kind: 'number', number: '+447700900123' }],
    line: 'cardiac-rehab-call-back',
  })
  for (const [method, at, body] of [
    ['DELETE', path],
    ['PATCH', path, { note: 'x' }],
    ['POST', `${path}/start`],
  ] as const)
    expect(refusal(await ask(world, method, at, body))).toMatchObject({
      status: 409,
      code: 'notOpen',
      message: expect.stringContaining('a call carries it') as string,
    })

  await world.tell(
    'placed-1',
    { type: 'call.placed', kind: 'pifuCallBack', arrangement: id, clinician: 'dr-okafor' },
    { type: 'line.chosen', line: 'cardiac-rehab-call-back', by: 'arrangement' },
    { type: 'talk.started', attempt: 'placed-1-1' },
    { type: 'call.ended', ending: 'completed' },
  )
  await world.arranged.diary.settled()
  expect((await ask(world, 'GET', path)).body).toMatchObject({
    state: 'open',
    tries: [{ callId: 'placed-1', talked: true, outcome: null, ended: true }],
  })
  expect((await ask(world, 'PUT', '/api/calls/placed-1/outcome', { outcome: 'patient-discharged' })).body).toEqual({
    callId: 'placed-1',
    outcome: 'patient-discharged',
    label: 'Patient discharged',
  })
  await world.arranged.diary.settled()
  expect((await ask(world, 'GET', path)).body).toMatchObject({ state: 'done', lastOutcome: 'patient-discharged' })
  expect(await listOf(world, '/api/call-backs?state=open,inProgress')).toEqual([])
  expect(await listOf(world, '/api/call-backs?state=done')).toHaveLength(1)
})

test('a patient’s own request is among the call-backs, overdue ones are marked, lists are filtered and paged', async () => {
  const world = await adminWorld()
  await world.store.appendLate(
    'asked',
    { type: 'call.arrived', kind: 'pifuAnswer', callerNumber: '07700900124', dialledNumber: '01632960031', source: 'test' },
    Date.now() - 9 * 3_600_000,
  )
  await world.store.appendLate(
    'asked',
    { type: 'callBack.requested', line: 'epilepsy-follow-up', number: '+447700900124' },
    Date.now() - 9 * 3_600_000,
  )
  await world.arranged.diary.settled()
  const later = await scheduled(world, { clinician: 'dr-okafor', dueAt: soon(2 * 86_400_000) })
  const sooner = await scheduled(world)
  const ids = async (query: string) => (await listOf(world, `/api/call-backs?${query}`)).map((one) => one['id'])
  expect(await ids('')).toEqual([later, sooner, 'request-asked'])
  expect(await ids('order=oldest')).toEqual(['request-asked', sooner, later])
  expect(await listOf(world, '/api/call-backs?overdue=true')).toMatchObject([
    { id: 'request-asked', overdue: true, madeBy: 'patient', requestedIn: 'asked', lineName: 'Epilepsy follow-up' },
  ])
  expect(await ids('overdue=false')).toEqual([later, sooner])
  expect(await ids('line=epilepsy-follow-up')).toEqual(['request-asked'])
  expect(await ids('clinician=dr-okafor')).toEqual([later])
  expect(await ids(`from=${encodeURIComponent(soon(86_400_000))}`)).toEqual([later])
  const first = await ask(world, 'GET', '/api/call-backs?limit=2')
  expect(await ids(`limit=2&cursor=${encodeURIComponent(first.body['nextCursor'] as string)}`)).toEqual(['request-asked'])
  for (const query of ['state=lost', 'state=', 'cursor=%00', 'limit=0', 'from=yesterday', 'colour=red', 'from=2026-03-03&to=2026-03-02'])
    expect((await ask(world, 'GET', `/api/call-backs?${query}`)).status, query).toBe(400)
  expect((await ask(world, 'GET', '/api/call-backs/request-asked')).body).toMatchObject({ patientNumber: '07700 900124', nhsNumber: null })
  expect((await ask(world, 'PATCH', '/api/call-backs/request-asked', { state: 'done' })).body).toMatchObject({ state: 'done' })
  expect((await ask(world, 'DELETE', `/api/call-backs/${sooner}`)).status).toBe(204)
  expect((await ask(world, 'GET', `/api/call-backs/${sooner}`)).body).toMatchObject({ state: 'cancelled' })
})

test('wrong input is answered with what would be right, and makes nothing', async () => {
  const world = await adminWorld()
  const good = { line: 'cardiac-rehab-call-back', patientNumber: '07700 900123', dueAt: soon() }
  const why = async (change: Record<string, unknown>) => refusal(await ask(world, 'POST', '/api/call-backs', { ...good, ...change }))
  expect(await why({ patientNumber: '0909 8790123' })).toMatchObject({
    status: 400,
    message: expect.stringContaining('calls.dialable') as string,
  })
  expect(await why({ patientNumber: '+1 202 555 0100' })).toMatchObject({ status: 400 })
  expect(await why({ patientNumber: '07700 900123;phone-context=x' })).toMatchObject({
    status: 400,
    message: expect.stringContaining('01632 960123') as string,
  })
  expect(await why({ patientNumber: '07700 900123\r\nRoute: <sip:x>' })).toMatchObject({ status: 400 })
  expect(await why({ nhsNumber: '943 476 5918' })).toMatchObject({ status: 400, message: expect.stringContaining('check digit') as string })
  expect(await why({ clinician: 'dr-nobody' })).toMatchObject({ status: 400, message: expect.stringContaining('dr-nobody') as string })
  expect(await why({ line: 'nowhere' })).toMatchObject({ status: 400 })
  expect(await why({ line: 'cardiology' })).toMatchObject({ status: 400, message: expect.stringContaining('advice line') as string })
  expect(await why({ dueAt: 'tomorrow' })).toMatchObject({
    status: 400,
    message: expect.stringContaining('2026-03-02T09:30:00Z') as string,
  })
  expect(await why({ dueAt: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 400 })
  expect(await why({ pin: '123456' })).toMatchObject({ status: 400 })
  expect(refusal(await ask(world, 'POST', '/api/call-backs', 'text'))).toMatchObject({ status: 400 })
  for (const path of ['/api/call-backs/nobody', '/api/patient-connects/nobody', '/api/call-back-codes/nobody']) {
    expect(refusal(await ask(world, 'GET', path))).toMatchObject({ status: 404, code: 'arrangementNotFound' })
    expect(refusal(await ask(world, 'DELETE', path))).toMatchObject({ status: 404 })
  }
  expect((await ask(world, 'GET', '/api/call-backs/a%20b')).status).toBe(400)
  const id = await scheduled(world)
  expect(refusal(await ask(world, 'GET', `/api/patient-connects/${id}`))).toMatchObject({ status: 404 })
  expect(await listOf(world, '/api/call-backs')).toHaveLength(1)
})

test('another site’s page begins no call and changes nothing', async () => {
  const world = await adminWorld()
  const id = await scheduled(world, { clinician: 'dr-okafor' })
  expect(
    refusal(await ask(world, 'POST', `/api/call-backs/${id}/start`, undefined, { origin: 'https://elsewhere.example' })),
  ).toMatchObject({ status: 403, code: 'crossSite' })
  expect(refusal(await ask(world, 'DELETE', `/api/call-backs/${id}`, undefined, { origin: 'null' }))).toMatchObject({ status: 403 })
  expect(world.placed).toEqual([])
  expect((await ask(world, 'POST', `/api/call-backs/${id}/start`, undefined, { origin: new URL(world.admin.url).origin })).status).toBe(202)
})

test('a PIN of Patient Connect is shown once, with the numbers on which it works', async () => {
  const world = await adminWorld()
  // Dr Okafor works at a practice here, whose Dial-In numbers are known.
  const okafor = world.directory.clinicians.get('dr-okafor')!
  ;(world.directory.clinicians as Map<string, typeof okafor>).set('dr-okafor', { ...okafor, organisations: ['elm-row'] })
  const made = await ask(world, 'POST', '/api/patient-connects', {
    nhsNumber,
    patientNumber: '+44 7700 900123',
    clinician: 'dr-okafor',
    validMinutes: 30,
  })
  expect(made.status, made.text).toBe(201)
  expect(made.body).toEqual({
    id: expect.any(String) as string,
    pin: expect.stringMatching(/^\d{6}$/) as string,
    dialIn: ['01632 960001', '1001'],
    expiresAt: expect.any(String) as string,
  })
  expect(Math.abs(Date.parse(made.body['expiresAt'] as string) - Date.now() - 30 * 60_000)).toBeLessThan(60_000)
  expect(made.headers.get('cache-control')).toBe('no-store')
  const pin = made.body['pin'] as string
  const path = `/api/patient-connects/${made.body['id'] as string}`
  for (const shown of [await ask(world, 'GET', path), await ask(world, 'GET', '/api/patient-connects')]) {
    expect(shown.status).toBe(200)
    expect(shown.text).not.toContain('"pin"')
    expect(shown.text).not.toContain(`"${pin}"`)
  }
  expect((await ask(world, 'GET', path)).body).toMatchObject({
    state: 'open',
    nhsNumber,
    patientNumber: '07700 900123',
    clinicianName: 'Dr Ada Okafor',
  })
  expect((await ask(world, 'POST', `${path}/start`)).body).toEqual({ callId: 'placed-1' })
  // While that call runs the PIN opens nothing.
  expect((await world.arranged.redeem(pin, { callId: 'x', callerNumber: '', dialledNumber: '1001', organisation: 'elm-row' })).kind).toBe(
    'wrong',
  )
  await world.tell(
    'placed-1',
    { type: 'call.placed', kind: 'patientConnect', arrangement: made.body['id'] as string, clinician: 'dr-okafor' },
    { type: 'call.ended', ending: 'unanswered' },
  )
  await world.arranged.diary.settled()
  expect(refusal(await ask(world, 'PUT', '/api/calls/placed-1/outcome', { outcome: 'referral-made' }))).toMatchObject({
    status: 400,
    message: expect.stringContaining('appointment-required') as string,
  })
  expect((await ask(world, 'DELETE', path)).status).toBe(204)
  expect((await world.arranged.redeem(pin, { callId: 'y', callerNumber: '', dialledNumber: '1001', organisation: 'elm-row' })).kind).toBe(
    'wrong',
  )
  const why = async (change: Record<string, unknown>) =>
    refusal(
      await ask(world, 'POST', '/api/patient-connects', { nhsNumber, patientNumber: '07700 900123', clinician: 'dr-okafor', ...change }),
    )
  for (const validMinutes of [0, 4, 1_441, 1.5, 'long']) expect((await why({ validMinutes })).status, String(validMinutes)).toBe(400)
  expect(await why({ nhsNumber: '1234567890' })).toMatchObject({ status: 400 })
  expect(await why({ patientNumber: undefined })).toMatchObject({ status: 400 })
})

test('a call-back code for a past call reaches its caller; one for a thread the clinician it names', async () => {
  const world = await adminWorld()
  await world.tell('past', ...goodCall('past'))
  await world.tell('withheld', ...goodCall('withheld').map((fact) => (fact.type === 'call.arrived' ? { ...fact, callerNumber: '' } : fact)))
  await world.tell(
    'abroad',
    ...goodCall('abroad').map((fact) => (fact.type === 'call.arrived' ? { ...fact, callerNumber: '+12025550100' } : fact)),
  )
  await world.tell(
    'softphone',
    ...goodCall('softphone').map((fact) =>
      fact.type === 'call.arrived' ? { ...fact, callerNumber: 'elm-row-desk', device: 'elm-row-desk' } : fact,
    ),
  )
  await world.tell('running', ...goodCall('running').slice(0, 5))
  const make = (body: Record<string, unknown>) => ask(world, 'POST', '/api/call-back-codes', body)
  const made = await make({ call: 'past' })
  expect(made.body).toEqual({
    id: expect.any(String) as string,
    code: expect.stringMatching(/^\d{4}$/) as string,
    number: '+441632960099',
    expiresAt: expect.any(String) as string,
  })
  const at = { callId: 'x', callerNumber: '01632960701', dialledNumber: '01632960099' }
  expect(await world.arranged.redeem(made.body['code'] as string, at)).toEqual({
    kind: 'granted',
    arranged: {
      id: made.body['id'],
      kind: 'callBackCode',
      targets: [{ kind: 'number', number: '+441632960101' }],
      line: 'cardiology',
      organisation: 'elm-row',
    },
  })
  const path = `/api/call-back-codes/${made.body['id'] as string}`
  const one = await ask(world, 'GET', path)
  expect(one.body).toMatchObject({ state: 'inProgress', call: 'past', callId: 'x', lineName: 'Cardiology' })
  expect(one.text).not.toContain('"code"')
  expect(one.text).not.toContain('960101')

  const device = await make({ call: 'softphone', number: '1001' })
  expect(device.body).toMatchObject({ number: '1001' })
  expect(await world.arranged.redeem(device.body['code'] as string, { ...at, callId: 'y', dialledNumber: '1001' })).toMatchObject({
    arranged: { targets: [{ kind: 'device', user: 'elm-row-desk' }] },
  })
  const thread = await make({ thread: 'case 17', to: 'dr-okafor', line: 'cardiology', validMinutes: 60 })
  expect(await world.arranged.redeem(thread.body['code'] as string, { ...at, callId: 'z' })).toMatchObject({
    arranged: { targets: [{ kind: 'uri' }], line: 'cardiology' },
  })
  expect((await make({ thread: 'case 18', to: '01632 960301' })).status).toBe(201)

  expect(refusal(await make({ call: 'withheld' }))).toMatchObject({
    status: 409,
    code: 'notDialable',
    message: expect.stringContaining('withheld') as string,
  })
  expect(refusal(await make({ call: 'abroad' }))).toMatchObject({ status: 409, code: 'notDialable' })
  expect(refusal(await make({ call: 'running' }))).toMatchObject({ status: 400 })
  // Nobody asked for advice in these.
  await world.tell(
    'patient',
    ...goodCall('patient').map((fact) => (fact.type === 'call.arrived' ? { ...fact, kind: 'pifuAnswer' as const } : fact)),
  )
  await world.tell('refused', ...goodCall('refused').filter(({ type }) => type !== 'line.chosen'), {
    type: 'line.refused',
    line: 'cardiology',
    why: 'notAllowed',
  })
  for (const call of ['patient', 'refused'])
    expect(refusal(await make({ call })), call).toMatchObject({ status: 409, code: 'noAdviceCall' })
  expect(refusal(await make({ call: 'nobody' }))).toMatchObject({ status: 404, code: 'callNotFound' })
  for (const body of [
    {},
    { thread: 't' },
    { to: 'dr-okafor' },
    { call: 'past', to: 'dr-okafor' },
    { thread: 't', to: '0909 8790123' },
    { thread: 't', to: 'sip:x@y' },
    { call: 'past', number: '01632 960021' },
    { call: 'past', validMinutes: 61 },
  ])
    expect((await make(body)).status, JSON.stringify(body)).toBe(400)
  const listed = await ask(world, 'GET', '/api/call-back-codes?state=open')
  expect(listed.body['arrangements']).toMatchObject([{ thread: 'case 18', number: '01632 960099' }])
  expect(listed.text).not.toContain('"code"')
})

test('staff leave a possible outcome, and it is on disk when they are told so', async () => {
  const world = await adminWorld()
  await world.tell('one', ...goodCall('one'))
  await world.tell('menu', ...goodCall('menu').slice(0, 2))
  const leave = (call: string, outcome: unknown) => ask(world, 'PUT', `/api/calls/${call}/outcome`, { outcome })
  expect((await leave('one', 'admission-made')).body).toEqual({ callId: 'one', outcome: 'admission-made', label: 'Admission made' })
  expect((await world.store.events('one')).at(-1)).toMatchObject({ type: 'outcome.left', outcome: 'admission-made', by: 'staff' })
  const facts = (await world.store.events('one')).length
  expect((await leave('one', 'admission-made')).status).toBe(200)
  expect(await world.store.events('one')).toHaveLength(facts)
  expect(((await ask(world, 'GET', '/api/calls/one')).body['call'] as Record<string, unknown>)['outcomeLabel']).toBe('Admission made')
  expect(refusal(await leave('one', 'patient-discharged'))).toMatchObject({
    status: 400,
    message: expect.stringContaining('referral-avoided') as string,
  })
  expect(refusal(await leave('menu', 'referral-made'))).toMatchObject({
    status: 400,
    message: expect.stringContaining('no line') as string,
  })
  expect(refusal(await leave('nobody', 'referral-made'))).toMatchObject({ status: 404, code: 'callNotFound' })
  expect(refusal(await leave('one', ''))).toMatchObject({ status: 400 })
  // The area of the caller has a list of its own.
  await world.tell('wend', ...goodCall('wend', { organisation: 'mill-street' }))
  expect((await leave('wend', 'seen-same-day')).status).toBe(200)
  expect((await leave('wend', 'diagnostics-recommended')).status).toBe(400)
})

test('when the store cannot write, no request is confirmed', async () => {
  const world = await adminWorld()
  await world.tell('one', ...goodCall('one'))
  const id = await scheduled(world)
  await world.store.close()
  for (const answer of [
    await ask(world, 'POST', '/api/call-backs', { line: 'cardiac-rehab-call-back', patientNumber: '07700 900123', dueAt: soon() }),
    await ask(world, 'POST', '/api/patient-connects', { nhsNumber, patientNumber: '07700 900123', clinician: 'dr-okafor' }),
    await ask(world, 'POST', '/api/call-back-codes', { thread: 't', to: 'dr-okafor' }),
    await ask(world, 'PATCH', `/api/call-backs/${id}`, { state: 'done' }),
    await ask(world, 'DELETE', `/api/call-backs/${id}`),
    await ask(world, 'PUT', '/api/calls/one/outcome', { outcome: 'referral-made' }),
  ]) {
    expect(refusal(answer)).toMatchObject({ status: 503, code: 'storeUnavailable' })
  }
  expect(await listOf(world, '/api/call-backs')).toMatchObject([{ id, state: 'open' }])
})
