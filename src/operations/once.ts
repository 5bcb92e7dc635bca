import type { Store } from '../store/store.js'
import { asked, bad, done, type RefusalCode, type Result } from './result.js'

/** How long an answer is kept for repeats, ms: longer than a mobile offline for a weekend. */
const keptMs = 4 * 24 * 60 * 60_000
const shape = /^[\w-]{8,64}$/

export interface OnceParts {
  readonly store: Pick<Store, 'tables'>
  /** Wall-clock ms. */
  readonly now: () => number
}

/** For requests over a bad network: those under one key are carried out once, however often they are sent, and to any engine. */
export class Once {
  constructor(private readonly parts: OnceParts) {}

  /** Whether this key is new. For work that must never be repeated, even if its result is unknown: a call. */
  async first(who: string, key: string): Promise<Result<boolean, 'badInput' | 'storeUnavailable'>> {
    if (!shape.test(key)) return malformed
    const begun = await this.#begin(who, key)
    return begun.kind === 'refused' ? begun : done((begun.value.numInsertedOrUpdatedRows ?? 0n) > 0n)
  }

  /**
   * @param who owns the key: nobody gets the answer to another person's request
   * @param work safe to repeat; its refusal is not kept, as nothing was done
   */
  async ask<T, Code extends RefusalCode>(
    who: string,
    key: string,
    work: () => Promise<Result<T, Code>>,
  ): Promise<Result<T, Code | 'badInput' | 'storeUnavailable'>> {
    if (!shape.test(key)) return malformed
    const { reading, writing } = this.parts.store.tables
    const now = this.parts.now()
    const begun = await this.#begin(who, key)
    if (begun.kind === 'refused') return begun
    if ((begun.value.numInsertedOrUpdatedRows ?? 0n) === 0n) {
      const before = await asked(
        reading.selectFrom('asked_once').select('answer').where('who', '=', who).where('key', '=', key).executeTakeFirst(),
      )
      if (before.kind === 'refused') return before
      const answer = before.value?.answer
      // It was written from an answer of `work`.
      if (answer !== undefined && answer !== null) return done(JSON.parse(answer) as T)
      // Its result is unknown: it is done again.
    }
    const result = await work()
    if (result.kind === 'refused')
      await asked(writing.deleteFrom('asked_once').where('who', '=', who).where('key', '=', key).where('answer', 'is', null).execute())
    else
      await asked(
        writing
          .updateTable('asked_once')
          .set({ answer: JSON.stringify(result.value) })
          .where('who', '=', who)
          .where('key', '=', key)
          .execute(),
      )
    await asked(
      writing
        .deleteFrom('asked_once')
        .where('at', '<', now - keptMs)
        .execute(),
    )
    return result
  }

  #begin(who: string, key: string) {
    return asked(
      this.parts.store.tables.writing
        .insertInto('asked_once')
        .values({ who, key, at: this.parts.now(), answer: null })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst(),
    )
  }
}

const malformed = bad('once has to be 8 to 64 letters, digits, _ and -, other ones for each thing that is asked for.', 'once')
