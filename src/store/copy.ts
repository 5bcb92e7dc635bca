import { createHash } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { OpenDatabase, WritableDatabase } from './database.js'
import { differing, differingTargets } from './questions/differing.js'
import { ChainCheck, type CheckedChain } from './chain/check-chain.js'
import type { ChainHead } from './chain/chain-writer.js'
import { differingRollUps } from './questions/roll-ups.js'
import {
  directoryRows,
  directoryTables,
  enginesOf,
  entriesInOrder,
  factsInOrder,
  isEmpty,
  linksInOrder,
  unlinkedInOrder,
  type DirectoryTable,
} from './questions/whole-store.js'
import type { CallEventsTable, LedgerTable } from './schema.js'
import type { LinksTable } from './chain/tables.js'
import type { Row } from './statement.js'
import { Statements, type Db } from './statements.js'
import { writesTo } from './writes.js'

/** The content of a store, in a form that allows comparing two of them, whatever their databases. */
export interface Contents {
  readonly facts: number
  readonly calls: number
  readonly entries: number
  /** Of the directory. */
  readonly versions: number
  /** Of the chain. */
  readonly links: number
  /** SHA-256 over every fact, over every entry of the ledger, over all that is kept of the directory, of accounts and of the audit, and over every link, in their order. */
  readonly factsHash: string
  readonly entriesHash: string
  readonly directoryHash: string
  readonly linksHash: string
  /** Calls whose facts are not numbered 1, 2, 3 ... */
  readonly gaps: readonly string[]
  /** Versions of the directory that are not numbered 1, 2, 3 ..., or lack entities that they name. */
  readonly brokenVersions: readonly number[]
}

/** Also compares lists and figures with the facts. */
export interface Verified extends Contents {
  /** Calls, telephones and sums of months whose lists are not what the facts say. */
  readonly differing: readonly string[]
  readonly linked: CheckedChain
}

export type Copied =
  | { readonly kind: 'copied'; readonly contents: Contents }
  | { readonly kind: 'notEmpty' }
  | { readonly kind: 'differs'; readonly from: Contents; readonly to: Contents }

/**
 * Copies every fact and every entry, as they were in one moment: an engine may write meanwhile. Lists and figures are made from them there.
 * @param told called with how many facts have been copied so far
 */
export async function copyStore(
  from: OpenDatabase,
  to: WritableDatabase,
  told: (facts: number) => void = () => undefined,
): Promise<Copied> {
  if (!(await isEmpty(to.db))) return { kind: 'notEmpty' }
  const statements = new Statements(to.db)
  const contents = await inOneMoment(from, async (db) => {
    for await (const page of enginesOf(db)) await to.batch(statements.insert('engines', page, ['node']))
    const read = await readAll(db, {
      facts: async (rows) => {
        await to.expect?.([...new Set(rows.map((row) => row.call_id))])
        await to.batch(statements.insert('call_events', rows))
      },
      entries: async (rows) => {
        await to.batch(statements.insert('ledger', rows))
      },
      directory: async (table, rows) => {
        await to.batch(statements.insert(table, rows))
      },
      links: async (rows) => {
        await to.batch(statements.insert('links', rows))
      },
      told,
    })
    for await (const page of unlinkedInOrder(db)) await to.batch(statements.insert('unlinked', page))
    return read
  })
  await to.entriesCopied?.()
  await writesTo(to).rebuild()
  const there = await inOneMoment(to, (db) => readAll(db))
  const same = (['factsHash', 'entriesHash', 'directoryHash', 'linksHash'] as const).every((name) => contents[name] === there[name])
  return same ? { kind: 'copied', contents } : { kind: 'differs', from: contents, to: there }
}

/** Reads all of it, and compares it with its links. @param heads of the links, written down elsewhere */
export function verifyStore(database: OpenDatabase, heads: readonly ChainHead[] = []): Promise<Verified> {
  return inOneMoment(database, async (db) => {
    const check = new ChainCheck(db, heads)
    await check.links()
    const contents = await readAll(db, { facts: (rows) => check.allFacts(rows) })
    return {
      ...contents,
      differing: [...(await differing(db)), ...(await differingTargets(db)), ...(await differingRollUps(db))],
      linked: check.end(),
    }
  })
}

