import { describe, expect, test } from 'vitest'
import { dateOf, mondayOf } from '../../src/directory/calendar.js'
import { knownTimeZone } from '../../src/directory/time-zone.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { errors, heading, signedIn } from './signed-in.js'
import { visitor } from './visitor.js'
import { weightOf } from './weight.js'

const chromium = findChromium()
const choose = (browser: Browser, id: string, value: string) =>
  browser.evaluate(`document.getElementById(${JSON.stringify(id)}).value = ${JSON.stringify(value)}`)
const rota = async (world: AdminWorld, line: string) =>
  (await (await world.get(`/api/rotas/${line}`)).json()) as {
    version: number
    pattern: readonly { session: string; days: unknown; time: string; entries: readonly unknown[] }[]
    changes: readonly Record<string, unknown>[]
  }
/** Next week, which is not over. */
const nextMonday = dateOf(mondayOf(knownTimeZone('Europe/London').dayAt(Date.now())) + 7)

test.runIf(chromium)(
  'a rota keeper changes one date, and then every week, by keyboard; what differs is seen before it is saved',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await signedIn(world, { role: 'rotaKeeper', scope: { kind: 'line', id: 'cardiology' } }, 'rotas', 'Rotas')
    await expectGood(browser, 'rotas', pictureOf(browser))
    // Theirs alone.
    expect(await browser.evaluate("[...document.querySelectorAll('tbody th a')].map((one) => one.getAttribute('href'))")).toEqual([
      '/rotas/cardiology',
    ])
    const before = await rota(world, 'cardiology')
    const session = before.pattern[0]!
    await browser.open(`${world.admin.url}rotas/cardiology?week=${nextMonday}`)
    await browser.until(`${heading} === 'Rota of Cardiology'`)
    await expectGood(browser, 'rota', pictureOf(browser))
    await tabTo(browser, `Change ${session.session} on ${nextMonday}`)
    await browser.type('\r')
    await browser.until(`${heading}.startsWith(${JSON.stringify(`${session.session}, Mon`)})`)
    await expectGood(browser, 'rota-date', pictureOf(browser))
    await browser.evaluate("document.querySelector('input[name=kind][value=closed]').click()")
    await tabTo(browser, 'See what differs')
    await browser.type('\r')
    await browser.until(`${heading} === 'What changes'`)
    await expectGood(browser, 'rota-differs', pictureOf(browser))
    expect((await rota(world, 'cardiology')).version).toBe(before.version)
    await browser.evaluate("document.getElementById('why').focus()")
    await browser.type('Bank holiday cover\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')")
    expect((await rota(world, 'cardiology')).changes).toContainEqual({ date: nextMonday, session: session.session, close: 'true' })
    expect(await browser.evaluate("document.querySelector('.rr-rota__gap')?.innerText")).toMatch(/closed/i)

    // Every week: somebody else first.
    await tabTo(browser, `${session.session}, ${[session.days].flat().join(', ')}: change`)
    await browser.type('\r')
    await browser.until(`${heading} === 'A session of every week'`)
    await expectGood(browser, 'rota-session', pictureOf(browser))
    await browser.evaluate("document.getElementById('time').value = 'late'")
    await tabTo(browser, 'See what differs')
    await browser.type('\r')
    await browser.until(`${errors}.length > 0`)
    expect(await browser.evaluate("document.querySelector('.nhsuk-error-summary a').hash")).toBe('#time')
    await browser.evaluate(`document.getElementById('time').value = ${JSON.stringify(session.time)}`)
    const places = session.entries.filter((one) => typeof one === 'string')
    await choose(browser, 'place0', places.at(-1) as string)
    for (let place = 1; place < session.entries.length; place++) await choose(browser, `place${place}`, '')
    await tabTo(browser, 'See what differs')
    await browser.type('\r')
    await browser.until(`${heading} === 'What changes'`)
    await browser.evaluate("document.getElementById('why').focus()")
    await browser.type('One is enough\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')")
    const after = await rota(world, 'cardiology')
    expect(after.pattern.find((one) => one.session === session.session)?.entries).toEqual([places.at(-1)])
    // What was said of one date stays.
    expect(after.changes).toContainEqual({ date: nextMonday, session: session.session, close: 'true' })
    expect(browser.complaints.filter((one) => !one.includes('422'))).toEqual([])
  },
)

