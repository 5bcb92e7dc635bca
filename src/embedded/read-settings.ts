import { isProtocol, isStream } from './protocols/sip/endpoint.js'
import { parseNetwork } from './protocols/sip/networks.js'
import type { EmbeddedSwitchSettings } from './settings.js'

type Check = (value: unknown, path: string) => void

function wrong(path: string, expected: string): never {
  throw new Error(`setting ${path}: expected ${expected}`)
}

const text: Check = (value, path) => {
  if (typeof value !== 'string' || value === '') wrong(path, 'a text')
}

const port: Check = (value, path) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65535) wrong(path, 'a port from 0 to 65535')
}

const positive: Check = (value, path) => {
  if (typeof value !== 'number' || !(value >= 0)) wrong(path, 'a number, 0 or more')
}

const yesOrNo: Check = (value, path) => {
  if (typeof value !== 'boolean') wrong(path, 'true or false')
}

const oneOf =
  (...words: readonly string[]): Check =>
  (value, path) => {
    if (typeof value !== 'string' || !words.includes(value)) wrong(path, words.map((word) => JSON.stringify(word)).join(' or '))
  }

const network: Check = (value, path) => {
  try {
    parseNetwork(typeof value === 'string' ? value : '')
  } catch {
    wrong(path, 'an address or a network such as 192.0.2.0/24')
  }
}

const protocols: Check = (value, path) => {
  const some = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && isProtocol(one))
  if (!some || value.filter(isStream).length > 1) wrong(path, 'a list of "udp" and one of "tcp", "tls", "ws" and "wss"')
}

function optional(check: Check): Check {
  return (value, path) => {
    if (value !== undefined) check(value, path)
  }
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(path, 'an object')
    const given = value as Record<string, unknown>
    for (const name of Object.keys(given)) if (!(name in fields)) wrong(`${path}.${name}`, `one of ${Object.keys(fields).join(', ')}`)
    for (const [name, check] of Object.entries(fields)) check(given[name], `${path}.${name}`)
  }
}

function list(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value) || value.length === 0) wrong(path, 'a list with at least one entry')
    value.forEach((one, index) => check(one, `${path}[${index}]`))
  }
}

const address = object({ address: text, port })

const settings = object({
  drachtio: object({
    sip: list(object({ address: text, port, protocols, externalAddress: optional(text) })),
    tls: optional(object({ certificateFile: text, keyFile: text, caFile: optional(text) })),
    app: address,
    secret: text,
    outbound: optional(address),
    callers: optional(list(network)),
    traceFile: optional(text),
    t1Ms: optional(positive),
    keptSeconds: optional(positive),
  }),
  freeswitch: object({
    sip: address,
    signalling: optional(list(address)),
    profile: optional(text),
    eventSocket: address,
    password: text,
    rtp: object({
      address: text,
      otherAddress: optional(text),
      externalAddress: optional(text),
      otherExternalAddress: optional(text),
      firstPort: port,
      lastPort: port,
      sockets: optional(oneOf('auto', 'native', 'node')),
      opus: optional(yesOrNo),
    }),
    maxSessions: optional(positive),
    mediaTimeoutSeconds: optional(positive),
    heartbeatSeconds: optional(positive),
  }),
  outliving: optional(object({ seconds: positive, secret: text, control: address })),
})

/** Reads the settings from JSON. @throws Error with one line: which setting, and what it should be */
export function readSettings(json: string): EmbeddedSwitchSettings {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new Error(`the settings are not JSON: ${(error as Error).message}`, { cause: error })
  }
  settings(value, 'settings')
  const read = value as EmbeddedSwitchSettings
  const { firstPort, lastPort } = read.freeswitch.rtp
  if (read.drachtio.tls === undefined && read.drachtio.sip.some(({ protocols }) => protocols.includes('tls') || protocols.includes('wss')))
    wrong('settings.drachtio.tls', 'a certificate, for the listeners with "tls" and "wss"')
  if (lastPort < firstPort) wrong('settings.freeswitch.rtp.lastPort', `at least firstPort (${firstPort})`)
  return read
}
