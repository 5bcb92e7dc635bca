import { sql } from 'kysely'

/** Compared byte by byte, as SQLite does: lists have one order everywhere, and an index is good for it. */
export const text = sql`text collate "C"`
