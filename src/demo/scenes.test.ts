import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mayUse } from '../directory/access.js'
import { outcomesFor } from '../directory/outcomes.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { cast } from './cast.js'
import { roundSeconds, scenes, storyOf } from './scenes.js'

const file = new URL('../../config/directory.yaml', import.meta.url)
const parsed = parseDirectory(readFileSync(file, 'utf8'), 'directory.yaml')
if (!parsed.ok) throw new Error('the demo world has errors')
const { directory } = parsed

/** Rounds repeat after three. */
describe.each([0, 1, 2, 3])('round %i of the demo', (round) => {
  const all = scenes(round)

  it('rings only places in the demo world, for lines that they may use', () => {
    for (const { rings, story } of all) {
      if ('practice' in rings) expect(directory.organisations.get(rings.practice)?.code, story).toBeDefined()
      else if ('patientsLine' in rings) expect(directory.lines.get(rings.patientsLine)?.kind, story).toBe('pifuAnswer')
      else {
        const line = directory.lines.get(rings.line)
        expect(line && mayUse(directory, line, rings.organisation), story).toBe(true)
      }
    }
  })

  it('leaves only offered outcomes', () => {
    for (const { rings, outcome, story } of all) {
      if (outcome === undefined) continue
      const line = directory.lines.get('line' in rings ? rings.line : 'patientsLine' in rings ? rings.patientsLine : '')
      const offered = line === undefined ? [] : outcomesFor(directory, line, 'organisation' in rings ? rings.organisation : undefined)
      expect(
        offered.map(({ id }) => id),
        story,
      ).toContain(outcome)
    }
  })

  it('names only people whom the demo plays', () => {
    const users = cast(directory).map(({ user }) => user)
    for (const { people, story } of all) for (const user of Object.keys(people)) expect(users, story).toContain(user)
    for (const { callBack } of all) if (callBack) expect(directory.clinicians.has(callBack.clinician)).toBe(true)
  })

  it('begins every scene within the round, no two callers with the same number at a time', () => {
    expect(all.every(({ at }) => at < roundSeconds)).toBe(true)
    const two = [...all, ...scenes(round + 1).map((scene) => ({ ...scene, at: scene.at + roundSeconds }))]
    for (const one of two)
      for (const other of two)
        if (one !== other && one.caller.number === other.caller.number) expect(Math.abs(one.at - other.at), other.story).toBeGreaterThan(85)
  })
})

it('announces the round with a telephone out of order, and the one with its repair', () => {
  expect(storyOf(0)).toBeUndefined()
  expect(storyOf(1)).toContain('out of order')
  expect(storyOf(2)).toContain('mended')
  expect(storyOf(3)).toBeUndefined()
})
