import { describe, expect, it } from 'vitest'
import { attemptResults, callEndings, legEndings } from './endings.js'

describe('the taxonomy of endings', () => {
  it('is closed: who adds one changes this count, and says who ended it, why, and whose fault it was', () => {
    expect(Object.keys(legEndings)).toHaveLength(6)
    expect(Object.keys(attemptResults)).toHaveLength(11)
    expect(Object.keys(callEndings)).toHaveLength(18)
  })

  it('says something about each that it says about no other', () => {
    const whys = [legEndings, attemptResults, callEndings].flatMap((endings) => Object.values(endings).map(({ why }) => why))
    expect(new Set(whys).size).toBe(whys.length)
  })
})
