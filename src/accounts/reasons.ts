import type { Db } from '../store/statements.js'
import { hashOf } from './secrets.js'

/** A reason holds for the same call in the same session for this long, ms. */
const lifeMs = 60 * 60_000

/** Kept among the sign-in steps, since it is as short-lived; the words themselves are in the audit. */
const kind = 'reason'

const nameOf = (session: string, call: string) => hashOf(`reason ${session} ${call}`)

/** Notes that a reason for looking at a call was given. */
export async function noteReason(db: Db, session: string, call: string, now: number): Promise<void> {
  const row = { token_hash: nameOf(session, call), kind, data: '{}', expires_at: now + lifeMs }
  await db
    .insertInto('sign_in_steps')
    .values(row)
    .onConflict((conflict) => conflict.column('token_hash').doUpdateSet({ expires_at: row.expires_at }))
    .execute()
}

/** Whether they gave one recently enough. */
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
