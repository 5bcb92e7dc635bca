import { createHash, randomUUID } from 'node:crypto'
import type { Directory } from '../directory/model.js'
import type { Period } from '../directory/period.js'
import { engine, type Actor } from '../facts/actor.js'
import { callRecord, type CallRecord, type RecordingRecord } from '../facts/call-record.js'
import type { LedgerEntry } from '../store/ledger.js'
import type { OldRecording } from '../store/questions/old-recordings.js'
import type { Store } from '../store/store.js'
import { Holds, type Hold } from './holds.js'
import { cutoff, ruleFor, ruleInWords, shortest, type RetentionRule } from './rules.js'

export interface RetentionSettings {
  readonly store: Pick<Store, 'ledger' | 'events' | 'appendLate' | 'recordingsBefore' | 'recordingKeys'>
  readonly directory: () => Directory
  /** How long recordings are kept where an organisation says nothing. */
  readonly keepRecordings: Period
  /** Deletes the file of a recording, and what is left of it in the spool. On the disk when it resolves; nothing to be done where they are gone. */
  readonly deleteFiles: (recording: Pick<RecordingRecord, 'recordingId' | 'path' | 'spoolPath'>) => Promise<void>
  /** Done by one engine at a time. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  /** Wall-clock ms. */
  readonly now: () => number
}

/** A recording that is over its time. */
export interface Due {
  readonly recordingId: string
  readonly callId: string
  readonly startedAt: number
  readonly bytes: number
  readonly rule: RetentionRule
  /** It stays, because of this hold. */
  readonly heldBy?: Hold
}

export interface DeletedRecording {
  readonly recordingId: string
  readonly callId: string
  /** When it began, and when it was deleted; wall-clock ms. */
  readonly startedAt: number
  readonly deletedAt: number
  /** Of the MP3; absent where there was none. */
  readonly bytes?: number
  readonly sha256?: string
}

/** Says what was deleted, when, by whom and by which rule; kept for good. */
export interface Certificate {
  readonly id: string
  /** Wall-clock ms. */
  readonly at: number
  readonly by: Actor
  readonly node: string
  readonly rule: string
  readonly recordings: readonly DeletedRecording[]
  /** SHA-256 over a line for each recording, in order: id, hash of the MP3, instant of the deletion. */
  readonly hash: string
}

export interface Ran {
  readonly certificates: readonly Certificate[]
  readonly deleted: number
  /** Over their time, and kept by a hold. */
  readonly held: number
}

/** Recordings in one deletion, with a certificate. */
const recordingsInOne = 200
const subjectPrefix = 'deletion:'

interface Begun {
  readonly rule: string
  readonly recordings: readonly { readonly recordingId: string; readonly callId: string }[]
}

/**
 * Deletes recordings whose time is over. A deletion is begun in the ledger, then each recording gets the fact that it was deleted, its key and its file go, and then the certificate is
 * kept: whoever is killed in between is taken up by the next run. Holds are read again after a deletion was begun and before each recording: who places a hold either is in time, or
 * finds the deletion in the ledger.
 */
export class Retention {
  readonly holds: Holds
  #running: Promise<unknown> = Promise.resolve()

  constructor(private readonly settings: RetentionSettings) {
    this.holds = new Holds(settings.store.ledger)
  }

  /** What would go now, and what stays because of a hold; the oldest first. Rejects as the store does. */
  async *due(): AsyncGenerator<Due> {
    const { store, directory, keepRecordings, now } = this.settings
    await this.holds.refresh()
    const before = shortest(directory(), keepRecordings, now())
    if (before === undefined) return
    for await (const recording of store.recordingsBefore(before)) {
      const due = await this.#asDue(recording)
      if (due) yield due
    }
  }

