import type { Selectable } from 'kysely'
import type { StoreDatabase } from '../database.js'
import { newestDirectoryVersion } from '../questions/directory-versions.js'
import {
  callsArrivedUntil,
  entriesBetween,
  factsOfCalls,
  lastEntry,
  lastLink,
  sealOfAudit,
  unlinkedCalls,
  versionsBetween,
} from '../questions/links.js'
import type { CallEventsTable } from '../schema.js'
import type { Step } from '../statement.js'
import { Statements } from '../statements.js'
import { isConflict } from '../store-error.js'
import {
  coversOf,
  hashOfEntry,
  hashOfFacts,
  hashOfVersion,
  nextLink,
  rowOfLink,
  type Covers,
  type Link,
  type LinkedFacts,
  type LinkedVersion,
} from './link.js'

/** The last link of a chain: with it one can tell whether anything before it was changed. */
export type ChainHead = Pick<Link, 'number' | 'day' | 'hash'>

export interface ChainWriterSettings {
  readonly database: Pick<StoreDatabase, 'writing' | 'reading' | 'settledEntries'>
  readonly node: string
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Calls, and entries, in one link: hashing them takes the engine's thread some ms. */
export const callsInOne = 50
export const entriesInOne = 500
const versionsInOne = 50
/** Tries where another engine made a link at the same time. */
const maxTries = 10

/**
 * Extends the chain by committed rows. It reads behind the facts and never holds one up: no fact waits for a link. Any engine may do it, several at once too: each number is given once, so that there
 * is one chain.
 */
export class ChainWriter {
  readonly #statements: Statements
  #running: Promise<unknown> = Promise.resolve()

  constructor(private readonly settings: ChainWriterSettings) {
    this.#statements = new Statements(settings.database.writing.db)
  }

