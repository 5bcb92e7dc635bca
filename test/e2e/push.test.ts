import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { withAccounts } from '../../src/accounts/with-accounts.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { pushService } from '../outbox/push-service.js'
import { Engine } from './engine.js'

const minute = 60_000
const timeOfDay = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' })

it(
  'a clinician who is on soon is told in their browser, by the engine as it is bundled; after a restart it has the same key',
  { timeout: 120_000 },
  async () => {
    // On the minute, ten of them from now: told at the next look.
    const on = Math.ceil(Date.now() / minute) * minute + 10 * minute
    const directory = JSON.stringify({
      timeZone: 'Europe/London',
      areas: { a: { name: 'A' } },
      organisations: { t: { kind: 'trust', name: 'Trust', area: 'a', dialIn: '7001' } },
      clinicians: { okafor: { name: 'Dr Okafor', role: 'Consultant', numbers: ['sip:okafor@127.0.0.1:9'], organisations: ['t'] } },
      lines: { cardiology: { trust: 't', name: 'Cardiology', code: '21', hours: 'always', access: 'everyone' } },
      rotas: {
        cardiology: {
          pattern: [
            { session: 'Day', days: 'mon-sun', time: `${timeOfDay.format(on)}-${timeOfDay.format(on + 20 * minute)}`, entries: ['okafor'] },
          ],
        },
      },
    })
    const service = await pushService()
    const env = { RINGROUND_PUSH_CONTACT: 'mailto:advice@example.nhs.uk', RINGROUND_PUSH_SERVICES: service.origin }
    const folder = scratchFolder()
    const first = await Engine.start({ directory, env, folder })
    onTestFinished(() => first.dispose())
    const cookie = await withAccounts({ file: join(folder, 'data', 'ringround.db'), postgres: undefined }, 'tests', async (accounts) => {
      const { id } = await accounts.addPerson(system, { name: 'Dr Okafor', email: 'okafor@example.nhs.uk', clinician: 'okafor' })
      await accounts.grant(system, { person: id, role: 'clinician', scope: { kind: 'everywhere' } })
      return `__Host-ringround=${(await beginSession(accounts.writing, { person: id, method: 'password', secondFactor: true, address: '127.0.0.1', userAgent: 'test' }, defaultSessionLimits, Date.now())).secret}`
    })
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const pageOf = async ({ url }: Engine) => (await fetch(`${url}/account/notices`, { headers })).text()
    const keyOf = (page: string) => /data-key="([\w-]+)"/.exec(page)?.[1] ?? ''
    const key = keyOf(await pageOf(first))
    expect(key).toMatch(/^[\w-]{87}$/)
    await first.stop()

    const again = await Engine.start({ directory, env, folder })
    onTestFinished(() => again.dispose())
    const page = await pageOf(again)
    expect(keyOf(page)).toBe(key)
    service.isFor(key)
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const body = new URLSearchParams({ token, ...service.subscribe() }).toString()
    const turnedOn = await fetch(`${again.url}/account/notices/on`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body,
      redirect: 'manual',
    })
    expect(turnedOn.headers.get('location')).toBe('/account/notices?done=noticesOn')
    await expect
      .poll(() => service.received, { timeout: 90_000 })
      .toMatchObject([{ urgency: 'high', notice: { title: `You are on at ${timeOfDay.format(on)}`, body: 'Cardiology', path: '/pocket' } }])
    expect(service.wrong).toEqual([])
  },
)
