import { describe, expect, it } from 'vitest'
import { choiceField, choose } from './choices.js'

const people = [
  { id: 'dr-okafor', name: 'Dr Ada Okafor' },
  { id: 'dr-smith', name: 'Dr Jo Smith' },
  { id: 'dr-smith-2', name: 'Dr Jo Smith' },
]

describe('a choice from the directory', () => {
  it('is a list of names; of two of one name the id is shown', () => {
    expect(choiceField(people).items).toEqual([
      { value: 'dr-okafor', text: 'Dr Ada Okafor' },
      { value: 'dr-smith', text: 'Dr Jo Smith (dr-smith)' },
      { value: 'dr-smith-2', text: 'Dr Jo Smith (dr-smith-2)' },
    ])
  })

  it('is typed where there are too many for a list', () =>
    expect(choiceField(Array.from({ length: 101 }, (_, index) => ({ id: `dr-${index}`, name: `Dr ${index}` })))).toEqual({}))

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
