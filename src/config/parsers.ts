import { isIP } from 'node:net'
import { isRole, roleNames, type RoleName } from '../accounts/roles.js'
import { expectedPeriod, parsePeriod, type Period } from '../directory/period.js'
import { parseRange, type DialableRange } from '../guard/dial-plan.js'
import { parseNetwork } from '../guard/source-gate.js'
import { isPushService } from '../outbox/push/address.js'
import type { Parse } from './setting-row.js'

/** `host:port` of an external server. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

export const text: Parse<string> = (value) => value
export const optional: Parse<string | undefined> = (value) => (value === '' ? undefined : value)

export const address: Parse<string> = (value) => {
  if (isIP(value) === 0) throw new Error('an IP address such as 127.0.0.1')
  return value
}

/** @param least 0 where "any free port" makes sense */
export function port(least: 0 | 1): Parse<number> {
  return (value) => wholeNumber(least, 65_535)(value)
}

export const optionalPort: Parse<number | undefined> = (value) => (value === '' ? undefined : port(0)(value))

export function wholeNumber(least: number, most: number): Parse<number> {
  return (value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < least || number > most) throw new Error(`a whole number from ${least} to ${most}`)
    return number
  }
}

export function oneOf<const T extends string>(...choices: readonly T[]): Parse<T> {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined) throw new Error(`one of ${choices.join(', ')}`)
    return choice
  }
}

export const period: Parse<Period> = (value) => {
  const read = parsePeriod(value)
  if (read === undefined) throw new Error(expectedPeriod)
  return read
}

/** Security logs may be needed half a year later. */
export const auditPeriod: Parse<Period> = (value) => {
  const read = period(value)
  if (read.kind === 'for' && read.count * { days: 1, months: 30.4, years: 365 }[read.unit] < 182) throw new Error('at least 6 months')
  return read
}

/** A list with commas between its entries. */
export function list<T>(entry: Parse<T>): Parse<readonly T[]> {
  return (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(entry)
}

export const secondFactorRoles: Parse<readonly RoleName[]> = (value) =>
  value === 'none'
    ? []
    : list((role) => {
        if (!isRole(role)) throw new Error(`none, or roles of ${roleNames.join(', ')}, with commas between them`)
        return role
      })(value)

export const addresses: Parse<readonly string[]> = (value) => {
  const all = list(address)(value)
  if (all.length === 0) throw new Error('an IP address such as 127.0.0.1, or several with commas between them')
  if (new Set(all).size < all.length) throw new Error('addresses of which none comes twice')
  return all
}

/** No address, one, or one of each family. */
export const onePerFamily: Parse<readonly string[]> = (value) => {
  const all = list(address)(value)
  if (new Set(all.map(isIP)).size < all.length)
    throw new Error('an IP address such as 192.0.2.10, or one of IPv4 and one of IPv6 with a comma between them')
  return all
}

export const ranges: Parse<readonly DialableRange[]> = list(parseRange)

export const networks: Parse<readonly string[]> = list((text) => {
  parseNetwork(text)
  return text
})

export const servers: Parse<readonly ServerAddress[]> = list((entry) => {
  const match = /^(.+):(\d{1,5})$/.exec(entry)
  const number = Number(match?.[2])
  if (match?.[1] === undefined || number < 1 || number > 65_535) throw new Error('addresses as host:port, with commas between them')
  return { host: match[1], port: number }
})

export const redisUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^rediss?:\/\/[^\s]+$/.test(value)) throw new Error('an address such as redis://127.0.0.1:6379')
  return value
}

export const databaseUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^postgres(?:ql)?:\/\/[^\s]+$/.test(value)) throw new Error('an address such as postgres://ringround@127.0.0.1:5432/ringround')
  return value
}

export const publicUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^https?:\/\/[^\s/?#]+\/?$/.test(value)) throw new Error('an address without a path, such as https://advice.example.nhs.uk')
  return value.replace(/\/$/, '')
}

export const webSocketUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^wss?:\/\/[^\s/?#]+\/?$/.test(value)) throw new Error('an address such as ws://10.0.0.5:8081')
  return value
}

export const iceServers: Parse<readonly string[]> = list((text) => {
  if (!/^(?:stuns?:[^\s?@/]+|turns?:[^\s?@/]+(?:\?transport=(?:udp|tcp))?)$/.test(text))
    throw new Error(
      'addresses such as stun:stun.example.nhs.uk:3478 and turns:turn.example.nhs.uk:443?transport=tcp, with commas between them',
    )
  return text
})

export const smtpUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^smtps?:\/\/[^\s/?#]+\/?$/.test(value)) throw new Error('an address such as smtp://user:password@mail.example.nhs.uk:587')
  return value
}

export const mailbox: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^(?:[^<>"\r\n@]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value))
    throw new Error('an address such as Ringround <advice@example.nhs.uk>')
  return value
}

export const pushContact: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s/]+\S*)$/.test(value)) throw new Error('an address such as mailto:advice@example.nhs.uk')
  return value
}

export const pushServices: Parse<readonly string[]> = list((service) => {
  if (!isPushService(service)) throw new Error('hosts such as fcm.googleapis.com or *.push.apple.com, with commas between them')
  return service
})

export const outboundNumber: Parse<string> = (value) => {
  if (!/^\+?\d{3,15}$/.test(value.replaceAll(' ', ''))) throw new Error('a telephone number such as +441865922021')
  return value.replaceAll(' ', '')
}

export const realm: Parse<string> = (value) => {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(value))
    throw new Error('letters, digits, dots and hyphens, such as ringround or sip.example.org')
  return value
}

export const engineName: Parse<string> = (value) => {
  if (!/^[A-Za-z0-9._-]{0,64}$/.test(value)) throw new Error('letters, digits, dots, hyphens and underscores, such as engine-1')
  return value
}
