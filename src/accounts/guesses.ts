import { sql } from 'kysely'
import type { Db } from '../store/statements.js'

const minute = 60_000

/**
 * Wrong guesses slow down only the guesser. Counted are the pair of account and network, and also the network alone, which is
 * allowed more. Nothing is counted for an account by itself, so a stranger can type a colleague's address as often as they like: the colleague still signs in.
 */
interface Rule {
  /** This many are free. */
  readonly free: number
  /** The wait after the next one; it doubles with each. */
  readonly firstMs: number
  readonly longestMs: number
}

const rules = {
  /** An account, from one network. */
  pair: { free: 5, firstMs: 10_000, longestMs: 60 * minute },
  /** A practice shares an address. */
  network: { free: 30, firstMs: 10_000, longestMs: 60 * minute },
  /** The second factor of an account: only a person with the password gets this far, and six digits must not be tried from everywhere at once. */
  second: { free: 10, firstMs: 10_000, longestMs: 60 * minute },
} as const satisfies Readonly<Record<string, Rule>>

/** Without a wrong guess for this long, all are forgotten. */
const forgottenAfterMs = 24 * 60 * minute

export type Subject = { readonly kind: keyof typeof rules; readonly name: string }

export function subjectsOf(account: string, network: string): readonly Subject[] {
  return [
    { kind: 'pair', name: `pair:${account}@${network}` },
    { kind: 'network', name: `network:${network}` },
  ]
}

export function secondOf(person: string): readonly Subject[] {
  return [{ kind: 'second', name: `second:${person}` }]
}

/** Retries to count a guess beside simultaneous ones. */
const tries = 20

/**
 * Takes one guess. It is counted before it is checked, and each sees those before it: a hundred at once get no more than one after the other.
 * @returns how long they have to wait instead, ms; 0: they may guess
 */
export async function takeGuess(db: Db, subjects: readonly Subject[], now: number): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const names = subjects.map(({ name }) => name)
    const rows = await db.selectFrom('sign_in_guesses').selectAll().where('subject', 'in', names).execute()
    const known = new Map(rows.map(({ subject, failures, last_at }) => [subject, { failures: Number(failures), lastAt: Number(last_at) }]))
    const waitMs = Math.max(0, ...subjects.map(({ kind, name }) => waitAfter(known.get(name), rules[kind], now)))
    if (waitMs > 0) return waitMs
    if (await counted(db, names, known, now)) return 0
  }
  return rules.pair.firstMs
}

interface Count {
  readonly failures: number
  readonly lastAt: number
}

function waitAfter(count: Count | undefined, { free, firstMs, longestMs }: Rule, now: number): number {
  if (count === undefined || count.failures <= free) return 0
  return count.lastAt + Math.min(longestMs, firstMs * 2 ** (count.failures - free - 1)) - now
}

/** @returns false: another guess was counted since, and nothing is changed */
async function counted(db: Db, names: readonly string[], known: ReadonlyMap<string, Count>, now: number): Promise<boolean> {
  try {
    await db.transaction().execute(async (all) => {
      for (const name of names) {
        const before = known.get(name)
        const failures = before === undefined || before.lastAt < now - forgottenAfterMs ? 1 : before.failures + 1
        const changed =
          before === undefined
            ? (
                await all
                  .insertInto('sign_in_guesses')
                  .values({ subject: name, failures, last_at: now })
                  .onConflict((conflict) => conflict.doNothing())
                  .executeTakeFirst()
              ).numInsertedOrUpdatedRows
            : (
                await all
                  .updateTable('sign_in_guesses')
                  .set({ failures, last_at: now })
                  .where('subject', '=', name)
                  .where('failures', '=', before.failures)
                  .where('last_at', '=', before.lastAt)
                  .executeTakeFirst()
              ).numUpdatedRows
        if (!changed) throw new Overtaken()
      }
    })
    return true
  } catch (error) {
    if (error instanceof Overtaken) return false
    throw error
  }
}

/** Ends a transaction in which another was sooner. */
class Overtaken extends Error {}

/** It was right. The account begins again; the network gets this one guess back. */
export async function forgive(db: Db, subjects: readonly Subject[]): Promise<void> {
  for (const { kind, name } of subjects) {
    if (kind !== 'network') await db.deleteFrom('sign_in_guesses').where('subject', '=', name).execute()
    else
      await db
        .updateTable('sign_in_guesses')
        .set({ failures: sql<number>`failures - 1` })
        .where('subject', '=', name)
        .where('failures', '>', 0)
        .execute()
  }
}

export async function forgetGuesses(db: Db, now: number): Promise<void> {
  await db
    .deleteFrom('sign_in_guesses')
    .where('last_at', '<', now - forgottenAfterMs)
    .execute()
}