/** Writes by others meanwhile are not seen. */
function inOneMoment<T>({ db }: OpenDatabase, work: (db: Db) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').execute(work)
}

interface Readers {
  readonly facts?: (rows: readonly Selectable<CallEventsTable>[]) => Promise<void>
  readonly entries?: (rows: readonly Selectable<LedgerTable>[]) => Promise<void>
  readonly directory?: (table: DirectoryTable, rows: readonly Row[]) => Promise<void>
  readonly links?: (rows: readonly Selectable<LinksTable>[]) => Promise<void>
  readonly told?: (facts: number) => void
}

async function readAll(
  db: Db,
  { facts: onFacts, entries: onEntries, directory: onDirectory, links: onLinks, told }: Readers = {},
): Promise<Contents> {
  let [facts, calls, entries, links] = [0, 0, 0, 0]
  const [factsHash, entriesHash, linksHash] = [createHash('sha256'), createHash('sha256'), createHash('sha256')]
  const gaps: string[] = []
  let last = { callId: '', seq: 0 }
  for await (const page of factsInOrder(db)) {
    for (const row of page) {
      factsHash.update(line(row))
      const seq = Number(row.seq)
      if (row.call_id !== last.callId) {
        calls++
        last = { callId: row.call_id, seq: 0 }
      }
      if (seq !== last.seq + 1 && gaps.at(-1) !== row.call_id) gaps.push(row.call_id)
      last = { callId: row.call_id, seq }
    }
    facts += page.length
    await onFacts?.(page)
    told?.(facts)
  }
  for await (const page of entriesInOrder(db)) {
    for (const row of page) entriesHash.update(line(row))
    entries += page.length
    await onEntries?.(page)
  }
  for await (const page of linksInOrder(db)) {
    for (const row of page) linksHash.update(line(row))
    links += page.length
    await onLinks?.(page)
  }
  const directory = await readDirectory(db, onDirectory)
  return {
    facts,
    calls,
    entries,
    links,
    ...directory,
    factsHash: factsHash.digest('hex'),
    entriesHash: entriesHash.digest('hex'),
    linksHash: linksHash.digest('hex'),
    gaps,
  }
}

async function readDirectory(
  db: Db,
  onRows: Readers['directory'],
): Promise<Pick<Contents, 'versions' | 'directoryHash' | 'brokenVersions'>> {
  const hash = createHash('sha256')
  let versions = 0
  const broken = new Set<number>()
  /** How many entities each version claims to have changed, less those that it did. */
  const missing = new Map<number, number>()
  let ended: { readonly section: unknown; readonly id: unknown; readonly at: number } | undefined
  const count = (version: number, by: number) => missing.set(version, (missing.get(version) ?? 0) + by)
  for (const table of Object.keys(directoryTables) as DirectoryTable[]) {
    for await (const page of directoryRows(db, table)) {
      for (const row of page) {
        hash.update(`${table} ${line(row)}`)
        if (table === 'directory_versions') {
          versions++
          if (Number(row['version']) !== versions) broken.add(Number(row['version']))
          count(Number(row['version']), Number(row['changed']))
        } else if (table === 'directory_entities') {
          const end = row['to_version']
          // An entity that ends where its next state begins was changed once.
          if (
            ended !== undefined &&
            (ended.section !== row['section'] || ended.id !== row['id'] || ended.at !== Number(row['from_version']))
          )
            count(ended.at, -1)
          count(Number(row['from_version']), -1)
          ended = end === null ? undefined : { section: row['section'], id: row['id'], at: Number(end) }
        }
      }
      await onRows?.(table, page)
    }
  }
  if (ended !== undefined) count(ended.at, -1)
  for (const [version, left] of missing) if (left !== 0) broken.add(version)
  return { versions, directoryHash: hash.digest('hex'), brokenVersions: [...broken].sort((a, b) => a - b) }
}

/** A row in a form independent of its database: columns by name, numbers as numbers. */
function line(row: object): string {
  return `${JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))}\n`
}
