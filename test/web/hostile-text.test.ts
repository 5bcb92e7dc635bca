import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { keepView } from '../../src/accounts/saved-views.js'
import type { Directory } from '../../src/directory/model.js'
import { adminWorld, demoDirectory } from '../keeping/admin-world.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { visitor } from './visitor.js'

const attack = `<img src=x onerror=alert(1)>"'{{7*7}}`

/** The directory's texts, each followed by an attack. */
function hostile<T>(value: T): T {
  const change = (one: unknown, name?: string): unknown => {
    if (typeof one === 'string') return name !== undefined && /^(name|role|blurb|label)$/.test(name) ? `${one} ${attack}` : one
    if (Array.isArray(one)) return one.map((part) => change(part))
    if (one instanceof Map) return new Map([...one].map(([key, part]) => [key, change(part)]))
    if (one instanceof Set || typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([key, part]) => [key, change(part, key)]))
  }
  // The same shape, with other words.
  return change(value) as T
}

test('no page treats text in names, notes and reasons as its own markup or script', { timeout: 240_000 }, async () => {
  const directory: Directory = hostile(demoDirectory())
  const world = await adminWorld({ directory, mailing: 'shown' })
  const everything = await visitor(world, { role: 'administrator', clinician: 'dr-okafor', name: `Mary ${attack}` })
  for (const role of ['clinician', 'rotaKeeper', 'operations', 'serviceManager', 'privacyOfficer'] as const)
    await world.accounts.grant(system, { person: everything.id, role, scope: { kind: 'everywhere' } })
  const said = (fields: Readonly<Record<string, string>>, path: string) => everything.post(path, fields)
  for (const fact of goodCall('done', { line: 'cardiology', organisation: 'elm-row' })) await world.tell('done', fact)
  for (const fact of goodCall('followed', { line: 'cardiac-rehab-call-back', organisation: 'elm-row' })) await world.tell('followed', fact)
  for (const fact of untilTalking('now', { line: 'ent-adult', organisation: 'harbour-lane' })) await world.tell('now', fact)
  for (let failed = 0; failed < 3; failed++)
    await world.tell(
      `failing-${failed}`,
      ...goodCall(`failing-${failed}`).slice(0, 4),
      {
        type: 'attempt.started',
        attempt: `f${failed}`,
        candidate: 'clinician:dr-okafor',
        label: attack,
        clinician: 'dr-okafor',
        pool: 'local',
        target: '+447700900123',
      },
      { type: 'attempt.ended', attempt: `f${failed}`, result: 'badNumber', status: 404, reason: attack, fault: 'farEnd' },
      { type: 'hunt.ended', result: 'nobody' },
      { type: 'call.ended', ending: 'unanswered', detail: attack },
    )
  world.alarms.raise('store.slow', attack)
  await keepView(world.accounts.writing, everything.id, { name: attack, query: 'days=7' }, Date.now())
  await world.availability.notNow('dr-prasad', Date.now() + 600_000, 'inTheatre', { kind: 'staff' })
  const callBack = await world.arranged.makeCallBack({
    line: 'cardiac-rehab-call-back',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    note: attack,
    dueAt: Date.now() + 600_000,
  })
  const connect = await world.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    validMs: 600_000,
  })
  if (connect.kind !== 'made') throw new Error(connect.kind)
  const answers = [
    await said({ thread: attack, to: '01632 960889', line: '' }, '/call-back-codes/thread'),
    await said({ name: attack, may: 'metrics', scope: 'everywhere', days: '30' }, '/programs'),
    await said({ name: attack, scope: 'everywhere', days: '30' }, '/screens'),
    await said({ name: attack, email: 'hostile@example.nhs.uk' }, '/people/new'),
    await said({ name: attack, email: attack }, '/people/new'),
    await said({ number: attack }, '/calls/find'),
    await said({ who: attack, reason: attack, scope: 'everywhere', until: '2030-01-05' }, '/approvals'),
    await said(
      {
        line: attack,
        patientNumber: attack,
        note: attack,
        clinician: attack,
        nhsNumber: attack,
        day: attack,
        month: attack,
        year: attack,
        time: attack,
      },
      '/call-backs/new',
    ),
    await said({ clinician: attack, nhsNumber: attack, patientNumber: attack }, '/patient-connect'),
    await said({ email: attack, password: attack, next: attack }, '/sign-in'),
    await said({ text: `lines: { "${attack}": 1 }` }, '/directory/file'),
    await said({ name: attack, version: '1' }, '/directory/lines/cardiology'),
  ]
  const people = (await world.accounts.people(50)).map(({ id }) => id)
  const ids: Readonly<Record<string, readonly string[]>> = {
    '/calls/:id': ['done', 'now', 'followed', 'failing-0'],
    '/call-backs/:id': [callBack.id],
    '/call-backs/:id/change': [callBack.id],
    '/patient-connect/:id': [connect.arrangement.id],
    '/people/:id': people,
    '/directory/:section': ['organisations', 'lines', 'clinicians', 'areas'],
    '/rotas/:line': ['cardiology'],
    '/service-directory/:organisation': ['elm-row'],
    '/watch-list/:id': [...(await everything.get('/watch-list')).text.matchAll(/\/watch-list\/([\w-]+)/g)]
      .map(([, id = '']) => id)
      .slice(0, 1),
  }
  const pages = world.admin.routes.filter(({ method, page, url }) => method === 'GET' && page && !/docs|export|csv|state$/.test(url))
  const addresses = pages.flatMap(({ url }) => {
    const found = ids[url]
    if (found) return found.map((id) => url.replace(/:\w+/, encodeURIComponent(id)))
    return [
      url
        .replace(':section/:id', 'clinicians/dr-okafor')
        .replace(':section', 'lines')
        .replace(':line', 'cardiology')
        .replace(':date', '2099-01-05')
        .replace(':index', '0')
        .replace(/:\w+/g, encodeURIComponent(attack)),
    ]
  })
  const encoded = encodeURIComponent(attack)
  const get = async (address: string): Promise<readonly [string, string]> => {
    const { status, text } = await everything.get(address)
    expect(status, address).toBeLessThan(500)
    return [address, text]
  }
  const texts = [
    ...answers.map(({ text }, index): readonly [string, string] => [`form ${index}`, text]),
    ...(await Promise.all(
      addresses.map((address) => get(`${address}?search=${encoded}&line=${encoded}&days=${encoded}&cursor=${encoded}&after=${encoded}`)),
    )),
    ...(await Promise.all(addresses.map(get))),
  ]
  // It is shown, and as text.
  expect(texts.filter(([, text]) => text.includes('&lt;img src=x')).length).toBeGreaterThan(20)
  for (const [where, text] of texts) {
    expect(text.includes('<img src=x'), where).toBe(false)
    // Broken out of an attribute, or evaluated by the templates.
    expect(/onerror=alert\(1\)>"/.test(text), where).toBe(false)
    expect(/onerror=alert\(1\)&gt;&quot;(&#39;|&#x27;)49/.test(text), where).toBe(false)
  }
})