describe('a rota', () => {
  const keeper = async () => {
    const world = await adminWorld()
    return { world, keeper: await visitor(world, { role: 'rotaKeeper', scope: { kind: 'line', id: 'cardiology' } }) }
  }

  test('of another line is not theirs, on the page and in the API', async () => {
    const { keeper: mary } = await keeper()
    const other = 'ent-adult'
    expect((await mary.get(`/rotas/${other}`)).status).toBe(404)
    expect((await mary.post(`/rotas/${other}/sessions/new`, { session: 'x', day: 'mon', time: '09:00-10:00', version: '1' })).status).toBe(
      404,
    )
    expect((await mary.get(`/api/rotas/${other}`)).status).toBe(404)
    expect((await mary.put(`/api/rotas/${other}`, { version: 1, changes: [] })).status).toBe(404)
    expect((await mary.get('/api/rotas/cardiology')).status).toBe(200)
  })

  test('with a telephone that is written in has it last, and offers it from then on', async () => {
    const { world, keeper: mary } = await keeper()
    const { version } = await rota(world, 'cardiology')
    const form = {
      session: 'Extra',
      kind: 'these',
      time: '12:00-14:00',
      place0: 'dr-okafor',
      phone: 'Ward 7',
      target: '01632 960107',
      version: String(version),
    }
    expect((await mary.post(`/rotas/cardiology/dates/${nextMonday}`, form)).text).toContain('What changes')
    expect((await mary.post(`/rotas/cardiology/dates/${nextMonday}`, { ...form, sure: 'yes', why: 'A clinic more' })).location).toContain(
      'done=directorySaved',
    )
    expect((await rota(world, 'cardiology')).changes).toContainEqual({
      date: nextMonday,
      session: 'Extra',
      replace: ['dr-okafor', { phone: 'Ward 7', target: '01632 960107' }],
      time: '12:00-14:00',
    })
    expect((await mary.get('/rotas/cardiology/sessions/new')).text).toContain('Ward 7 (01632 960107)')
  })

  test('of a day that is over stays as it was', async () => {
    const { world, keeper: mary } = await keeper()
    const { version, pattern } = await rota(world, 'cardiology')
    const answer = await mary.post('/rotas/cardiology/dates/2026-01-05', {
      session: pattern[0]?.session ?? '',
      kind: 'closed',
      sure: 'yes',
      why: 'Too late',
      version: String(version),
    })
    expect(answer.text).toContain('This day is over')
    expect((await rota(world, 'cardiology')).version).toBe(version)
  })

  test('is not changed by two at once: a session that somebody else has changed meanwhile is looked at again', async () => {
    const { world, keeper: mary } = await keeper()
    const { version, pattern } = await rota(world, 'cardiology')
    const [first] = pattern
    const changed = await world.get('/api/rotas/cardiology', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ version, pattern: [{ ...first, time: '10:00-11:00' }, ...pattern.slice(1)] }),
    })
    expect(changed.status).toBe(200)
    const answer = await mary.post('/rotas/cardiology/sessions/0', {
      ...Object.fromEntries([
        ['session', first?.session ?? ''],
        ['day', 'mon'],
        ['time', '12:00-13:00'],
        ['place0', 'dr-okafor'],
      ]),
      was: JSON.stringify(first),
      version: String(version),
      sure: 'yes',
      why: 'x',
    })
    expect(answer.text).toContain('Somebody else has changed this session meanwhile')
  })

  test('weighs no more than 60 kB, its styles and scripts included', async () => {
    const { world, keeper: mary } = await keeper()
    for (const path of ['rotas', 'rotas/cardiology', 'rotas/cardiology/sessions/0', `rotas/cardiology/dates/${nextMonday}`])
      expect(await weightOf(world, path, { cookie: mary.headers['cookie'] ?? '' }), path).toBeLessThan(60_000)
  })
})
