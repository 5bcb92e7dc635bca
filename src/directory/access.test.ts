import { describe, expect, it } from 'vitest'
import { lineChoices, mayUse } from './access.js'
import { emptyDirectory } from './empty-directory.js'
import type { Directory, Line, OpeningHours, Organisation } from './model.js'
import { defaultOutcomes, outcomesFor } from './outcomes.js'
import { defaultRing } from './read-line.js'

const practice = (id: string, area: string): Organisation => ({ id, kind: 'gpPractice', name: id, spokenName: id, area })
const always: OpeningHours = { week: 'always', exceptions: {} }
const never: OpeningHours = { week: {}, exceptions: {} }

function line(id: string, access: Line['access'], hours = always): Line {
  return {
    id,
    kind: 'advice',
    trust: 't',
    name: id,
    spokenName: id,
    code: '1',
    blurb: '',
    timeZone: 'Europe/London',
    hours,
    access,
    ring: defaultRing,
    outcomes: defaultOutcomes.advice,
    recordFrom: 'bridge',
  }
}

const nobody = { everyone: false, organisations: [], areas: [] }
const lines = [
  line('for-everyone', { everyone: true, organisations: [], areas: [] }, never),
  line('for-nobody', nobody),
  line('for-elm-row', { ...nobody, organisations: ['elm-row'] }),
  line('for-the-levels', { ...nobody, areas: ['levels'] }),
  line('for-both', { ...nobody, organisations: ['mill-street'], areas: ['levels'] }),
]
const directory: Directory = {
  ...emptyDirectory,
  organisations: new Map(
    [practice('elm-row', 'levels'), practice('harbour', 'levels'), practice('mill-street', 'wend')].map((organisation) => [
      organisation.id,
      organisation,
    ]),
  ),
  areas: new Map([
    ['wend', { id: 'wend', name: 'Wend', outcomes: [{ id: 'seen', label: 'Seen' }] }],
    ['levels', { id: 'levels', name: 'Levels' }],
  ]),
  lines: new Map(lines.map((subject) => [subject.id, subject])),
}

describe('access', () => {
  it.each([
    ['elm-row', ['for-elm-row', 'for-the-levels', 'for-both', 'for-everyone']],
    ['harbour', ['for-the-levels', 'for-both', 'for-everyone']],
    ['mill-street', ['for-both', 'for-everyone']],
    ['unknown', []],
  ])('offers %s the lines that it may use, open ones first, in the directory’s order', (organisation, expected) => {
    expect(lineChoices(directory, organisation, Date.UTC(2026, 0, 14)).map((choice) => choice.line.id)).toEqual(expected)
  })

  it('gives an unknown organisation nothing, not even lines for everyone', () => {
    expect(lines.some((subject) => mayUse(directory, subject, 'unknown'))).toBe(false)
  })

  it('tells whether each line is open', () => {
    expect(lineChoices(directory, 'mill-street', 0).map((choice) => choice.opening.open)).toEqual([true, false])
  })
})

describe('outcomes', () => {
  const [subject = line('x', nobody)] = lines
  it('are the line’s own, else the caller’s area’s, else the default', () => {
    expect(outcomesFor(directory, subject, 'mill-street').map((outcome) => outcome.id)).toEqual(['seen'])
    expect(outcomesFor(directory, subject, 'elm-row')).toEqual(defaultOutcomes.advice)
    expect(outcomesFor(directory, subject)).toEqual(defaultOutcomes.advice)
    const own = { ...subject, outcomes: [{ id: 'own', label: 'Own' }], ownOutcomes: true }
    expect(outcomesFor(directory, own, 'mill-street').map((outcome) => outcome.id)).toEqual(['own'])
  })
})
