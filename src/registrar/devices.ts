import type { DeviceOwner } from '../directory/device-owner.js'
import type { DigestAlgorithm } from '../embedded/protocols/sip/digest.js'

/** A SIP telephone that may register. It may call what its owner may call, and be rung as `device:` and its user. */
export interface Device {
  /** User name: in the credentials, in its address, and in `device:` targets of the directory. */
  readonly user: string
  readonly owner: DeviceOwner
  /** For people: "Dr Okafor's laptop". */
  readonly label: string
  /** The one digest algorithm in its challenges: many telephones know MD5 only, and some give up on a challenge that offers another as well. */
  readonly algorithm: DigestAlgorithm
  readonly credentials: Credentials
  /** Wall-clock ms. */
  readonly createdAt: number
}

/** What is stored instead of a password. */
export interface Credentials {
  /** The secrets are valid in this realm only. */
  readonly realm: string
  /** See `digestSecret`: as secret as the password itself. */
  readonly secrets: { readonly md5: string; readonly sha256: string }
  /** Wall-clock ms. */
  readonly since: number
}

/** The telephones that may register. */
export interface Devices {
  find(user: string): Device | undefined
  /** In the order in which they were made. */
  list(): readonly Device[]
  /** At most `limit` of those after this user (default: from the first), by user name. */
  page(limit: number, after?: string): readonly Device[]
}
