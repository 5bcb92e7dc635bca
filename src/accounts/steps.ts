import type { Db } from '../store/statements.js'
import { hashOf, newSecret } from './secrets.js'

/**
 * What a sign-in, or the set-up of a credential, waits for. `code`: the second factor of a person whose password was right. `totp`: the first code of a new code generator.
 * `passkey`: an answer to a challenge, to sign in with. `newPasskey`: one to add it. `openId`: a person who was sent to a provider. `link`: a person who wants to add an account of one.
 */
export type StepKind = 'code' | 'totp' | 'passkey' | 'newPasskey' | 'openId' | 'link'

/** How long each may take, ms. */
const lifeMs = 10 * 60_000

/** @param data needed to continue; stored in clear, so it may hold no secret @returns the secret to continue with */
export async function beginStep(db: Db, kind: StepKind, data: unknown, now: number): Promise<string> {
  const secret = newSecret()
  await db
    .insertInto('sign_in_steps')
    .values({ token_hash: hashOf(secret), kind, data: JSON.stringify(data), expires_at: now + lifeMs })
    .execute()
  return secret
}

/** The data of a step; undefined: it is over, or there was none. It may be read again. */
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

/** Ends a step. @returns false: another request won, or it had ended */
export async function endStep(db: Db, secret: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('sign_in_steps').where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  return numDeletedRows > 0n
}

/** As {@link stepOf}, once: of two simultaneous requests one continues. */
export async function takeStep<T>(db: Db, kind: StepKind, secret: string, now: number): Promise<T | undefined> {
  const data = await stepOf<T>(db, kind, secret, now)
  return data !== undefined && (await endStep(db, secret)) ? data : undefined
}

export async function forgetSteps(db: Db, now: number): Promise<void> {
  await db.deleteFrom('sign_in_steps').where('expires_at', '<', now).execute()
}
