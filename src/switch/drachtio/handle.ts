import { hostname } from 'node:os'
import type { Refreshing } from './session-timer.js'
import type { DialogIdentity } from './standing-dialog.js'

/** All that an engine needs to continue a leg that another one began. It holds no secret. */
export interface LegIdentity {
  /** Names of the drachtio-server and of the FreeSWITCH on which it lives (`placeName`). */
  readonly servers: readonly [signalling: string, media: string]
  readonly party: DialogIdentity & Partial<Refreshing>
  /** FreeSWITCH's dialog with us, and the channel. Absent: the party may be at one not yet written down, or at none, and is moved to another. */
  readonly media?: DialogIdentity
  readonly channel?: string
  /** Id of the leg, where it has another channel now than at the beginning. */
  readonly leg?: string
  /** Session ids of our descriptions for the party and for FreeSWITCH (empty: none yet). */
  readonly origins: readonly [party: string, media: string]
  /** How the audio is encrypted: by keys in the descriptions (RFC 4568), which are stored nowhere else, or by DTLS. Absent: not at all. */
  readonly secured?: Secured
}

export type Secured = 'keys' | 'dtls'

const loopback = /(?:^|\s|\[)(?:127(?:\.\d{1,3}){3}|::1|localhost)\]?:\d+$/

/** Name of a server: its address, with the name of the machine where the address is valid on that machine alone. */
export function placeName(name: string, machine = hostname()): string {
  return loopback.test(name) ? `${name} @ ${machine}` : name
}

/** The longest to keep: a Call-ID may have any length, and its party chose it. */
const longest = 1_000

/** @returns empty where it would be too long to keep */
export function writeHandle(identity: LegIdentity): string {
  const text = JSON.stringify(identity)
  return text.length > longest ? '' : text
}

/** @returns undefined where it is not one of this version of the program */
export function readHandle(handle: string): LegIdentity | undefined {
  try {
    const value: unknown = JSON.parse(handle)
    const identity = isObject(value) && value.answered !== undefined ? value.answered : value
    return isIdentity(identity) ? identity : undefined
  } catch {
    return undefined
  }
}

/** A ringing: the drachtio-server that has sent the INVITE (`placeName`), its name for it, and the request URI. */
export interface RingingIdentity {
  readonly server: string
  readonly transaction: string
  readonly uri: string
  /** How the party that answers is found again. */
  readonly answered?: LegIdentity
}

/** @returns empty where it would be too long to keep, or names no transaction */
export function writeRinging(identity: RingingIdentity): string {
  if (identity.transaction === '') return ''
  const { answered, ...ringing } = identity
  const texts = [JSON.stringify(identity), ...(answered ? [JSON.stringify(ringing)] : [])]
  return texts.find(({ length }) => length <= longest) ?? ''
}

/** drachtio-server's id of the dialog that this INVITE begins, from its 200 on. */
export function dialogIdOf(invite: { get(header: string): string | undefined }): string {
  const tag = tagOf(invite.get('From') ?? '')
  return `${invite.get('Call-ID') ?? ''};from-tag=${tag ?? ''}`
}

/** The tag of a From or To header. */
export function tagOf(header: string): string | undefined {
  return /;\s*tag\s*=\s*([^\s;,]+)/i.exec(header.replace(/"(?:[^"\\]|\\.)*"|<[^>]*>/g, ''))?.[1]
}

/** @returns undefined where it is not one of a ringing */
export function readRinging(handle: string): RingingIdentity | undefined {
  try {
    const value: unknown = JSON.parse(handle)
    if (!isObject(value)) return undefined
    const { server, transaction, uri } = value
    return typeof server === 'string' && typeof transaction === 'string' && typeof uri === 'string'
      ? { server, transaction, uri }
      : undefined
  } catch {
    return undefined
  }
}

function isIdentity(value: unknown): value is LegIdentity {
  if (!isObject(value)) return false
  return (
    isTexts(value.servers) &&
    isTexts(value.origins) &&
    isDialog(value.party) &&
    (value.media === undefined ? value.channel === undefined : isDialog(value.media) && typeof value.channel === 'string') &&
    (value.leg === undefined || typeof value.leg === 'string') &&
    (value.secured === undefined || value.secured === 'keys' || value.secured === 'dtls')
  )
}

function isDialog(value: unknown): boolean {
  return isObject(value) && typeof value.id === 'string' && typeof value.contact === 'string'
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
