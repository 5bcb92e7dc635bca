import { randomUUID } from 'node:crypto'
import type { Directory } from '../directory/model.js'
import type { Period } from '../directory/period.js'
import { engine, type Actor } from '../facts/actor.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { RecordingRecord } from '../facts/recording-record.js'
import type { OldRecording } from '../store/questions/old-recordings.js'
import type { Store } from '../store/store.js'
import {
  asCertificate,
  countOf,
  hashOf,
  subjectPrefix,
  type Certificate,
  type Deleted,
  type DeletedAudit,
  type DeletedRecord,
  type DeletedRecording,
} from './certificate.js'
import { Holds, type Hold } from './holds.js'
import { OldArrangements, type ArrangementsToKeep, type DueArrangement } from './old-arrangements.js'
import { cutoff, ruleFor, ruleInWords, shortest, type RetentionRule } from './rules.js'

export interface RetentionSettings {
  readonly store: Pick<
    Store,
    | 'ledger'
    | 'events'
    | 'appendLate'
    | 'recordingsBefore'
    | 'recordingKeys'
    | 'callsBefore'
    | 'deletedCalls'
    | 'deleteCall'
    | 'deletedArrangements'
    | 'deleteArrangement'
  >
  readonly audit: AuditToKeep
  readonly arrangements: ArrangementsToKeep
  readonly directory: () => Directory
  /** The default times for recordings and call records; and the time for the audit. */
  readonly keepRecordings: Period
  readonly keepRecords: Period
  readonly keepAudit: Period
  /** Deletes a recording's file and its spool. On the disk when it resolves; harmless if they are gone. */
  readonly deleteFiles: (recording: Pick<RecordingRecord, 'recordingId' | 'path' | 'spoolPath'>) => Promise<void>
  /** Runs in one engine at a time. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  /** Wall-clock ms. */
  readonly now: () => number
}

/** The deletable audit: from its beginning on, for each entry holds the seal of the one before. */
export interface AuditToKeep {
  /** The oldest remaining entries, up to an instant (wall-clock ms). */
  entriesUntil(until: number): AsyncIterable<{ readonly seq: number; readonly subjectKind: string; readonly subject: string }>
  /** The last deletion; undefined: none. */
  lastCut(): Promise<(DeletedAudit & { readonly certificate: string }) | undefined>
  cut(through: number, certificate: string): Promise<DeletedAudit>
}

/** A recording past its time. */
export interface Due {
  readonly recordingId: string
  readonly callId: string
  readonly startedAt: number
  readonly bytes: number
  readonly rule: RetentionRule
  /** The hold that keeps it. */
  readonly heldBy?: Hold
}

/** The record of a call past its time. */
export interface DueRecord {
  readonly callId: string
  readonly arrivedAt: number
  readonly rule: RetentionRule
  readonly heldBy?: Hold
}

/** The audit past its time. `heldBy`: its end stays, from the first entry about a call under that hold. */
export interface DueAudit {
  readonly through: number
  readonly entries: number
  readonly rule: RetentionRule
  readonly heldBy?: Hold
}

export interface Ran {
  readonly certificates: readonly Certificate[]
  /** Of any kind. */
  readonly deleted: number
  /** Past their time, and kept by a hold. */
  readonly held: number
}

/** The most recordings, records or arrangements in one deletion, with one certificate. */
const inOne = 200

/** The things in a deletion, of one kind. */
interface Begun {
  readonly rule: string
  readonly recordings?: readonly { readonly recordingId: string; readonly callId: string }[]
  readonly calls?: readonly string[]
  readonly arrangements?: readonly string[]
  readonly audit?: { readonly through: number }
}

/**
 * Deletes what is past its time: recordings, then records of calls without recordings, then arrangements without call records, then the audit from its beginning. A deletion is begun in the ledger, then each thing goes (a recording gets the fact that
 * it was deleted, its key and its file go; the facts of a call, and the entries of an arrangement, are replaced by rows that say so), and then the certificate is
 * stored: if the engine is killed in between, the next run goes on. Holds are read again after a deletion was begun and before each thing: a new hold either is in time, or
 * finds the deletion in the ledger.
 */
