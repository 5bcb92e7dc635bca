import { describe, expect, it } from 'vitest'
import { checked, type Columns } from './compare.js'
import { perFigure, type Estimate } from './figures.js'
import { checkLine } from './report.js'

const estimate = (value: number, from: number, to: number): Estimate => ({ value, interval: { from, to } })
const columns = (recorded: Estimate | undefined, asItWas: Estimate | undefined): Columns => ({
  calls: 10,
  recorded: perFigure(() => recorded),
  asItWas: perFigure(() => asItWas),
  changed: undefined,
  difference: undefined,
})
const recorded = estimate(30, 28, 32)

describe('the replay as it was, held against what happened', () => {
  it.each([
    ['in the recorded interval', estimate(31, 30.5, 31.5), 'within', true],
    ['on its edge', estimate(32, 31.9, 32.1), 'within', true],
    ['outside, but replays differ by as much', estimate(33, 29, 37), 'near', true],
    ['outside, and no replay gives what happened', estimate(33, 32.5, 33.5), 'apart', false],
  ] as const)('%s', (_name, asItWas, agreement, reproduced) => {
    const check = checked(columns(recorded, asItWas), [columns(recorded, asItWas)])
    expect(check).toMatchObject({ figures: { meanWait: agreement, refs: agreement }, hours: { [agreement]: 5 }, reproduced })
  })

  it('does not compare a figure that one of them lacks, and says so', () => {
    const nothing = columns(undefined, recorded)
    const check = checked(nothing, [])
    expect(check).toEqual({ figures: {}, hours: { within: 0, near: 0, apart: 0 }, reproduced: true })
    expect(checkLine({ overall: nothing, byHour: [], check })).toBe('Check: nothing can be compared.')
  })

  it('names the figures that do not agree', () => {
    const overall = {
      ...columns(recorded, recorded),
      asItWas: { ...columns(recorded, recorded).asItWas, p90Wait: estimate(50, 49, 51), refs: estimate(33, 29, 37) },
    }
    const line = checkLine({ overall, byHour: [], check: checked(overall, []) })
    expect(line).toMatch(
      /^Check: NOT REPRODUCED\. .*: connection time, p90 \(s\) is 50\.00, recorded 30\.00 \(28\.00 to 32\.00\); outside, but no further than one replay from the next: refs, mean is 33\.00/,
    )
  })
})
