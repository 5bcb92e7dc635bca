import type { Db } from '../statements.js'

const pageSize = 1_000

/** Every telephone that was ever rung, in order. Asked in pages. */
export async function* allTargets(db: Db): AsyncGenerator<string> {
  let after = ''
  while (true) {
    const page = await db
      .selectFrom('attempts')
      .select('target')
      .distinct()
      .where('target', '>', after)
      .orderBy('target')
      .limit(pageSize)
      .execute()
    for (const row of page) yield row.target
    const last = page.at(-1)
    if (!last) return
    after = last.target
  }
}