  /** Deletes what is due. @param actor who wants it; default: the engine, by its rules. Rejects as the store and the file system do; the next run goes on where this one ended */
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
    let held = 0
    const waiting = new Map<string, Due[]>()
    const carryOut = async (rule: string, due: readonly Due[]) => {
      const id = randomUUID()
      const begun: Begun = { rule, recordings: due.map(({ recordingId, callId }) => ({ recordingId, callId })) }
      await this.settings.store.ledger.append('retention', `${subjectPrefix}${id}`, 'begun', begun, actor)
      certificates.push(...(await this.#carryOut(id, begun, actor)))
    }
    for await (const due of this.due()) {
      if (due.heldBy !== undefined) {
        held++
        continue
      }
      const rule = ruleInWords(due.rule)
      const together = [...(waiting.get(rule) ?? []), due]
      waiting.set(rule, together)
      if (together.length < recordingsInOne) continue
      waiting.delete(rule)
      await carryOut(rule, together)
    }
    for (const [rule, due] of waiting) await carryOut(rule, due)
    return { certificates, deleted: certificates.reduce((sum, { recordings }) => sum + recordings.length, 0), held }
  }

  /** @returns its certificate; none where a hold has kept all of it */
  async #carryOut(id: string, { rule, recordings }: Begun, actor: Actor): Promise<readonly Certificate[]> {
    const { ledger } = this.settings.store
    const deleted: DeletedRecording[] = []
    for (const { recordingId, callId } of recordings) {
      const one = await this.#delete(id, rule, recordingId, callId, actor)
      if (one) deleted.push(one)
    }
    const certified = { rule, recordings: deleted, hash: hashOf(deleted) }
    const entry = await ledger.append('retention', `${subjectPrefix}${id}`, deleted.length === 0 ? 'abandoned' : 'certified', certified, actor)
    return deleted.length === 0 ? [] : [asCertificate(entry)]
  }

  /** @returns undefined: it is not of this deletion, or a hold keeps it */
  async #delete(certificate: string, rule: string, recordingId: string, callId: string, actor: Actor): Promise<DeletedRecording | undefined> {
    const { store, deleteFiles, now } = this.settings
    await this.holds.refresh()
    let [call, recording] = await this.#find(callId, recordingId)
    if (!call || !recording) return undefined
    if (recording.deleted === undefined) {
      const due = await this.#asDue({ recordingId, callId, startedAt: recording.startedAt, bytes: recording.bytes ?? 0, organisation: call.organisation ?? null, line: call.line ?? null }, call)
      // A rule or a hold may have come since it was begun.
      if (due === undefined || due.heldBy !== undefined) return undefined
      const told = await store.appendLate(callId, { type: 'recording.deleted', recordingId, certificate, rule }, now(), actor)
      if (told === undefined) throw new Error('the store cannot write; nothing more is deleted')
      ;[call, recording] = await this.#find(callId, recordingId)
    }
    // Of another deletion, which has its own certificate.
    if (recording?.deleted?.certificate !== certificate) return undefined
    await store.recordingKeys.delete(recordingId)
    await deleteFiles(recording)
    const { startedAt, bytes, sha256, deleted } = recording
    return { recordingId, callId, startedAt, deletedAt: deleted.at, ...(bytes === undefined ? {} : { bytes }), ...(sha256 === undefined ? {} : { sha256 }) }
  }

  async #find(callId: string, recordingId: string): Promise<readonly [CallRecord | undefined, RecordingRecord | undefined]> {
    const call = callRecord(await this.settings.store.events(callId))
    return [call, call?.recordings.find((one) => one.recordingId === recordingId)]
  }

  async #asDue({ recordingId, callId, startedAt, bytes, organisation, line }: OldRecording, known?: CallRecord): Promise<Due | undefined> {
    const { directory, keepRecordings, now, store } = this.settings
    const rule = ruleFor({ organisation, line }, directory(), keepRecordings)
    const before = cutoff(rule.keep, now())
    if (before === undefined || startedAt >= before) return undefined
    const call = known ?? callRecord(await store.events(callId))
    // A call that runs for years is none; but nothing of one that is not over is deleted.
    if (call?.ending === undefined) return undefined
    const heldBy = this.holds.on(call)
    return { recordingId, callId, startedAt, bytes, rule, ...(heldBy ? { heldBy } : {}) }
  }

  /** Deletions that were begun and have no certificate: whoever did it was killed. */
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

function hashOf(recordings: readonly DeletedRecording[]): string {
  const hash = createHash('sha256')
  for (const { recordingId, sha256, deletedAt } of recordings) hash.update(`${recordingId} ${sha256 ?? '-'} ${deletedAt}\n`)
  return hash.digest('hex')
}

function asCertificate({ subject, at, actor, node, data }: LedgerEntry): Certificate {
  // Written by `#carryOut`.
  return { id: subject.slice(subjectPrefix.length), at, by: actor, node, ...(data as Pick<Certificate, 'rule' | 'recordings' | 'hash'>) }
}
