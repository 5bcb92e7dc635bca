import { expect, test } from 'vitest'
import { adminWorld, demoDirectory, type AdminWorld } from '../keeping/admin-world.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { complaints, errors, fill, heading, notice, rowsOf, signedIn, text } from './signed-in.js'
import { weightOf } from './weight.js'

const chromium = findChromium()
const press = (browser: Browser, what: string) =>
  browser.evaluate(`[...document.querySelectorAll('main button')].find((one) => one.textContent.includes(${JSON.stringify(what)})).click()`)

interface Changed {
  readonly version: number
  readonly changes: readonly { readonly section: string; readonly id: string; readonly kind: string; readonly details: readonly string[] }[]
}

async function post(world: AdminWorld, path: string, body: object) {
  const answer = await world.get(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Changed }
}
const version = async (world: AdminWorld) =>
  ((await (await world.get('/api/directory/versions?limit=1')).json()) as { versions: readonly { version: number; why: string | null }[] })
    .versions[0]
const entity = async (world: AdminWorld, path: string) =>
  ((await (await world.get(`/api/directory/entities/${path}`)).json()) as { fields: Record<string, unknown> }).fields

test.runIf(chromium)(
  'a clinician’s number is corrected by keyboard: its format is checked, the difference is shown, and the version has its reason',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await signedIn(world, { role: 'administrator' }, 'directory', 'Directory')
    await expectGood(browser, 'directory', pictureOf(browser))
    await tabTo(browser, 'Clinicians')
    await browser.type('\r')
    await browser.until(`${heading} === 'Clinicians'`)
    await tabTo(browser, 'search')
    await browser.type('okafor\r')
    await browser.until(`${rowsOf('entities')}.length === 1`)
    await expectGood(browser, 'directory-section', pictureOf(browser))
    await tabTo(browser, 'Dr Ada Okafor')
    await browser.type('\r')
    await browser.until(`${heading} === 'Dr Ada Okafor'`)
    await fill(browser, 'numbers', '07700 90014\ndevice:okafor-desk')
    await tabTo(browser, 'Review changes')
    await browser.type('\r')
    await browser.until(`${errors}.length === 1`)
    expect(await browser.evaluate("document.querySelector('.nhsuk-error-summary a').hash")).toBe('#numbers')
    expect(await browser.evaluate(text('#numbers-error'))).toContain('telephone number such as 01632 960123')
    await expectGood(browser, 'directory-entity-wrong', pictureOf(browser))
    await fill(browser, 'numbers', '07700 900145\ndevice:okafor-desk')
    await press(browser, 'Review changes')
    await browser.until(`${heading} === 'What changes'`)
    expect(await browser.evaluate(text('.rr-differs'))).toBe(
      'clinicians: dr-okafor changes numbers: [okafor@127.0.0.1:5071] -> [07700 900145, device:okafor-desk]'.replace(
        '[okafor@127',
        '[sip:okafor@127',
      ),
    )
    expect(await entity(world, 'clinicians/dr-okafor')).toMatchObject({ numbers: ['sip:okafor@127.0.0.1:5071'] })
    await tabTo(browser, 'Save')
    await browser.type('\r')
    await browser.until(`${errors}[0] === 'Enter why you are changing it'`)
    await expectGood(browser, 'directory-differs', pictureOf(browser))
    await tabTo(browser, 'why')
    await browser.type('She has a new mobile\r')
    await browser.until(`${notice}.startsWith('The directory is changed.')`)
    expect(await entity(world, 'clinicians/dr-okafor')).toMatchObject({ numbers: ['07700 900145', 'device:okafor-desk'] })
    expect(await version(world)).toMatchObject({ version: 2, why: 'She has a new mobile' })
    expect(complaints(browser)).toEqual([])
  },
)

