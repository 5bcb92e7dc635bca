import { describe, expect, it } from 'vitest'
import { choiceField, choose, fitting, writtenAs } from './choices.js'

const people = [
  { id: 'dr-okafor', name: 'Dr Ada Okafor' },
  { id: 'dr-smith', name: 'Dr Jo Smith' },
  { id: 'dr-smith-2', name: 'Dr Jo Smith' },
]

describe('a choice from the directory', () => {
  it('is a list of names; two with the same name show their ids', () => {
    expect(choiceField(people).items).toEqual([
      { value: 'dr-okafor', text: 'Dr Ada Okafor' },
      { value: 'dr-smith', text: 'Dr Jo Smith (dr-smith)' },
      { value: 'dr-smith-2', text: 'Dr Jo Smith (dr-smith-2)' },
    ])
  })

  it('is typed if there are too many for a list, from a list that the service is asked for', () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ id: `dr-${index}`, name: `Dr ${index}` }))
    expect(choiceField(many)).toEqual({})
    expect(choiceField(many, 'calls/clinicians')).toEqual({ source: '/api/choices/calls/clinicians' })
    expect(choiceField(people, 'calls/clinicians').source).toBeUndefined()
  })

  it.each([
    ['', ['dr-okafor', 'dr-smith', 'dr-smith-2']],
    ['ok', ['dr-okafor']],
    ['DR  j', ['dr-smith', 'dr-smith-2']],
    ['smith jo', ['dr-smith', 'dr-smith-2']],
    ['dr-smith-', ['dr-smith-2']],
    ['mith', []],
    ['cardio', ['dr-okafor']],
  ])('%j may mean %j: words are looked for by their beginnings', (typed, ids) =>
    expect(fitting([{ ...people[0]!, about: 'Consultant cardiologist' }, ...people.slice(1)], typed).map(({ id }) => id)).toEqual(ids),
  )

  it('names that begin with what is typed come first', () =>
    expect(
      fitting(
        [
          { id: 'b', name: 'Ward of Ada' },
          { id: 'a', name: 'Ada ward' },
        ],
        'ada',
      ).map(({ id }) => id),
    ).toEqual(['a', 'b']))

  it('is written so that it is understood again', () => {
    for (const { id } of people) expect(choose(people, writtenAs(people, id), 'clinician')).toEqual({ ok: true, id })
    expect(writtenAs(people, 'dr-okafor')).toBe('Dr Ada Okafor')
    expect(writtenAs(people, 'gone')).toBe('gone')
  })

  it.each([
    ['dr-okafor', 'dr-okafor'],
    ['  dr ADA  okafor ', 'dr-okafor'],
    ['dr-smith-2', 'dr-smith-2'],
  ])('%j is %s', (written, id) => expect(choose(people, written, 'clinician')).toEqual({ ok: true, id }))

  it.each([
    ['Dr Jo Smith', 'Several have this name. Enter the ID of the one you mean: Dr Jo Smith (dr-smith) or Dr Jo Smith (dr-smith-2)'],
    ['okafor', 'No clinician has exactly this name. Did you mean Dr Ada Okafor (dr-okafor)?'],
    ['Nobody', 'Enter a clinician in the directory, by name or ID'],
    ['', 'Enter a clinician in the directory, by name or ID'],
  ])('%j is refused, with what would be right', (written, message) =>
    expect(choose(people, written, 'clinician')).toEqual({ ok: false, message }),
  )
})
