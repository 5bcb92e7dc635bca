import { createHash } from 'node:crypto'

/** An audit entry: one thing that a person did or saw. */
export interface AuditEntry {
  /** 1, 2, 3 ... without a gap. */
  readonly seq: number
  /** Wall-clock ms. */
  readonly at: number
  /** The engine that wrote it. */
  readonly node: string
  /** Id of a person or a token; `system`: the engine or a command on its machine; empty: unknown. */
  readonly actor: string
  /** The client's address; empty: on the machine itself. */
  readonly address: string
  readonly action: string
  /** What it was about: `call`, `person`, `session` ..., and which. */
  readonly subjectKind: string
  readonly subject: string
  /** Their reason, if they were asked for one. */
  readonly why?: string
  /** More of it; plain JSON. Never a secret, never anything about a patient. */
  readonly data: unknown
  /** Hash of the previous entry; empty for the first. */
  readonly before: string
  readonly hash: string
}

/** SHA-256 over the whole entry, and over the hash of the one before: a changed, missing or inserted entry breaks the chain from there on. */
export function sealOf(
  { seq, at, node, actor, address, action, subjectKind, subject, why, before }: Omit<AuditEntry, 'hash' | 'data'>,
  data: string,
): string {
  return createHash('sha256')
    .update(JSON.stringify([before, seq, at, node, actor, address, action, subjectKind, subject, why ?? null, data]))
    .digest('hex')
}