export class Retention {
  readonly holds: Holds
  readonly #arrangements: OldArrangements
  #running: Promise<unknown> = Promise.resolve()

  constructor(private readonly settings: RetentionSettings) {
    this.holds = new Holds(settings.store.ledger)
    this.#arrangements = new OldArrangements({ ...settings, holds: this.holds })
  }

  /** Recordings that would go now, and those that stay because of a hold; the oldest first. Rejects as the store does. */
  async *due(): AsyncGenerator<Due> {
    const { store, directory, keepRecordings, now } = this.settings
    await this.holds.refresh()
    const before = shortest('recordings', directory(), keepRecordings, now())
    if (before === undefined) return
    for await (const recording of store.recordingsBefore(before)) {
      const due = await this.#asDue(recording)
      if (due) yield due
    }
  }

  /** Records of calls that would go now, and those that stay because of a hold; the oldest first. Rejects as the store does. */
  async *dueRecords(): AsyncGenerator<DueRecord> {
    const { store, directory, keepRecords, now } = this.settings
    await this.holds.refresh()
    const before = shortest('records', directory(), keepRecords, now())
    if (before === undefined) return
    for await (const { callId, arrivedAt, organisation, line } of store.callsBefore(before)) {
      const rule = ruleFor('records', { organisation, line }, directory(), keepRecords)
      const since = cutoff(rule.keep, now())
      if (since === undefined || arrivedAt >= since) continue
      const heldBy = await this.#holdOn(callId)
      yield { callId, arrivedAt, rule, ...(heldBy ? { heldBy } : {}) }
    }
  }

  /** Arrangements that would go now, and those that stay because of a hold; the oldest first. Rejects as the store does. */
  async *dueArrangements(): AsyncGenerator<DueArrangement> {
    await this.holds.refresh()
    yield* this.#arrangements.due()
  }

