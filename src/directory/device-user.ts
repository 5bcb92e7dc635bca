/**
 * Name of a registered telephone: its SIP user, and the `device:` targets of the directory. Lower-case letters, digits and single hyphens,
 * a letter first: it is never mistaken for a telephone number, and fits a request line unescaped.
 */
export function isDeviceUser(text: string): boolean {
  return text.length <= 64 && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text)
}

/** Prefix of the names of browsers, which are made for a session and belong to no other telephone. */
export const browserUserPrefix = 'browser-'

/** The form of a name, for error messages. */
export const expectedDeviceUser = 'small letters, digits and single hyphens, a letter first, such as okafor-desk'
