import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { letters } from '../../src/outbox/letters.js'
import { MonthSums } from '../../src/reports/month-sums.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'

const password = 'kestrel marble harbour'
const edge = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0'

async function world() {
  const admin = await adminWorld({ mailing: 'sent' })
  const member = async (name: string) => {
    const email = `${name.toLowerCase()}@example.nhs.uk`
    const person = await admin.accounts.addPerson(system, { name, email })
    await admin.accounts.signIns.setPassword(system, person.id, password, '')
    return { ...person, email }
  }
  return { admin, member }
}

/** A browser's cookies. */
function browserOf(admin: AdminWorld) {
  const jar = new Map<string, string>()
  return {
    jar,
    /** Closes and reopens it: its session ends. */
    async signIn(email: string) {
      jar.delete('__Host-ringround')
      const answer = await fetch(`${admin.admin.url}sign-in`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ email, password }),
        headers: {
          'sec-fetch-site': 'same-origin',
          'user-agent': edge,
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      })
      expect(answer.status).toBe(303)
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
    },
  }
}

const notices = async (admin: AdminWorld) => (await admin.outbox.page(50)).filter(({ message }) => message.kind === 'newBrowser')

test('a sign-in with a browser that this person has not used before sends a notice, and the next one there sends none', async () => {
  const { admin, member } = await world()
  const [mary, sam] = [await member('Mary'), await member('Sam')]
  const ward = browserOf(admin)
  await ward.signIn(mary.email)
  expect(await notices(admin)).toMatchObject([{ person: mary.id, message: { browser: 'Edge on Windows' } }])
  await ward.signIn(mary.email)
  expect(await notices(admin)).toHaveLength(1)
  // The same computer is new to a colleague, and known to both from then on.
  await ward.signIn(sam.email)
  expect((await notices(admin)).map(({ person }) => person).sort()).toEqual([mary.id, sam.id].sort())
  await ward.signIn(mary.email)
  await ward.signIn(sam.email)
  expect(await notices(admin)).toHaveLength(2)
  // The cookie identifies it, not the address: another one on the same network is new.
  await browserOf(admin).signIn(mary.email)
  expect(await notices(admin)).toHaveLength(3)
})

test('a browser’s cookie signs nobody in, and is stored only as a hash', async () => {
  const { admin, member } = await world()
  const mary = await member('Mary')
  const browser = browserOf(admin)
  await browser.signIn(mary.email)
  const carried = browser.jar.get('__Host-ringround-browser') ?? ''
  expect(carried).toHaveLength(43)
  expect(await admin.accounts.identify({ cookie: carried })).toEqual({ kind: 'nobody' })
  const kept = await admin.store.tables.reading.selectFrom('known_browsers').selectAll().execute()
  expect(kept).toMatchObject([{ person: mary.id }])
  expect(JSON.stringify(kept)).not.toContain(carried)
})

test('one with an invented cookie gets a secret of ours', async () => {
  const { admin, member } = await world()
  const mary = await member('Mary')
  const browser = browserOf(admin)
  browser.jar.set('__Host-ringround-browser', 'mine')
  await browser.signIn(mary.email)
  expect(browser.jar.get('__Host-ringround-browser')).toMatch(/^[\w-]{43}$/)
})

test('the notice says when, with what, and how to end that session; the demo sends none', async () => {
  const { admin, member } = await world()
  const mary = await member('Mary')
  await browserOf(admin).signIn(mary.email)
  const [notice] = await notices(admin)
  const letterOf = letters({
    accounts: admin.accounts,
    sums: new MonthSums(admin.store),
    directory: () => admin.directory,
    url: () => 'https://advice.example.nhs.uk',
  })
  const letter =
    notice && (await letterOf({ ...notice, message: { kind: 'newBrowser', at: Date.UTC(2026, 2, 2, 9, 30), browser: 'Edge on Windows' } }))
  expect(letter?.to).toBe(mary.email)
  for (const words of [
    '2 March 2026 at 09:30',
    'Edge on Windows',
    'https://advice.example.nhs.uk/account#sessions',
    'https://advice.example.nhs.uk/account/password',
  ])
    expect(letter?.text).toContain(words)
  const before = (await notices(admin)).length
  expect((await fetch(await admin.wayIn(), { redirect: 'manual' })).status).toBe(303)
  expect(await notices(admin)).toHaveLength(before)
})
