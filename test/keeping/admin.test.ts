import { rmSync } from 'node:fs'
import { request } from 'node:http'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { callRecord } from '../../src/facts/call-record.js'
import { afterTalking, goodCall, specialistsNumber, untilTalking } from '../kit/sample-call.js'
import { adminWorld, healthy, type AdminWorld } from './admin-world.js'

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>> }
        >
      >
    >
  >
}

/** Checks a JSON answer against the schema in `/docs` for that route and status. */
async function asPromised(world: AdminWorld, route: string, response: Response): Promise<Record<string, unknown>> {
  const api = (await (await world.get('/docs/json')).json()) as OpenApi
  const responses = api.paths[route]?.['get']?.responses ?? {}
  const promised = (responses[String(response.status)] ?? responses[`${String(response.status)[0] ?? ''}XX`])?.content?.['application/json']
    ?.schema
  if (!promised) throw new Error(`/docs does not say what ${route} answers with status ${response.status}`)
  const body = (await response.json()) as Record<string, unknown>
  const checked = z.fromJSONSchema(strict(promised) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body)
  expect(checked.error?.issues ?? [], `${route} ${response.status}`).toEqual([])
  return body
}

/** Fields missing in `/docs` must not be there. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy
}

async function refusal(world: AdminWorld, route: string, path: string): Promise<{ status: number; code: string; message: string }> {
  const response = await world.get(path)
  const body = (await asPromised(world, route, response)) as { error: { code: string; message: string } }
  return { status: response.status, ...body.error }
}

test('calls are listed with names, filtered and paged', async () => {
  const world = await adminWorld()
  for (const id of ['one', 'two', 'three']) await world.tell(id, ...goodCall(id, { line: id === 'two' ? 'ent-adult' : 'cardiology' }))
  const all = (await asPromised(world, '/api/calls', await world.get('/api/calls'))) as {
    calls: { callId: string; lineName: string; organisationName: string; outcomeLabel: string; endingWhy: string }[]
    nextCursor: string | null
  }
  expect(all.calls).toHaveLength(3)
  expect(all.calls.find((call) => call.callId === 'one')).toMatchObject({
    lineName: 'Cardiology',
    organisationName: 'Elm Row Surgery',
    outcomeLabel: 'Referral avoided',
    endingWhy: 'connected',
  })
  expect(all.nextCursor).toBeNull()
  const first = (await (await world.get('/api/calls?limit=2')).json()) as { calls: unknown[]; nextCursor: string }
  const rest = (await (await world.get(`/api/calls?limit=2&cursor=${encodeURIComponent(first.nextCursor)}`)).json()) as {
    calls: unknown[]
    nextCursor: null
  }
  expect([first.calls.length, rest.calls.length, rest.nextCursor]).toEqual([2, 1, null])
  const count = async (query: string) => ((await (await world.get(`/api/calls?${query}`)).json()) as { calls: unknown[] }).calls.length
  expect(await count('line=ent-adult')).toBe(1)
  expect(await count('ending=unanswered')).toBe(0)
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/London' }).format(new Date())
  expect(await count(`from=${today}&to=${today}`)).toBe(3)
  expect(await count('to=2020-01-01')).toBe(0)
  expect(await count(`from=${encodeURIComponent(new Date(Date.now() + 60_000).toISOString())}`)).toBe(0)
})

test('a wrong query is answered with what would be right', async () => {
  const world = await adminWorld()
  const why = (query: string) => refusal(world, '/api/calls', `/api/calls?${query}`)
  expect(await why('from=yesterday')).toMatchObject({
    status: 400,
    code: 'badRequest',
    message: expect.stringContaining('2026-03-02') as string,
  })
  expect(await why('from=2026-02-30')).toMatchObject({ status: 400 })
  expect(await why('from=2026-03-03&to=2026-03-02')).toMatchObject({ status: 400, message: expect.stringContaining('after') as string })
  expect(await why('limit=0')).toMatchObject({ status: 400, message: expect.stringContaining('limit') as string })
  expect(await why('limit=many')).toMatchObject({ status: 400 })
  expect(await why('ending=happily')).toMatchObject({ status: 400, message: expect.stringContaining('ending') as string })
  expect(await why('colour=red')).toEqual({
    status: 400,
    code: 'badRequest',
    field: 'colour',
    message:
      'colour is not known here; known are from, to, days, line, organisation, ending, outcome, clinician, answered, number, order, sipCallId, limit, cursor.',
  })
  expect(await why('cursor=%00%01')).toMatchObject({ status: 400, message: expect.stringContaining('cursor') as string })
  expect(await refusal(world, '/api/calls/{id}', '/api/calls/nobody')).toEqual({
    status: 404,
    code: 'callNotFound',
    message: 'There is no call nobody.',
  })
  const nowhere = await world.get('/api/nowhere')
  expect([nowhere.status, await nowhere.json()]).toMatchObject([404, { error: { code: 'notFound' } }])
  expect(((await (await world.get('/api/calls', { method: 'DELETE' })).json()) as { error: { code: string } }).error.code).toBe('notFound')
})

test('one call: its record, attempts with their proof, recordings and every fact; no number of a specialist', async () => {
  const world = await adminWorld()
  await world.recordedCall('one', 1)
  await world.recordings.idle()
  await world.tell('one', {
    type: 'leg.ended',
    legId: 'b',
    party: 'specialist',
    hangUp: { ending: 'hangup', at: 1, detail: 'BYE sip:07700900123@trunk;x=447700900123' },
  })
  await expect.poll(async () => (await world.store.events('one')).at(-1)?.type).toBe('leg.ended')
  const response = await world.get('/api/calls/one')
  const text = await response.clone().text()
  const body = await asPromised(world, '/api/calls/{id}', response)
  expect(body).toMatchObject({
    call: { callId: 'one', lineName: 'Cardiology', refs: 2, ending: 'completed' },
    recordings: [{ state: 'ready', seconds: 1, url: '/api/calls/one/recording.mp3?number=1' }],
  })
  expect(body['attempts']).toMatchObject([
    { label: 'Dr Okafor', result: 'noAnswer', target: 'sip:•••' },
    { label: 'On-call mobile', result: 'accepted', target: '+44••••••••23', proof: { heard: { kind: 'key', key: '1' } } },
  ])
  expect((body['events'] as unknown[]).length).toBeGreaterThan(20)
  for (const form of [
    specialistsNumber,
    specialistsNumber.slice(1),
    `0${specialistsNumber.slice(3)}`,
    specialistsNumber.slice(3),
    'okafor@',
  ])
    expect(text).not.toContain(form)
  expect(text).not.toContain(world.spool)
})

test('the recording is served whole and in parts, as a player asks for it', async () => {
  const world = await adminWorld()
  await world.recordedCall('one', 3)
  await world.recordings.idle()
  const path = '/api/calls/one/recording.mp3'
  const whole = await world.get(path)
  const bytes = Buffer.from(await whole.arrayBuffer())
  expect(whole.status).toBe(200)
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'audio/mpeg',
    'accept-ranges': 'bytes',
    'content-length': String(bytes.length),
    'cache-control': 'private, no-cache',
  })
  expect(whole.headers.get('content-disposition')).toMatch(/^inline; filename="\d{4}-\d{2}-\d{2} \d{4} Cardiology\.mp3"/)
  expect(bytes.subarray(0, 3).toString()).toBe('ID3')
  const part = async (range: string, more: Record<string, string> = {}) => {
    const response = await world.get(path, { headers: { range, ...more } })
    return {
      status: response.status,
      range: response.headers.get('content-range'),
      bytes: Buffer.from(await response.arrayBuffer()),
      length: response.headers.get('content-length'),
    }
  }
  const size = bytes.length
  expect(await part('bytes=0-99')).toEqual({ status: 206, range: `bytes 0-99/${size}`, bytes: bytes.subarray(0, 100), length: '100' })
  expect(await part('bytes=100-')).toMatchObject({ status: 206, range: `bytes 100-${size - 1}/${size}`, bytes: bytes.subarray(100) })
  expect(await part('bytes=-50')).toMatchObject({
    status: 206,
    range: `bytes ${size - 50}-${size - 1}/${size}`,
    bytes: bytes.subarray(-50),
  })
  expect(await part(`bytes=10-${size + 999}`)).toMatchObject({ status: 206, range: `bytes 10-${size - 1}/${size}` })
  expect(await part(`bytes=${size}-`)).toMatchObject({ status: 416, range: `bytes */${size}` })
  expect(await part('bytes=5-2')).toMatchObject({ status: 200, bytes })
  expect(await part('bytes=0-1,5-6')).toMatchObject({ status: 200, bytes })
  expect(await part('lines=1-2')).toMatchObject({ status: 200, bytes })
  const tag = whole.headers.get('etag') ?? ''
  expect(await part('bytes=0-9', { 'if-range': tag })).toMatchObject({ status: 206 })
  expect(await part('bytes=0-9', { 'if-range': '"another"' })).toMatchObject({ status: 200 })
  expect((await world.get(path, { headers: { 'if-none-match': tag } })).status).toBe(304)
  expect((await world.get(`${path}?download=true`)).headers.get('content-disposition')).toMatch(/^attachment;/)
})

test('HEAD tells how large the recording is and sends nothing', async () => {
  const world = await adminWorld()
  await world.recordedCall('one', 1)
  await world.recordings.idle()
  const size = callRecord(await world.store.events('one'))?.recordings[0]?.bytes
  const head = await world.get('/api/calls/one/recording.mp3', { method: 'HEAD' })
  expect([
    head.status,
    head.headers.get('content-length'),
    head.headers.get('content-type'),
    (await head.arrayBuffer()).byteLength,
  ]).toEqual([200, String(size), 'audio/mpeg', 0])
  const part = await world.get('/api/calls/one/recording.mp3', { method: 'HEAD', headers: { range: 'bytes=0-9' } })
  expect([part.status, part.headers.get('content-length'), part.headers.get('content-range')]).toEqual([206, '10', `bytes 0-9/${size}`])
})

test('a missing recording says why', async () => {
  const world = await adminWorld()
  const route = '/api/calls/{id}/recording.mp3'
  await world.tell('running', ...untilTalking('running'))
  await world.tell('stopped', ...goodCall('stopped'))
  await world.tell('failed', ...goodCall('failed'), {
    type: 'recording.failed',
    recordingId: 'failed-r',
    stage: 'spool',
    why: 'the recording is empty',
  })
  await world.tell('unrecorded', ...goodCall('unrecorded').slice(0, 5), { type: 'call.ended', ending: 'unanswered' })
  const why = (id: string, query = '') => refusal(world, route, `/api/calls/${id}/recording.mp3${query}`)
  expect(await why('nobody')).toMatchObject({ status: 404, code: 'callNotFound' })
  expect(await why('unrecorded')).toMatchObject({ status: 404, code: 'noRecording' })
  expect(await why('stopped', '?number=2')).toMatchObject({ status: 404, code: 'noRecording', message: 'This call has 1 recordings.' })
  expect(await why('running')).toMatchObject({ status: 404, code: 'recordingNotReady', message: 'The call is still being recorded.' })
  expect(await why('stopped')).toMatchObject({ status: 404, code: 'recordingNotReady' })
  expect(await why('failed')).toMatchObject({
    status: 404,
    code: 'recordingFailed',
    message: expect.stringContaining('the recording is empty') as string,
  })

  await world.recordedCall('lost', 1)
  await world.recordings.idle()
  rmSync(
    join(
      world.mp3s,
      (await world.store.events('lost')).flatMap((event) => (event.type === 'recording.ready' ? [event.path] : []))[0] ?? '',
    ),
  )
  expect(await why('lost')).toMatchObject({ status: 404, code: 'recordingMissing' })
  expect(world.alarms.active().map((alarm) => alarm.alarm)).toEqual(['recordings.lost'])
})

/** Reads an event stream. `next(name)` waits for the next event of that name. */
async function stream(
  world: AdminWorld,
): Promise<{ next(name: string): Promise<Record<string, unknown>>; close(): Promise<void>; ended: Promise<void> }> {
  const leaving = new AbortController()
  const response = await world.get('/api/live', { signal: leaving.signal })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events: { name: string; data: Record<string, unknown> }[] = []
  let wake: () => void = () => undefined
  const ended = (async () => {
    let rest = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const name = /^event: (.*)$/m.exec(block)?.[1]
          const data = /^data: (.*)$/m.exec(block)?.[1]
          if (name !== undefined && data !== undefined) events.push({ name, data: JSON.parse(data) as Record<string, unknown> })
        }
        wake()
      }
    } catch {
      // We closed it.
    }
  })()
  return {
    ended,
    async next(name) {
      for (let tries = 0; tries < 200; tries++) {
        const index = events.findIndex((event) => event.name === name)
        if (index >= 0) return events.splice(0, index + 1).at(-1)?.data ?? {}
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, 50)
        })
      }
      throw new Error(`no event ${name}`)
    },
    async close() {
      leaving.abort()
      await ended
    },
  }
}

test('the event stream begins with the whole state and then sends every change', async () => {
  const world = await adminWorld()
  await world.tell('one', ...untilTalking('one'))
  const watched = await stream(world)
  const snapshot = await watched.next('snapshot')
  expect(snapshot).toMatchObject({
    calls: [{ callId: 'one', stage: 'talking', talkingTo: 'On-call mobile', waitingSeconds: 0 }],
    alarms: [],
  })
  expect(JSON.stringify(snapshot)).not.toContain(specialistsNumber.slice(-8))
  // Instants are written as everywhere in the API.
  const iso = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/) as string
  expect(snapshot).toMatchObject({ now: iso, calls: [{ arrivedAt: iso, stageSince: iso, talkingSince: iso }] })
  await world.tell('two', goodCall('two')[0]!)
  expect(await watched.next('call')).toMatchObject({ call: { callId: 'two', stage: 'arrived' } })
  world.alarms.raise('store.slow', 'slow')
  expect(await watched.next('alarms')).toMatchObject({ alarms: [{ alarm: 'store.slow' }] })
  await world.tell('one', ...afterTalking('one'))
  expect(await watched.next('over')).toMatchObject({ callId: 'one', ending: 'completed' })
  await watched.close()
})

test('many clients watch at once; those that leave are forgotten, and the server’s end ends every stream', async () => {
  const world = await adminWorld()
  const all = await Promise.all(Array.from({ length: 25 }, () => stream(world)))
  await Promise.all(all.map((one) => one.next('snapshot')))
  await Promise.all(all.slice(0, 20).map((one) => one.close()))
  await world.tell('one', goodCall('one')[0]!)
  await Promise.all(all.slice(20).map((one) => one.next('call')))
  const closed = world.admin.close()
  await Promise.all(all.slice(20).map((one) => one.ended))
  await closed
  await world.admin.close()
})

test('a client that does not read holds up no other, costs no memory, and gets the whole state when it reads again', async () => {
  const world = await adminWorld()
  const { port } = world.admin
  const lazy = createConnection({ port, host: '127.0.0.1' })
  onTestFinished(() => {
    lazy.destroy()
  })
  lazy.write(`GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${world.token}\r\n\r\n`)
  await new Promise((resolve) => lazy.once('data', resolve))
  lazy.pause()
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external
  const [arrived] = goodCall('x')
  const long = 'x'.repeat(20_000)
  // 40 MB for a client that reads nothing.
  for (let call = 0; call < 2_000; call++)
    void world.store.log.append(`call-${call}`, { ...arrived, callerNumber: long } as NonNullable<typeof arrived>)
  for (let call = 0; call < 2_000; call++) void world.store.log.append(`call-${call}`, { type: 'call.ended', ending: 'completed' })
  await world.tell('last', goodCall('last')[0]!)
  expect(process.memoryUsage().arrayBuffers + process.memoryUsage().external - before).toBeLessThan(20_000_000)
  let text = ''
  const caughtUp = new Promise<void>((resolve) => {
    lazy.on('data', (data) => {
      text = (text + data.toString()).slice(-200_000)
      if (/event: snapshot\ndata: .*"callId":"last"/.test(text)) resolve()
    })
  })
  lazy.resume()
  await caughtUp
})

test('ready means that calls can be taken; missing parts are named in words', async () => {
  const world = await adminWorld()
  expect(await asPromised(world, '/readyz', await world.get('/readyz'))).toMatchObject({ ready: true, missing: [], alarms: [] })
  world.switchIs({ ...healthy, ready: false, signalling: { up: false, detail: 'no answer from drachtio at 127.0.0.1:9022' } })
  const response = await world.get('/readyz')
  expect(response.status).toBe(503)
  expect(await asPromised(world, '/readyz', response)).toMatchObject({
    ready: false,
    missing: ['signalling: no answer from drachtio at 127.0.0.1:9022'],
  })
  expect(await asPromised(world, '/healthz', await world.get('/healthz'))).toMatchObject({ status: 'ok' })
})

test('metrics are there for Prometheus', async () => {
  const world = await adminWorld()
  await world.tell('one', ...goodCall('one'))
  const response = await world.get('/metrics')
  expect(response.headers.get('content-type')).toContain('text/plain')
  expect(await response.text()).toContain('ringround_calls_ended_total{ending="completed",line="cardiology"} 1')
})

test('every route is documented, and the documentation works without a network', async () => {
  const world = await adminWorld()
  const api = (await (await world.get('/docs/json')).json()) as OpenApi
  expect(Object.keys(api.paths).toSorted()).toEqual([
    '/api/alarms',
    '/api/approvals',
    '/api/approvals/{approval}',
    '/api/audit',
    '/api/audit.jsonl',
    '/api/availability',
    '/api/availability/{clinician}',
    '/api/bypass',
    '/api/call-back-codes',
    '/api/call-back-codes/{id}',
    '/api/call-backs',
    '/api/call-backs/{id}',
    '/api/call-backs/{id}/start',
    '/api/calls',
    '/api/calls.csv',
    '/api/calls.xlsx',
    '/api/calls/{id}',
    '/api/calls/{id}/clinician',
    '/api/calls/{id}/nhs-number',
    '/api/calls/{id}/outcome',
    '/api/calls/{id}/reason',
    '/api/calls/{id}/record.pdf',
    '/api/calls/{id}/record.txt',
    '/api/calls/{id}/recording.mp3',
    '/api/calls/{id}/waveform',
    '/api/calls/{id}/waveform.svg',
    '/api/choices',
    '/api/choices/{needs}/{kind}',
    '/api/clinicians/{clinician}/advice-hours',
    '/api/directory/apply',
    '/api/directory/changes',
    '/api/directory/entities/{section}/{id}',
    '/api/directory/export',
    '/api/directory/versions',
    '/api/directory/versions/{version}',
    '/api/directory/versions/{version}/difference/{other}',
    '/api/lines/{line}/ring',
    '/api/live',
    '/api/outbox',
    '/api/outbox/{message}/again',
    '/api/outbox/{message}/stop',
    '/api/patient-connects',
    '/api/patient-connects/{id}',
    '/api/patient-connects/{id}/start',
    '/api/people',
    '/api/people/{person}',
    '/api/people/{person}/factors',
    '/api/people/{person}/link',
    '/api/people/{person}/may-sign-in',
    '/api/people/{person}/roles',
    '/api/people/{person}/roles/{grant}',
    '/api/people/{person}/test-email',
    '/api/retention/certificates',
    '/api/retention/due',
    '/api/retention/holds',
    '/api/retention/holds/{hold}/release',
    '/api/returns/{month}',
    '/api/rotas/{line}',
    '/api/screens',
    '/api/screens/{token}',
    '/api/service-directory/{organisation}',
    '/api/service-directory/{organisation}/link',
    '/api/summary',
    '/api/targets',
    '/api/tokens',
    '/api/tokens/{token}',
    '/api/views',
    '/api/views/{view}',
    '/api/wallboard',
    '/api/watch-list',
    '/api/watch-list/{id}/clear',
    '/healthz',
    '/metrics',
    '/readyz',
  ])
  const page = await (await world.get('/docs/')).text()
  expect(page).not.toMatch(/(src|href)="https?:/)
  await asPromised(world, '/api/choices', await world.get('/api/choices'))
})

test('a page is self-contained, and may load nothing from elsewhere', async () => {
  const world = await adminWorld()
  const page = await world.get('/wallboard')
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page.text()).not.toMatch(/(src|href)="(https?:)?\/\//)
  for (const path of ['/../admin.js', '/%2e%2e/admin.js', '/..%2fadmin.js']) expect((await world.get(path)).status, path).toBe(404)
})

test('bound to loopback, it answers only to loopback names', async () => {
  const world = await adminWorld({ admin: { allowedHosts: ['calls.example'] } })
  const as = (host: string, path = '/api/calls') =>
    new Promise<number | undefined>((resolve, reject) => {
      request(
        { port: world.admin.port, host: '127.0.0.1', path, headers: { host, authorization: `Bearer ${world.token}` } },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
        .on('error', reject)
        .end()
    })
  expect(
    await Promise.all(
      ['127.0.0.1:80', 'localhost:1', '[::1]:80', 'calls.example', 'evil.example', 'localhost.evil.example'].map((host) => as(host)),
    ),
  ).toEqual([200, 200, 200, 200, 421, 421])
  // A page as well, signed in or not.
  expect(await Promise.all(['/sign-in', '/account', '/assets/x.js'].map((path) => as('evil.example', path)))).toEqual([421, 421, 421])
})

test('no browser and no proxy keeps a copy of a personal answer; over TLS browsers are told to stay with it', async () => {
  const world = await adminWorld({ admin: { proxies: ['127.0.0.1'] } })
  for (const fact of goodCall('one')) await world.store.log.append('one', fact)
  for (const path of ['/api/calls', '/api/calls/one', '/api/call-backs', '/api/people', '/calls', '/calls/one', '/nowhere'])
    expect((await world.get(path)).headers.get('cache-control'), path).toBe('no-store')
  const told = async (headers: Readonly<Record<string, string>>) =>
    (await world.get('/sign-in', { headers })).headers.get('strict-transport-security')
  expect([await told({}), await told({ 'x-forwarded-proto': 'https' })]).toEqual([null, 'max-age=31536000'])
})

test('an address that is taken is refused, with nothing left open', async () => {
  const world = await adminWorld()
  await expect(adminWorld({ admin: { port: world.admin.port } })).rejects.toThrow(/EADDRINUSE/)
})
