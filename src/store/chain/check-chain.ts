import type { Selectable } from 'kysely'
import { appendTo } from '../../common/lists-by-key.js'
import { grouped } from '../../figures/summary.js'
import { deletedCalls, deletedEntries, deletionsInLedger, lastAuditCut, type DeletedCall, type DeletedEntry } from '../questions/deleted.js'
import { countEntries, entriesNumbered, factsOfCalls, linksAfter, sealOfAudit, unlinkedCalls, versionsBetween } from '../questions/links.js'
import type { CallEventsTable } from '../schema.js'
import type { LinksTable } from './tables.js'
import type { Db } from '../statements.js'
import {
  coversOf,
  hashOfEntry,
  hashOfFacts,
  hashOfLink,
  hashOfVersion,
  type Covers,
  type LinkedEntry,
  type LinkedFacts,
  type LinkedVersion,
} from './link.js'
import type { ChainHead } from './chain-writer.js'
import { entriesInNoLink } from './entries-beside.js'

/** What the links prove about a store. */
export interface CheckedChain {
  readonly links: number
  /** Facts, entries of the ledger and versions of the directory that are as they were linked. */
  readonly facts: number
  readonly entries: number
  readonly versions: number
  /** The last entry of the audit that was linked; 0: none. Its seal covers all before it. */
  readonly audited: number
  /** Calls and arrangements that were deleted at the end of their retention period. */
  readonly deleted: number
  readonly deletedArrangements: number
  /** Rows changed, removed or not as the engine writes them, in words; in the order of the links. Only the first: `wrongs` counts all. */
  readonly wrong: readonly string[]
  readonly wrongs: number
  /** Facts that wait for a link: nothing is proved about them yet. */
  readonly waiting: number
  /** The same of entries of the ledger. */
  readonly waitingEntries: number
  readonly head: ChainHead | undefined
}

const linksAtOnce = 20
const maxWords = 100
const namesAtOnce = 500

/** Compares facts and entries with the links: first in their order, then, given every fact, those in no link. */
export class ChainCheck {
  readonly #wrong: string[] = []
  /** For each call, the fact up to which it is linked without a gap. */
  readonly #covered = new Map<string, number>()
  /** Ranges that begin behind a gap. */
  readonly #beyond = new Map<string, (readonly [from: number, to: number])[]>()
  #wrongs = 0
  #links = 0
  #facts = 0
  #entries = 0
  #versions = 0
  #audited = 0
  readonly #deleted = new Set<string>()
  readonly #deletedArrangements = new Set<string>()
  #named: ReadonlyMap<string, ReadonlySet<string>> | undefined
  #waiting = 0
  #waitingEntries = 0
  /** The last entry of the ledger that is linked, and how many of the linked ones there are. */
  #through = 0
  #there = 0
  #last: Selectable<LinksTable> | undefined
  #past: Extract<Covers, { readonly kind: 'past' }> | undefined

  /**
   * @param db a transaction in which nothing changes
   * @param heads that were written down elsewhere
   */
  constructor(
    private readonly db: Db,
    private readonly heads: readonly ChainHead[] = [],
  ) {}

