import { expect, test } from 'vitest'
import { choiceListNames } from '../../src/web/choice-lists.js'
import type { Clinician, Directory, Organisation } from '../../src/directory/model.js'
import { adminWorld, demoDirectory } from '../keeping/admin-world.js'
import { findChromium } from '../keeping/browser.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { complaints, errors, signedIn, text } from './signed-in.js'
import { visitor } from './visitor.js'
import { weightOf } from './weight.js'

const chromium = findChromium()

/** That of the demo, with many more people and practices: too many for any list. */
function largeDirectory(): Directory {
  const directory = demoDirectory()
  const [clinician, organisation] = [directory.clinicians.get('dr-adeyemi'), directory.organisations.get('elm-row')]
  if (!clinician || !organisation) throw new Error('the demo has changed')
  const numbers = Array.from({ length: 300 }, (_, index) => index)
  return {
    ...directory,
    clinicians: new Map([
      ...directory.clinicians,
      ...numbers.map((index): [string, Clinician] => [
        `dr-many-${index}`,
        { ...clinician, id: `dr-many-${index}`, name: `Dr Many ${index}` },
      ]),
      // Two of one name.
      ...[1, 2].map((index): [string, Clinician] => [`dr-twin-${index}`, { ...clinician, id: `dr-twin-${index}`, name: 'Dr Robin Twin' }]),
    ]),
    organisations: new Map([
      ...directory.organisations,
      ...numbers.map((index): [string, Organisation] => [
        `practice-${index}`,
        { ...organisation, id: `practice-${index}`, name: `Practice ${index}`, dialIn: [] } as Organisation,
      ]),
    ]),
  }
}

interface Found {
  readonly choices: readonly { readonly id: string; readonly name: string; readonly about: string | null; readonly written: string }[]
  readonly more: number
}

test('typing finds choices, and offers only what the person may choose', async () => {
  const world = await adminWorld({ directory: largeDirectory() })
  const ask = async (who: Awaited<ReturnType<typeof visitor>>, path: string) => {
    const { status, text: body } = await who.get(`/api/choices/${path}`)
    return { status, ...(JSON.parse(body) as Found) }
  }
  const manager = await visitor(world, { role: 'serviceManager', scope: { kind: 'organisation', id: 'st-brides' } })
  const okafor = await ask(manager, 'arrangements/clinicians?search=ada%20ok')
  expect(okafor).toEqual({
    status: 200,
    choices: [{ id: 'dr-okafor', name: 'Dr Ada Okafor', about: 'Consultant cardiologist', written: 'Dr Ada Okafor' }],
    more: 0,
  })
  // Of another trust: they may not arrange calls by them, nor see them on a rota.
  expect((await ask(manager, 'arrangements/clinicians?search=many')).choices).toEqual([])
  expect((await ask(manager, 'calls/clinicians?search=many')).choices).toEqual([])
  expect((await ask(manager, 'calls/lines?search=ent')).choices).toEqual([])
  const everyone = await visitor(world, { role: 'serviceManager' })
  const many = await ask(everyone, 'calls/clinicians?search=many&limit=5')
  expect([many.choices.length, many.more]).toEqual([5, 295])
  expect((await ask(everyone, 'calls/clinicians?search=twin')).choices.map(({ written }) => written)).toEqual(['dr-twin-1', 'dr-twin-2'])
  // A list outside their reach is not found.
  for (const path of ['people/scopes', 'tokens/scopes', 'directory/areas', 'calls/areas'])
    expect([path, (await ask(everyone, path)).status]).toEqual([path, 404])
  for (const path of ['nothing/clinicians', 'calls/__proto__']) expect([path, (await ask(everyone, path)).status]).toEqual([path, 400])
  const administrator = await visitor(world, { role: 'administrator' })
  expect((await ask(administrator, 'people/scopes?search=practice%2012')).choices.map(({ id }) => id)).toContain('organisation:practice-12')
  for (const name of choiceListNames) {
    const status = (await administrator.get(`/api/choices/${name}`)).status
    expect([name, status]).toEqual([name, /^(calls|reports|assignments|arrangements|approvals|availability)/.test(name) ? 404 : 200])
  }
})

