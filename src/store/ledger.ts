import type { Actor, Origin } from '../facts/actor.js'
import { grouped } from '../figures/summary.js'

/** What is stored besides the facts of calls, each topic an append-only journal: arranged calls, who takes no calls for a while, devices, wrapped keys, numbers cleared by hand. */
export type LedgerTopic = 'arrangement' | 'availability' | 'device' | 'key' | 'retention' | 'watchList'

/** One thing that happened to one subject (an arrangement, a device, what a key is for, a telephone number). */
export interface LedgerEntry extends Origin {
  /** Ascending over all topics; later entries have higher ones. */
  readonly seq: number
  readonly topic: LedgerTopic
  readonly subject: string
  /** Wall-clock ms. */
  readonly at: number
  readonly type: string
  /** As it was given; plain JSON. The room that wrote it parses it. */
  readonly data: unknown
}

/** The condition for keeping an entry. Where it fails, another engine was quicker: the append rejects with code `CONFLICT`, and nothing is kept. */
export interface LedgerCondition {
  /** `seq` of the last entry of the subject; 0: it has none. */
  readonly after: number
}

/** An append-only journal on disk. Every method rejects with the database's own error when it cannot be reached. */
export interface Ledger {
  /** `actor`: who did it; where it is left out, the engine. Resolves when the entry is on disk (fsync). */
  append(topic: LedgerTopic, subject: string, type: string, data: unknown, actor?: Actor, condition?: LedgerCondition): Promise<LedgerEntry>
  /** Every entry of a topic, in order, read in pages; with `from`, those of that `seq` and later ones. */
  entries(topic: LedgerTopic, from?: number): AsyncIterable<LedgerEntry>
  /** Every entry of these subjects, in order. */
  entriesAbout(topic: LedgerTopic, subjects: readonly string[]): Promise<readonly LedgerEntry[]>
  /** The last entry of a subject. */
  latest(topic: LedgerTopic, subject: string): Promise<LedgerEntry | undefined>
}

/** Entries by subject, in order. */
export function bySubject(entries: Iterable<LedgerEntry>): ReadonlyMap<string, readonly LedgerEntry[]> {
  return grouped(entries, ({ subject }) => subject)
}
