import type { Selectable } from 'kysely'
import { entriesUpTo, linksAfter } from '../questions/links.js'
import type { LedgerTable } from '../schema.js'
import type { Db } from '../statements.js'
import { coversOf } from './link.js'

const linksAtOnce = 20
const entriesAtOnce = 1_000

/** Those up to this number that no link names. Asked where there are any: it goes through all of them. */
export async function* entriesInNoLink(db: Db, through: number): AsyncGenerator<Pick<Selectable<LedgerTable>, 'seq' | 'topic' | 'type'>> {
  const linked = new Set<number>()
  for (let last = 0, page = await linksAfter(db, last, linksAtOnce); page.length > 0; page = await linksAfter(db, last, linksAtOnce)) {
    for (const covers of page.map(coversOf)) if (covers?.kind === 'entries') for (const [seq] of covers.entries) linked.add(seq)
    last = Number(page.at(-1)?.number)
  }
  let after: number | undefined
  do {
    const page = await entriesUpTo(db, through, after, entriesAtOnce)
    for (const entry of page) if (!linked.has(Number(entry.seq))) yield entry
    after = page.length < entriesAtOnce ? undefined : Number(page.at(-1)?.seq)
  } while (after !== undefined)
}
