import type { Store } from '../store/store.js'
import { asked, bad, done, type RefusalCode, type Result } from './result.js'

/** After so long nobody asks again, ms: a telephone that was away for a weekend does. */
const keptMs = 4 * 24 * 60 * 60_000
const shape = /^[\w-]{8,64}$/

export interface OnceParts {
  readonly store: Pick<Store, 'tables'>
  /** Wall-clock ms. */
  readonly now: () => number
}

/** For whoever asks over a bad network: what was asked under one key is done once, however often it is asked, and of whichever engine. */
export class Once {
  constructor(private readonly parts: OnceParts) {}

  /** Whether nobody has asked under this key before. What is done then is never done again, even if nobody knows how it ended: a call. */
  async first(who: string, key: string): Promise<Result<boolean, 'badInput' | 'storeUnavailable'>> {
    if (!shape.test(key)) return malformed
    const begun = await this.#begin(who, key)
    return begun.kind === 'refused' ? begun : done((begun.value.numInsertedOrUpdatedRows ?? 0n) > 0n)
  }

  /**
   * @param who whose key it is: nobody is answered what somebody else has asked
   * @param work what does no harm when it is done again; a refusal of it is not kept: nothing was done
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
      // It was written as what `work` answered.
      if (answer !== undefined && answer !== null) return done(JSON.parse(answer) as T)
      // Nobody knows how it ended: it is done again.
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
