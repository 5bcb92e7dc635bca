import { expect, it } from 'vitest'
import { everyTarget } from './every-target.js'
import { parseDirectory } from './parse-directory.js'

it('finds every telephone, in every place', () => {
  const parsed = parseDirectory(
    `
areas: { here: { name: Here } }
organisations:
  trust: { kind: trust, name: The Trust, area: here }
  elm: { kind: gpPractice, name: Elm, area: here, code: 2101, bypass: 01632 960201, reception: 01632 960301 }
clinicians:
  ada: { name: Dr Ada, role: Consultant, numbers: [01632 960011, "device:ada-desk"], organisations: [trust] }
lines:
  heart: { trust: trust, name: Heart, code: 21, hours: always, access: everyone, ncnPool: heart }
rotas:
  heart:
    pattern:
      - { session: Day, days: mon-sun, time: 00:00-24:00, entries: [ada, { phone: Ward, target: 01632 960012 }] }
    changes:
      - { date: 2026-12-24, session: Day, replace: [{ phone: Mobile, target: 07700 900123 }] }
      - { date: 2026-12-25, session: Day, add: { phone: Home, target: "sip:home@127.0.0.1" } }
ncnPools:
  heart: { specialty: Heart, entries: [{ phone: Nation, target: 01632 960013 }] }
`,
    'test.yaml',
  )
  if (!parsed.ok) throw new Error(parsed.errors.map(({ line, message }) => `${line}: ${message}`).join('\n'))
  expect(
    everyTarget(parsed.directory).map(
      ({ place, target }) =>
        `${place}: ${target.kind === 'number' ? target.number : target.kind === 'uri' ? target.uri : target.kind === 'device' ? target.user : target.clinician}`,
    ),
  ).toEqual([
    'Dr Ada: +441632960011',
    'Dr Ada: ada-desk',
    'Elm (bypass): +441632960201',
    'Elm (reception): +441632960301',
    'Ward (rota of heart): +441632960012',
    'Mobile (rota of heart, 2026-12-24): +447700900123',
    'Home (rota of heart, 2026-12-25): sip:home@127.0.0.1',
    'Nation (NCN pool heart): +441632960013',
  ])
})