  /** What would go of the audit now; undefined: nothing. Rejects as the store does. */
  async dueAudit(): Promise<DueAudit | undefined> {
    const { audit, keepAudit, now } = this.settings
    const until = cutoff(keepAudit, now())
    if (until === undefined) return undefined
    await this.holds.refresh()
    const rule = { kind: 'audit', organisation: undefined, keep: keepAudit } as const
    let found: { through: number; entries: number } | undefined
    const known = new Map<string, Hold | undefined>()
    for await (const { seq, subjectKind, subject } of audit.entriesUntil(until)) {
      if (subjectKind === 'call' && !known.has(subject)) known.set(subject, await this.#holdOn(subject))
      const heldBy = subjectKind === 'call' ? known.get(subject) : undefined
      if (heldBy !== undefined) return { through: found?.through ?? 0, entries: found?.entries ?? 0, rule, heldBy }
      found = { through: seq, entries: (found?.entries ?? 0) + 1 }
    }
    return found && { ...found, rule }
  }

  /** Deletes what is due. @param actor who started it; default: the engine, by its rules. Rejects as the store and the file system do; the next run goes on where this one ended */
  run(actor: Actor = engine): Promise<Ran> {
    const done = this.#running.then(() => this.settings.inTurn(() => this.#run(actor)))
    this.#running = done.catch(() => undefined)
    return done
  }

  /** The certificates there are, the oldest first. */
  async *certificates(): AsyncGenerator<Certificate> {
    for await (const entry of this.settings.store.ledger.entries('retention')) {
      if (entry.type === 'certified') yield asCertificate(entry)
    }
  }

  async certificate(id: string): Promise<Certificate | undefined> {
    const entry = await this.settings.store.ledger.latest('retention', `${subjectPrefix}${id}`)
    return entry?.type === 'certified' ? asCertificate(entry) : undefined
  }

  async #run(actor: Actor): Promise<Ran> {
    const certificates: Certificate[] = []
    for (const { id, begun, by } of await this.#unfinished()) certificates.push(...(await this.#carryOut(id, begun, by)))
    const begin = async (begun: Begun) => {
      const id = randomUUID()
      await this.settings.store.ledger.append('retention', `${subjectPrefix}${id}`, 'begun', begun, actor)
      certificates.push(...(await this.#carryOut(id, begun, actor)))
    }
    let held = await byRule(this.due(), (rule, due) =>
      begin({ rule, recordings: due.map(({ recordingId, callId }) => ({ recordingId, callId })) }),
    )
    held += await byRule(this.dueRecords(), (rule, due) => begin({ rule, calls: due.map(({ callId }) => callId) }))
    held += await byRule(this.dueArrangements(), (rule, due) =>
      begin({ rule, arrangements: due.map(({ arrangementId }) => arrangementId) }),
    )
    const audit = await this.dueAudit()
    if (audit !== undefined && audit.entries > 0) await begin({ rule: ruleInWords(audit.rule), audit: { through: audit.through } })
    return { certificates, deleted: certificates.reduce((sum, one) => sum + countOf(one), 0), held }
  }

  /** @returns its certificate; none if a hold has kept all of it */
  async #carryOut(id: string, { rule, recordings = [], calls, arrangements, audit }: Begun, actor: Actor): Promise<readonly Certificate[]> {
    const { ledger } = this.settings.store
    const deletedRecordings: DeletedRecording[] = []
    for (const { recordingId, callId } of recordings) {
      const one = await this.#delete(id, rule, recordingId, callId, actor)
      if (one) deletedRecordings.push(one)
    }
    const records: DeletedRecord[] = []
    for (const callId of calls ?? []) {
      const one = await this.#deleteRecord(id, callId)
      if (one) records.push(one)
    }
    const arranged = arrangements && (await this.#arrangements.delete(id, arrangements))
    const cut = audit && (await this.#cutAudit(id, audit.through))
    const deleted: Deleted = {
      recordings: deletedRecordings,
      ...(calls ? { calls: records } : {}),
      ...(arranged ? { arrangements: arranged } : {}),
      ...(cut ? { audit: cut } : {}),
    }
    const nothing = countOf(deleted) === 0
    const entry = await ledger.append(
      'retention',
      `${subjectPrefix}${id}`,
      nothing ? 'abandoned' : 'certified',
      { rule, ...deleted, hash: hashOf(deleted) },
      actor,
    )
    return nothing ? [] : [asCertificate(entry)]
  }

  /** @returns undefined: another deletion removed it, or a rule or hold that came since keeps it */
  async #deleteRecord(certificate: string, callId: string): Promise<DeletedRecord | undefined> {
    const { store, directory, keepRecords, now } = this.settings
    const [before] = await store.deletedCalls([callId])
    if (before !== undefined) return before.certificate === certificate ? plain(before) : undefined
    await this.holds.refresh()
    const call = callRecord(await store.events(callId))
    if (call === undefined || this.holds.on(call) || call.recordings.some(({ deleted }) => deleted === undefined)) return undefined
    const since = cutoff(
      ruleFor('records', { organisation: call.organisation ?? null, line: call.line ?? null }, directory(), keepRecords).keep,
      now(),
    )
    if (since === undefined || call.arrivedAt >= since) return undefined
    const deleted = await store.deleteCall(callId, certificate)
    return deleted && plain(deleted)
  }

  async #cutAudit(certificate: string, through: number): Promise<DeletedAudit | undefined> {
    const last = await this.settings.audit.lastCut()
    if (last !== undefined && last.through >= through)
      return last.certificate === certificate ? { through: last.through, entries: last.entries, seal: last.seal } : undefined
    // A hold may have come since: then this deletion ends before it.
    const due = await this.dueAudit()
    return due === undefined || due.through < through ? undefined : this.settings.audit.cut(through, certificate)
  }

  async #holdOn(callId: string): Promise<Hold | undefined> {
    if (!this.holds.anyInForce()) return undefined
    const call = callRecord(await this.settings.store.events(callId))
    return call && this.holds.on(call)
  }

  /** @returns undefined: it is not of this deletion, or a hold keeps it */
  async #delete(
    certificate: string,
    rule: string,
    recordingId: string,
    callId: string,
    actor: Actor,
  ): Promise<DeletedRecording | undefined> {
    const { store, deleteFiles, now } = this.settings
    await this.holds.refresh()
    let [call, recording] = await this.#find(callId, recordingId)
    if (!call || !recording) return undefined
    if (recording.deleted === undefined) {
      const due = await this.#asDue(
        {
          recordingId,
          callId,
          startedAt: recording.startedAt,
          bytes: recording.bytes ?? 0,
          organisation: call.organisation ?? null,
          line: call.line ?? null,
        },
        call,
      )
      // A rule or a hold may have come since it was begun.
      if (due === undefined || due.heldBy !== undefined) return undefined
      const told = await store.appendLate(callId, { type: 'recording.deleted', recordingId, certificate, rule }, now(), actor)
      if (told === undefined) throw new Error('the store cannot write; nothing more is deleted')
      ;[call, recording] = await this.#find(callId, recordingId)
    }
    // In another deletion, which has its own certificate.
    if (recording?.deleted?.certificate !== certificate) return undefined
    await store.recordingKeys.delete(recordingId)
    await deleteFiles(recording)
    const { startedAt, bytes, sha256, deleted } = recording
    return {
      recordingId,
      callId,
      startedAt,
      deletedAt: deleted.at,
      ...(bytes === undefined ? {} : { bytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
    }
  }

  async #find(callId: string, recordingId: string): Promise<readonly [CallRecord | undefined, RecordingRecord | undefined]> {
    const call = callRecord(await this.settings.store.events(callId))
    return [call, call?.recordings.find((one) => one.recordingId === recordingId)]
  }

