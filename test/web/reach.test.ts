import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { Permission, Scope } from '../../src/accounts/roles.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { goodCall } from '../kit/sample-call.js'

const everything: readonly Permission[] = [
  'live',
  'calls',
  'recordings',
  'outcomes',
  'arrangements',
  'watchList',
  'devices',
  'metrics',
  'health',
  'documentation',
]

/** Asks as a program with every permission for one part. */
async function askAs(world: AdminWorld, scope: Scope) {
  const { secret } = await world.accounts.tokenBook.make(system, { kind: 'api', name: 'part', permissions: everything, scope })
  return async (method: string, path: string, body?: object) => {
    const answer = await world.get(path, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await answer.text()
    return { status: answer.status, text, json: () => JSON.parse(text) as Record<string, unknown> }
  }
}

async function twoServices() {
  const world = await adminWorld()
  for (const [id, line, organisation] of [
    ['theirs', 'cardiology', 'elm-row'],
    ['others', 'ent-adult', 'harbour-lane'],
  ] as const)
    for (const fact of goodCall(id, { line, organisation })) await world.store.log.append(id, fact)
  const made = async (line: string, clinician: string) => {
    const answer = await world.get('/api/call-backs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ line, clinician, patientNumber: '01632 960889', dueAt: new Date(Date.now() + 3_600_000).toISOString() }),
    })
    return ((await answer.json()) as { id: string }).id
  }
  return { world, callBack: await made('cardiac-rehab-call-back', 'dr-okafor') }
}

test('a person who sees a practice sees its calls, and another’s ids are not found', async () => {
  const { world, callBack } = await twoServices()
  const ask = await askAs(world, { kind: 'organisation', id: 'elm-row' })
  const listed = (await ask('GET', '/api/calls')).json() as { calls: { callId: string }[] }
  expect(listed.calls.map(({ callId }) => callId)).toEqual(['theirs'])
  expect((await ask('GET', '/api/calls?line=ent-adult')).json()).toMatchObject({ calls: [] })
  expect((await ask('GET', '/api/calls?organisation=harbour-lane')).json()).toMatchObject({ calls: [] })
  expect((await ask('GET', '/api/calls/theirs')).status).toBe(200)
  const nowhere = await ask('GET', '/api/calls/nowhere')
  for (const [method, path, body] of [
    ['GET', '/api/calls/others', undefined],
    ['GET', '/api/calls/others/recording.mp3', undefined],
    ['PUT', '/api/calls/others/outcome', { outcome: 'referral-avoided' }],
  ] as const) {
    const answer = await ask(method, path, body)
    expect([answer.status, answer.text], path).toEqual([404, nowhere.text.replace('nowhere', 'others')])
  }
  for (const [method, path, body] of [
    ['GET', `/api/call-backs/${callBack}`, undefined],
    ['PATCH', `/api/call-backs/${callBack}`, { note: 'x' }],
    ['DELETE', `/api/call-backs/${callBack}`, undefined],
    ['POST', `/api/call-backs/${callBack}/start`, {}],
  ] as const)
    expect((await ask(method, path, body)).status, `${method} ${path}`).toBe(404)
  expect((await ask('GET', '/api/call-backs')).json()).toMatchObject({ arrangements: [] })
  expect((await ask('POST', '/api/call-back-codes', { call: 'others' })).status).toBe(404)
  // For another's line, or by another's clinician.
  expect(
    (
      await ask('POST', '/api/call-backs', {
        line: 'cardiac-rehab-call-back',
        patientNumber: '01632 960889',
        dueAt: new Date(Date.now() + 3_600_000).toISOString(),
      })
    ).json(),
  ).toMatchObject({ error: { code: 'badRequest', field: 'line' } })
  expect(
    (
      await ask('POST', '/api/patient-connects', { nhsNumber: '943 476 5919', patientNumber: '01632 960889', clinician: 'dr-okafor' })
    ).json(),
  ).toMatchObject({ error: { code: 'badRequest', field: 'clinician' } })
  // What cannot be divided is for people who see all of it.
  for (const path of ['/api/watch-list', '/api/targets', '/metrics']) expect((await ask('GET', path)).status, path).toBe(403)
  expect(await world.get(`/api/call-backs/${callBack}`).then((answer) => answer.json())).toMatchObject({ state: 'open' })
})

test('a line reaches its own calls; a trust reaches those of its lines', async () => {
  const { world, callBack } = await twoServices()
  const line = await askAs(world, { kind: 'line', id: 'ent-adult' })
  expect(((await line('GET', '/api/calls')).json() as { calls: { callId: string }[] }).calls.map(({ callId }) => callId)).toEqual([
    'others',
  ])
  const { trust } = world.directory.lines.get('cardiac-rehab-call-back')!
  const ofTrust = await askAs(world, { kind: 'organisation', id: trust })
  expect((await ofTrust('GET', `/api/call-backs/${callBack}`)).status).toBe(200)
})

test('paging through a part shows each call once', async () => {
  const world = await adminWorld()
  const begun = Date.now() - 1_000_000
  for (let call = 0; call < 25; call++)
    for (const fact of goodCall(`call-${call}`, {
      line: call % 2 === 0 ? 'cardiology' : 'ent-adult',
      organisation: call % 3 === 0 ? 'elm-row' : 'harbour-lane',
    }))
      await world.store.appendLate(`call-${call}`, fact, begun + call * 1_000)
  const { trust } = world.directory.lines.get('cardiology')!
  const ask = await askAs(world, { kind: 'organisation', id: trust })
  const all = (await (await world.get('/api/calls?limit=200')).json()) as {
    calls: { callId: string; line: string; organisation: string }[]
  }
  const expected = all.calls
    .filter((call) => call.organisation === trust || world.directory.lines.get(call.line)?.trust === trust)
    .map(({ callId }) => callId)
  const found: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = (await ask('GET', `/api/calls?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`)).json() as {
      calls: { callId: string }[]
      nextCursor: string | null
    }
    found.push(...page.calls.map(({ callId }) => callId))
    cursor = page.nextCursor
  }
  expect(expected.length).toBeGreaterThan(10)
  expect(found).toEqual(expected)
})

test('a call to a patient is visible to its clinician’s organisation, unless the clinician works for several', async () => {
  const { world } = await twoServices()
  const [mine, others] = [
    await askAs(world, { kind: 'organisation', id: 'st-brides' }),
    await askAs(world, { kind: 'organisation', id: 'wend-vale' }),
  ]
  const made = async (clinician: string) =>
    (
      (await mine('POST', '/api/patient-connects', { nhsNumber: '943 476 5919', patientNumber: '01632 960889', clinician })).json() as {
        id: string
      }
    ).id
  const [okafor, macleod] = [await made('dr-okafor'), await made('dr-macleod')]
  expect((await mine('GET', `/api/patient-connects/${okafor}`)).status).toBe(200)
  expect((await mine('GET', '/api/patient-connects')).json()).toMatchObject({ arrangements: [{ id: okafor }], nextCursor: null })
  for (const id of [okafor, macleod]) expect((await others('GET', `/api/patient-connects/${id}`)).status).toBe(404)
  expect((await mine('GET', `/api/patient-connects/${macleod}`)).status).toBe(404)
  const looked = await world.store.tables.reading
    .selectFrom('audit')
    .select(['subject_kind', 'subject'])
    .where('action', '=', 'arrangement.seen')
    .execute()
  expect(looked).toEqual([{ subject_kind: 'arrangement', subject: okafor }])
})
