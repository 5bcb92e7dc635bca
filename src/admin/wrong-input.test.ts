import fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendError, type ApiError, type ErrorBody } from './api-error.js'
import { jsonBodies } from './json-bodies.js'
import { callBackBody, callBackPatch } from './arrangement-schemas.js'
import { deviceBody } from './device-schemas.js'
import { callsQuery, callParams } from './schemas.js'

type Asked = {
  readonly method?: 'GET' | 'POST' | 'PATCH'
  readonly url: string
  readonly body?: unknown
  readonly type?: string
  readonly text?: string
}

async function answer({
  method = 'POST',
  url,
  body,
  type = 'application/json',
  text = body === undefined ? undefined : JSON.stringify(body),
}: Asked): Promise<{ readonly status: number } & ErrorBody> {
  const app = fastify({
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: true, verbose: true } },
    frameworkErrors: (error, request, reply) => sendError(error, request as never, reply as never),
  })
  app.setErrorHandler<ApiError>(sendError)
  jsonBodies(app)
  app.get('/calls', { schema: { querystring: callsQuery } }, () => ({}))
  app.get('/calls/:id', { schema: { params: callParams } }, () => ({}))
  app.post('/call-backs', { schema: { body: callBackBody } }, () => ({}))
  app.patch('/call-backs', { schema: { body: callBackPatch } }, () => ({}))
  app.post('/devices', { schema: { body: deviceBody } }, () => ({}))
  const response = await app.inject({ method, url, ...(text === undefined ? {} : { payload: text, headers: { 'content-type': type } }) })
  await app.close()
  return { status: response.statusCode, ...response.json<ErrorBody>() }
}

const good = { line: 'cardiac-rehab-call-back', patientNumber: '07700 900123', dueAt: '2027-03-02T09:30:00Z' }

