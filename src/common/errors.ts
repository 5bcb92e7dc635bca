/** What was thrown, in words: the message of an error, else the value itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The error that was thrown; whatever else was thrown, as one. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
