import type { Clock } from '../../src/clock/clock.js'
import { engine, type Actor } from '../../src/facts/actor.js'
import type { Ledger, LedgerEntry, LedgerTopic } from '../../src/store/ledger.js'

/** A ledger in memory, for tests: like the one on disk, with a disk that can fail on command. */
export class MemoryLedger implements Ledger {
  readonly kept: LedgerEntry[] = []
  /** Why nothing can be written; undefined: it can. */
  failing: string | undefined
  /** Awaited before each entry is stored. */
  beforeAppend: () => Promise<void> = () => Promise.resolve()

  constructor(
    private readonly clock: Clock,
    kept: readonly LedgerEntry[] = [],
  ) {
    this.kept.push(...kept)
  }

  /** From now on nothing is stored until the returned function is called: a slow disk. */
  stalls(): () => void {
    let goOn: () => void = () => undefined
    const stalled = new Promise<void>((resolve) => (goOn = resolve))
    this.beforeAppend = () => stalled
    return () => {
      this.beforeAppend = () => Promise.resolve()
      goOn()
    }
  }

  async append(topic: LedgerTopic, subject: string, type: string, data: unknown, actor: Actor = engine): Promise<LedgerEntry> {
    await this.beforeAppend()
    if (this.failing !== undefined) throw new Error(this.failing)
    const entry: LedgerEntry = {
      seq: this.kept.length + 1,
      topic,
      subject,
      at: this.clock.now(),
      actor,
      node: 'memory',
      type,
      data: JSON.parse(JSON.stringify(data)) as unknown,
    }
    this.kept.push(entry)
    return entry
  }

  async *entries(topic: LedgerTopic, from = 0): AsyncGenerator<LedgerEntry> {
    await Promise.resolve()
    for (const entry of this.kept) if (entry.topic === topic && entry.seq >= from) yield entry
  }

  entriesAbout(topic: LedgerTopic, subjects: readonly string[]): Promise<readonly LedgerEntry[]> {
    const wanted = new Set(subjects)
    return Promise.resolve(this.kept.filter((entry) => entry.topic === topic && wanted.has(entry.subject)))
  }

  latest(topic: LedgerTopic, subject: string): Promise<LedgerEntry | undefined> {
    return Promise.resolve(this.kept.findLast((entry) => entry.topic === topic && entry.subject === subject))
  }
}
