import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { diffDirectories } from '../directory/directory-diff.js'
import { entitiesIn } from '../directory/entities.js'
import { edited, entityInFile } from '../directory/file-form.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { directoryForms, fieldNamed, fieldsOf, resolved, shownFields, valuesOf, type FormSection } from './directory-forms.js'

const parsed = parseDirectory(readFileSync('config/directory.yaml', 'utf8'), 'config/directory.yaml')
if (!parsed.ok) throw new Error('the demo directory has errors')
const demo = parsed.directory

describe('forms of the directory', () => {
  it.each<FormSection>(['areas', 'organisations', 'clinicians', 'lines', 'pools'])(
    '%s: a form sent back unchanged gives the same entity',
    (section) => {
      const all = [...entitiesIn(demo, section).keys()]
      expect(all.length).toBeGreaterThan(0)
      for (const id of all) {
        const result = edited(demo, [{ section, id, set: fieldsOf(section, valuesOf(section, entityInFile(demo, { section, id }) ?? {})) }])
        expect(result.ok && diffDirectories(demo, result.directory), id).toEqual([])
      }
    },
  )

  it('of any directory, a form sent back unchanged gives the same entity', () => {
    fc.assert(
      fc.property(arbitraryDirectory, (directory) => {
        for (const section of ['areas', 'organisations', 'clinicians', 'lines', 'pools'] as const) {
          for (const id of entitiesIn(directory, section).keys()) {
            const result = edited(directory, [
              { section, id, set: fieldsOf(section, valuesOf(section, entityInFile(directory, { section, id }) ?? {})) },
            ])
            expect(result.ok ? diffDirectories(directory, result.directory) : result.problems).toEqual([])
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('numbers that are nobody’s', () => {
    const [number = ''] = [...demo.numbers].find(([, { use }]) => use.kind === 'bypass') ?? []
    expect(valuesOf('numbers', entityInFile(demo, { section: 'numbers', id: number }) ?? {})).toEqual({ use: 'bypass' })
    expect(fieldsOf('numbers', { use: 'callBackCode' })).toEqual({ use: 'callBackCode' })
  })

  it('hours, access and outcomes are read line by line', () => {
    const values = {
      'hours.week': 'mon-thu: 09:00-12:30, 13:30-17:00\r\nfri: 09:00-12:30',
      'hours.exceptions': '2026-12-24: closed',
      'hours.bankHolidays.nation': 'england',
      'hours.bankHolidays.spans': 'closed',
      'access.who': 'some',
      'access.areas': 'saltmarsh\nupper-wend',
      outcomes: 'referral-avoided: Referral avoided\n2: Second',
    }
    expect(fieldsOf('lines', values)).toMatchObject({
      hours: {
        week: { 'mon-thu': ['09:00-12:30', '13:30-17:00'], fri: '09:00-12:30' },
        exceptions: { '2026-12-24': 'closed' },
        bankHolidays: { nation: 'england', spans: 'closed' },
      },
      access: { areas: ['saltmarsh', 'upper-wend'] },
      outcomes: [
        { id: 'referral-avoided', label: 'Referral avoided' },
        { id: '2', label: 'Second' },
      ],
      blurb: null,
    })
    expect(fieldsOf('lines', { 'hours.week': 'always', 'access.who': 'everyone', 'access.areas': 'saltmarsh' })).toMatchObject({
      hours: { week: 'always' },
      access: 'everyone',
    })
    expect(fieldsOf('lines', {})).toMatchObject({ access: 'nobody', hours: { week: {} } })
  })

  it('people are chosen from a list, or written by name or id if there are too many', () => {
    const sent = (values: Readonly<Record<string, readonly string[]>>) => resolved('clinicians', {}, (name) => values[name] ?? [], demo)
    expect(sent({ organisations: ['st-brides', '', 'St Bride’s Hospital'] }).values['organisations']).toMatch(/^st-brides/)
    expect(sent({ organisations: ['St Nobody'] }).errors).toMatchObject([{ field: 'organisations' }])
    const [shown] = shownFields('lines', { trust: 'st-brides' }, demo).filter(
      (field) => (field as { readonly name: string }).name === 'trust',
    ) as [{ readonly items: readonly { readonly value: string }[] }]
    expect(shown.items.map(({ value }) => value)).toContain('st-brides')
  })

  it('a problem is shown beside its field', () => {
    expect(
      ['ring.ringSeconds', 'hours.week.mon-fri', 'access', 'numbers.0', 'hours', 'nothing'].map((path) =>
        fieldNamed(path.startsWith('numbers') ? 'clinicians' : 'lines', path),
      ),
    ).toEqual(['ring.ringSeconds', 'hours.week', 'access.who', 'numbers', 'hours.week', ''])
    expect(Object.keys(directoryForms)).toContain('lines')
  })
})
