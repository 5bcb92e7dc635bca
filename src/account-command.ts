/** `npm run account`: people, their sign-in links, and tokens for programs, on the machine of the engine. docs/accounts.md */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from './common/errors.js'
import type { Accounts } from './accounts/accounts.js'
import { system } from './accounts/by.js'
import { inForce } from './accounts/grants.js'
import type { Person, Token } from './accounts/identity.js'
import {
  isApproved,
  isPermission,
  isRole,
  isWhole,
  permissionNames,
  permissions,
  roleNames,
  roles,
  scopeName,
  scopeNamed,
} from './accounts/roles.js'
import { withAccounts } from './accounts/with-accounts.js'
import { readSettings, SettingsError, type Settings } from './config/settings.js'
import { privateUmask } from './private-files.js'
import { fail, say, sayLines } from './say.js'
import { engineName, storePlace } from './store-place.js'
import { storeTrouble } from './store/store-error.js'

const kindWords: Readonly<Record<Token['kind'], string>> = { api: 'program', kiosk: 'screen', public: 'public link' }

/** Default lifetime of a wallboard screen. */
const screenDays = 365

const usage = `Usage: npm run account -- COMMAND [--config FILE]
  list                         who may sign in, with their roles
  link NAME                    a link that signs NAME (or a person's id) in, once
  add NAME --email ADDRESS     a person, with a link to sign in
  role NAME ROLE [--for SCOPE] gives a role: ${roleNames.filter((role) => !isApproved(role)).join(', ')}
  remove-factors NAME          takes away the second factor of a person who has lost it
  token NAME --may LIST [--for SCOPE] [--days N]
                               a token for a program, good for these permissions (by commas): ${permissionNames.join(', ')}
  screen NAME [--for SCOPE,...] [--days N]
                               a link for a screen on a wall: it shows the wallboard and nothing else, for ${screenDays} days by default; of several lines with commas between them
  tokens                       the tokens that are good
  end-token ID                 ends one
A SCOPE is everywhere (the default), organisation:ID or line:ID. It may run beside an engine.`

/** An error, in a line that says what to do. */
class Refusal extends Error {}

function readOptions() {
  return parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      email: { type: 'string' },
      for: { type: 'string', default: 'everywhere' },
      may: { type: 'string' },
      days: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
}

type Options = ReturnType<typeof readOptions>['values']

async function main(): Promise<number> {
  process.umask(privateUmask)
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions()
  } catch (error) {
    return fail(`${messageOf(error)}\n${usage}`)
  }
  const { values, positionals } = options
  if (values.help) {
    sayLines(usage)
    return 0
  }
  try {
    const settings = readSettings({ root: fileURLToPath(new URL('../../', import.meta.url)), file: values.config, env: process.env })
    const place = storePlace(settings)
    if (!place.postgres && !existsSync(place.file))
      return fail(`${settings.dataFolder}: there is no store yet; the engine makes it when it starts.`)
    return await withAccounts(place, engineName(settings), (accounts) => run(accounts, settings, positionals, values))
  } catch (error) {
    if (error instanceof SettingsError || error instanceof Refusal) return fail(error.message)
    return fail(storeTrouble(error))
  }
}

async function run(accounts: Accounts, settings: Settings, [command, ...given]: readonly string[], values: Options): Promise<number> {
  const [name, role] = given
  switch (command) {
    case 'list':
      return list(accounts)
    case 'link':
      say(await linkOf(accounts, settings, await named(accounts, given.join(' '))))
      return 0
    case 'add': {
      const email = values.email
      if (given.length === 0 || email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email)) return fail(usage)
      if (await accounts.personByEmail(email)) throw new Refusal(`Another person has the address ${email} already.`)
      say(await linkOf(accounts, settings, await accounts.addPerson(system, { name: given.join(' '), email })))
      return 0
    }
    case 'role': {
      if (name === undefined || role === undefined) return fail(usage)
      if (!isRole(role) || isApproved(role))
        throw new Refusal(`${role}: there is no such role to give here. Roles: ${roleNames.filter((one) => !isApproved(one)).join(', ')}.`)
      const scope = scopeOf(values.for)
      if (isWhole(role) && scope.kind !== 'everywhere') throw new Refusal(`${roles[role].name} is a role for everything.`)
      const person = await named(accounts, name)
      await accounts.grant(system, { person: person.id, role, scope })
      say(`${person.name} (${person.id}) is ${roles[role].name}, ${scopeName(scope)}.`)
      return 0
    }
    case 'remove-factors': {
      const person = await named(accounts, given.join(' '))
      if (!(await accounts.factors.has(person.id))) throw new Refusal(`${person.name} has no second factor.`)
      await accounts.factors.removeAll(system, person.id)
      say(`${person.name} (${person.id}) signs in without a second factor from now on.`)
      return 0
    }
    case 'token':
      return token(accounts, given.join(' '), values)
    case 'screen': {
      if (given.length === 0) return fail(usage)
      const { secret } = await accounts.tokenBook.makeScreen(system, {
        name: given.join(' '),
        ...scopesOf(values.for),
        expiresAt: accounts.now() + daysOf(values.days ?? String(screenDays)),
      })
      say(`${pagesAt(settings)}/screen/${secret}`)
      return 0
    }
    case 'tokens':
      for (const one of await accounts.tokenBook.all())
        say(
          [
            one.id,
            kindWords[one.kind],
            one.name,
            one.permissions.join(','),
            [one.scope, ...(one.also ?? [])].map(scopeName).join(','),
            one.expiresAt === undefined ? 'no end' : `until ${new Date(one.expiresAt).toISOString()}`,
          ].join('  '),
        )
      return 0
    case 'end-token':
      if (name === undefined) return fail(usage)
      if (!(await accounts.tokenBook.end(system, name))) throw new Refusal(`There is no token ${name} that is good.`)
      say(`${name} has ended.`)
      return 0
    default:
      return fail(usage)
  }
}

