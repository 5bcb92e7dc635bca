import { system } from '../../src/accounts/by.js'
import type { RoleName, Scope } from '../../src/accounts/roles.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import type { AdminWorld } from '../keeping/admin-world.js'
import type { Browser } from '../keeping/browser.js'

export interface VisitorSettings {
  readonly role: RoleName
  readonly scope?: Scope
  /** Their clinician entry in the directory. */
  readonly clinician?: string
  readonly name?: string
}

/** A signed-in person, without a browser. */
export interface Visitor {
  readonly id: string
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
  get(path: string): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }>
  /** Sends a form of ours. @returns the redirect, or the errors */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string; readonly location: string | null }>
  put(path: string, body: object): Promise<{ readonly status: number; readonly text: string }>
  /** Asks the API. */
  send(method: string, path: string, body: object): Promise<{ readonly status: number; readonly text: string }>
}

let visitors = 0
const password = 'kestrel marble harbour'

async function person(world: AdminWorld, { role, scope = { kind: 'everywhere' }, clinician, name = role }: VisitorSettings) {
  const { id, email = '' } = await world.accounts.addPerson(system, {
    name,
    email: `visitor-${++visitors}@example.nhs.uk`,
    ...(clinician === undefined ? {} : { clinician }),
  })
  await world.accounts.grant(system, { person: id, role, scope })
  return { id, email }
}

export async function visitor(world: AdminWorld, settings: VisitorSettings): Promise<Visitor> {
  const { id } = await person(world, settings)
  const { secret } = await beginSession(
    world.store.tables.writing,
    { person: id, method: 'password', secondFactor: true, address: '127.0.0.1', userAgent: 'test' },
    defaultSessionLimits,
    Date.now(),
  )
  const headers = { cookie: `__Host-ringround=${secret}`, 'sec-fetch-site': 'same-origin' }
  const at = (path: string) => new URL(path, world.admin.url)
  const get = async (path: string) => {
    const answer = await fetch(at(path), { headers, redirect: 'manual' })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const send = async (method: string, path: string, body: object) => {
    const answer = await fetch(at(path), {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, text: await answer.text() }
  }
  return {
    id,
    headers,
    get,
    async post(path, fields) {
      const token = /name="token" value="([^"]+)"/.exec((await get('/account')).text)?.[1] ?? ''
      const answer = await fetch(at(path), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, ...fields }).toString(),
        redirect: 'manual',
      })
      return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') }
    },
    put: (path, body) => send('PUT', path, body),
    send,
  }
}

/** The same, signing in by keyboard in a browser. @param path where they want to go */
export async function visit(world: AdminWorld, browser: Browser, path: string, settings: VisitorSettings): Promise<void> {
  const { id, email } = await person(world, settings)
  await world.accounts.signIns.setPassword(system, id, password, '')
  await browser.open(new URL(path, world.admin.url).href)
  await browser.until("document.querySelector('h1')?.textContent.trim() === 'Sign in' && document.getElementById('password')")
  await browser.evaluate(
    `(() => { document.getElementById('email').value = ${JSON.stringify(email)}; document.getElementById('password').focus() })()`,
  )
  await browser.type(`${password}\r`)
  await browser.until(`document.readyState === 'complete' && location.pathname === ${JSON.stringify(path.split('?')[0])}`)
}
