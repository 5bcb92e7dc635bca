import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { permissionNames, roleNames, roles } from '../../src/accounts/roles.js'
import type { AdminWorld } from '../keeping/admin-world.js'
import { documentedWorld } from '../keeping/documented-world.js'
import { visitor } from './visitor.js'

/** A person of every role, with their form token. */
async function everybody(world: AdminWorld) {
  const one = await visitor(world, { role: 'clinician', clinician: 'dr-okafor' })
  for (const role of roleNames)
    if (role !== 'clinician')
      await world.accounts.grant(system, {
        person: one.id,
        role,
        scope: { kind: 'everywhere' },
        ...('approved' in roles[role] ? { reason: 'Complaint 17', until: Date.now() + 86_400_000 } : {}),
      })
  return { ...one, token: /name="token" value="([^"]+)"/.exec((await one.get('/account')).text)?.[1] ?? '' }
}

const nameless = (url: string, value = 'nothing') => url.replaceAll(/:\w+/g, value).replace('*', value)

test('a form without its token or with another’s changes nothing, nor does a request from another site', { timeout: 240_000 }, async () => {
  const world = await documentedWorld({ admin: { demoLink: () => Promise.resolve('none') } })
  const [me, other] = [await everybody(world), await everybody(world)]
  const ask = async (method: string, url: string, headers: Readonly<Record<string, string>>, body: string) =>
    (await fetch(new URL(nameless(url), world.admin.url), { method, redirect: 'manual', headers, body })).status
  const letIn: string[] = []
  const { 'sec-fetch-site': _ours, ...cookie } = me.headers
  for (const { method, url, page, needs } of world.admin.routes) {
    if (method === 'GET' || method === 'HEAD') continue
    const type = { 'content-type': page ? 'application/x-www-form-urlencoded' : 'application/json' }
    const right = page ? new URLSearchParams({ token: me.token }).toString() : '{}'
    for (const [how, headers] of [
      ['by another site', { 'sec-fetch-site': 'cross-site' }],
      ['by a sister site', { 'sec-fetch-site': 'same-site' }],
      ['by nobody knows whom', {}],
      ['by an address that was typed in', { 'sec-fetch-site': 'none' }],
      ['by another origin', { 'sec-fetch-site': 'same-origin', origin: 'https://elsewhere.example' }],
      ['by no origin', { origin: 'null' }],
    ] as const)
      if ((await ask(method, url, { ...cookie, ...headers, ...type }, right)) !== 403) letIn.push(`${method} ${url} ${how}`)
    if (!page || needs === 'anyone') continue
    for (const [how, token] of [
      ['without a token', ''],
      ['with that of another', other.token],
      ['with one that is cut short', me.token.slice(0, -4)],
      ['with one that was changed', `${me.token.slice(0, -2)}AA`],
    ] as const)
      if ((await ask(method, url, { ...me.headers, ...type }, new URLSearchParams({ token }).toString())) !== 403)
        letIn.push(`${method} ${url} ${how}`)
  }
  expect(letIn).toEqual([])
  expect((await me.get('/account')).status).toBe(200)
})

test('every odd request gets an answer, and never a server error or a file of ours', { timeout: 600_000 }, async () => {
  const world = await documentedWorld({ admin: { demoLink: () => Promise.resolve('none') } })
  const me = await everybody(world)
  const program = await world.accounts.tokenBook.make(system, {
    kind: 'api',
    name: 'all',
    permissions: permissionNames,
    scope: { kind: 'everywhere' },
  })
  const names = [
    '..%2f..%2f..%2f..%2fetc%2fpasswd',
    '%2e%2e%2f%2e%2e%2fpackage.json',
    '..%5c..%5cpackage.json',
    '%00',
    '%F0%9F%98%80',
    '%E2%80%AE',
    '__proto__',
    'constructor',
    "'%20or%201=1--",
    'a'.repeat(290),
    'a'.repeat(400),
  ]
  const wrong: string[] = []
  const look = async (what: string, answer: Response) => {
    const text = answer.headers.get('content-type')?.startsWith('text/event-stream') ? '' : await answer.text()
    if (answer.status >= 500) wrong.push(`${what}: ${answer.status} ${text.slice(0, 200)}`)
    if (/root:x:0|"nhsuk-frontend"/.test(text)) wrong.push(`${what}: a file`)
  }
  for (const { method, url, page, needs } of world.admin.routes) {
    if (method === 'HEAD' || url === '/sign-out') continue
    // Signing in ends the previous session.
    const headers =
      needs === 'anyone' ? { 'sec-fetch-site': 'same-origin' } : page ? me.headers : { authorization: `Bearer ${program.secret}` }
    const type = { 'content-type': page ? 'application/x-www-form-urlencoded' : 'application/json' }
    for (const name of /[:*]/.test(url) ? names : ['']) {
      const abort = new AbortController()
      const answer = await fetch(new URL(nameless(url, name), world.admin.url), {
        method,
        redirect: 'manual',
        signal: abort.signal,
        headers: { ...headers, ...(method === 'GET' ? {} : type) },
        ...(method === 'GET' ? {} : { body: page ? new URLSearchParams({ token: me.token }).toString() : '{}' }),
      })
      await look(`${method} ${url} ${name.slice(0, 40)}`, answer)
      abort.abort()
    }
    if (method === 'GET') {
      const long = 'x'.repeat(6_000)
      for (const query of [
        `?cursor=${long}`,
        '?line=%00&from=%ff&to=99999999999999-01-01&days=1e99&limit=1e9',
        '?week=9999999-99-99&month=0000-00&as=pdf&after=%F0',
        '?__proto__=1&constructor=2&line[]=1&line=a&line=b',
      ]) {
        const abort = new AbortController()
        await look(
          `GET ${url} ${query.slice(0, 40)}`,
          await fetch(new URL(nameless(url) + query, world.admin.url), { redirect: 'manual', headers, signal: abort.signal }),
        )
        abort.abort()
      }
      continue
    }
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    for (const [contentType, body] of [
      ['text/plain', `token=${me.token}`],
      ['multipart/form-data; boundary=x', `--x\r\ncontent-disposition: form-data; name="token"\r\n\r\n${me.token}\r\n--x--`],
      ['application/json', `{"token": "${me.token}"}`],
      ['application/json', deep],
      ['application/json', '{"__proto__": {"admin": true}}'],
      ['application/x-www-form-urlencoded', `token=${me.token}&__proto__=1&name=%00%00&email=%ff&day=-1&minutes=1e400&version=-1&days=NaN`],
      [
        'application/x-www-form-urlencoded',
        `token=${me.token}&${['name', 'note', 'why', 'email', 'password', 'line', 'clinician', 'text', 'query', 'to', 'thread', 'patientNumber', 'nhsNumber'].map((field) => `${field}=${'y'.repeat(4_000)}`).join('&')}`,
      ],
      ['application/x-www-form-urlencoded', `token=${me.token}&name=${'z'.repeat(2_000_000)}`],
      ['application/xml', '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'],
    ] as const)
      await look(
        `${method} ${url} ${contentType} ${body.slice(0, 20)}`,
        await fetch(new URL(nameless(url), world.admin.url), {
          method,
          redirect: 'manual',
          headers: { ...headers, 'content-type': contentType },
          body,
        }).catch(
          // The engine closes the connection on oversized requests.
          () => new Response('', { status: 413 }),
        ),
      )
  }
  expect(wrong).toEqual([])
  // The requests were authorised to the end.
  expect((await me.get('/account')).status).toBe(200)
  expect((await world.get('/healthz')).status).toBe(200)
})