  async #asDue({ recordingId, callId, startedAt, bytes, organisation, line }: OldRecording, known?: CallRecord): Promise<Due | undefined> {
    const { directory, keepRecordings, now, store } = this.settings
    const rule = ruleFor('recordings', { organisation, line }, directory(), keepRecordings)
    const before = cutoff(rule.keep, now())
    if (before === undefined || startedAt >= before) return undefined
    const call = known ?? callRecord(await store.events(callId))
    // No call runs for years; but nothing of a running one is deleted.
    if (call?.ending === undefined) return undefined
    const heldBy = this.holds.on(call)
    return { recordingId, callId, startedAt, bytes, rule, ...(heldBy ? { heldBy } : {}) }
  }

  /** Deletions begun without a certificate: their engine was killed. */
  async #unfinished(): Promise<readonly { readonly id: string; readonly begun: Begun; readonly by: Actor }[]> {
    const open = new Map<string, { readonly id: string; readonly begun: Begun; readonly by: Actor }>()
    for await (const { subject, type, data, actor } of this.settings.store.ledger.entries('retention')) {
      if (!subject.startsWith(subjectPrefix)) continue
      const id = subject.slice(subjectPrefix.length)
      // Written above; the ledger refuses any change.
      if (type === 'begun') open.set(id, { id, begun: data as Begun, by: actor })
      else open.delete(id)
    }
    return [...open.values()]
  }
}

/** Groups them by rule, a limited number at a time. @returns how many are held */
async function byRule<D extends { readonly rule: RetentionRule; readonly heldBy?: Hold }>(
  all: AsyncIterable<D>,
  begin: (rule: string, due: readonly D[]) => Promise<void>,
): Promise<number> {
  let held = 0
  const waiting = new Map<string, D[]>()
  for await (const due of all) {
    if (due.heldBy !== undefined) {
      held++
      continue
    }
    const rule = ruleInWords(due.rule)
    const together = [...(waiting.get(rule) ?? []), due]
    waiting.set(rule, together)
    if (together.length < inOne) continue
    waiting.delete(rule)
    await begin(rule, together)
  }
  for (const [rule, due] of waiting) await begin(rule, due)
  return held
}

function plain({ callId, deletedAt, facts, hash }: DeletedRecord): DeletedRecord {
  return { callId, deletedAt, facts, hash }
}
