import { expect, onTestFinished, test } from 'vitest'
import { adminWorld, demoDirectory, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { keepToLookAt, pictureOf } from './pictures.js'
import { heading, signedIn, text } from './signed-in.js'
import { weightOf } from './weight.js'

const chromium = findChromium()
const lines = "[...document.querySelectorAll('.rr-service')].map((one) => one.innerText.trim().replaceAll(/\\s+/g, ' '))"
const lineOf = (name: string) => `(${lines}.find((one) => one.startsWith(${JSON.stringify(name)})) ?? '')`
const elmRow = { kind: 'organisation', id: 'elm-row' } as const

/** Its number of sheets. */
async function sheets(browser: Browser, name: string): Promise<number> {
  const printed = await browser.printed()
  keepToLookAt(`${name}.pdf`, printed)
  return [...printed.toString('latin1').matchAll(/\/Type \/Page\b/g)].length
}

/** A fixed half past the hour, so that no test begins in one hour and ends in the next. */
const halfPast = Math.floor(Date.now() / 3_600_000) * 3_600_000 + 1_800_000

async function worldAtHalfPast(): Promise<AdminWorld> {
  const world = await adminWorld()
  Object.assign(world.accounts, { now: () => halfPast })
  return world
}

/** A call to cardiology answered at this hour. */
async function answered(world: AdminWorld, id: string): Promise<void> {
  for (const [second, fact] of goodCall(id, { line: 'cardiology' }).entries())
    await world.store.appendLate(id, fact, halfPast - 1_200_000 + second * 1_000)
}

test.runIf(chromium)(
  'a practice’s lines: numbers to tap, codes to scan, opening times, and the usual time to an answer',
  { timeout: 240_000 },
  async () => {
    const world = await worldAtHalfPast()
    for (let call = 0; call < 19; call++) await answered(world, `good-${call}`)
    const browser = await signedIn(world, { role: 'operations', scope: elmRow }, 'service-directory', 'Elm Row Surgery: Service Directory')
    expect(await browser.evaluate('location.pathname')).toBe('/service-directory/elm-row')
    expect(await browser.evaluate(text('.rr-dial-in'))).toBe(
      'Ring 01632 960001 or 1001 and key the code of a line, or ring its direct number.',
    )
    const shown = await browser.evaluate<string[]>(lines)
    const names = ['Acute Medicine', 'Cardiology', 'Paediatrics']
    expect(names.map((name) => shown.some((one) => one.startsWith(name)))).toEqual(names.map(() => true))
    expect(shown.some((one) => one.startsWith('ENT') || one.startsWith('Epilepsy'))).toBe(false)
    expect(await browser.evaluate(lineOf('Cardiology'))).toBe(
      "Cardiology St Bride's Hospital Open Code 21, direct 01632 960021 or 2021 If no response try again after 15 minutes. Round the clock Not enough calls at this hour to say how long an answer takes: 19 of the 20 needed",
    )
    expect(await browser.evaluate(lineOf('Paediatrics'))).toContain(
      'Monday to Friday 8:00 to 20:00 Saturday to Sunday 9:00 to 13:00 Bank holidays (England): 9:00 to 13:00',
    )
    // Each number that can be dialled from elsewhere has a code, and each can be tapped.
    expect(
      await browser.evaluate(
        "[...document.querySelectorAll('.rr-service__code')].map((one) => [one.getAttribute('aria-label'), one.querySelector('svg path, svg rect') !== null])",
      ),
    ).toContainEqual(['QR code that dials 01632 960021', true])
    expect(await browser.evaluate("[...document.querySelectorAll('.rr-service .rr-telephone')].map((one) => one.href)")).toContain(
      'tel:+441632960021',
    )
    await expectGood(browser, 'service-directory', pictureOf(browser))
    await answered(world, 'one-more')
    await browser.open(`${world.admin.url}service-directory/elm-row`)
    await browser.until(`(${lineOf('Cardiology')}).includes('About 13 seconds to an answer at this hour')`)
    expect(await sheets(browser, 'service-directory')).toBe(1)
    // Another organisation's addresses are not found.
    await browser.open(`${world.admin.url}service-directory/harbour-lane`)
    await browser.until(`${heading} === 'Page not found'`)
    expect(browser.complaints.filter((one) => !one.includes('404'))).toEqual([])
  },
)

test.runIf(chromium)('sixteen lines, each with a QR code, are one sheet of paper', { timeout: 240_000 }, async () => {
  const demo = demoDirectory()
  const cardiology = demo.lines.get('cardiology')
  if (!cardiology) throw new Error('the demo has no cardiology')
  const many = Array.from({ length: 16 }, (_, index) => ({
    ...cardiology,
    id: `line-${index}`,
    name: `Cardiology of hospital ${index}`,
    code: String(100 + index),
  }))
  const numbers = many.map(({ id }, index) => ({
    number: `+4416329608${String(index).padStart(2, '0')}`,
    use: { kind: 'line' as const, line: id },
  }))
  const directory = {
    ...demo,
    lines: new Map(many.map((line) => [line.id, line])),
    numbers: new Map([...demo.numbers, ...numbers.map((one) => [one.number, one] as const)]),
  }
  const world = await adminWorld({ admin: { directory: () => directory } })
  const browser = await signedIn(world, { role: 'clinician', scope: elmRow }, 'service-directory', 'Elm Row Surgery: Service Directory')
  expect(await browser.evaluate("document.querySelectorAll('.rr-service__code svg').length")).toBe(16)
  expect(await sheets(browser, 'service-directory-of-many')).toBe(1)
})

test.runIf(chromium)(
  'a person who sees several chooses one; an administrator makes a public link that shows only that, and ends it',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await signedIn(world, { role: 'administrator' }, 'service-directory', 'Service Directory')
    await expectGood(browser, 'service-directories', pictureOf(browser))
    await tabTo(browser, 'Elm Row Surgery')
    await browser.type('\r')
    await browser.until(`${heading} === 'Elm Row Surgery: Service Directory'`)
    await tabTo(browser, 'Make a link')
    await browser.type('\r')
    await browser.until("document.querySelector('.rr-secret')")
    const link = await browser.evaluate<string>(text('.rr-secret'))
    expect(link).toMatch(new RegExp(`^${world.admin.url}services/rr_[\\w-]{43}$`))
    await expectGood(browser, 'service-directory-link', pictureOf(browser))

    const stranger = await Browser.start(chromium ?? '')
    onTestFinished(() => stranger.close())
    await stranger.open(link)
    await stranger.until(`${heading} === 'Elm Row Surgery: Service Directory'`)
    expect(
      await stranger.evaluate(
        "[document.querySelector('nav') === null, document.querySelector('form') === null, document.querySelector('meta[name=robots]').content]",
      ),
    ).toEqual([true, true, 'noindex'])
    await expectGood(stranger, 'services', pictureOf(stranger))
    const secret = link.split('/').at(-1) ?? ''
    for (const [name, value] of [
      ['authorization', `Bearer ${secret}`],
      ['cookie', `__Host-ringround=${secret}`],
    ] as const)
      expect((await fetch(new URL('/api/service-directory/elm-row', world.admin.url), { headers: { [name]: value } })).status).toBe(401)
    expect(
      (await world.store.tables.reading.selectFrom('api_tokens').select('token_hash').where('kind', '=', 'public').execute()).map(
        ({ token_hash }) => token_hash,
      ),
    ).toEqual([expect.not.stringContaining(secret)])

    await browser.evaluate("[...document.querySelectorAll('main button')].find((one) => one.textContent.includes('End the link')).click()")
    await browser.until(`${text('.nhsuk-notification-banner__content')} === 'The link no longer works.'`)
    await stranger.open(link)
    await stranger.until(`${heading} === 'Page not found'`)
    const told = await world.store.tables.reading
      .selectFrom('audit')
      .select('action')
      .where('subject_kind', '=', 'token')
      .orderBy('seq')
      .execute()
    expect(told.map(({ action }) => action)).toEqual(['token.made', 'token.ended'])
  },
)