async function list(accounts: Accounts): Promise<number> {
  let after: Person | undefined
  do {
    const page = await accounts.people(200, after)
    const grants = await accounts.grantsOfAll(page.map(({ id }) => id))
    for (const { id, name, email, disabledAt } of page) {
      const has = (grants.get(id) ?? [])
        .filter((grant) => inForce(grant, accounts.now()))
        .map(({ role, scope }) => `${role} (${scopeName(scope)})`)
      say([id, name, email ?? '-', disabledAt === undefined ? has.join(', ') || 'no role' : 'may not sign in'].join('  '))
    }
    after = page.length === 200 ? page.at(-1) : undefined
  } while (after !== undefined)
  return 0
}

async function linkOf(accounts: Accounts, settings: Settings, person: Person): Promise<string> {
  const secret = await accounts.makeLink(system, person.id, (await accounts.signIns.hasPassword(person.id)) ? 'signIn' : 'invitation')
  return `${pagesAt(settings)}/sign-in/link/${secret}`
}

/** The pages' base URL, without a trailing slash. */
function pagesAt({ httpPublicUrl, httpAddress, httpPort }: Settings): string {
  return httpPublicUrl ?? `http://${httpAddress.includes(':') ? `[${httpAddress}]` : httpAddress}:${httpPort}`
}

/** @returns ms */
function daysOf(days: string): number {
  if (!/^[1-9]\d{0,3}$/.test(days)) throw new Refusal(`--days ${days}: a whole number of days, such as 90.`)
  return Number(days) * 24 * 60 * 60_000
}

async function token(accounts: Accounts, name: string, { may, days, for: scope }: Options): Promise<number> {
  const asked = (may ?? '').split(',').map((one) => one.trim())
  const wrong = asked.find((one) => !isPermission(one))
  if (name === '' || may === undefined) return fail(usage)
  if (wrong !== undefined)
    throw new Refusal(
      `${wrong}: there is no such permission. There are:\n${permissionNames.map((one) => `  ${one.padEnd(14)} ${permissions[one]}`).join('\n')}`,
    )
  const expiresAt = days === undefined ? undefined : accounts.now() + daysOf(days)
  const { secret } = await accounts.tokenBook.make(system, {
    kind: 'api',
    name,
    permissions: asked.filter(isPermission),
    scope: scopeOf(scope),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  })
  say(secret)
  return 0
}

async function named(accounts: Accounts, name: string): Promise<Person> {
  const found = await accounts.peopleCalled(name)
  const [person] = found
  if (!person)
    throw new Refusal(`There is nobody called ${name === '' ? '(nothing)' : name}. \`npm run account -- list\` says who there is.`)
  if (found.length > 1)
    throw new Refusal(`${found.length} people are called ${name}; give one of their ids: ${found.map(({ id }) => id).join(', ')}.`)
  return person
}

/** One, or several lines. */
function scopesOf(text: string) {
  const [scope, ...also] = [...new Set(text.split(','))].map((one) => scopeOf(one.trim()))
  if (!scope || also.length === 0) return { scope: scope ?? scopeOf('') }
  if ([scope, ...also].some(({ kind }) => kind !== 'line')) throw new Refusal(`${text}: several of them have to be lines.`)
  return { scope, also }
}

function scopeOf(text: string) {
  const scope = scopeNamed(text)
  if (!scope) throw new Refusal(`${text}: a scope is everywhere, organisation:ID or line:ID.`)
  return scope
}

process.exitCode = await main()
