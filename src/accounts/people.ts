import type { Selectable } from 'kysely'
import type { PeopleTable } from '../store/account-tables.js'
import type { Db } from '../store/statements.js'
import type { Person } from './identity.js'
import { newId } from './secrets.js'

export interface NewPerson {
  readonly name: string
  readonly email?: string | undefined
  readonly clinician?: string | undefined
}

export function personOf(row: Selectable<PeopleTable>): Person {
  const { id, name, email, clinician, created_at: createdAt, disabled_at: disabledAt } = row
  return {
    ...{ id, name, createdAt: Number(createdAt) },
    ...(email === null ? {} : { email }),
    ...(clinician === null ? {} : { clinician }),
    ...(disabledAt === null ? {} : { disabledAt: Number(disabledAt) }),
  }
}

export async function addPerson(db: Db, { name, email, clinician }: NewPerson, now: number): Promise<Person> {
  const row = { id: newId('person'), name, email: email ?? null, clinician: clinician ?? null, created_at: now, disabled_at: null }
  await db.insertInto('people').values(row).execute()
  return personOf(row)
}

export async function personById(db: Db, id: string): Promise<Person | undefined> {
  const row = await db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst()
  return row && personOf(row)
}

/** @param email in upper or lower case */
export async function personByEmail(db: Db, email: string): Promise<Person | undefined> {
  const row = await db.selectFrom('people').selectAll().where('email', '=', emailKey(email)).executeTakeFirst()
  return row && personOf(row)
}

export async function peopleByName(db: Db, name: string): Promise<readonly Person[]> {
  return (await db.selectFrom('people').selectAll().where('name', '=', name).orderBy('id').execute()).map(personOf)
}

/** In the order of their names. @param after the last one of the page before */
export async function peoplePage(db: Db, limit: number, after?: Pick<Person, 'id' | 'name'>): Promise<readonly Person[]> {
  let query = db.selectFrom('people').selectAll()
  if (after) query = query.where((where) => where(where.refTuple('name', 'id'), '>', where.tuple(after.name, after.id)))
  return (await query.orderBy('name').orderBy('id').limit(limit).execute()).map(personOf)
}

/** Those of these ids, by id. */
export async function peopleNamed(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, Person>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('people')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map((row) => [row.id, personOf(row)]))
}

export async function anybody(db: Db): Promise<boolean> {
  return (await db.selectFrom('people').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** The form in which addresses are compared. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase()
}