test('a new link replaces the old one; a removed organisation’s leads nowhere; a program can do the same', async () => {
  const world = await adminWorld()
  const made = async () =>
    ((await (await world.get('/api/service-directory/elm-row/link', { method: 'POST' })).json()) as { path: string }).path
  const [first, second] = [await made(), await made()]
  const status = async (path: string) => (await fetch(new URL(path, world.admin.url))).status
  expect([await status(first), await status(second), await status('/services/rr_nothing')]).toEqual([404, 200, 404])
  expect((await world.get('/api/service-directory/elm-row/link', { method: 'DELETE' })).status).toBe(204)
  expect((await world.get('/api/service-directory/elm-row/link', { method: 'DELETE' })).status).toBe(404)
  const gone = await world.accounts.tokenBook.makePublicLink({ actor: 'system', address: '' }, 'no-longer-there')
  expect(await status(`/services/${gone}`)).toBe(404)
  expect(await (await world.get('/api/service-directory/elm-row')).json()).toMatchObject({
    name: 'Elm Row Surgery',
    dialIn: ['01632 960001', '1001'],
    leastCalls: 20,
  })
  expect((await world.get('/api/service-directory/nowhere')).status).toBe(404)
  const { secret } = await world.accounts.tokenBook.make(
    { actor: 'system', address: '' },
    { kind: 'api', name: 'part', permissions: ['services'], scope: elmRow },
  )
  const asked = async (id: string) =>
    (await world.get(`/api/service-directory/${id}`, { headers: { authorization: `Bearer ${secret}` } })).status
  expect([await asked('elm-row'), await asked('harbour-lane')]).toEqual([200, 404])
  const cookie = ((await fetch(await world.wayIn(), { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  for (const path of ['service-directory', 'service-directory/elm-row'])
    expect(await weightOf(world, path, { cookie }), path).toBeLessThan(60_000)
})
