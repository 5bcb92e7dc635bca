import { onTestFinished } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { RoleName, Scope } from '../../src/accounts/roles.js'
import type { AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'

const password = 'kestrel marble harbour'
let people = 0

export interface Member {
  readonly role: RoleName
  /** Default: everywhere. */
  readonly scope?: Scope
  /** Their clinician entry in the directory. */
  readonly clinician?: string
}

/** The text shown there, as an expression for the page; empty: none. In brackets, so that it can be compared. */
export const text = (selector: string) =>
  `(document.querySelector(${JSON.stringify(selector)})?.innerText.trim().replaceAll(/\\s+/g, ' ') ?? '')`

/**
 * A form's errors, and a page's success notice; as `text`. Errors count once they have the focus,
 * which the page moves there: earlier typing would go astray.
 */
export const errors =
  "[...(document.activeElement?.closest('.nhsuk-error-summary')?.querySelectorAll('li') ?? [])].map((one) => one.textContent.trim())"
export const notice = text('.nhsuk-notification-banner__content')

/** Sets a field's value and focuses it. */
export const fill = (browser: Browser, id: string, to: string) =>
  browser.evaluate(
    `(() => { const field = document.getElementById(${JSON.stringify(id)}); field.value = ${JSON.stringify(to)}; field.focus() })()`,
  )

/** The browser's complaints, except about refused forms (422), which these tests cause. */
export const complaints = (browser: Browser) => browser.complaints.filter((one) => !one.includes('422'))

/** The page's path, once it has loaded. */
export const heading = "document.querySelector('h1')?.textContent.trim()"

/** A browser with a signed-in person of that role, at the page with that heading. */
export async function signedIn(
  world: AdminWorld,
  { role, scope = { kind: 'everywhere' }, clinician }: Member,
  path: string,
  title: string,
): Promise<Browser> {
  const email = `member-${(people += 1)}@example.nhs.uk`
  const person = await world.accounts.addPerson(system, { name: 'Mary Lowe', email, ...(clinician === undefined ? {} : { clinician }) })
  await world.accounts.grant(system, { person: person.id, role, scope })
  await world.accounts.signIns.setPassword(system, person.id, password, '')
  const browser = await Browser.start(findChromium() ?? '')
  onTestFinished(() => browser.close())
  await browser.open(`${world.admin.url}${path}`)
  await browser.until(`${heading} === 'Sign in' && document.getElementById('password')`)
  await browser.evaluate(
    `(() => { document.getElementById('email').value = ${JSON.stringify(email)}; document.getElementById('password').focus() })()`,
  )
  await browser.type(`${password}\r`)
  await browser.until(`${heading} === ${JSON.stringify(title)}`)
  return browser
}

/** Cells of each row of the table whose region is labelled by that id. */
export const rowsOf = (id: string) =>
  `[...document.querySelectorAll('[aria-labelledby=${id}] tbody tr')].map((row) => [...row.children].map((cell) => cell.innerText.trim().replaceAll(/\\s+/g, ' ')))`
