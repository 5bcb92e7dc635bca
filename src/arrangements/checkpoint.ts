import type { Ledger, LedgerEntry } from '../store/ledger.js'
import type { Arrangement } from './arrangement.js'
import { stepOf, type Step } from './story.js'

/**
 * Where a start may begin to read. Thousands of arrangements are settled every day and the ledger never forgets one; a checkpoint names the
 * ones that still matter, so that a start reads those and what was written lately. It says nothing of how they stand: that is always read off
 * their entries.
 */
interface Checkpoint {
  /** Everything of this `seq` and later is to be read. */
  readonly from: number
  /** Made before that, and open, or settled lately. */
  readonly older: readonly string[]
}

/** Under which checkpoints stand in the ledger; no arrangement has this id. */
export const checkpointSubject = 'checkpoint'

export interface Loaded {
  readonly entries: readonly LedgerEntry[]
  /** Entries before this `seq` are those of older arrangements. */
  readonly from: number
}

/** The entries that a start needs, in order. Rejects when the ledger cannot be asked. */
export async function entriesSince(ledger: Ledger): Promise<Loaded> {
  const { from, older } = read(await ledger.latest('arrangement', checkpointSubject))
  const recent = await ledger.entries('arrangement', from)
  const before = await ledger.entriesAbout('arrangement', [...new Set([...older, ...reopened(recent)])])
  return { entries: [...before.filter(({ seq }) => seq < from), ...recent], from }
}

/**
 * @param known what is open, or was settled lately
 * @param madeAtSeq `seq` of the entry that made each
 * @param recentSince wall-clock ms: what was made since then is read by its place in the ledger, not by name
 */
export function dataOfCheckpoint(known: Iterable<Arrangement>, madeAtSeq: ReadonlyMap<string, number>, { lastSeq, recentSince }: { readonly lastSeq: number; readonly recentSince: number }): Checkpoint {
  const all = [...known]
  const from = all.reduce((first, { id, madeAt }) => (madeAt >= recentSince ? Math.min(first, madeAtSeq.get(id) ?? first) : first), lastSeq + 1)
  return { from, older: all.filter(({ id }) => (madeAtSeq.get(id) ?? 0) < from).map(({ id }) => id) }
}

function read(entry: LedgerEntry | undefined): Checkpoint {
  // `dataOfCheckpoint` made it, and the ledger refuses any change.
  return entry === undefined ? { from: 0, older: [] } : (entry.data as Checkpoint)
}

/** What was settled long before the checkpoint, and to which something has happened since: an outcome was left anew, say. */
function reopened(recent: readonly LedgerEntry[]): readonly string[] {
  const made = new Set(recent.filter(({ type }) => type === 'made').map(({ subject }) => subject))
  return recent.filter((entry) => !made.has(entry.subject) && !isMarker(stepOf(entry))).map(({ subject }) => subject)
}

/** Entries that belong to no arrangement of their own. */
function isMarker(step: Step | undefined): boolean {
  return step === undefined || step.type === 'repeats'
}