  /**
   * Links everything that waits.
   * @param breathe awaited between two links: calls go on meanwhile. `false`: the rest waits for the next time
   * @returns the last link; undefined where nothing was ever stored
   */
  extend(breathe: () => Promise<boolean>): Promise<ChainHead | undefined> {
    const done = this.#running.then(async () => {
      await this.#all(breathe)
      return this.head()
    })
    this.#running = done.catch(() => undefined)
    return done
  }

  /** The last link. */
  async head(): Promise<ChainHead | undefined> {
    const last = await lastLink(this.settings.database.writing.db)
    return last && { number: Number(last.number), day: last.day, hash: last.hash }
  }

  async #all(breathe: () => Promise<boolean>): Promise<void> {
    let after = ''
    for (let more = true; more;) {
      const page = await unlinkedCalls(this.settings.database.reading, after, callsInOne)
      if (page.length > 0) await this.#linkCalls(page.map((row) => ({ callId: row.call_id, from: Number(row.first_seq) })))
      after = page.at(-1)?.call_id ?? ''
      more = page.length === callsInOne
      if (more && !(await breathe())) return
    }
    for (let more = true; more;) {
      more = await this.#linkEntries()
      if (more && !(await breathe())) return
    }
    for (let more = true; more;) {
      more = await this.#linkVersions()
      if (more && !(await breathe())) return
    }
    await this.#linkAudit()
    for (let more = true; more;) {
      more = await this.#linkPast()
      if (more && !(await breathe())) return
    }
  }

  async #linkCalls(waiting: readonly { readonly callId: string; readonly from: number }[]): Promise<void> {
    const facts = await this.#facts(waiting.map(({ callId }) => callId))
    const linked: LinkedFacts[] = []
    const steps: Step[] = []
    for (const { callId, from } of waiting) {
      const ofCall = facts.get(callId) ?? []
      const rows = ofCall.filter((row) => Number(row.seq) >= from)
      const to = Number(rows.at(-1)?.seq ?? from - 1)
      if (rows.length > 0) linked.push([callId, Number(rows[0]?.seq), to, hashOfFacts(rows)])
      // A running call stays; one that is over stays if a fact came meanwhile.
      if (ofCall.some(({ type }) => type === 'call.ended'))
        steps.push(
          this.#statements.step('linked', (db) => db.deleteFrom('unlinked').where('call_id', '=', callId).where('last_seq', '<=', to), [
            callId,
            to,
          ]),
        )
      if (rows.length > 0)
        steps.push(
          this.#statements.step(
            'linked up to',
            (db) =>
              db
                .updateTable('unlinked')
                .set({ first_seq: to + 1 })
                .where('call_id', '=', callId)
                .where('first_seq', '=', from),
            [to + 1, callId, from],
          ),
        )
    }
    if (linked.length > 0) await this.#keep(() => Promise.resolve({ covers: { kind: 'calls', calls: linked }, steps }))
    else if (steps.length > 0) await this.settings.database.writing.batch(steps)
  }

  /** @returns whether there are more */
  async #linkEntries(): Promise<boolean> {
    const { database } = this.settings
    const { db } = database.writing
    const linkedThrough = async () => {
      const covers = await this.#lastOf('entries')
      return covers?.kind === 'entries' ? covers.through : 0
    }
    if ((await lastEntry(db)) <= (await linkedThrough())) return false
    const settled = await database.settledEntries()
    let more = false
    await this.#keep(async () => {
      const entries = await entriesBetween(db, await linkedThrough(), settled, entriesInOne)
      const through = Number(entries.at(-1)?.seq ?? 0)
      more = entries.length === entriesInOne
      return entries.length === 0
        ? undefined
        : { covers: { kind: 'entries', through, entries: entries.map((entry) => [Number(entry.seq), hashOfEntry(entry)]) } }
    })
    return more
  }

  /** Each is written behind the one before it: when the newest is there, all before it are committed. @returns whether there are more */
  async #linkVersions(): Promise<boolean> {
    const { db } = this.settings.database.writing
    const linkedThrough = async () => {
      const covers = await this.#lastOf('versions')
      return covers?.kind === 'versions' ? covers.through : 0
    }
    const newest = await newestDirectoryVersion(db)
    if (newest <= (await linkedThrough())) return false
    let more = false
    await this.#keep(async () => {
      const after = await linkedThrough()
      const through = Math.min(newest, after + versionsInOne)
      more = through < newest
      const versions = (await versionsBetween(db, after, through)).map((rows): LinkedVersion => [
        Number(rows.version.version),
        hashOfVersion(rows),
      ])
      return versions.length === 0 ? undefined : { covers: { kind: 'versions', through, versions } }
    })
    return more
  }

  /** The audit is a chain itself: its last seal holds all of it. */
  async #linkAudit(): Promise<void> {
    const { db } = this.settings.database.writing
    await this.#keep(async () => {
      const [last, covers] = [await sealOfAudit(db), await this.#lastOf('audit')]
      if (last === undefined || (covers?.kind === 'audit' && covers.through >= last.seq)) return undefined
      return { covers: { kind: 'audit', through: last.seq, seal: last.seal } }
    })
  }

  /** Calls from before there were links. @returns whether there are more */
  async #linkPast(): Promise<boolean> {
    let more = true
    await this.#keep(async () => {
      const last = await this.#lastOf('past')
      if (last?.kind === 'past' && last.after === undefined) {
        more = false
        return undefined
      }
      const { until, after } = last?.kind === 'past' ? last : { until: this.settings.now(), after: undefined }
      const page = await callsArrivedUntil(this.settings.database.reading, until, after, callsInOne)
      const facts = await this.#facts(page.map(({ callId }) => callId))
      const calls = [...facts].map(([callId, rows]): LinkedFacts => [
        callId,
        Number(rows[0]?.seq),
        Number(rows.at(-1)?.seq),
        hashOfFacts(rows),
      ])
      const to = page.length < callsInOne ? undefined : page.at(-1)
      more = to !== undefined
      return { covers: { kind: 'past', until, ...(to === undefined ? {} : { after: to }), calls } }
    })
    return more
  }

  /** @param make called again where another engine was quicker; undefined: there is nothing to link */
  async #keep(make: () => Promise<{ readonly covers: Covers; readonly steps?: readonly Step[] } | undefined>): Promise<void> {
    const { writing } = this.settings.database
    for (let tries = 1; ; tries++) {
      const last = await lastLink(writing.db)
      const made = await make()
      if (made === undefined) return
      const link = nextLink(
        last && { number: Number(last.number), day: last.day, hash: last.hash },
        made.covers,
        this.settings.now(),
        this.settings.node,
      )
      try {
        await writing.batch([...this.#statements.insert('links', [rowOfLink(link)]), ...(made.steps ?? [])])
        return
      } catch (error) {
        if (!isConflict(error) || tries === maxTries) throw error
      }
    }
  }

  async #lastOf(kind: Covers['kind']): Promise<Covers | undefined> {
    const row = await lastLink(this.settings.database.writing.db, kind)
    return row && coversOf(row)
  }

  async #facts(callIds: readonly string[]): Promise<ReadonlyMap<string, readonly Selectable<CallEventsTable>[]>> {
    const found = new Map<string, Selectable<CallEventsTable>[]>()
    for (const row of await factsOfCalls(this.settings.database.reading, callIds)) {
      const ofCall = found.get(row.call_id)
      if (ofCall) ofCall.push(row)
      else found.set(row.call_id, [row])
    }
    return found
  }
}
