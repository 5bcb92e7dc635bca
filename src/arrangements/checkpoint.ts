import type { Step } from '../facts/arrangement-steps.js'
import type { Arrangement } from '../facts/arrangement.js'
import type { Ledger, LedgerEntry } from '../store/ledger.js'
import { stepOf } from './story.js'

/**
 * Where a start may begin to read. Thousands of arrangements are settled every day and the ledger forgets none; a checkpoint names the
 * ones that still matter, so that a start reads those and recent entries. It does not hold their state: that always comes from
 * their entries.
 */
interface Checkpoint {
  /** Read everything from this `seq` on. */
  readonly from: number
  /** Made before that, and open or lately settled. */
  readonly older: readonly string[]
}

/** Arrangements whose entries are read at a time. */
const olderAtOnce = 500

/** The ledger id of checkpoints; no arrangement has it. */
export const checkpointSubject = 'checkpoint'

export interface Loaded {
  /** The entries of each arrangement in order; read in pages. */
  readonly entries: AsyncIterable<LedgerEntry>
  /** Entries before this `seq` are those of older arrangements. */
  readonly from: number
}

/** The entries that a start needs. Rejects if the ledger does not answer. */
export async function entriesSince(ledger: Ledger): Promise<Loaded> {
  const { from, older } = read(await ledger.latest('arrangement', checkpointSubject))
  return { entries: toRead(ledger, from, older), from }
}

async function* toRead(ledger: Ledger, from: number, older: readonly string[]): AsyncGenerator<LedgerEntry> {
  const begun = new Set(older)
  const before = async (subjects: readonly string[]) => (await ledger.entriesAbout('arrangement', subjects)).filter(({ seq }) => seq < from)
  for (let start = 0; start < older.length; start += olderAtOnce) yield* await before(older.slice(start, start + olderAtOnce))
  for await (const entry of ledger.entries('arrangement', from)) {
    if (entry.type === 'made') begun.add(entry.subject)
    else if (!begun.has(entry.subject) && !isMarker(stepOf(entry))) {
      // It was settled long before the checkpoint, but changed since: by a new outcome, say.
      begun.add(entry.subject)
      yield* await before([entry.subject])
    }
    yield entry
  }
}

/**
 * @param known what is open, or was settled lately
 * @param madeAtSeq `seq` of the entry that made each
 * @param recentSince wall-clock ms: what was made since then is read by its place in the ledger, not by name
 */
export function dataOfCheckpoint(
  known: Iterable<Arrangement>,
  madeAtSeq: ReadonlyMap<string, number>,
  { lastSeq, recentSince }: { readonly lastSeq: number; readonly recentSince: number },
): Checkpoint {
  const all = [...known]
  const from = all.reduce(
    (first, { id, madeAt }) => (madeAt >= recentSince ? Math.min(first, madeAtSeq.get(id) ?? first) : first),
    lastSeq + 1,
  )
  return { from, older: all.filter(({ id }) => (madeAtSeq.get(id) ?? 0) < from).map(({ id }) => id) }
}

function read(entry: LedgerEntry | undefined): Checkpoint {
  // `dataOfCheckpoint` made it, and the ledger refuses any change.
  return entry === undefined ? { from: 0, older: [] } : (entry.data as Checkpoint)
}

/** Entries that belong to no arrangement of their own. */
function isMarker(step: Step | undefined): boolean {
  return step === undefined || step.type === 'repeats'
}
