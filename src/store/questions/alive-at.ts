import type { Db } from '../statements.js'

/** When an engine was last seen alive (wall-clock ms); undefined before it ever was. @param node its name; undefined: whichever it was */
export async function aliveAt(db: Db, node?: string): Promise<number | undefined> {
  let query = db.selectFrom('engines').select(({ fn }) => fn.max('alive_at').as('alive_at'))
  if (node !== undefined) query = query.where('node', '=', node)
  const row = await query.executeTakeFirst()
  return row?.alive_at == null ? undefined : Number(row.alive_at)
}
