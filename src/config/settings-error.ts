/** An invalid setting, in one line: its place, what is wrong, what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}
