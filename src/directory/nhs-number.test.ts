import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNhsNumber, showNhsNumber } from './nhs-number.js'

describe('NHS numbers', () => {
  it.each([
    ['943 476 5919', '9434765919'],
    ['9434765919', '9434765919'],
    ['943-476-5919', '9434765919'],
    ['401 023 2137', '4010232137'],
    ['943 476 5918', undefined],
    ['943 476 591', undefined],
    ['943 476 59199', undefined],
    ['943 476 591X', undefined],
    ['', undefined],
    ['9434765919\r\nDROP', undefined],
  ])('%s', (text, expected) => {
    expect(parseNhsNumber(text)).toBe(expected)
  })

  it('refuses a number whose check digit would have to be ten', () => {
    // 000 000 006?: the sum is 12, its remainder 1, so that the check digit would be ten.
    for (let last = 0; last <= 9; last++) expect(parseNhsNumber(`000000006${last}`)).toBeUndefined()
  })

  it('notices every single wrong digit and every swap of two neighbours', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(8),
        (first, position, by, swap) => {
          const valid = Array.from({ length: 10 }, (_, check) => String(first).padStart(9, '0') + String(check)).filter(
            (text) => parseNhsNumber(text) !== undefined,
          )
          expect(valid.length).toBeLessThanOrEqual(1)
          const [number] = valid
          if (number === undefined) return
          const digits = Array.from(number, Number)
          const wrong = digits.map((digit, index) => (index === position ? (digit + by) % 10 : digit)).join('')
          expect(parseNhsNumber(wrong)).toBeUndefined()
          const swapped = digits
            .map((digit, index) => (index === swap ? digits[swap + 1] : index === swap + 1 ? digits[swap] : digit))
            .join('')
          if (swapped !== number) expect(parseNhsNumber(swapped)).toBeUndefined()
          expect(showNhsNumber(number).replaceAll(' ', '')).toBe(number)
        },
      ),
    )
  })

  it('are shown in three groups', () => {
    expect(showNhsNumber('9434765919')).toBe('943 476 5919')
    expect(showNhsNumber('none')).toBe('none')
  })
})
