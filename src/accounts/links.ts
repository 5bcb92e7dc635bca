import type { Db } from '../store/statements.js'
import { hashOf, newSecret } from './secrets.js'

/** `signIn`: signs a person in, once. `invitation`: the same, for a person who has not signed in before. `demo`: that of the demo world, where everyone is invented. */
export type LinkKind = 'signIn' | 'invitation' | 'demo'

const hour = 60 * 60_000

/** The lifetime of each, ms. */
export const linkLife: Readonly<Record<LinkKind, number>> = { signIn: hour, invitation: 7 * 24 * hour, demo: 24 * hour }

/** @returns the secret, for the link's address; earlier ones of the same person stop working */
export async function makeLink(
  db: Db,
  { kind, person, by }: { readonly kind: LinkKind; readonly person: string; readonly by: string },
  now: number,
): Promise<string> {
  const secret = newSecret()
  await db.transaction().execute(async (all) => {
    await all.deleteFrom('sign_in_links').where('person', '=', person).execute()
    await all
      .insertInto('sign_in_links')
      .values({ token_hash: hashOf(secret), kind, person, made_by: by, created_at: now, expires_at: now + linkLife[kind], used_at: null })
      .execute()
  })
  return secret
}

export interface KeptLink {
  readonly kind: LinkKind
  readonly person: string
  readonly expiresAt: number
}

/** The unused link with this secret; undefined: none. */
export async function linkFor(db: Db, secret: string, now: number): Promise<KeptLink | undefined> {
  const row = await db.selectFrom('sign_in_links').selectAll().where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  if (!row || row.used_at !== null || Number(row.expires_at) <= now) return undefined
  return { kind: row.kind as LinkKind, person: row.person, expiresAt: Number(row.expires_at) }
}

/** Of two simultaneous uses one gets in. */
export async function useLink(db: Db, secret: string, now: number): Promise<KeptLink | undefined> {
  const link = await linkFor(db, secret, now)
  if (!link) return undefined
  const { numUpdatedRows } = await db
    .updateTable('sign_in_links')
    .set({ used_at: now })
    .where('token_hash', '=', hashOf(secret))
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n ? link : undefined
}
