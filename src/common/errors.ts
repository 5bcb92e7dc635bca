/** A thrown value in words: an error's message, else the value itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A thrown error; any other thrown value as one. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
