import { createHash } from 'node:crypto'
import type { Actor } from '../facts/actor.js'
import type { LedgerEntry } from '../store/ledger.js'

export interface DeletedRecording {
  readonly recordingId: string
  readonly callId: string
  /** When it began, and when it was deleted; wall-clock ms. */
  readonly startedAt: number
  readonly deletedAt: number
  /** Of the MP3; absent if there was none. */
  readonly bytes?: number
  readonly sha256?: string
}

/** The facts of a call, and all that was derived from them. */
export interface DeletedRecord {
  readonly callId: string
  /** Wall-clock ms. */
  readonly deletedAt: number
  readonly facts: number
  /** Over its facts: a holder of a copy can prove that it matches. */
  readonly hash: string
}

/** A call-back, a call to a patient or a code: all its ledger entries. */
export interface DeletedArrangement {
  readonly arrangementId: string
  /** Wall-clock ms. */
  readonly deletedAt: number
  readonly entries: number
  /** Over its entries: a holder of a copy can prove that it matches. */
  readonly hash: string
}

/** The audit from its beginning up to an entry. */
export interface DeletedAudit {
  readonly through: number
  readonly entries: number
  /** Of that entry: it covers all before it, and the next one follows it. */
  readonly seal: string
}

/** The things deleted together, of one kind. */
export interface Deleted {
  readonly recordings: readonly DeletedRecording[]
  readonly calls?: readonly DeletedRecord[]
  readonly arrangements?: readonly DeletedArrangement[]
  readonly audit?: DeletedAudit
}

/** Says what was deleted, when, by whom and by which rule; kept for good. */
export interface Certificate extends Deleted {
  readonly id: string
  /** Wall-clock ms. */
  readonly at: number
  readonly by: Actor
  readonly node: string
  readonly rule: string
  /** SHA-256 over a line for each thing, in order: of a recording its id, the hash of the MP3 and the instant of the deletion; of a call the same with the hash of its facts, of an arrangement with that of its entries; of the audit the entry, its seal and how many. */
  readonly hash: string
}

export const subjectPrefix = 'deletion:'

/** How many things were deleted, of any kind. */
export function countOf({ recordings, calls = [], arrangements = [], audit }: Deleted): number {
  return recordings.length + calls.length + arrangements.length + (audit?.entries ?? 0)
}

/** What it was, in words: `12 recordings`. */
export function deletedInWords({ recordings, calls, arrangements, audit }: Deleted): string {
  return audit
    ? `${audit.entries} entries of the audit, up to ${audit.through}`
    : calls
      ? `${calls.length} records of calls`
      : arrangements
        ? `${arrangements.length} arrangements`
        : `${recordings.length} recordings`
}

export function hashOf({ recordings, calls = [], arrangements = [], audit }: Deleted): string {
  const hash = createHash('sha256')
  for (const { recordingId, sha256, deletedAt } of recordings) hash.update(`${recordingId} ${sha256 ?? '-'} ${deletedAt}\n`)
  for (const one of calls) hash.update(`${one.callId} ${one.hash} ${one.deletedAt}\n`)
  for (const one of arrangements) hash.update(`${one.arrangementId} ${one.hash} ${one.deletedAt}\n`)
  if (audit) hash.update(`${audit.through} ${audit.seal} ${audit.entries}\n`)
  return hash.digest('hex')
}

export function asCertificate({ subject, at, actor, node, data }: LedgerEntry): Certificate {
  // Written by `Retention`.
  return {
    id: subject.slice(subjectPrefix.length),
    at,
    by: actor,
    node,
    ...(data as Pick<Certificate, 'rule' | 'recordings' | 'calls' | 'arrangements' | 'audit' | 'hash'>),
  }
}
