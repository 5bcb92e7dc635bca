import { describe, expect, test } from 'vitest'
import { dateOf, mondayOf } from '../../src/directory/calendar.js'
import type { Line } from '../../src/directory/model.js'
import { huntCandidates } from '../../src/directory/rota.js'
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
/** A day this long after next Monday, so that it is not over. */
const dateAfter = (days: number) => dateOf(mondayOf(knownTimeZone('Europe/London').dayAt(Date.now())) + 7 + days)
const nextMonday = dateAfter(0)

test.runIf(chromium)(
  'a rota keeper changes one date, and then every week, by keyboard; the difference is shown before saving',
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
    await browser.evaluate("document.querySelector('.nhsuk-expander').open = true")
    await expectGood(browser, 'rota-week', pictureOf(browser))
    await browser.evaluate("document.querySelector('.nhsuk-expander').open = false")
    await tabTo(browser, `Change ${session.session} on ${nextMonday}`)
    await browser.type('\r')
    await browser.until(`${heading}.startsWith(${JSON.stringify(`${session.session}, Mon`)})`)
    await expectGood(browser, 'rota-date', pictureOf(browser))
    await browser.evaluate("document.querySelector('input[name=kind][value=closed]').click()")
    await tabTo(browser, 'Review changes')
    await browser.type('\r')
    await browser.until(`${heading} === 'What changes'`)
    await expectGood(browser, 'rota-differs', pictureOf(browser))
    expect((await rota(world, 'cardiology')).version).toBe(before.version)
    await browser.evaluate("document.getElementById('why').focus()")
    await browser.type('Bank holiday cover\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')")
    expect((await rota(world, 'cardiology')).changes).toContainEqual({ date: nextMonday, session: session.session, close: 'true' })
    expect(await browser.evaluate("document.querySelector('.rr-rota__gap')?.innerText")).toMatch(/closed/i)

    // Every week: another clinician first.
    await tabTo(browser, `${session.session}, ${[session.days].flat().join(', ')}: change`)
    await browser.type('\r')
    await browser.until(`${heading} === 'A session of every week'`)
    await expectGood(browser, 'rota-session', pictureOf(browser))
    await browser.evaluate("document.getElementById('time').value = 'late'")
    await tabTo(browser, 'Review changes')
    await browser.type('\r')
    await browser.until(`${errors}.length > 0`)
    expect(await browser.evaluate("document.querySelector('.nhsuk-error-summary a').hash")).toBe('#time')
    await browser.evaluate(`document.getElementById('time').value = ${JSON.stringify(session.time)}`)
    const places = session.entries.filter((one) => typeof one === 'string')
    await choose(browser, 'place0', places.at(-1) as string)
    for (let place = 1; place < session.entries.length; place++) await choose(browser, `place${place}`, '')
    await tabTo(browser, 'Review changes')
    await browser.type('\r')
    await browser.until(`${heading} === 'What changes'`)
    await browser.evaluate("document.getElementById('why').focus()")
    await browser.type('One is enough\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')")
    const after = await rota(world, 'cardiology')
    expect(after.pattern.find((one) => one.session === session.session)?.entries).toEqual([places.at(-1)])
    // The change for one date stays.
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

  test('with a written-in telephone has it last, and offers it from then on', async () => {
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

  test('of a past day stays as it was', async () => {
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

  test('is not changed by two at once: a session that another person has changed meanwhile has to be viewed again', async () => {
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
    expect(answer.text).toContain('Someone else has changed this session in the meantime')
  })

  test('of one week is copied to another, with its differences from the pattern', async () => {
    const { world, keeper: mary } = await keeper()
    const { version, pattern } = await rota(world, 'cardiology')
    const session = pattern[0]?.session ?? ''
    const closed = await mary.put('/api/rotas/cardiology', { version, changes: [{ date: nextMonday, session, close: 'true' }] })
    expect(closed.status).toBe(200)
    const form = { week: nextMonday, to: dateAfter(9), version: String((await rota(world, 'cardiology')).version) }
    expect((await mary.post('/rotas/cardiology/copy', form)).text).toContain('What changes')
    const copied = await mary.post('/rotas/cardiology/copy', { ...form, sure: 'yes', why: 'The same again' })
    expect(copied.location).toBe(`/rotas/cardiology?week=${dateAfter(7)}&done=directorySaved`)
    expect((await rota(world, 'cardiology')).changes).toEqual([
      { date: nextMonday, session, close: 'true' },
      { date: dateAfter(7), session, close: 'true' },
    ])
    for (const [to, says] of [
      ['', 'Enter a date in the week to copy to'],
      [dateAfter(-7), 'Enter a date in a week that has not begun yet'],
      [nextMonday, 'Enter a date in another week'],
    ] as const) {
      const { status, text } = await mary.post('/rotas/cardiology/copy', { ...form, to })
      expect([status, text.includes(says)], to).toEqual([422, true])
    }
  })

  test('of one week is exported as a spreadsheet, and edits there are imported', async () => {
    const { world, keeper: mary } = await keeper()
    const { version, pattern } = await rota(world, 'cardiology')
    const { text, headers } = await mary.get(`/rotas/cardiology/week.csv?week=${nextMonday}`)
    expect(headers.get('content-disposition')).toBe(`attachment; filename="rota-cardiology-${nextMonday}.csv"`)
    const rows = text.split('\r\n')
    const [date = '', day = '', session = '', from = '', to = ''] = rows[1]?.split(',') ?? []
    expect(pattern.map((one) => one.session)).toContain(session)
    const send = (sheet: string, more = {}) =>
      mary.post('/rotas/cardiology/sheet', { week: nextMonday, text: sheet, version: String(version), ...more })
    expect((await send(text)).location).toContain('done=directorySame')
    const edited = [rows[0], [date, day, session, from, to, 'closed'].join(','), ...rows.slice(2)].join('\r\n')
    expect((await send(edited)).text).toContain('What changes')
    expect((await send(edited, { sure: 'yes', why: 'Audit morning' })).location).toContain('done=directorySaved')
    expect((await rota(world, 'cardiology')).changes).toContainEqual({ date: nextMonday, session, close: 'true' })
    const wrong = await send([rows[0], [date, day, session, from, to, 'Dr Nobody'].join(',')].join('\r\n'))
    expect([wrong.status, /Line 2: .*Dr Nobody/.test(wrong.text)]).toEqual([422, true])
    expect((await send(text, { week: '2026-01-05' })).text).toContain('This week is over')
    // The script that reads a file comes with the form that it is for, and not without it.
    for (const [week, isThere] of [
      [nextMonday, true],
      ['2026-01-05', false],
    ] as const) {
      const page = (await mary.get(`/rotas/cardiology?week=${week}`)).text
      expect([page.includes('id="directory-file"'), /<script[^>]*directory-file/.test(page)], week).toEqual([isThere, isThere])
    }
    // Of another line there is none.
    expect((await mary.get('/rotas/ent-adult/week.csv')).status).toBe(404)
    for (const what of ['copy', 'sheet']) expect((await mary.post(`/rotas/ent-adult/${what}`, { week: nextMonday, text })).status).toBe(404)
  })

  test('says which of the people on take no calls now', async () => {
    const { world, keeper: mary } = await keeper()
    const on = huntCandidates(world.directory, world.directory.lines.get('cardiology') as Line, Date.now())
    const clinician = on.flatMap((one) => one.clinician ?? [])[0] ?? ''
    await world.availability.notNow(clinician, Date.now() + 1_800_000, 'inTheatre', { kind: 'staff' })
    const says = new RegExp(`${world.directory.clinicians.get(clinician)?.name ?? ''}: not now until \\d\\d?:\\d\\d`)
    for (const path of ['/rotas', '/rotas/cardiology']) expect((await mary.get(path)).text, path).toMatch(says)
    expect((await mary.get(`/rotas/cardiology?week=${nextMonday}`)).text).not.toMatch(says)
  })

  test('weighs no more than 60 kB, its styles and scripts included', async () => {
    const { world, keeper: mary } = await keeper()
    for (const path of ['rotas', 'rotas/cardiology', 'rotas/cardiology/sessions/0', `rotas/cardiology/dates/${nextMonday}`])
      expect(await weightOf(world, path, { cookie: mary.headers['cookie'] ?? '' }), path).toBeLessThan(60_000)
  })
})
