import type { ColumnType } from 'kysely'

/** Milliseconds and counts: a number here, `bigint` in PostgreSQL (whose driver gives it back as text). */
export type Integer = ColumnType<number | string, number, number>
export type OptionalInteger = ColumnType<number | string | null, number | null, number | null>