  async links(): Promise<void> {
    while (true) {
      const page = await linksAfter(this.db, Number(this.#last?.number ?? 0), linksAtOnce)
      if (page.length === 0) return this.#entriesBeside()
      for (const row of page) await this.#link(row)
    }
  }

  /** Every stored fact, by call and number. */
  async allFacts(rows: readonly Selectable<CallEventsTable>[]): Promise<void> {
    const unlinked = rows.filter(
      ({ call_id: callId, seq }) =>
        Number(seq) > (this.#covered.get(callId) ?? 0) &&
        this.#beyond.get(callId)?.some(([from, to]) => Number(seq) >= from && Number(seq) <= to) !== true,
    )
    if (unlinked.length === 0) return
    this.#waiting += unlinked.length
    const calls = new Map(unlinked.map((row) => [row.call_id, row]))
    const waits = new Set(await this.#waits([...calls.keys()]))
    for (const [callId, { seq }] of calls) {
      if (!waits.has(callId))
        this.#say(
          `fact ${seq} of call ${callId} is not in the chain and does not wait for it: it was added past the engine, or by an engine from before there was a chain`,
        )
    }
  }

  /** Entries that no link names: those after the last one that is linked wait for it, and all others were never written by an engine. */
  async #entriesBeside(): Promise<void> {
    const { upTo, after } = await countEntries(this.db, this.#through)
    this.#waitingEntries = after
    if (upTo === this.#there) return
    for await (const { seq, topic, type } of entriesInNoLink(this.db, this.#through))
      this.#say(`entry ${seq} of the ledger (${topic} ${type}) is not in the chain, and later ones are: it was added past the engine`)
  }

  end(): CheckedChain {
    const last = this.#last
    const behind = this.heads.find(({ number }) => number > Number(last?.number ?? 0))
    if (behind !== undefined)
      this.#say(
        `the chain ends ${last === undefined ? 'before the first' : `at number ${last.number} of ${instant(last.at)}`}, and number ${behind.number} of ${behind.day} was written down as a head: what was kept since then was removed, or this is an older copy`,
      )
    return {
      links: this.#links,
      facts: this.#facts,
      entries: this.#entries,
      versions: this.#versions,
      audited: this.#audited,
      deleted: this.#deleted.size,
      deletedArrangements: this.#deletedArrangements.size,
      wrong: this.#wrong,
      wrongs: this.#wrongs,
      waiting: this.#waiting,
      waitingEntries: this.#waitingEntries,
      head: last && { number: Number(last.number), day: last.day, hash: last.hash },
    }
  }

  async #link(row: Selectable<LinksTable>): Promise<void> {
    const before = this.#last
    const [number, expected] = [Number(row.number), Number(before?.number ?? 0) + 1]
    if (number !== expected)
      this.#say(
        `${number - expected === 1 ? `link ${expected} is` : `the links ${expected} to ${number - 1} are`} missing${before === undefined ? ', those from the beginning' : `, behind that of ${instant(before.at)}`}: what was kept between ${before === undefined ? 'the beginning' : before.day} and ${row.day} may be missing with them`,
      )
    else if (row.before !== (before?.hash ?? ''))
      this.#say(`link ${number} of ${instant(row.at)} does not follow the one before it: one of the two was changed`)
    if (hashOfLink(row) !== row.hash) this.#say(`link ${number} of ${instant(row.at)} was changed`)
    for (const head of this.heads)
      if (head.number === number && head.hash !== row.hash)
        this.#say(
          `link ${number} of ${instant(row.at)} is not the one that was written down as a head: the chain was made again since, or this is another store`,
        )
    if (before !== undefined && row.day < before.day) this.#say(`link ${number} is of ${row.day}, and the one before it of ${before.day}`)
    this.#last = row
    this.#links++
    const covers = coversOf(row)
    if (covers === undefined) return this.#say(`link ${number} of ${instant(row.at)} was not written by an engine`)
    if (covers.kind === 'entries') return this.#linkedEntries(covers.entries, row)
    if (covers.kind === 'versions') return this.#linkedVersions(covers.versions, row)
    if (covers.kind === 'audit') return this.#linkedAudit(covers, row)
    if (covers.kind === 'past') this.#past = covers
    return this.#linkedCalls(covers.calls, row)
  }

  async #linkedCalls(calls: readonly LinkedFacts[], link: Selectable<LinksTable>): Promise<void> {
    const facts = grouped(await factsOfCalls(this.db, [...new Set(calls.map(([callId]) => callId))]), (row) => row.call_id)
    const deleted = new Map(
      (
        await deletedCalls(
          this.db,
          calls.map(([callId]) => callId).filter((callId) => !facts.has(callId)),
        )
      ).map((one) => [one.callId, one]),
    )
    for (const [callId, from, to, hash] of calls) {
      this.#cover(callId, from, to)
      const gone = deleted.get(callId)
      if (gone !== undefined) {
        await this.#wasDeleted(gone)
        continue
      }
      const ofCall = facts.get(callId) ?? []
      const rows = ofCall.filter(({ seq }) => Number(seq) >= from && Number(seq) <= to)
      if (rows.length === to - from + 1) {
        if (hashOfFacts(rows) === hash) this.#facts += rows.length
        else
          this.#say(
            `${from === to ? `fact ${from}` : `one of the facts ${from} to ${to}`} of call ${callId} was changed after ${instant(link.at)}, when it entered the chain`,
          )
        continue
      }
      const there = new Set(rows.map(({ seq }) => Number(seq)))
      const missing = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((seq) => !there.has(seq))
      this.#say(
        ofCall.length === 0
          ? `call ${callId} was removed after ${instant(link.at)}, when its facts ${from} to ${to} entered the chain`
          : `${missing.length === 1 ? `fact ${missing[0] ?? 0}` : `the facts ${missing.join(', ')}`} of call ${callId} ${missing.length === 1 ? 'was' : 'were'} removed after ${instant(link.at)}, when they entered the chain`,
      )
    }
  }

  /** It went by a deletion that is in the ledger, itself in the chain. What is left proves any surviving copy of its facts genuine. */
  async #wasDeleted({ callId, certificate, deletedAt }: DeletedCall): Promise<void> {
    this.#named ??= await deletionsInLedger(this.db)
    if (this.#named.get(callId)?.has(certificate) !== true)
      this.#say(`call ${callId} was deleted on ${instant(deletedAt)}, and no deletion in the ledger names it`)
    else this.#deleted.add(callId)
  }

  async #linkedEntries(entries: readonly LinkedEntry[], link: Selectable<LinksTable>): Promise<void> {
    const rows = new Map(
      (
        await entriesNumbered(
          this.db,
          entries.map(([seq]) => seq),
        )
      ).map((row) => [Number(row.seq), row]),
    )
    const gone = await deletedEntries(
      this.db,
      entries.map(([seq]) => seq).filter((seq) => !rows.has(seq)),
    )
    for (const [seq, hash] of entries) {
      const row = rows.get(seq)
      if (row !== undefined && seq > this.#through) this.#there++
      this.#through = Math.max(this.#through, seq)
      const deleted = gone.get(seq)
      if (deleted !== undefined) await this.#entryWasDeleted(seq, hash, deleted)
      else if (row === undefined) this.#say(`entry ${seq} of the ledger was removed after ${instant(link.at)}, when it entered the chain`)
      else if (hashOfEntry(row) !== hash)
        this.#say(`entry ${seq} of the ledger (${row.topic} ${row.type}) was changed after ${instant(link.at)}, when it entered the chain`)
      else this.#entries++
    }
  }

  /** With its arrangement, as a call with its facts. */
  async #entryWasDeleted(seq: number, hash: string, { arrangementId, certificate, deletedAt, hash: kept }: DeletedEntry): Promise<void> {
    this.#named ??= await deletionsInLedger(this.db)
    if (this.#named.get(`arrangement ${arrangementId}`)?.has(certificate) !== true)
      this.#say(`entry ${seq} of the ledger was deleted on ${instant(deletedAt)}, and no deletion in the ledger names its arrangement`)
    else if (kept !== hash)
      this.#say(`entry ${seq} of the ledger, which was deleted on ${instant(deletedAt)}, is not the one that entered the chain`)
    else this.#deletedArrangements.add(arrangementId)
  }

  async #linkedVersions(versions: readonly LinkedVersion[], link: Selectable<LinksTable>): Promise<void> {
    for (const [version, hash] of versions) {
      const [rows] = await versionsBetween(this.db, version - 1, version)
      if (rows === undefined)
        this.#say(`version ${version} of the directory was removed after ${instant(link.at)}, when it entered the chain`)
      else if (hashOfVersion(rows) !== hash)
        this.#say(`version ${version} of the directory was changed after ${instant(link.at)}, when it entered the chain`)
      else this.#versions++
    }
  }

  async #linkedAudit({ through, seal }: Extract<Covers, { readonly kind: 'audit' }>, link: Selectable<LinksTable>): Promise<void> {
    const there = await sealOfAudit(this.db, through)
    const cut = there === undefined ? await lastAuditCut(this.db) : undefined
    if (cut !== undefined && cut.through >= through) {
      this.#named ??= await deletionsInLedger(this.db)
      if (this.#named.get(`audit ${cut.through}`)?.has(cut.certificate) !== true)
        this.#say(`the audit was deleted up to entry ${cut.through}, and no deletion in the ledger names it`)
      else if (cut.through === through && cut.seal !== seal)
        this.#say(`entry ${through} of the audit, the last that was deleted, is not the one that entered the chain at ${instant(link.at)}`)
      else this.#audited = through
    } else if (there === undefined)
      this.#say(`entry ${through} of the audit was removed after ${instant(link.at)}, when it entered the chain`)
    else if (there.seal !== seal)
      this.#say(`entry ${through} of the audit, or one before it, was changed after ${instant(link.at)}, when it entered the chain`)
    else this.#audited = through
  }

  #cover(callId: string, from: number, to: number): void {
    const covered = this.#covered.get(callId) ?? 0
    if (from > covered + 1) {
      appendTo(this.#beyond, callId, [from, to])
      return
    }
    this.#covered.set(callId, Math.max(covered, to))
  }

  /** Those of these calls that wait for a link. */
  async #waits(callIds: readonly string[]): Promise<readonly string[]> {
    const found: string[] = []
    for (let start = 0; start < callIds.length; start += namesAtOnce) {
      const some = callIds.slice(start, start + namesAtOnce)
      found.push(...(await unlinkedCalls(this.db, '', some.length, some)).map((row) => row.call_id))
      // Those from before there were links are linked one after the other, in the background.
      if (this.#past === undefined || this.#past.after !== undefined) found.push(...some)
    }
    return found
  }

  #say(words: string): void {
    this.#wrongs++
    if (this.#wrong.length < maxWords) this.#wrong.push(words)
  }
}

function instant(at: number | string): string {
  return new Date(Number(at)).toISOString().replace('T', ' ').slice(0, 19)
}
