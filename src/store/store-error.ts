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

/** Why the store cannot be used, in words for an operator, with the code. */
export function storeTrouble(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  const cause = isDiskFull(error) ? 'the disk is full' : code === undefined ? undefined : causes.find(([begins]) => code.startsWith(begins))?.[1]
  return cause === undefined ? message : `${cause} (${code ?? ''}: ${message})`
}

const causes: readonly (readonly [begins: string, cause: string])[] = [
  ['SQLITE_READONLY', 'the database may only be read'],
  ['SQLITE_IOERR', 'the disk fails'],
  ['SQLITE_CORRUPT', 'the database file is damaged'],
  ['SQLITE_NOTADB', 'the file is no database'],
  ['SQLITE_CANTOPEN', 'the database file cannot be opened'],
  ['EIO', 'the disk fails'],
  ['EROFS', 'the disk may only be read'],
]
