import { sql } from 'kysely'
import type { Db } from '../store/statements.js'

const minute = 60_000

/**
 * Wrong guesses slow down whoever makes them, and nobody else. What is counted is a pair: the account with the network from which it was tried; besides, the network alone, which is
 * given more. Nothing is counted for an account by itself, so that a stranger can type a colleague's address as often as they like: the colleague signs in.
 */
interface Rule {
  /** So many are free. */
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
} as const satisfies Readonly<Record<string, Rule>>

/** Without a wrong guess for this long, all are forgotten. */
const forgottenAfterMs = 24 * 60 * minute

type Subject = { readonly kind: keyof typeof rules; readonly name: string }

export function subjectsOf(account: string, network: string): readonly Subject[] {
  return [
    { kind: 'pair', name: `pair:${account}@${network}` },
    { kind: 'network', name: `network:${network}` },
  ]
}

/** How long they have to wait, ms; 0: not at all. */
export async function waitFor(db: Db, subjects: readonly Subject[], now: number): Promise<number> {
  const rows = await db
    .selectFrom('sign_in_guesses')
    .selectAll()
    .where(
      'subject',
      'in',
      subjects.map(({ name }) => name),
    )
    .execute()
  const waits = rows.map((row) => {
    const rule = rules[subjects.find(({ name }) => name === row.subject)?.kind ?? 'pair']
    return Number(row.last_at) + delay(Number(row.failures), rule) - now
  })
  return Math.max(0, ...waits)
}

function delay(failures: number, { free, firstMs, longestMs }: Rule): number {
  return failures <= free ? 0 : Math.min(longestMs, firstMs * 2 ** (failures - free - 1))
}

/** One more that was wrong. It is counted before it is known to be so: a hundred at once get no more guesses than one after the other. */
export async function charge(db: Db, subjects: readonly Subject[], now: number): Promise<void> {
  for (const { name } of subjects) {
    await db
      .insertInto('sign_in_guesses')
      .values({ subject: name, failures: 1, last_at: now })
      .onConflict((conflict) =>
        conflict.column('subject').doUpdateSet((row) => ({
          failures: row.case().when('sign_in_guesses.last_at', '<', now - forgottenAfterMs).then(1).else(row('sign_in_guesses.failures', '+', 1)).end(),
          last_at: now,
        })),
      )
      .execute()
  }
}

/** It was right. The pair begins anew; the network gets this one guess back. */
export async function forgive(db: Db, subjects: readonly Subject[]): Promise<void> {
  for (const { kind, name } of subjects) {
    if (kind === 'pair') await db.deleteFrom('sign_in_guesses').where('subject', '=', name).execute()
    else await db.updateTable('sign_in_guesses').set({ failures: sql<number>`failures - 1` }).where('subject', '=', name).where('failures', '>', 0).execute()
  }
}

export async function forgetGuesses(db: Db, now: number): Promise<void> {
  await db.deleteFrom('sign_in_guesses').where('last_at', '<', now - forgottenAfterMs).execute()
}
