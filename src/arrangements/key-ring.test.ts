import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeSpace, keptMs, KeyRing, pinSpace } from './key-ring.js'

const now = Date.UTC(2026, 2, 4, 10)

describe('PINs and codes', () => {
  it('have their digits, leading noughts included, and are found by nobody else', () => {
    const ring = new KeyRing(() => 7)
    expect(ring.make(codeSpace('+441632960099'), now)).toBe('0007')
    expect(ring.make(pinSpace, now)).toBe('000007')
    ring.note(codeSpace('+441632960099'), '0007', 'a', now)
    expect(ring.find(codeSpace('+441632960099'), '0007', now)).toBe('a')
    expect(ring.find(codeSpace('+441632960098'), '0007', now)).toBeUndefined()
    expect(ring.find(pinSpace, '0007', now)).toBeUndefined()
  })

  it('are given out only once in 24 hours for one number, whatever is drawn', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 4 * 60 * 60_000 }), number: fc.constantFrom('a', 'b') }), { maxLength: 120 }), fc.infiniteStream(fc.integer({ min: 0, max: 60 })), (draws, stream) => {
        // So few keys are drawn that the same ones come again and again.
        const ring = new KeyRing(() => Number(stream.next().value ?? 0))
        const given: { readonly key: string; readonly number: string; readonly at: number }[] = []
        let at = now
        for (const { afterMs, number } of draws) {
          at += afterMs
          const key = ring.make(codeSpace(number), at)
          if (key === undefined) continue
          expect(given.filter((one) => one.key === key && one.number === number && one.at > at - keptMs)).toEqual([])
          ring.note(codeSpace(number), key, `${at}`, at)
          given.push({ key, number, at })
        }
      }),
      { numRuns: 100 },
    )
  })

  it('are no longer made when half of them are in use, and again when these are a day old', () => {
    const ring = new KeyRing()
    const space = codeSpace('n')
    for (let made = 0; made < 5_000; made++) {
      const key = ring.make(space, now + made)
      expect(key).toMatch(/^\d{4}$/)
      ring.note(space, key ?? '', `${made}`, now + made)
    }
    expect(ring.used(space, now + 5_000)).toBe(5_000)
    expect(ring.make(space, now + 5_000)).toBeUndefined()
    expect(ring.make(codeSpace('another'), now + 5_000)).toBeDefined()
    expect(ring.make(space, now + keptMs)).toBeDefined()
  })

  it('are drawn evenly', () => {
    // The draw itself is Node's; what is checked is that nothing of it is lost on the way.
    const ring = new KeyRing(randomInt)
    const first = new Map<string, number>()
    for (let made = 0; made < 20_000; made++) {
      const digit = ring.make(pinSpace, now)?.[0] ?? ''
      first.set(digit, (first.get(digit) ?? 0) + 1)
    }
    expect([...first.keys()].sort().join('')).toBe('0123456789')
    // Six standard deviations of a binomial count with 20,000 tries at 1/10.
    for (const count of first.values()) expect(Math.abs(count - 2_000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.09))
  })
})
