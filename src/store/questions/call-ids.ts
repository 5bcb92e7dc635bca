import type { Db } from '../statements.js'

const pageSize = 1_000

/** Every call that has facts, in order of its id. Asked in pages, so that a large store does not fill the memory. */
export async function* callIds(db: Db): AsyncGenerator<string> {
  let after = ''
  while (true) {
    const page = await db
      .selectFrom('call_events')
      .select('call_id')
      .distinct()
      .where('call_id', '>', after)
      .orderBy('call_id')
      .limit(pageSize)
      .execute()
    for (const row of page) yield row.call_id
    const last = page.at(-1)
    if (!last) return
    after = last.call_id
  }
}
