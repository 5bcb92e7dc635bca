/** A setting that cannot be used, in one line: where it stands, what is wrong, what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}
