import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { adminWorld } from './admin-world.js'
import { translated } from './translated.js'

const run = promisify(execFile)

test('a command makes, lists and ends a screen, beside an engine', async () => {
  const world = await adminWorld()
  const program = await translated('src/account-command.ts', ['src/store/sqlite/database-thread.ts'])
  const account = (...args: readonly string[]) =>
    run(process.execPath, [program, ...args], {
      env: { ...process.env, RINGROUND_DATA_FOLDER: world.folder, RINGROUND_HTTP_PUBLIC_URL: world.admin.url.replace(/\/$/, '') },
    }).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => (error as { readonly stderr: string }).stderr.trim(),
    )
  const link = await account('screen', 'Ward 7', '--for', 'line:cardiology', '--days', '30')
  expect(link).toMatch(new RegExp(`^${world.admin.url}screen/rr_[\\w-]{43}$`))
  const visit = await fetch(link, { redirect: 'manual' })
  expect(visit.headers.get('location')).toBe('/wallboard')
  const cookie = (visit.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const page = async () => (await fetch(`${world.admin.url}wallboard`, { headers: { cookie }, redirect: 'manual' })).status
  expect(await page()).toBe(200)
  const listed = await account('tokens')
  const [id = '', kind, name, may, scope] = listed.split('  ')
  expect([kind, name, may, scope]).toEqual(['screen', 'Ward 7', 'wallboard', 'line:cardiology'])
  expect(listed).not.toContain('rr_')
  expect(await account('end-token', id)).toBe(`${id} has ended.`)
  expect(await page()).toBe(303)
  const several = await account('screen', 'Desk', '--for', 'line:cardiology,line:ent-adult')
  const seen = await (
    await fetch(`${world.admin.url}wallboard`, { headers: { cookie: `__Host-ringround=${several.split('/').at(-1) ?? ''}` } })
  ).text()
  expect([...seen.matchAll(/<tr data-key="([^"]+)"/g)].map(([, key]) => key)).toEqual(['cardiology', 'ent-adult'])
  expect(await account('screen', 'x', '--for', 'line:cardiology,organisation:elm-row')).toMatch(/several of them have to be lines/)
  expect(await account('screen', 'x', '--for', 'ward:7')).toMatch(/a scope is everywhere, organisation:ID or line:ID/)
  expect(await account('screen', 'x', '--days', 'many')).toMatch(/--days many: a whole number of days/)
  expect(await account('screen')).toMatch(/^Usage: npm run account/)
})
