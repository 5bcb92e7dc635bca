import type { Db } from '../store/statements.js'
import { hashOf } from './secrets.js'

/** So long a reason that was given holds for the same call in the same session, ms. */
const lifeMs = 60 * 60_000

/** Kept among the steps of signing in, since it is as short-lived; the words themselves stand in the audit. */
const kind = 'reason'

const nameOf = (session: string, call: string) => hashOf(`reason ${session} ${call}`)

/** Notes that a reason was given for looking at a call. */
export async function noteReason(db: Db, session: string, call: string, now: number): Promise<void> {
  const row = { token_hash: nameOf(session, call), kind, data: '{}', expires_at: now + lifeMs }
  await db
    .insertInto('sign_in_steps')
    .values(row)
    .onConflict((conflict) => conflict.column('token_hash').doUpdateSet({ expires_at: row.expires_at }))
    .execute()
}

/** Whether they said so, not too long ago. */
export async function reasonNoted(db: Db, session: string, call: string, now: number): Promise<boolean> {
  return (
    (await db
      .selectFrom('sign_in_steps')
      .select('kind')
      .where('token_hash', '=', nameOf(session, call))
      .where('expires_at', '>', now)
      .executeTakeFirst()) !== undefined
  )
}
