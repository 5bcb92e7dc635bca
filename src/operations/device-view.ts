import type { DeviceOwner } from '../directory/device-owner.js'
import type { Directory } from '../directory/model.js'
import type { Device } from '../registrar/devices.js'
import type { MadeDevice } from '../registrar/kept-devices.js'
import type { Telephones } from '../registrar/telephones.js'

/** SIP telephones as pages and the API show them. The password is only in the answer to the person who made it. */

/** `name`: null if the directory does not have them (any more). */
type OwnerView = DeviceOwner & { readonly name: string | null }

export interface DeviceView extends Pick<Device, 'user' | 'label' | 'algorithm' | 'createdAt'> {
  readonly target: string
  readonly owner: OwnerView
  readonly passwordSince: number
  readonly needsNewPassword: boolean
  readonly registered: boolean
  readonly registrations: readonly {
    readonly since: number
    readonly expiresAt: number
    readonly source: string
    readonly userAgent: string | null
  }[]
}

export interface MadeDeviceView extends Pick<Device, 'user' | 'label' | 'algorithm'> {
  readonly password: string
  readonly realm: string
  /** Null: at a drachtio-server whose address is unknown here. */
  readonly register: string | null
  readonly address: string | null
  readonly target: string
  readonly owner: OwnerView
}

export function deviceView(
  { user, owner, label, algorithm, credentials, createdAt }: Device,
  directory: Directory,
  telephones: Pick<Telephones, 'at' | 'realm'>,
): DeviceView {
  const registrations = telephones.at(user).map(({ registeredAt, expiresAt, source, userAgent }) => ({
    since: registeredAt,
    expiresAt,
    source: `${source.protocol}:${source.address}:${source.port}`,
    userAgent: userAgent ?? null,
  }))
  return {
    ...{ user, target: `device:${user}`, label, algorithm, createdAt },
    owner: { ...owner, name: nameOf(owner, directory) },
    passwordSince: credentials.since,
    needsNewPassword: credentials.realm !== telephones.realm,
    registered: registrations.length > 0,
    registrations,
  }
}

/** @param registerAt where telephones register, `host:port` */
export function madeDeviceView(
  { device: { user, owner, label, algorithm, credentials }, password }: MadeDevice,
  directory: Directory,
  registerAt: string | undefined,
): MadeDeviceView {
  return {
    ...{ user, password, realm: credentials.realm, algorithm },
    register: registerAt === undefined ? null : `sip:${registerAt}`,
    address: registerAt === undefined ? null : `sip:${user}@${registerAt}`,
    target: `device:${user}`,
    owner: { ...owner, name: nameOf(owner, directory) },
    label,
  }
}

function nameOf({ kind, id }: DeviceOwner, directory: Directory): string | null {
  return (kind === 'clinician' ? directory.clinicians : directory.organisations).get(id)?.name ?? null
}
