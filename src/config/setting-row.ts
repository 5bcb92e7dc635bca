/** Parses a setting; throws what would be right. */
export type Parse<T> = (text: string) => T

/** One row of the table in the README: the name in the file, the variable, the default, what it means. */
export interface SettingRow<T> {
  readonly key: string
  readonly env: string
  readonly fallback: string
  readonly meaning: string
  readonly parse: Parse<T>
  /** Parses it if the file has a list instead of one value. */
  readonly parseList?: (list: readonly unknown[]) => T
  /** It may hold a password: error messages never repeat its value. */
  readonly secret?: true
  /** Its former name, in the file and as a variable: still read, with a warning. */
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