test.each<[Asked, string, string]>([
  [{ method: 'GET', url: '/calls?limit=0' }, 'limit', 'limit is 0; it has to be a whole number from 1 to 200.'],
  [{ method: 'GET', url: '/calls?limit=201' }, 'limit', 'limit is 201; it has to be a whole number from 1 to 200.'],
  [{ method: 'GET', url: '/calls?limit=many' }, 'limit', 'limit is "many"; it has to be a whole number from 1 to 200.'],
  [{ method: 'GET', url: '/calls?limit=1&limit=2' }, 'limit', 'limit is given 2 times; it may be given once.'],
  [
    { method: 'GET', url: '/calls?colour=red' },
    'colour',
    'colour is not known here; known are from, to, days, line, organisation, ending, outcome, clinician, answered, number, order, sipCallId, limit, cursor.',
  ],
  [{ method: 'GET', url: `/calls?line=${'x'.repeat(201)}` }, 'line', 'line has 201 characters; at most 200 are taken.'],
  [
    { method: 'GET', url: `/calls/${'x'.repeat(99)}%zz` },
    '',
    'The address is not well formed: a % in it is followed by two hexadecimal digits (a per cent sign itself is %25).',
  ],
  [
    { url: '/call-backs', body: { ...good, line: 'Cardiac Rehab' } },
    'line',
    'line is "Cardiac Rehab"; it has to be the id of a line of patients (kind pifuAnswer or pifuCallBack) in the directory, such as cardiac-rehab-call-back.',
  ],
  [
    { url: '/call-backs', body: { ...good, line: '' } },
    'line',
    'line is empty; it has to be the id of a line of patients (kind pifuAnswer or pifuCallBack) in the directory, such as cardiac-rehab-call-back.',
  ],
  [
    { url: '/call-backs', body: { ...good, patientNumber: undefined } },
    'patientNumber',
    'patientNumber is missing; it has to be a telephone number as people write it, such as 01632 960889.',
  ],
  [
    { url: '/call-backs', body: { ...good, dueAt: { on: 1 } } },
    'dueAt',
    'dueAt is an object; it has to be an instant with its offset (2027-03-02T09:30:00Z, 2027-03-02T10:30:00+01:00), such as 2026-03-02T09:30:00.000Z.',
  ],
  [{ url: '/call-backs', body: { ...good, note: 'x'.repeat(501) } }, 'note', 'note has 501 characters; at most 500 are taken.'],
  [
    { url: '/call-backs', body: { ...good, pin: '123456' } },
    'pin',
    'pin is not known here; known are line, patientNumber, nhsNumber, clinician, dueAt, note.',
  ],
  [{ url: '/call-backs', body: 'text' }, 'body', 'body is "text"; it has to be a JSON object with line, patientNumber, dueAt.'],
  [{ url: '/call-backs', body: [] }, 'body', 'body is a list; it has to be a JSON object with line, patientNumber, dueAt.'],
  [{ url: '/call-backs' }, 'body', 'body is missing; it has to be a JSON object with line, patientNumber, dueAt.'],
  [{ url: '/call-backs', text: '' }, 'body', 'body is missing; it has to be a JSON object with line, patientNumber, dueAt.'],
  [
    { method: 'PATCH', url: '/call-backs', body: {} },
    'body',
    'body has nothing in it; give at least one of patientNumber, nhsNumber, clinician, dueAt, note, state.',
  ],
  [{ method: 'PATCH', url: '/call-backs', body: { state: 'cancelled' } }, 'state', 'state is "cancelled"; it has to be done.'],
  [
    { method: 'PATCH', url: '/call-backs', body: { nhsNumber: '943' } },
    'nhsNumber',
    'nhsNumber is "943"; it has to be an NHS number, such as 943 476 5919, or null.',
  ],
  [
    { url: '/devices', body: { owner: { kind: 'person', id: 'dr-okafor' } } },
    'owner.kind',
    'owner.kind is "person"; it has to be one of clinician, organisation.',
  ],
  [
    { url: '/devices', body: { owner: { kind: 'clinician' } } },
    'owner.id',
    'owner.id is missing; it has to be the id of the clinician or organisation in the directory, such as dr-okafor.',
  ],
  [
    { url: '/devices', body: { owner: { kind: 'clinician', id: 'dr-okafor', name: 'x' } } },
    'owner.name',
    'owner.name is not known here; known are kind, id.',
  ],
])('%j names the field and says what would be right', async (asked, field, message) => {
  expect(await answer(asked)).toEqual({ status: 400, error: { code: 'badRequest', message, ...(field === '' ? {} : { field }) } })
})

test('every wrong field is named, each once', async () => {
  const { error } = await answer({ url: '/call-backs', body: { line: '', patientNumber: '07700 900123', colour: 1 } })
  expect(error.field).toBe('dueAt')
  expect(error.problems?.map(({ field }) => field)).toEqual(['dueAt', 'colour', 'line'])
  expect(error.message).toBe(error.problems?.map(({ message }) => message).join(' '))
})

test('a body that is not JSON, or not declared as such, is refused in words', async () => {
  expect(await answer({ url: '/call-backs', text: '{"line":' })).toMatchObject({
    status: 400,
    error: { code: 'badRequest', field: 'body', message: expect.stringMatching(/^The body is not JSON: /) as string },
  })
  expect(await answer({ url: '/call-backs', text: '{"__proto__": {"a": 1}}' })).toMatchObject({
    status: 400,
    error: { code: 'badRequest' },
  })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
    expect(await answer({ url: '/call-backs', body: good, type })).toMatchObject({
      status: 415,
      error: { code: 'unsupportedMediaType', field: 'content-type', message: expect.stringContaining('application/json') as string },
    })
  }
  expect(await answer({ url: '/call-backs', text: JSON.stringify({ ...good, note: 'x'.repeat(1_100_000) }) })).toMatchObject({
    status: 413,
    error: { code: 'bodyTooLarge' },
  })
})
