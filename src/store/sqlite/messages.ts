import type { Result, Statement, Step } from '../statement.js'
import type { Role } from './connection.js'

/** What is said between a thread that asks and the thread that owns a connection: compiled queries, and what came of them. */
export type Work =
  | { readonly kind: 'open' }
  | { readonly kind: 'run'; readonly statement: Statement; readonly inside: boolean }
  | { readonly kind: 'batch'; readonly steps: readonly Step[] }
  | { readonly kind: 'close' }

export interface ThreadData {
  readonly file: string
  readonly role: Role
}

export interface Request {
  readonly id: number
  readonly work: Work
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly results: readonly Result[] }
  | { readonly id: number; readonly ok: false; readonly why: string; readonly code: string | undefined }
