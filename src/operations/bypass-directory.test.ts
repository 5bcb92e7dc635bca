import { describe, expect, it } from 'vitest'
import { parseDirectory } from '../directory/parse-directory.js'
import { bypassDirectory } from './bypass-directory.js'

const parsed = parseDirectory(
  `areas: { here: { name: Saltmarsh }, there: { name: Upper Wend } }
organisations:
  elm: { kind: gpPractice, name: Elm Row, odsCode: Y90001, area: here, code: 2101, bypass: 01632 960201, reception: 01632 960301 }
  mill: { kind: gpPractice, name: Mill Street, area: there, code: 2103, bypass: "sip:mill@192.0.2.10" }
  ambulance: { kind: ambulance, name: Ambulance, area: here }
numbers:
  01632 960098: bypass
  01632 960099: callBackCode
`,
  'test.yaml',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
const names = (search?: string, limit = 10) =>
  bypassDirectory(parsed.directory, { limit, ...(search === undefined ? {} : { search }) }).practices.map(({ name }) => name)

describe('the bypass directory', () => {
  it('has every practice that can be reached, and where its code is keyed', () => {
    expect(bypassDirectory(parsed.directory, { limit: 10 })).toEqual({
      numbers: ['01632 960098'],
      practices: [
        {
          id: 'elm',
          name: 'Elm Row',
          areaName: 'Saltmarsh',
          odsCode: 'Y90001',
          code: '2101',
          bypass: '01632 960201',
          reception: '01632 960301',
        },
        { id: 'mill', name: 'Mill Street', areaName: 'Upper Wend', odsCode: null, code: '2103', bypass: null, reception: null },
      ],
      more: 0,
    })
  })

  it.each([
    ['mill', ['Mill Street']],
    ['  ROW  salt ', ['Elm Row']],
    ['y90001', ['Elm Row']],
    ['2103', ['Mill Street']],
    ['elm wend', []],
  ])('a search for %j', (search, found) => expect(names(search)).toEqual(found))

  it('says how many there are beyond one page', () =>
    expect(bypassDirectory(parsed.directory, { limit: 1 })).toMatchObject({ practices: [{ id: 'elm' }], more: 1 }))
})
