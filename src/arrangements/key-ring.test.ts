import { randomBytes, randomInt } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeSpace, hashOf, hashOfKept, keptMs, KeyRing, pinSpace } from './key-ring.js'

const secret = randomBytes(32)
const now = Date.UTC(2026, 2, 4, 10)

describe('PINs and codes', () => {
  it('have their digits, leading zeros included, and match no other arrangement', () => {
    const ring = new KeyRing(() => 7)
    expect(ring.make(secret, codeSpace('+441632960099'), now)?.key).toBe('0007')
    expect(ring.make(secret, pinSpace, now)?.key).toBe('000007')
    ring.note(codeSpace('+441632960099'), hashOf(secret, codeSpace('+441632960099'), '0007'), 'a', now)
    expect(ring.find(codeSpace('+441632960099'), hashOf(secret, codeSpace('+441632960099'), '0007'), now)).toBe('a')
    expect(ring.find(codeSpace('+441632960098'), hashOf(secret, codeSpace('+441632960098'), '0007'), now)).toBeUndefined()
    expect(ring.find(pinSpace, hashOf(secret, pinSpace, '0007'), now)).toBeUndefined()
  })

  it('are given out only once in 24 hours for one number, whatever is drawn', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 4 * 60 * 60_000 }), number: fc.constantFrom('a', 'b') }), {
          maxLength: 120,
        }),
        fc.infiniteStream(fc.integer({ min: 0, max: 60 })),
        (draws, stream) => {
          // So few keys are drawn that the same ones repeat.
          const ring = new KeyRing(() => Number(stream.next().value ?? 0))
          const given: { readonly key: string; readonly number: string; readonly at: number }[] = []
          let at = now
          for (const { afterMs, number } of draws) {
            at += afterMs
            const made = ring.make(secret, codeSpace(number), at)
            if (made === undefined) continue
            const { key, hash } = made
            expect(given.filter((one) => one.key === key && one.number === number && one.at > at - keptMs)).toEqual([])
            ring.note(codeSpace(number), hash, `${at}`, at)
            given.push({ key, number, at })
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('are no longer made when half of them are in use, and again when these are a day old', () => {
    const ring = new KeyRing()
    const space = codeSpace('n')
    for (let made = 0; made < 5_000; made++) {
      const key = ring.make(secret, space, now + made)
      expect(key?.key).toMatch(/^\d{4}$/)
      ring.note(space, key?.hash ?? '', `${made}`, now + made)
    }
    expect(ring.used(space, now + 5_000)).toBe(5_000)
    expect(ring.make(secret, space, now + 5_000)).toBeUndefined()
    expect(ring.make(secret, codeSpace('another'), now + 5_000)).toBeDefined()
    expect(ring.make(secret, space, now + keptMs)).toBeDefined()
  })

  it('are kept as hashes that need the key and the space', () => {
    const hash = hashOf(secret, pinSpace, '123456')
    expect(hash).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(hashOfKept(secret, pinSpace, { hash })).toBe(hash)
    expect(hashOfKept(secret, pinSpace, { plain: '123456' })).toBe(hash)
    expect(hashOf(randomBytes(32), pinSpace, '123456')).not.toBe(hash)
    expect(hashOf(secret, codeSpace('n'), '1234')).not.toBe(hashOf(secret, codeSpace('m'), '1234'))
  })

  it('are drawn evenly', () => {
    // The draw itself is Node's; this checks that nothing of it is lost on the way.
    const ring = new KeyRing(randomInt)
    const first = new Map<string, number>()
    for (let made = 0; made < 20_000; made++) {
      const digit = ring.make(secret, pinSpace, now)?.key[0] ?? ''
      first.set(digit, (first.get(digit) ?? 0) + 1)
    }
    expect([...first.keys()].sort().join('')).toBe('0123456789')
    // Six standard deviations of a binomial count with 20,000 tries at 1/10.
    for (const count of first.values()) expect(Math.abs(count - 2_000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.09))
  })
})