test.runIf(chromium)(
  'a line is changed while another person changes it: the same field is refused with both values; another field stays',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await signedIn(world, { role: 'administrator' }, 'directory/lines/cardiology', 'Cardiology')
    await expectGood(browser, 'directory-line', pictureOf(browser))
    await fill(browser, 'ring.ringSeconds', '15')
    await post(world, '/api/directory/changes', {
      version: 1,
      changes: [{ section: 'lines', id: 'cardiology', set: { ring: { ringSeconds: '25' }, blurb: 'Ring twice.' } }],
    })
    await press(browser, 'Review changes')
    await browser.until(`${errors}[0]?.includes('"20"')`)
    expect(await browser.evaluate(errors)).toEqual([expect.stringMatching(/was "20", is "25" by now, and would become "15"/)])
    await browser.open(`${world.admin.url}directory/lines/cardiology`)
    await browser.until(`document.getElementById('ring.ringSeconds')?.value === '25'`)
    await fill(browser, 'closedMessage', 'Nobody is there.')
    await press(browser, 'Review changes')
    await browser.until(`${heading} === 'What changes'`)
    // Meanwhile another person changes another field.
    await post(world, '/api/directory/changes', {
      version: 2,
      changes: [{ section: 'lines', id: 'cardiology', set: { blurb: 'Ring three times.' } }],
    })
    await fill(browser, 'why', 'Asked for by the practice')
    await browser.type('\r')
    await browser.until(`${notice}.startsWith('The directory is changed.')`)
    expect(await entity(world, 'lines/cardiology')).toMatchObject({
      blurb: 'Ring three times.',
      closedMessage: 'Nobody is there.',
      ring: { ringSeconds: '25' },
    })
    expect(complaints(browser)).toEqual([])
  },
)

test.runIf(chromium)(
  'a practice and a number are made, and removed again; what others need cannot be removed',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await signedIn(world, { role: 'administrator' }, 'directory/organisations/new', 'New organisation')
    const save = async (why: string) => {
      await browser.until(`${heading} === 'What changes'`)
      await fill(browser, 'why', why)
      await browser.type('\r')
      await browser.until(`${notice}.startsWith('The directory is changed.')`)
    }
    await press(browser, 'Review changes')
    await browser.until(`${errors}[0]?.startsWith('Enter an ID.')`)
    for (const [id, to] of [
      ['id', 'new-street'],
      ['name', 'New Street Surgery'],
      ['area', 'saltmarsh'],
      ['dialIn', '01632 960008'],
      ['code', '2101'],
    ] as const)
      await fill(browser, id, to)
    await press(browser, 'Review changes')
    await browser.until(`${errors}.length > 0 && !${errors}[0].startsWith('Enter an ID')`)
    expect((await browser.evaluate<string[]>(errors)).join(' ')).toContain('2101')
    await fill(browser, 'code', '2109')
    await press(browser, 'Review changes')
    await save('They joined')
    expect(await entity(world, 'organisations/new-street')).toEqual({
      kind: 'gpPractice',
      name: 'New Street Surgery',
      area: 'saltmarsh',
      dialIn: ['01632 960008'],
      code: '2109',
    })

    await browser.open(`${world.admin.url}directory/numbers/new`)
    await browser.until(`${heading} === 'New number'`)
    await fill(browser, 'id', '01632 960097')
    await press(browser, 'Review changes')
    await save('Codes on two numbers')
    expect((await browser.evaluate<string[][]>(rowsOf('entities'))).map(([name, , about]) => [name, about])).toEqual(
      expect.arrayContaining([
        ['01632 960097', 'Takes the codes of arranged calls'],
        ['01632 960008', 'Dial-In number of New Street Surgery'],
      ]),
    )

    await browser.open(`${world.admin.url}directory/organisations/new-street`)
    await browser.until(`${heading} === 'New Street Surgery'`)
    await press(browser, 'Remove this organisation')
    await save('They left')
    expect((await world.get('/api/directory/entities/organisations/new-street')).status).toBe(404)
    await browser.open(`${world.admin.url}directory/organisations/st-brides`)
    await browser.until(`${heading} === "St Bride's Hospital"`)
    await press(browser, 'Remove this organisation')
    await browser.until(`${errors}.length > 0`)
    expect((await world.get('/api/directory/entities/organisations/st-brides')).status).toBe(200)
    expect(complaints(browser)).toEqual([])
  },
)

