import type { Selectable } from 'kysely'
import type { SessionsTable } from '../store/account-tables.js'
import type { Db } from '../store/statements.js'
import type { Session, SignInMethod } from './identity.js'
import { scopeName, scopeNamed, type Scope } from './roles.js'
import { hashOf, newId, newSecret } from './secrets.js'

const minute = 60_000

/** How long a session lasts. */
export interface SessionLimits {
  /** Without a request, ms. */
  readonly idleMs: number
  /** From the sign-in on at the most, ms. */
  readonly absoluteMs: number
}

/** Half an hour idle at the most, and a shift with its handover in all. */
export const defaultSessionLimits: SessionLimits = { idleMs: 30 * minute, absoluteMs: 13 * 60 * minute }

/** Use is noted at most this often: otherwise each look would be a write. */
const seenEveryMs = minute

export interface From {
  readonly address: string
  readonly userAgent: string
  /** The browser's cookie, if it has one. */
  readonly browser?: string | undefined
}

export interface NewSession extends Omit<From, 'browser'> {
  readonly person: string
  readonly method: SignInMethod
  /** Whether a second factor was shown. */
  readonly secondFactor: boolean
}

export interface KeptSession extends Session {
  readonly person: string
}

function sessionOf(row: Selectable<SessionsTable>): KeptSession {
  const acting = scopeNamed(row.acting)
  return {
    ...{
      id: row.id,
      person: row.person,
      method: row.method as SignInMethod,
      createdAt: Number(row.created_at),
      seenAt: Number(row.seen_at),
      expiresAt: Number(row.expires_at),
    },
    ...{ address: row.address, userAgent: row.user_agent },
    ...(row.second_factor_at === null ? {} : { secondFactorAt: Number(row.second_factor_at) }),
    ...(acting === undefined ? {} : { acting }),
  }
}

/** Always a new secret: one known before the sign-in opens nothing after it. */
export async function beginSession(
  db: Db,
  { person, method, secondFactor, address, userAgent }: NewSession,
  limits: SessionLimits,
  now: number,
): Promise<{ readonly secret: string; readonly session: KeptSession }> {
  const secret = newSecret()
  const row = {
    ...{
      id: newId('session'),
      token_hash: hashOf(secret),
      person,
      method,
      created_at: now,
      seen_at: now,
      expires_at: now + limits.absoluteMs,
      second_factor_at: secondFactor ? now : null,
    },
    ...{ acting: '', address, user_agent: userAgent.slice(0, 300), ended_at: null },
  }
  await db.insertInto('sessions').values(row).execute()
  return { secret, session: sessionOf(row) }
}

/** The session that this secret opens; undefined: none, or it is over. */
export async function openSession(
  { reading, writing }: { readonly reading: Db; readonly writing: Db },
  secret: string,
  limits: SessionLimits,
  now: number,
): Promise<KeptSession | undefined> {
  const row = await reading.selectFrom('sessions').selectAll().where('token_hash', '=', hashOf(secret)).executeTakeFirst()
  const session = row && stillOn(row, limits, now)
  if (!session) return undefined
  if (now - session.seenAt >= seenEveryMs)
    await writing.updateTable('sessions').set({ seen_at: now }).where('id', '=', session.id).where('ended_at', 'is', null).execute()
  return session
}

/** The session with this id, without counting as use; undefined: it is over. */
export async function sessionById(db: Db, id: string, limits: SessionLimits, now: number): Promise<KeptSession | undefined> {
  const row = await db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
  return row && stillOn(row, limits, now)
}

function stillOn(row: Selectable<SessionsTable>, limits: SessionLimits, now: number): KeptSession | undefined {
  const session = sessionOf(row)
  return row.ended_at !== null || isOver(session, limits, now) ? undefined : session
}

export function isOver({ seenAt, expiresAt }: Pick<Session, 'seenAt' | 'expiresAt'>, { idleMs }: SessionLimits, now: number): boolean {
  // The noted use may be a minute old.
  return now >= expiresAt || now - seenAt >= idleMs + seenEveryMs
}

/** Counts as use without a request. */
export async function markSeen(db: Db, id: string, now: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ seen_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('seen_at', '<', now - seenEveryMs)
    .execute()
}

/** Those that are not over, the latest first. */
export async function sessionsOf(db: Db, person: string, limits: SessionLimits, now: number): Promise<readonly KeptSession[]> {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where('person', '=', person)
    .where('created_at', '>', now - limits.absoluteMs)
    .where('ended_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map(sessionOf).filter((session) => !isOver(session, limits, now))
}

/** @returns false: it is not theirs, or over already */
export async function endSession(db: Db, person: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('person', '=', person)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** @param but the one that stays: that of the person who ends the others */
export async function endSessions(db: Db, person: string, now: number, but = ''): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ ended_at: now })
    .where('person', '=', person)
    .where('id', '!=', but)
    .where('ended_at', 'is', null)
    .execute()
}

export async function actFor(db: Db, id: string, scope: Scope | undefined): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ acting: scope ? scopeName(scope) : '' })
    .where('id', '=', id)
    .execute()
}

export async function secondFactorShown(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('sessions').set({ second_factor_at: now }).where('id', '=', id).execute()
}

/** Deletes those that ended over a day ago: the audit has who signed in, and when. */
export async function forgetSessions(db: Db, now: number): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('expires_at', '<', now - 24 * 60 * minute)
    .execute()
}
