/** Reads what was written; throws what would be right. */
export type Parse<T> = (text: string) => T

/** One row of the table in the README: the name in the file, the variable, the default, what it means. */
export interface SettingRow<T> {
  readonly key: string
  readonly env: string
  readonly fallback: string
  readonly meaning: string
  readonly parse: Parse<T>
  /** Reads it where the file has a list instead of one value. */
  readonly parseList?: (list: readonly unknown[]) => T
  /** It may hold a password: what was written is never repeated in an error message. */
  readonly secret?: true
  /** The name it had before, in the file and as a variable: still read, with a warning. */
  readonly formerly?: { readonly key: string; readonly env: string }
}

export function row<T>(
  key: string,
  env: string,
  fallback: string,
  meaning: string,
  parse: Parse<T>,
  more: Pick<SettingRow<T>, 'parseList' | 'secret' | 'formerly'> = {},
): SettingRow<T> {
  return { key, env, fallback, meaning, parse, ...more }
}
