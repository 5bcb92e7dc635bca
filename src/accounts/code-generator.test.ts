import { describe, expect, it } from 'vitest'
import { intervalOf, toldToApp } from './code-generator.js'

/** RFC 6238 appendix B: SHA-1, the last six of its eight digits. */
const seed = Buffer.concat([Buffer.from('12345678901234567890'), Buffer.alloc(12)])
const minute = 60_000

describe('a code generator', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('makes at %i s the code of the RFC', (seconds, code) => expect(intervalOf(seed, code, seconds * 1_000)).toBe(Math.floor(seconds / 30)))

  it.each([
    [-30_000, true],
    [30_000, true],
    [-minute - 1_000, false],
    [minute + 1_000, false],
  ])('whose clock is %i ms off is taken: %s', (off, taken) =>
    expect(intervalOf(seed, '005924', 1_234_567_890_000 + off) !== undefined).toBe(taken),
  )

  it.each(['', '5924', '0059240', '00592a', '００５９２４'])('is none of "%s"', (code) =>
    expect(intervalOf(seed, code, 1_234_567_890_000)).toBeUndefined(),
  )

  it('tells an app its secret, whose it is, and nothing of the rest of the seed', () => {
    const { uri, typed } = toldToApp(seed, 'Ringround', 'mary.lowe@example.nhs.uk')
    expect(typed).toBe('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')
    expect(new URL(uri).searchParams.get('secret')).toBe(typed.replaceAll(' ', ''))
    expect(uri).toMatch(/^otpauth:\/\/totp\/Ringround:mary\.lowe%40example\.nhs\.uk\?/)
  })
})
