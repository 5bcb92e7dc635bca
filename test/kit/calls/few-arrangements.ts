import type { ArrangedCall, Arrangements, KeyedAt, Redeemed } from '../../../src/calls/arrangements.js'
import type { Refused } from '../../../src/facts/arrangement.js'

/** Arranged calls of a test, by PIN or code: each is granted once; any other guess is wrong, and the `lockedAfter`th locks. */
export class FewArrangements implements Arrangements {
  readonly asked: (KeyedAt & { readonly keys: string })[] = []
  #wrong = 0

  constructor(
    private readonly calls: Readonly<Record<string, ArrangedCall>>,
    private readonly lockedAfter = 3,
    private readonly waitMs = 0,
  ) {}

  redeem(keys: string, where: KeyedAt): Promise<Redeemed> {
    const before = this.asked.filter((one) => one.keys === keys).length
    this.asked.push({ ...where, keys })
    const arranged = this.calls[keys]
    if (this.#wrong >= this.lockedAfter) return Promise.resolve({ kind: 'locked' })
    if (arranged && before === 0) return Promise.resolve({ kind: 'granted', arranged })
    this.#wrong += 1
    return Promise.resolve({ kind: 'wrong', waitMs: this.waitMs })
  }

  guess(where: KeyedAt, isRight: () => boolean): { readonly kind: 'right' } | Refused {
    this.asked.push({ ...where, keys: '' })
    if (this.#wrong >= this.lockedAfter) return { kind: 'locked' }
    if (isRight()) return { kind: 'right' }
    this.#wrong += 1
    return { kind: 'wrong', waitMs: this.waitMs }
  }
}
