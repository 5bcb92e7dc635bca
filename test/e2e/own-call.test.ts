import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { withAccounts } from '../../src/accounts/with-accounts.js'
import { TestPhone } from '../contract/phone/phone.js'
import { delay, Engine } from './engine.js'
import { decodeMp3, msOfTone } from './listening.js'
import { world } from './world.js'

const ownTone = 700
const specialistTone = 1_100

it(
  'a clinician presses a line: the engine rings them, then the line; both hear each other, and it is recorded',
  { timeout: 90_000 },
  async () => {
    const [own, specialist] = [await TestPhone.open(), await TestPhone.open()]
    const engine = await Engine.start({
      directory: world([{ id: 'cardiology', code: '21', rota: [specialist.uri] }], undefined, { clinicians: { okafor: [own.uri] } }),
    })
    onTestFinished(async () => {
      for (const phone of [own, specialist]) phone.close()
      try {
        await engine.stop()
      } finally {
        await engine.dispose()
      }
    })
    const cookie = await withAccounts(
      { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined },
      'tests',
      async (accounts) => {
        const { id } = await accounts.addPerson(system, { name: 'Dr Ada Okafor', email: 'okafor@example.nhs.uk', clinician: 'okafor' })
        await accounts.grant(system, { person: id, role: 'clinician', scope: { kind: 'everywhere' } })
        return `__Host-ringround=${(await beginSession(accounts.writing, { person: id, method: 'password', secondFactor: true, address: '127.0.0.1', userAgent: 'test' }, defaultSessionLimits, Date.now())).secret}`
      },
    )
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const page = await (await fetch(`${engine.url}/pocket`, { headers })).text()
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const press = () =>
      fetch(`${engine.url}/pocket/lines/cardiology/ring`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, once: 'pressed-once', pressedAt: String(Date.now()) }).toString(),
        redirect: 'manual',
      })
    expect((await press()).headers.get('location')).toBe('/pocket?done=ringing')
    const mine = await own.nextCall(8_000)
    expect((await press()).headers.get('location')).toBe('/pocket?done=ringing')
    mine.answer()
    mine.media.tones = [ownTone]
    await delay(1_500)
    // The clinician has answered and not pressed yet.
    expect(specialist.calls).toHaveLength(0)
    await mine.media.press('1')
    const theirs = await specialist.nextCall(8_000)
    theirs.answer()
    theirs.media.tones = [specialistTone]
    await delay(1_500)
    await theirs.media.press('1')
    await Promise.all([mine.media.hears(specialistTone), theirs.media.hears(ownTone)])
    await delay(2_000)
    theirs.bye()
    await delay(3_000)
    mine.bye()
    const [listed] = await engine.list()
    const call = await engine.ended(listed?.callId ?? '')
    expect(call).toMatchObject({ kind: 'line', line: 'cardiology', organisation: 'general-hospital', refs: 1, ending: 'completed' })
    expect(own.calls).toHaveLength(1)
    const [left = new Int16Array(), right = new Int16Array()] = decodeMp3(await engine.mp3(call.callId)).channels
    expect(msOfTone(ownTone, left)).toBeGreaterThan(1_000)
    expect(msOfTone(specialistTone, right)).toBeGreaterThan(1_000)
  },
)
