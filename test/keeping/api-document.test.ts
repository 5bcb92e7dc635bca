import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { apiErrors } from '../../src/admin/api-errors.js'
import type { AdminWorld } from './admin-world.js'
import { apiOf, documentedWorld, operationsOf, type Documented, type Media } from './documented-world.js'

type Sent = { readonly what: string; readonly status: number; readonly body: string; readonly contentType: string }

/** Sends an operation with its own examples. Event streams are closed after their headers. */
async function send(world: AdminWorld, { method, path, operation }: Documented, body?: unknown): Promise<Sent> {
  const query = new URLSearchParams()
  let url = path
  for (const { name, in: where, example } of operation.parameters ?? []) {
    if (where === 'path') url = url.replace(`{${name}}`, encodeURIComponent(shown(example)))
    else if (example !== undefined) query.set(name, shown(example))
  }
  const leaving = new AbortController()
  const response = await world.get(`${url}${query.size > 0 ? `?${query.toString()}` : ''}`, {
    method,
    signal: leaving.signal,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const contentType = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
  const text = contentType === 'text/event-stream' ? '' : await response.text()
  leaving.abort()
  return { what: `${method} ${url}`, status: response.status, body: text, contentType }
}

/** A parameter is a text, a number or a yes or no. */
const shown = (example: unknown) => (typeof example === 'string' ? example : JSON.stringify(example))

const bodiesOf = ({ operation }: Documented) =>
  Object.values(operation.requestBody?.content['application/json']?.examples ?? {}).map(({ value }) => value)

/** Fields missing in the schema must not be in an example or answer. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy
}

function issues(schema: object, value: unknown): unknown {
  return z.fromJSONSchema(strict(schema) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).error?.issues ?? []
}

/** Some operations only make sense after others: a made thing exists, a settled one cannot be started. */
const order = [
  'makeCallBack',
  'makePatientConnect',
  'makeCallBackCode',
  'makeDevice',
  'makeServiceDirectoryLink',
  'makeView',
  'makeHold',
  'invitePerson',
  'makeToken',
  'makeScreen',
  'makeSignInLink',
  'apply',
  'list',
  'get',
  'follow',
  'give',
  'leave',
  'say',
  'change',
  'renew',
  'start',
  'clear',
  'release',
  'cancel',
  'remove',
]
const place = (id: string) => order.findIndex((prefix) => id.startsWith(prefix))

test('the document is valid OpenAPI 3.1', async () => {
  const world = await documentedWorld()
  const api = await apiOf(world)
  expect(api.openapi).toBe('3.1.0')
  expect(await new Validator().validate(structuredClone(api) as unknown as Record<string, unknown>)).toMatchObject({ valid: true })
  const yaml = await (await world.get('/docs/yaml')).text()
  expect(await new Validator().validate(yaml)).toMatchObject({ valid: true })
})

test('every operation says what it does, what it takes, and what it answers, with examples that fit', async () => {
  const world = await documentedWorld()
  const api = await apiOf(world)
  const operations = operationsOf(api)
  const known = new Set(api.tags.map(({ name }) => name))
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(operations.length)
  for (const { method, path, operation } of operations) {
    const what = `${method} ${path}`
    expect(operation.operationId, what).toMatch(/^[a-z][a-zA-Z]+$/)
    expect(operation.summary.length, what).toBeGreaterThan(10)
    expect(operation.description.length, what).toBeGreaterThan(25)
    expect(operation.description, what).not.toBe(operation.summary)
    expect(operation.tags.length, what).toBeGreaterThan(0)
    for (const tag of operation.tags) expect(known, what).toContain(tag)
    for (const parameter of operation.parameters ?? []) {
      expect(parameter.description ?? '', `${what} ${parameter.name}`).not.toBe('')
      // A cursor comes from an answer; an example would not help.
      if (parameter.required) expect(issues(parameter.schema, parameter.example), `${what} ${parameter.name}`).toEqual([])
      else if (parameter.name !== 'cursor') expect(JSON.stringify(parameter), `${what} ${parameter.name}`).toContain('"example')
    }
    if (operation.requestBody) {
      const media = operation.requestBody.content['application/json'] as Media
      const examples = Object.values(media.examples ?? {})
      expect(examples.length, what).toBeGreaterThan(0)
      for (const { value, summary } of examples) {
        expect(issues(media.schema, value), what).toEqual([])
        expect(summary ?? '', what).not.toBe('')
      }
      everyField(media.schema, what)
    }
    const statuses = Object.keys(operation.responses)
    expect(statuses.filter((status) => status.startsWith('2')).length, what).toBeGreaterThan(0)
    expect(statuses, what).toContain('500')
    for (const [status, response] of Object.entries(operation.responses)) {
      const told = `${what} ${status}`
      expect(response.description, told).not.toBe('Default Response')
      if (['204', '304'].includes(status) || method === 'HEAD') continue
      const media = Object.entries(response.content ?? {})
      expect(media.length, told).toBeGreaterThan(0)
      for (const [type, { schema, example, examples }] of media) {
        if (type === 'audio/mpeg') continue
        const values = examples === undefined ? [example] : Object.values(examples).map(({ value }) => value)
        expect(values.length, told).toBeGreaterThan(0)
        for (const value of values) expect(issues(schema, value), told).toEqual([])
        if (status.startsWith('2')) everyField(schema, told)
      }
      for (const { operationId } of Object.values(response.links ?? {})) expect(ids, told).toContain(operationId)
    }
  }
})

/** Every field of an object says what it is. */
function everyField(schema: object, what: string): void {
  const { properties, items, type } = schema as {
    readonly properties?: Readonly<Record<string, object>>
    readonly items?: object
    readonly type?: unknown
  }
  for (const [name, field] of Object.entries(properties ?? {})) {
    const { description, ...rest } = field as { readonly description?: string }
    const nested = 'properties' in rest
    if (!nested) expect(description ?? '', `${what}: ${name}`).not.toBe('')
    everyField(field, `${what}: ${name}`)
  }
  if (items) everyField(items, `${what}[]`)
  if (properties === undefined && items === undefined) expect(type, what).toBeDefined()
}

test('every operation works with its own examples', async () => {
  const world = await documentedWorld()
  const done: string[] = []
  const first = operationsOf(await apiOf(world)).toSorted((a, b) => place(a.operation.operationId) - place(b.operation.operationId))
  for (const { operation } of first) {
    const { operationId } = operation
    expect(place(operationId), `${operationId} has its place in the order`).toBeGreaterThanOrEqual(0)
    // Examples reflect the current data: fetched again, as by reloading the page.
    const count = Math.max(1, bodiesOf({ method: '', path: '', operation }).length)
    for (let index = 0; index < count; index++) {
      if (needsOpen.has(operationId)) await makeOne(world, operationId)
      const now = operationsOf(await apiOf(world)).find((one) => one.operation.operationId === operationId)
      if (!now) throw new Error(`${operationId} has gone`)
      const answer = await send(world, now, bodiesOf(now)[index])
      const told = `${answer.what}: ${answer.status} ${answer.body.slice(0, 400)}`
      const promised = Object.entries(now.operation.responses).filter(([status]) => status.startsWith('2'))
      const [, response] = promised.find(([status]) => status === String(answer.status)) ?? []
      expect(response, told).toBeDefined()
      if (answer.status === 204 || now.method === 'HEAD') continue
      expect(Object.keys(response?.content ?? {}), told).toContain(answer.contentType)
      const schema = response?.content?.['application/json']?.schema
      if (schema) expect(issues(schema, JSON.parse(answer.body)), told).toEqual([])
    }
    done.push(operationId)
  }
  expect(done.length).toBeGreaterThan(25)
})

/** These settle or remove what they get: each gets its own. */
const needsOpen = new Set([
  'changeCallBack',
  'cancelCallBack',
  'startCallBack',
  'startPatientConnect',
  'cancelPatientConnect',
  'cancelCallBackCode',
  'removeDevice',
  'renewDevicePassword',
])

async function makeOne(world: AdminWorld, operationId: string): Promise<void> {
  const maker =
    {
      CallBack: 'makeCallBack',
      PatientConnect: 'makePatientConnect',
      CallBackCode: 'makeCallBackCode',
      Device: 'makeDevice',
      DevicePassword: 'makeDevice',
    }[operationId.replace(/^[a-z]+/, '')] ?? ''
  const made = operationsOf(await apiOf(world)).find((one) => one.operation.operationId === maker)
  if (!made) throw new Error(`nothing makes what ${operationId} needs`)
  const answer = await send(world, made, bodiesOf(made)[0])
  expect(answer.status, answer.body).toBe(201)
}

test('any wrong input gets an answer of the one shape, without the validator’s words', async () => {
  const world = await documentedWorld()
  const api = await apiOf(world)
  const wrong = [
    '{',
    '[]',
    '"x"',
    '{}',
    '{"surprise": 1}',
    '{"line": 1, "to": [], "owner": null, "clinician": {}, "outcome": false, "nhsNumber": "", "state": "x", "dueAt": 5}',
  ]
  for (const documented of operationsOf(api).filter(
    ({ method, operation }) => !operation.operationId.startsWith('follow') && method !== 'HEAD',
  )) {
    const { method, path, operation } = documented
    const url = path.replace(/\{\w+\}/g, '%20')
    const answers = [
      ...(path.includes('{') ? [await world.get(url, { method })] : []),
      ...(operation.parameters?.some((one) => one.in === 'query')
        ? [
            await world.get(`${path.replace(/\{\w+\}/g, 'recorded')}?surprise=1&limit=x&number=0&state=,&order=up&overdue=maybe`, {
              method,
            }),
          ]
        : []),
      ...(operation.requestBody
        ? await Promise.all(
            wrong.map((body) =>
              world.get(path.replace(/\{\w+\}/g, 'recorded'), { method, body, headers: { 'content-type': 'application/json' } }),
            ),
          )
        : []),
    ]
    for (const response of answers) {
      if (response.ok) {
        await response.arrayBuffer()
        continue
      }
      const text = await response.text()
      const told = `${method} ${path} ${response.status} ${text}`
      const { error } = JSON.parse(text) as { error: { code: string; message: string } }
      expect(Object.keys(operation.responses), told).toContain(String(response.status))
      const schema = operation.responses[String(response.status)]?.content?.['application/json']?.schema ?? {}
      expect(issues(schema, JSON.parse(text)), told).toEqual([])
      expect(error.message, told).not.toMatch(/must (NOT )?(have|be|match)|FST_|ajv|pattern "|undefined|\[object/i)
      expect(error.message, told).toMatch(/\.$/)
    }
  }
})

test('every refusal belongs to an operation, under its own status', async () => {
  const api = await apiOf(await documentedWorld())
  const documented = new Map<string, string>()
  for (const { operation } of operationsOf(api)) {
    for (const [status, response] of Object.entries(operation.responses))
      for (const code of Object.keys(response.content?.['application/json']?.examples ?? {})) documented.set(code, status)
  }
  for (const [code, { status }] of Object.entries(apiErrors))
    if (code !== 'notFound') expect([code, documented.get(code)]).toEqual([code, String(status)])
})

test('the documentation works from any address: it loads nothing by HTTPS or from elsewhere', async () => {
  const world = await documentedWorld()
  for (const path of ['/docs/', '/docs/static/swagger-ui.css', '/docs/static/swagger-initializer.js']) {
    const response = await world.get(path)
    expect(response.status, path).toBe(200)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy, path).toContain("default-src 'none'")
    expect(policy, path).not.toMatch(/upgrade-insecure-requests|https:|\*/)
  }
  expect(await (await world.get('/docs/')).text()).not.toMatch(/(src|href)="(https?:)?\/\//)
})