test('without scripts a name is enough: on the page, and for a role', async () => {
  const world = await adminWorld({ directory: largeDirectory() })
  for (const fact of goodCall('one', { line: 'cardiology', organisation: 'elm-row' })) await world.tell('one', fact)
  const manager = await visitor(world, { role: 'serviceManager' })
  const page = (await manager.get('/calls?organisation=elm%20row%20surgery')).text
  expect(page).toContain('/calls/one')
  expect(page).toContain('value="Elm Row Surgery"')
  // Exports and sorting use the id.
  expect(page).toContain('/api/calls.xlsx?organisation=elm-row')
  expect((await manager.get('/calls?organisation=harbour%20lane%20practice')).text).not.toContain('/calls/one')
  const wrong = await manager.get('/calls?clinician=okafor')
  expect(wrong.status).toBe(422)
  expect(wrong.text).toContain('Did you mean Dr Ada Okafor (dr-okafor)?')
  expect(wrong.text).not.toContain('/calls/one')
  expect((await manager.post('/calls/one/clinician', { clinician: 'Dr Many 7' })).location).toBe('/calls/one?done=callAssigned')
  expect((await manager.get('/calls/one')).text).toContain('value="Dr Many 7"')
  expect((await manager.post('/calls/one/clinician', { clinician: 'Dr Robin Twin' })).text).toContain('Several have this name')
  const administrator = await visitor(world, { role: 'administrator' })
  const given = await administrator.post(`/people/${manager.id}/roles`, { role: 'operations', scope: 'practice 12' })
  expect(given.location).toContain('roleGiven')
  expect((await administrator.post(`/people/${manager.id}/roles`, { role: 'operations', scope: 'nowhere' })).status).toBe(422)
  expect((await world.accounts.grants(manager.id)).map(({ scope }) => scope)).toContainEqual({ kind: 'organisation', id: 'practice-12' })
  expect((await manager.get('/advice-hours?clinician=Dr%20Many%207')).text).toContain('Advice hours: Dr Many 7')
  const unread = await manager.get('/advice-hours?clinician=many')
  expect([unread.status, unread.text.includes('Did you mean')]).toEqual([422, true])
  // However many there are.
  for (const path of ['/calls', '/advice-hours', `/people/${manager.id}`, '/screens', '/devices/new', '/people/new'])
    expect([
      path,
      (await weightOf(world, path, (path === '/calls' || path === '/advice-hours' ? manager : administrator).headers)) < 60_000,
    ]).toEqual([path, true])
})

test.runIf(chromium)('matches are offered while a person types, and chosen by keyboard', { timeout: 240_000 }, async () => {
  const world = await adminWorld({ directory: largeDirectory() })
  for (const fact of goodCall('one', { line: 'cardiology', organisation: 'elm-row' })) await world.tell('one', fact)
  const browser = await signedIn(world, { role: 'serviceManager' }, 'calls', 'Calls')
  const options = "[...document.querySelectorAll('#clinician-choices [role=option]')].map((one) => one.firstChild.textContent)"
  const state =
    "[document.activeElement.id, document.activeElement.getAttribute('aria-expanded'), document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.firstChild.textContent ?? null]"
  await browser.evaluate("document.querySelector('.nhsuk-expander summary').click()")
  await browser.until("document.getElementById('clinician')?.role === 'combobox'")
  await tabTo(browser, 'clinician')
  await browser.type('dr many 29')
  await browser.until(
    `${options}.join() === 'Dr Many 29,Dr Many 290,Dr Many 291,Dr Many 292,Dr Many 293,Dr Many 294,Dr Many 295,Dr Many 296,Dr Many 297,Dr Many 298'`,
  )
  expect(await browser.evaluate(text('#clinician-choices ~ [role=status]'))).toBe('10 of 11 to choose from, by the arrow keys')
  expect(await browser.evaluate(state)).toEqual(['clinician', 'true', null])
  await browser.type('↓↓')
  expect(await browser.evaluate(state)).toEqual(['clinician', 'true', 'Dr Many 290'])
  await expectGood(browser, 'choices', pictureOf(browser))
  await browser.type('↑↑↑')
  expect(await browser.evaluate(state)).toEqual(['clinician', 'true', 'Dr Many 298'])
  await browser.type('\x1b')
  expect(await browser.evaluate(state)).toEqual(['clinician', 'false', null])
  expect(await browser.evaluate("document.getElementById('clinician').value")).toBe('dr many 29')
  // Of two of one name the id is written; Enter chooses first, and sends the form after that.
  await browser.evaluate("document.getElementById('clinician').select()")
  await browser.type('robin')
  await browser.until(`${options}.join() === 'Dr Robin Twin,Dr Robin Twin'`)
  await browser.type('↓↓\r')
  expect(await browser.evaluate("[document.getElementById('clinician').value, location.search]")).toEqual(['dr-twin-2', ''])
  await browser.type('\r')
  await browser.until("location.search.includes('clinician=dr-twin-2') && document.readyState === 'complete'")
  // Without a match, or an answer from the service: a plain field for a name.
  await browser.until("document.getElementById('clinician')?.role === 'combobox'")
  await browser.evaluate("(() => { const field = document.getElementById('clinician'); field.focus(); field.select() })()")
  await browser.type('nobody at all')
  await browser.until(`${text('#clinician-choices ~ [role=status]')} === 'Nothing fits'`)
  await browser.type('\r')
  await browser.until(`${errors}.length === 1`)
  expect(await browser.evaluate(errors)).toEqual(['Enter a clinician in the directory, by name or ID'])
  expect(complaints(browser)).toEqual([])
})
