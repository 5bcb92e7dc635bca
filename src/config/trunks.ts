import { messageOf } from '../common/errors.js'
import { parseRange, type DialableRange } from '../guard/dial-plan.js'

/** As `SrtpWish` of the switch. */
export const srtpWishes = ['off', 'optional', 'required'] as const

/** A SIP trunk: where calls to telephone numbers go. */
export interface TrunkSetting {
  readonly name: string
  /** `host` or `host:port`, with `;transport=tcp` or `;transport=tls` if the trunk wants it. */
  readonly address: string
  /** Digest credentials, if the trunk asks for them. */
  readonly user?: string
  readonly password?: string
  /** The ranges that this trunk carries, instead of `calls.dialable`. */
  readonly ranges?: readonly DialableRange[]
  /** Whether SRTP is offered. Default `off`. */
  readonly srtp?: (typeof srtpWishes)[number]
}

const expected =
  'trunks as name=host:port, name=user:password@host:port, with [uk-mobile +353] behind it where a trunk carries ranges of its own; commas between trunks'

/** An error of a trunk; never with its value, which may hold a password. */
export class TrunkError extends Error {
  override readonly name = 'TrunkError'
}

/**
 * Reads trunks from one line: `name=host:port`, `name=user:password@host:port`, `name=host:port[uk-mobile +353]`, with commas between them.
 * @throws TrunkError
 */
export function readTrunkLine(text: string): readonly TrunkSetting[] {
  const trunks = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const match = /^([^=\s]+)=(?:([^:@\s]+):([^@\s]*)@)?([^\s@]+?)(?:\[([^\]:]*)\])?$/.exec(entry)
      if (match === null) throw new TrunkError(`${expected}; entry ${index + 1} is none`)
      const [, name = '', user, password, where = '', ranges] = match
      const [, address = '', srtp] = /^(.*?)(?:;srtp=(.*))?$/.exec(where) ?? []
      return trunkOf({
        name,
        address,
        ...(srtp === undefined ? {} : { srtp }),
        ...(user === undefined ? {} : { user, password: password ?? '' }),
        ...(ranges === undefined ? {} : { ranges: words(ranges) }),
      })
    })
  return unlike(trunks)
}

/** One trunk as in the settings file. `ranges`: a list, or one text. */
export interface WrittenTrunk {
  readonly name?: unknown
  readonly address?: unknown
  readonly user?: unknown
  readonly password?: unknown
  readonly ranges?: unknown
  readonly srtp?: unknown
}

const fields = ['name', 'address', 'user', 'password', 'ranges', 'srtp']

/**
 * Reads trunks from a list of mappings in the settings file.
 * @throws TrunkError
 */
export function readTrunkList(list: readonly unknown[]): readonly TrunkSetting[] {
  return unlike(
    list.map((entry, index) => {
      const which = `trunk ${index + 1}`
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
        throw new TrunkError(`a list of trunks, each with ${fields.join(', ')}; ${which} is none`)
      const stray = Object.keys(entry).find((key) => !fields.includes(key))
      if (stray !== undefined) throw new TrunkError(`a list of trunks, each with ${fields.join(', ')}; ${which} has "${stray}"`)
      const { name, address, user, password, ranges, srtp } = entry as WrittenTrunk
      const text = (value: unknown, field: string): string => {
        if (typeof value === 'string' || typeof value === 'number') return String(value)
        throw new TrunkError(`a list of trunks; ${which} needs "${field}" as one text`)
      }
      if (password !== undefined && user === undefined) throw new TrunkError(`a list of trunks; ${which} has a password and no user`)
      return trunkOf({
        name: text(name, 'name'),
        address: text(address, 'address'),
        ...(user === undefined ? {} : { user: text(user, 'user'), password: password === undefined ? '' : text(password, 'password') }),
        ...(srtp === undefined ? {} : { srtp: srtp === false ? 'off' : text(srtp, 'srtp') }),
        ...(ranges === undefined
          ? {}
          : { ranges: Array.isArray(ranges) ? ranges.map((range) => text(range, 'ranges')) : words(text(ranges, 'ranges')) }),
      })
    }),
  )
}

function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

function isSrtpWish(text: string): text is (typeof srtpWishes)[number] {
  return srtpWishes.some((wish) => wish === text)
}

function trunkOf(
  written: Omit<TrunkSetting, 'ranges' | 'srtp'> & { readonly ranges?: readonly string[]; readonly srtp?: string },
): TrunkSetting {
  const { name, address, ranges, srtp, ...credentials } = written
  if (!/^[\w-]{1,40}$/.test(name)) throw new TrunkError(`${expected}; a name has letters, digits, - and _`)
  // It goes into a request line: only a host, a port and a transport.
  if (!/^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[\w.-]{0,251}[A-Za-z0-9])?)(?::\d{1,5})?(?:;transport=(?:udp|tcp|tls))?$/.test(address))
    throw new TrunkError(`${expected}; the address of "${name}" is no host:port`)
  // RFC 3261 section 25.1: a user name is a quoted string, so it may contain nothing that ends the string or the header.
  if (/["\\\p{Cc}]/u.test(credentials.user ?? ''))
    throw new TrunkError(`${expected}; the user of "${name}" has a character that may not stand there`)
  if (ranges?.length === 0) throw new TrunkError(`${expected}; "${name}" has an empty list of ranges: it would carry nothing`)
  if (srtp !== undefined && !isSrtpWish(srtp)) throw new TrunkError(`${expected}; "srtp" of "${name}" is none of ${srtpWishes.join(', ')}`)
  try {
    return {
      name,
      address,
      ...(srtp === undefined ? {} : { srtp }),
      ...credentials,
      ...(ranges === undefined ? {} : { ranges: ranges.map(parseRange) }),
    }
  } catch (error) {
    throw new TrunkError(`${expected}; for "${name}": ${messageOf(error)}`)
  }
}

/** Alarms and records name trunks: names are unique. */
function unlike(trunks: readonly TrunkSetting[]): readonly TrunkSetting[] {
  const twice = trunks.find((trunk, index) => trunks.findIndex((other) => other.name === trunk.name) !== index)
  if (twice) throw new TrunkError(`${expected}; two are called "${twice.name}"`)
  return trunks
}
