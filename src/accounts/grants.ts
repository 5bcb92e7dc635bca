import type { Selectable } from 'kysely'
import { appendTo } from '../common/lists-by-key.js'
import type { GrantsTable } from '../store/account-tables.js'
import type { Db } from '../store/statements.js'
import type { Grant } from './identity.js'
import { isRole, scopeName, scopeNamed, type RoleName, type Scope } from './roles.js'
import { newId } from './secrets.js'

export interface NewGrant {
  readonly person: string
  readonly role: RoleName
  readonly scope: Scope
  readonly by: string
  readonly reason?: string | undefined
  readonly until?: number | undefined
}

/** Undefined: of a role that this version does not know; it opens nothing. */
function grantOf(row: Selectable<GrantsTable>): Grant | undefined {
  const scope = scopeNamed(row.scope === 'everywhere' ? 'everywhere' : `${row.scope}:${row.scope_id}`)
  if (!isRole(row.role) || scope === undefined) return undefined
  return {
    ...{ id: row.id, role: row.role, scope, grantedBy: row.granted_by, grantedAt: Number(row.granted_at) },
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.until === null ? {} : { until: Number(row.until) }),
    ...(row.ended_at === null ? {} : { endedAt: Number(row.ended_at) }),
  }
}

export function inForce({ until, endedAt }: Pick<Grant, 'until' | 'endedAt'>, now: number): boolean {
  return endedAt === undefined && (until === undefined || until > now)
}

export async function addGrant(db: Db, { person, role, scope, by, reason, until }: NewGrant, now: number): Promise<Grant> {
  const row = {
    ...{ id: newId('grant'), person, role, scope: scope.kind, scope_id: scope.kind === 'everywhere' ? '' : scope.id },
    ...{ reason: reason ?? null, granted_by: by, granted_at: now, until: until ?? null, ended_by: null, ended_at: null },
  }
  await db.insertInto('grants').values(row).execute()
  const grant = grantOf(row)
  if (!grant) throw new Error(`${role} for ${scopeName(scope)} is no grant`)
  return grant
}

/** All that a person ever had, the oldest first. */
export async function grantsOf(db: Db, person: string): Promise<readonly Grant[]> {
  const rows = await db.selectFrom('grants').selectAll().where('person', '=', person).orderBy('granted_at').orderBy('id').execute()
  return rows.flatMap((row) => grantOf(row) ?? [])
}

/** Those of several people, by person. */
export async function grantsOfAll(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, readonly Grant[]>> {
  const found = new Map<string, Grant[]>()
  if (people.length === 0) return found
  const rows = await db
    .selectFrom('grants')
    .selectAll()
    .where('person', 'in', [...people])
    .orderBy('granted_at')
    .orderBy('id')
    .execute()
  for (const row of rows) {
    const grant = grantOf(row)
    if (grant) appendTo(found, row.person, grant)
  }
  return found
}

/** @returns false: there is none, it belongs to another person, or it has ended before */
export async function endGrant(db: Db, person: string, id: string, by: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('grants')
    .set({ ended_at: now, ended_by: by })
    .where('id', '=', id)
    .where('person', '=', person)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Who has the role of an administrator now, and may sign in. */
export async function administrators(db: Db, now: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('grants')
    .innerJoin('people', 'people.id', 'grants.person')
    .select('grants.person')
    .where('grants.role', '=', 'administrator')
    .where('grants.ended_at', 'is', null)
    .where((where) => where.or([where('grants.until', 'is', null), where('grants.until', '>', now)]))
    .where('people.disabled_at', 'is', null)
    .execute()
  return rows.map(({ person }) => person)
}

/** Those of these roles that have not ended, of all people, the latest first. */
export async function grantsOfRoles(
  db: Db,
  roles: readonly RoleName[],
  limit: number,
): Promise<readonly (Grant & { readonly person: string })[]> {
  const rows = await db
    .selectFrom('grants')
    .selectAll()
    .where('role', 'in', [...roles])
    .where('ended_at', 'is', null)
    .orderBy('granted_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.flatMap((row) => {
    const grant = grantOf(row)
    return grant ? [{ ...grant, person: row.person }] : []
  })
}
