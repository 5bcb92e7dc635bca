import type { Db } from '../store/statements.js'
import { hashOf, newSecret } from './secrets.js'

/**
 * What a sign-in, or the setting up of something to sign in with, waits for. `code`: the second factor of a person whose password was right. `totp`: the first code of a new code generator.
 * `passkey`: an answer to a challenge, to sign in with. `newPasskey`: one to add it. `openId`: a person who was sent to a provider. `link`: a person who wants to add an account of one.
 */
export type StepKind = 'code' | 'totp' | 'passkey' | 'newPasskey' | 'openId' | 'link'

/** How long each may take, ms. */
const lifeMs = 10 * 60_000

/** @param data what has to be known when it goes on; it is kept as it stands, so nothing in it may open anything @returns the secret by which it goes on */
export async function beginStep(db: Db, kind: StepKind, data: unknown, now: number): Promise<string> {
  const secret = newSecret()
  await db
    .insertInto('sign_in_steps')
    .values({ token_hash: hashOf(secret), kind, data: JSON.stringify(data), expires_at: now + lifeMs })
    .execute()
  return secret
}

/** What a step waits with; undefined: it is over, or there was none. It may be asked for again. */
export async function stepOf<T>(db: Db, kind: StepKind, secret: string, now: number): Promise<T | undefined> {
  const row = await db
    .selectFrom('sign_in_steps')
    .select('data')
    .where('token_hash', '=', hashOf(secret))
    .where('kind', '=', kind)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && (JSON.parse(row.data) as T)
}

/** Ends a step. @returns false: another request was quicker, or it had ended */
export async function endStep(db: Db, secret: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('sign_in_steps').where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  return numDeletedRows > 0n
}

/** The same as {@link stepOf}, once: of two who go on at once one does. */
export async function takeStep<T>(db: Db, kind: StepKind, secret: string, now: number): Promise<T | undefined> {
  const data = await stepOf<T>(db, kind, secret, now)
  return data !== undefined && (await endStep(db, secret)) ? data : undefined
}

export async function forgetSteps(db: Db, now: number): Promise<void> {
  await db.deleteFrom('sign_in_steps').where('expires_at', '<', now).execute()
}
