import { messageOf } from '../common/errors.js'
/**
 * What a database refuses, with its code: `SQLITE_FULL`, `SQLITE_BUSY` ... (sqlite.org, "Result and Error Codes"), or the operating system's
 * (`ENOSPC`). Decisions hang on the code, never on the words.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message)
  }
}

/** The code of anything that was thrown. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** No room, or no quota: giving some up elsewhere helps. */
export function isDiskFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
}

/** Another writer was there before: what was read before the transaction is out of date, and the same may succeed once it is read again. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return (
    code === 'CONFLICT' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE' || conflictsOfPostgres.has(code)
  )
}

/** unique_violation, serialization_failure, deadlock_detected; check_violation: the partition for a fact was made in this very moment (postgresql.org, appendix A). */
const conflictsOfPostgres: ReadonlySet<string> = new Set(['23505', '40001', '40P01', '23514'])

/** This run of the engine is over, and another engine has ended it: nothing is written in its name any more (`ringround_fence`). */
export function isRunOver(error: unknown): boolean {
  return codeOf(error) === 'RR001'
}

/** The database answered, and said no: nothing is the matter with the connection. */
export function isRefusal(error: unknown): boolean {
  return isConflict(error) || codeOf(error)?.startsWith('SQLITE_CONSTRAINT') === true || codeOf(error) === 'LOST_TRANSACTION'
}

/** Why the store cannot be used, in words for an operator, with the code. */
export function storeTrouble(error: unknown): string {
  const message = messageOf(error)
  const code = codeOf(error)
  const cause = isDiskFull(error)
    ? 'the disk is full'
    : code === undefined
      ? undefined
      : causes.find(([begins]) => code.startsWith(begins))?.[1]
  return cause === undefined ? message : `${cause} (${code ?? ''}: ${message})`
}

const causes: readonly (readonly [begins: string, cause: string])[] = [
  ['SQLITE_READONLY', 'the database may only be read'],
  ['SQLITE_IOERR', 'the disk fails'],
  ['SQLITE_CORRUPT', 'the database file is damaged'],
  ['SQLITE_NOTADB', 'the file is no database'],
  ['SQLITE_CANTOPEN', 'the database file cannot be opened'],
  ['ECONNREFUSED', 'the database server cannot be reached'],
  ['ECONNRESET', 'the database server broke the connection off'],
  ['ENOTFOUND', 'nobody knows the name of the database server'],
  ['28', 'the database server refuses our user or password'],
  ['3D000', 'there is no such database on the server'],
  ['42501', 'our user may not do that in the database'],
  ['53100', 'the disk of the database server is full'],
  ['53300', 'the database server accepts no more connections'],
  ['57014', 'the database server was too slow'],
  ['57P', 'the database server is starting or stopping'],
  ['25006', 'the database server may only be read: it is a replica'],
  ['EIO', 'the disk fails'],
  ['EROFS', 'the disk may only be read'],
]
