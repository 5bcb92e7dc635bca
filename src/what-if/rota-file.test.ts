import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDirectory } from '../directory/parse-directory.js'
import { readRotaFile } from './rota-file.js'

const directoryYaml = `areas: { a: { name: A } }
organisations: { t: { kind: trust, name: T, area: a } }
clinicians: { dr-a: { name: Dr A, role: C, numbers: 07700 900101 } }
lines:
  cardiology: { trust: t, name: Cardiology, code: 21, hours: always, access: everyone, ring: { ringSeconds: 25 } }
  ent: { trust: t, name: ENT, code: 22, hours: always, access: everyone }
rotas:
  cardiology:
    pattern:
      - { session: Day, days: mon-fri, time: 08:00-18:00, entries: [dr-a] }
`
const parsed = parseDirectory(directoryYaml, 'directory.yaml')
if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
const { directory } = parsed
const line = directory.lines.get('cardiology')!
const read = (text: string) => readRotaFile(text, 'rota.yaml', directory, line)
const session = '{ session: Day, days: mon, time: 08:00-18:00, entries: [dr-a, { phone: Ward 7, target: 01632 960107 }] }'

describe('the file with another rota', () => {
  it('named in the docs fits the demo', () => {
    const demo = parseDirectory(readFileSync('config/directory.yaml', 'utf8'), 'config/directory.yaml')
    if (!demo.ok) throw new Error(JSON.stringify(demo.errors))
    const file = readRotaFile(
      readFileSync('docs/rota-to-try.yaml', 'utf8'),
      'docs/rota-to-try.yaml',
      demo.directory,
      demo.directory.lines.get('cardiology')!,
    )
    expect(file).toMatchObject({ ok: true })
    for (const text of ['README.md', 'docs/what-if.md']) expect(readFileSync(text, 'utf8')).toContain('--rota docs/rota-to-try.yaml')
  })

  it.each([
    ['the rota alone', `pattern:\n  - ${session}\n`],
    ['under the name of the line', `cardiology:\n  pattern:\n    - ${session}\n`],
    ["as the directory's section", `rotas:\n  cardiology:\n    pattern:\n      - ${session}\n  ent:\n    pattern: []\n`],
  ])('%s', (_name, text) => {
    const file = read(text)
    expect(file).toMatchObject({
      ok: true,
      change: {
        rota: {
          from: 'rota.yaml',
          timeZone: 'Europe/London',
          rota: {
            line: 'cardiology',
            pattern: [
              {
                day: 'mon',
                entries: [
                  { kind: 'clinician', clinician: 'dr-a' },
                  { kind: 'phone', label: 'Ward 7' },
                ],
              },
            ],
          },
        },
      },
    })
    expect(file.ok && file.change.line).toBe(undefined)
  })

  it('adds new people', () => {
    const file = read(
      `clinicians: { dr-new: { name: Dr New, role: C, numbers: 07700 900109 } }\nrotas: { cardiology: { pattern: [{ session: Day, days: mon, time: 08:00-18:00, entries: [dr-new] }] } }\n`,
    )
    expect(file.ok && file.change.clinicians?.get('dr-new')?.name).toBe('Dr New')
  })

  it('a whole directory: the ring policy of its line as well', () => {
    const file = read(directoryYaml.replace('ringSeconds: 25', 'ringSeconds: 12'))
    expect(file).toMatchObject({
      ok: true,
      change: { line: { ring: { ringSeconds: 12 } }, rota: { rota: { pattern: [{}, {}, {}, {}, {}] } } },
    })
  })

  it.each([
    [
      'a clinician who is nowhere',
      `pattern:\n  - { session: Day, days: mon, time: 08:00-18:00, entries: [dr-a] }\n  - { session: Night, days: mon, time: 18:00-08:00, entries: [dr-x] }\n`,
      'rota.yaml:3: there is no clinician "dr-x"',
    ],
    [
      'several errors, all of them',
      `pattern:\n  - { session: Day, days: someday, time: 08:00-18:00, entries: [dr-a] }\n  - { session: Night, days: mon, time: 25:00, entries: [dr-a] }\n`,
      'rota.yaml:2: days of .* rota.yaml:3: ',
    ],
    ['the rota of another line', 'rotas:\n  ent: { pattern: [] }\n', 'rota.yaml:2: there is no rota of cardiology here'],
    ['a name that no rota has', 'session: Day\nentries: [dr-a]\n', 'rota.yaml:1: a file with a rota has no "session"'],
    ['nothing', '', 'rota.yaml:1: this is no rota'],
    ['no YAML', 'pattern: [', 'rota.yaml:1: this is not YAML'],
    ['a directory with an error', directoryYaml.replace('kind: trust', 'kind: ship'), 'rota.yaml:2: the kind of organisation t is "ship"'],
    [
      'a directory without the line',
      directoryYaml.replaceAll('cardiology:', 'gastro:'),
      'rota.yaml:1: this directory has no line "cardiology"',
    ],
  ])('says what is wrong, and where: %s', (_name, text, expected) => {
    const file = read(text)
    expect(file.ok ? 'ok' : file.errors.map((error) => `${error.file}:${error.line}: ${error.message}`).join(' ')).toMatch(
      new RegExp(expected),
    )
  })
})
