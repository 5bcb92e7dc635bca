/**
 * Name of a telephone that registers: its user in SIP, and `device:` targets of the directory. Small letters, digits and single hyphens,
 * a letter first: so it is never mistaken for a telephone number, and stands in a request line as it is.
 */
export function isDeviceUser(text: string): boolean {
  return text.length <= 64 && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text)
}

/** Begins the names of browsers that are telephones, which are made for a session and belong to no other telephone. */
export const browserUserPrefix = 'browser-'

/** What a name looks like, for whoever wrote another one. */
export const expectedDeviceUser = 'small letters, digits and single hyphens, a letter first, such as okafor-desk'
