import type { Directory } from '../directory/model.js'
import type { Period } from '../directory/period.js'
import type { Store } from '../store/store.js'
import type { DeletedArrangement } from './certificate.js'
import type { Hold, Holdable, Holds } from './holds.js'
import { cutoff, ruleFor, shortest, type RetentionRule } from './rules.js'

/** A settled arrangement in the ledger. */
export interface SettledArrangement extends Pick<Holdable, 'organisations' | 'numbers'> {
  readonly id: string
  /** Its ids in the ledger: its own, and those of requests noted on it. */
  readonly subjects: readonly string[]
  /** `seq` of its last entry. */
  readonly through: number
  /** When anything last happened to it, wall-clock ms. */
  readonly changedAt: number
  /** Whose rule applies. */
  readonly organisation: string | null
  readonly line: string | null
  /** The calls that requested and carried it: it stays as long as any of them. */
  readonly carriedBy: readonly string[]
  /** The call that a code is about. */
  readonly about: string | undefined
}

/** Deletable call-backs, calls to patients and codes, unchanged since before an instant (wall-clock ms). */
export interface ArrangementsToKeep {
  /** Settled ones, the oldest first. */
  settledBefore(before: number): AsyncIterable<SettledArrangement>
  find(id: string, before: number): Promise<SettledArrangement | undefined>
}

/** An arrangement past its time. */
export interface DueArrangement {
  readonly arrangementId: string
  readonly changedAt: number
  readonly rule: RetentionRule
  readonly heldBy?: Hold
}

export interface OldArrangementsSettings {
  readonly store: Pick<Store, 'events' | 'deletedArrangements' | 'deleteArrangement'>
  readonly arrangements: ArrangementsToKeep
  readonly holds: Holds
  readonly directory: () => Directory
  readonly keepRecords: Period
  /** Wall-clock ms. */
  readonly now: () => number
}

/** An arrangement is kept as long as the record of a call that ended with it, and never less than the records of its own calls. */
export class OldArrangements {
  constructor(private readonly settings: OldArrangementsSettings) {}

  async *due(): AsyncGenerator<DueArrangement> {
    const { arrangements, directory, keepRecords, now } = this.settings
    const before = shortest('records', directory(), keepRecords, now())
    if (before === undefined) return
    for await (const one of arrangements.settledBefore(before)) {
      const due = await this.#asDue(one)
      if (due) yield due
    }
  }

  /** Deletes those of these arrangements that may go. Holds are read before each. */
  async delete(certificate: string, ids: readonly string[]): Promise<readonly DeletedArrangement[]> {
    const deleted: DeletedArrangement[] = []
    for (const id of ids) {
      const one = await this.#delete(certificate, id)
      if (one) deleted.push(one)
    }
    return deleted
  }

  /** @returns undefined: another deletion removed it, or something that came since keeps it */
  async #delete(certificate: string, id: string): Promise<DeletedArrangement | undefined> {
    const { store, arrangements, holds, now } = this.settings
    const [before] = await store.deletedArrangements([id])
    if (before !== undefined) return before.certificate === certificate ? plain(before) : undefined
    await holds.refresh()
    const one = await arrangements.find(id, now())
    const due = one && (await this.#asDue(one))
    if (one === undefined || due === undefined || due.heldBy !== undefined) return undefined
    const deleted = await store.deleteArrangement(one, certificate)
    return deleted && plain(deleted)
  }

  async #asDue(one: SettledArrangement): Promise<DueArrangement | undefined> {
    const { store, holds, directory, keepRecords, now } = this.settings
    const rule = ruleFor('records', one, directory(), keepRecords)
    const since = cutoff(rule.keep, now())
    if (since === undefined || one.changedAt >= since) return undefined
    for (const callId of one.carriedBy) if ((await store.events(callId)).length > 0) return undefined
    const calls = new Set([...one.carriedBy, ...(one.about === undefined ? [] : [one.about])])
    const heldBy = holds.covering({ calls, organisations: one.organisations, numbers: one.numbers })
    return { arrangementId: one.id, changedAt: one.changedAt, rule, ...(heldBy ? { heldBy } : {}) }
  }
}

function plain({ arrangementId, deletedAt, entries, hash }: DeletedArrangement): DeletedArrangement {
  return { arrangementId, deletedAt, entries, hash }
}
