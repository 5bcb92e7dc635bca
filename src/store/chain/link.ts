import { createHash } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { CallEventsTable, LedgerTable } from '../schema.js'
import type { DirectoryEntitiesTable, DirectoryVersionsTable } from '../directory-tables.js'
import type { LinksTable } from './tables.js'

/**
 * A link covers what was committed before it: facts of calls, entries of the ledger, versions of the directory, the audit. Each holds the hash of the one before, so that all of them are one chain; the last of a day
 * is the head of that day. docs/integrity.md
 */
export interface Link {
  /** 1, 2, 3 ... without a gap. */
  readonly number: number
  /** The (UTC) day on which it was made, `YYYY-MM-DD`. Never earlier than that of the link before. */
  readonly day: string
  /** Wall-clock ms. */
  readonly at: number
  /** The engine that made it. */
  readonly node: string
  readonly covers: Covers
  /** Hash of the link before; empty for the first. */
  readonly before: string
  readonly hash: string
}

/** Facts `from` to `to` of a call, and their hash. */
export type LinkedFacts = readonly [callId: string, from: number, to: number, hash: string]
/** An entry of the ledger, and its hash. */
export type LinkedEntry = readonly [seq: number, hash: string]

/** A version of the directory, and the hash of what it changed. */
export type LinkedVersion = readonly [version: number, hash: string]

export type Covers =
  | { readonly kind: 'calls'; readonly calls: readonly LinkedFacts[] }
  | { readonly kind: 'entries'; readonly through: number; readonly entries: readonly LinkedEntry[] }
  | { readonly kind: 'versions'; readonly through: number; readonly versions: readonly LinkedVersion[] }
  /** An entry of the audit, and its seal, which holds those of all entries before it. */
  | { readonly kind: 'audit'; readonly through: number; readonly seal: string }
  /**
   * Calls from before there were links, by arrival. `after`: the last of them. Absent: they are all linked. `until`: when the first link was made (wall-clock ms): what arrived later is
   * linked as it is written.
   */
  | {
      readonly kind: 'past'
      readonly until: number
      readonly after?: { readonly arrivedAt: number; readonly callId: string }
      readonly calls: readonly LinkedFacts[]
    }

/** Hash over rows of one call, in order. The same in every database. */
export function hashOfFacts(rows: readonly Selectable<CallEventsTable>[]): string {
  const hash = createHash('sha256')
  for (const row of rows)
    hash.update(
      `${JSON.stringify([row.call_id, Number(row.seq), Number(row.at), row.elapsed_ms === null ? null : Number(row.elapsed_ms), row.actor, row.actor_id, row.node, row.type, row.data])}\n`,
    )
  return hash.digest('base64url')
}

export function hashOfEntry(row: Selectable<LedgerTable>): string {
  return createHash('sha256')
    .update(
      JSON.stringify([Number(row.seq), row.topic, row.subject, Number(row.at), row.actor, row.actor_id, row.node, row.type, row.data]),
    )
    .digest('base64url')
}

/** Hash of what a version of the directory changed: the entities that begin with it, and those that end with it. The same in every database. */
export interface VersionRows {
  readonly version: Selectable<DirectoryVersionsTable>
  readonly began: readonly Pick<Selectable<DirectoryEntitiesTable>, 'section' | 'id' | 'position' | 'data'>[]
  readonly ended: readonly Pick<Selectable<DirectoryEntitiesTable>, 'section' | 'id' | 'from_version'>[]
}

export function hashOfVersion({ version: row, began, ended }: VersionRows): string {
  const hash = createHash('sha256')
  hash.update(
    `${JSON.stringify([Number(row.version), Number(row.at), row.actor, row.actor_id, row.node, row.source, row.why, Number(row.changed)])}\n`,
  )
  const lines = [
    ...began.map(({ section, id, position, data }) => JSON.stringify(['began', section, id, position, data])),
    ...ended.map(({ section, id, from_version: from }) => JSON.stringify(['ended', section, id, Number(from)])),
  ]
  for (const line of lines.sort()) hash.update(`${line}\n`)
  return hash.digest('base64url')
}

/** The link that follows. @param now wall-clock ms */
export function nextLink(last: Pick<Link, 'number' | 'day' | 'hash'> | undefined, covers: Covers, now: number, node: string): Link {
  const today = new Date(now).toISOString().slice(0, 10)
  // A clock that is behind must not take the chain back a day.
  const day = last !== undefined && last.day > today ? last.day : today
  const link = { number: (last?.number ?? 0) + 1, day, at: now, node, covers, before: last?.hash ?? '' }
  return { ...link, hash: hashOfLink(rowOfLink({ ...link, hash: '' })) }
}

/** The content of the row, without its own hash. */
export function hashOfLink(row: Omit<Selectable<LinksTable>, 'hash'>): string {
  return createHash('sha256')
    .update(JSON.stringify([Number(row.number), row.day, Number(row.at), row.node, row.kind, row.covers, row.before]))
    .digest('base64url')
}

export function rowOfLink({ number, day, at, node, covers: { kind, ...covers }, before, hash }: Link) {
  return { number, day, at, node, kind, covers: JSON.stringify(covers), before, hash }
}

/** @returns undefined where `rowOfLink` would not have written it so: it was changed by hand */
export function coversOf(row: Pick<Selectable<LinksTable>, 'kind' | 'covers'>): Covers | undefined {
  try {
    const covers: unknown = JSON.parse(row.covers)
    if (typeof covers !== 'object' || covers === null) return undefined
    const read = { kind: row.kind, ...covers }
    return isCovers(read) ? read : undefined
  } catch {
    return undefined
  }
}

function isCovers(read: {
  readonly kind: string
  readonly calls?: unknown
  readonly entries?: unknown
  readonly versions?: unknown
  readonly through?: unknown
  readonly seal?: unknown
  readonly until?: unknown
}): read is Covers {
  if (read.kind === 'entries') return typeof read.through === 'number' && Array.isArray(read.entries) && read.entries.every(isNumbered)
  if (read.kind === 'versions') return typeof read.through === 'number' && Array.isArray(read.versions) && read.versions.every(isNumbered)
  if (read.kind === 'audit') return typeof read.through === 'number' && typeof read.seal === 'string'
  if (!Array.isArray(read.calls) || !read.calls.every(isLinkedFacts)) return false
  return read.kind === 'calls' || (read.kind === 'past' && typeof read.until === 'number')
}

function isLinkedFacts(read: unknown): read is LinkedFacts {
  return (
    Array.isArray(read) &&
    read.length === 4 &&
    typeof read[0] === 'string' &&
    typeof read[1] === 'number' &&
    typeof read[2] === 'number' &&
    typeof read[3] === 'string'
  )
}

function isNumbered(read: unknown): read is LinkedEntry | LinkedVersion {
  return Array.isArray(read) && read.length === 2 && typeof read[0] === 'number' && typeof read[1] === 'string'
}
