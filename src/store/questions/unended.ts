import type { Db } from '../statements.js'

/** Calls that nobody has closed, oldest first. @param node of this engine alone; undefined: of any */
export async function unended(db: Db, node?: string): Promise<readonly string[]> {
  let query = db.selectFrom('calls').select('call_id').where('ending', 'is', null)
  if (node !== undefined) query = query.where('node', '=', node)
  const rows = await query.orderBy('arrived_at').execute()
  return rows.map((row) => row.call_id)
}
