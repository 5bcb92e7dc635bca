import type { Selectable } from 'kysely'
import type { ApiTokensTable } from '../store/account-tables.js'
import type { Db } from '../store/statements.js'
import type { Token } from './identity.js'
import { isPermission, scopeNamed, type Permission, type Scope } from './roles.js'
import { hashOf, newId, newSecret } from './secrets.js'

export interface NewToken {
  readonly kind: Token['kind']
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly scope: Scope
  /** Further lines, if the scope is a line. */
  readonly also?: readonly Scope[] | undefined
  readonly by: string
  readonly expiresAt?: number | undefined
}

/** A prefix by which secret scanners recognise a leaked token. */
const prefix = 'rr_'

function tokenOf(row: Selectable<ApiTokensTable>): Token | undefined {
  const [first = '', ...others] = row.scope_id.split(',')
  const scope = scopeNamed(row.scope === 'everywhere' ? 'everywhere' : `${row.scope}:${first}`)
  if (!scope) return undefined
  const also = others.flatMap((id) => scopeNamed(`${row.scope}:${id}`) ?? [])
  const permissions = (JSON.parse(row.permissions) as readonly string[]).filter(isPermission)
  return {
    ...{
      id: row.id,
      kind: row.kind as Token['kind'],
      name: row.name,
      permissions,
      scope,
      madeBy: row.made_by,
      createdAt: Number(row.created_at),
    },
    ...(also.length === 0 ? {} : { also }),
    ...(row.expires_at === null ? {} : { expiresAt: Number(row.expires_at) }),
    ...(row.used_at === null ? {} : { usedAt: Number(row.used_at) }),
    ...(row.ended_at === null ? {} : { endedAt: Number(row.ended_at) }),
  }
}

/** @returns with its secret, which is shown this once */
export async function makeToken(
  db: Db,
  { kind, name, permissions, scope, also = [], by, expiresAt }: NewToken,
  now: number,
): Promise<{ readonly secret: string; readonly token: Token }> {
  const secret = `${prefix}${newSecret()}`
  const row = {
    ...{
      id: newId('token'),
      token_hash: hashOf(secret),
      kind,
      name,
      permissions: JSON.stringify(permissions),
      scope: scope.kind,
      scope_id: [scope, ...also].flatMap((one) => (one.kind === 'everywhere' ? [] : [one.id])).join(','),
    },
    ...{ made_by: by, created_at: now, expires_at: expiresAt ?? null, used_at: null, ended_at: null },
  }
  await db.insertInto('api_tokens').values(row).execute()
  const token = tokenOf(row)
  if (!token) throw new Error(`${name} is no token`)
  return { secret, token }
}

/** Whether it is the secret of a token, and not of a session. */
export function isToken(secret: string): boolean {
  return secret.startsWith(prefix)
}

/** Use is noted at most this often. */
const usedEveryMs = 60_000

/** The token with this secret, and whether this is its first use; undefined: none, or no longer valid. */
export async function openToken(
  { reading, writing }: { readonly reading: Db; readonly writing: Db },
  secret: string,
  now: number,
): Promise<{ readonly token: Token; readonly first: boolean } | undefined> {
  if (!isToken(secret)) return undefined
  const row = await reading.selectFrom('api_tokens').selectAll().where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  const token = row && tokenOf(row)
  // A public link is not accepted as a token: it is opened by itself, and trying it here does not use it up.
  if (!token || token.kind === 'public' || !isGood(token, now)) return undefined
  const used = writing.updateTable('api_tokens').set({ used_at: now }).where('id', '=', token.id)
  if (token.usedAt === undefined) {
    // Of two simultaneous uses one is the first.
    const { numUpdatedRows } = await used.where('used_at', 'is', null).executeTakeFirst()
    return { token, first: numUpdatedRows > 0n }
  }
  if (now - token.usedAt >= usedEveryMs) await used.execute()
  return { token, first: false }
}

/** The token with this id, without counting as use; undefined: none, or no longer valid. */
export async function tokenById(db: Db, id: string, now: number): Promise<Token | undefined> {
  const row = await db.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirst()
  const token = row && tokenOf(row)
  return token && isGood(token, now) ? token : undefined
}

export async function isScreenSecret(db: Db, secret: string, now: number): Promise<boolean> {
  const row = await db.selectFrom('api_tokens').selectAll().where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  const token = row && tokenOf(row)
  return token?.kind === 'kiosk' && isGood(token, now)
}

export function isGood({ endedAt, expiresAt }: Token, now: number): boolean {
  return endedAt === undefined && (expiresAt === undefined || expiresAt > now)
}

/** All ever made, the latest first: few. */
export async function allTokens(db: Db): Promise<readonly Token[]> {
  const rows = await db.selectFrom('api_tokens').selectAll().orderBy('created_at', 'desc').orderBy('id').execute()
  return rows.flatMap((row) => tokenOf(row) ?? [])
}

/** @returns false: there is none, or it has ended before */
export async function endToken(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_tokens')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** What this secret opens; undefined: nothing, or no longer. */
export async function openPublic(db: Db, secret: string, now: number): Promise<Token | undefined> {
  if (!isToken(secret)) return undefined
  const row = await db.selectFrom('api_tokens').selectAll().where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  const token = row && tokenOf(row)
  return token?.kind === 'public' && isGood(token, now) ? token : undefined
}
