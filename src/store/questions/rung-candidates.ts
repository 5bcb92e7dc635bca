import type { Db } from '../statements.js'

export interface RungCandidate {
  readonly candidate: string
  /** Wall-clock ms. */
  readonly lastRungAt: number
}

/** The next people (or telephones) of a rota who were rung since then (wall-clock ms), those rung longest ago first. */
export async function rungCandidates(db: Db, since: number, limit: number, after?: RungCandidate): Promise<readonly RungCandidate[]> {
  let query = db
    .selectFrom('candidates')
    .selectAll()
    .where('last_rung_at', '>=', after?.lastRungAt ?? since)
  if (after)
    query = query.where((where) => where(where.refTuple('last_rung_at', 'candidate'), '>', where.tuple(after.lastRungAt, after.candidate)))
  const rows = await query.orderBy('last_rung_at').orderBy('candidate').limit(limit).execute()
  return rows.map((row) => ({ candidate: row.candidate, lastRungAt: Number(row.last_rung_at) }))
}
