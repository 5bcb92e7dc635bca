import { createHash } from 'node:crypto'

/** What the audit says of one thing that somebody did or saw. */
export interface AuditEntry {
  /** 1, 2, 3 ... without a gap. */
  readonly seq: number
  /** Wall-clock ms. */
  readonly at: number
  /** The engine that wrote it. */
  readonly node: string
  /** Id of a person or a token; `system`: the engine or a command on its machine; empty: nobody who is known. */
  readonly actor: string
  /** From which address it was asked; empty: on the machine itself. */
  readonly address: string
  readonly action: string
  /** What it was about: `call`, `person`, `session` ..., and which. */
  readonly subjectKind: string
  readonly subject: string
  /** What they answered when they were asked why. */
  readonly why?: string
  /** More of it; plain JSON. Never a secret, never anything about a patient. */
  readonly data: unknown
  /** Hash of the entry before; of the first, empty. */
  readonly before: string
  readonly hash: string
}

/** SHA-256 over everything that the entry says, and over the hash of the one before: an entry that is changed, left out or put in breaks the chain from there on. */
export function sealOf(
  { seq, at, node, actor, address, action, subjectKind, subject, why, before }: Omit<AuditEntry, 'hash' | 'data'>,
  data: string,
): string {
  return createHash('sha256')
    .update(JSON.stringify([before, seq, at, node, actor, address, action, subjectKind, subject, why ?? null, data]))
    .digest('hex')
}