test.runIf(chromium)(
  'the whole directory is exported as a file and imported again: errors with their lines, then the differences',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await signedIn(world, { role: 'administrator' }, 'directory', 'Directory')
    const file = await browser.evaluate<string>("fetch('/directory/export').then((answer) => answer.text())")
    expect(file).toMatch(/^# Version 1 of the directory\./)
    await fill(browser, 'text', file.replace('ringSeconds: 20', 'ringSeconds: soon'))
    await press(browser, 'Review changes')
    await browser.until(`${errors}.length > 0`)
    expect((await browser.evaluate<string[]>(errors))[0]).toMatch(/^Line \d+: .*soon/)
    // Meanwhile others change another field.
    await post(world, '/api/directory/changes', {
      version: 1,
      changes: [{ section: 'lines', id: 'ent-adult', set: { blurb: 'Ring the ward.' } }],
    })
    await fill(browser, 'text', file.replace('Cardiology registrar', 'Consultant cardiologist'))
    await press(browser, 'Review changes')
    await browser.until(`${heading} === 'What changes'`)
    expect(await browser.evaluate(text('.rr-differs'))).toBe(
      'clinicians: dr-prasad changes role: Cardiology registrar -> Consultant cardiologist',
    )
    await fill(browser, 'why', 'Promoted')
    await browser.type('\r')
    await browser.until(`${notice}.startsWith('The directory is changed.')`)
    expect(await entity(world, 'lines/ent-adult')).toMatchObject({ blurb: 'Ring the ward.' })
    expect(await entity(world, 'clinicians/dr-prasad')).toMatchObject({ role: 'Consultant cardiologist' })
    expect(complaints(browser)).toEqual([])
  },
)

test('a program previews its change; an unknown page is not found; no page is heavy', async () => {
  const world = await adminWorld()
  const looked = await post(world, '/api/directory/changes', {
    version: 1,
    check: true,
    changes: [{ section: 'clinicians', id: 'dr-new', set: { name: 'Dr New', role: 'Registrar', numbers: ['07700 900146'] } }],
  })
  expect(looked).toMatchObject({ status: 200, body: { version: 1, changes: [{ section: 'clinicians', id: 'dr-new', kind: 'added' }] } })
  expect((await world.get('/api/directory/entities/clinicians/dr-new')).status).toBe(404)
  const exported = await (await world.get('/api/directory/export')).text()
  expect(await post(world, '/api/directory/apply', { text: exported })).toMatchObject({ status: 200, body: { version: 1, changes: [] } })
  expect(
    await post(world, '/api/directory/apply', { text: exported.replace('Elm Row Surgery', 'Elm Row Practice'), why: 'Renamed' }),
  ).toMatchObject({ body: { version: 2, changes: [{ id: 'elm-row' }] } })
  expect(await post(world, '/api/directory/apply', { text: 'organisations: [' })).toMatchObject({ status: 422 })
  const cookie = ((await fetch(await world.wayIn(), { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const status = async (path: string) => (await fetch(new URL(path, world.admin.url), { headers: { cookie } })).status
  expect(
    await Promise.all(
      [
        'directory/rotas',
        'directory/lines/nothing',
        'directory/numbers/%2B441632960001',
        `directory/numbers/${encodeURIComponent([...demoDirectory().numbers].find(([, { use }]) => use.kind === 'bypass')?.[0] ?? '')}`,
      ].map(status),
    ),
  ).toEqual([404, 404, 404, 200])
  for (const path of ['directory', 'directory/lines', 'directory/lines/cardiology', 'directory/clinicians/new'])
    expect(await weightOf(world, path, { cookie }), path).toBeLessThan(60_000)
})
