import type { Db } from '../store/statements.js'
import type { ProvedIdentity } from './open-id-provider.js'
import { hashOf } from './secrets.js'

/** A provider's account with which a person signs in here. */
export interface LinkedIdentity {
  readonly id: string
  /** Name of the provider: `NHS CIS2`. */
  readonly label: string
  readonly createdAt: number
  readonly usedAt?: number
}

const kind = 'openId'

/** By issuer and subject: a provider's name in the settings may change, a person's identity may not. */
const rowId = ({ provider, subject }: ProvedIdentity) => `openId:${hashOf(JSON.stringify([provider.issuer, subject]))}`

/** @returns false: another person has it already */
export async function linkIdentity(db: Db, person: string, identity: ProvedIdentity, now: number): Promise<boolean> {
  const row = { id: rowId(identity), person, kind, label: identity.provider.name, secret: '', counter: 0, created_at: now, used_at: null }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('credentials')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Its person; undefined: nobody's. */
export async function personOfIdentity(db: Db, identity: ProvedIdentity, now: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('credentials')
    .select(['id', 'person'])
    .where('id', '=', rowId(identity))
    .where('kind', '=', kind)
    .executeTakeFirst()
  if (row) await db.updateTable('credentials').set({ used_at: now }).where('id', '=', row.id).execute()
  return row?.person
}

export async function identitiesOf(db: Db, person: string): Promise<readonly LinkedIdentity[]> {
  const rows = await db
    .selectFrom('credentials')
    .selectAll()
    .where('person', '=', person)
    .where('kind', '=', kind)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ id, label, created_at, used_at }) => ({
    id,
    label,
    createdAt: Number(created_at),
    ...(used_at === null ? {} : { usedAt: Number(used_at) }),
  }))
}

/** @returns false: it is not theirs */
export async function unlinkIdentity(db: Db, person: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('credentials')
    .where('id', '=', id)
    .where('person', '=', person)
    .where('kind', '=', kind)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
