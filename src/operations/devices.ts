import type { DeviceOwner } from '../directory/device-owner.js'
import { browserUserPrefix, expectedDeviceUser, isDeviceUser } from '../directory/device-user.js'
import type { Directory } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { MadeDevice } from '../registrar/kept-devices.js'
import type { Telephones } from '../registrar/telephones.js'
import { asked, bad, done, refused, type Refused, type Result } from './result.js'

export interface NewDevice {
  readonly owner: DeviceOwner
  readonly label?: string
  /** Default: the owner's id and a number. */
  readonly user?: string
  readonly algorithm?: 'MD5' | 'SHA-256'
}

export interface DeviceParts {
  readonly telephones: Pick<Telephones, 'make' | 'renew' | 'remove'>
  readonly directory: () => Directory
}

/** What can be done with SIP telephones. The person who makes or renews one gets its password, once. */
export function deviceOperations({ telephones, directory }: DeviceParts) {
  return {
    async make(
      actor: Actor,
      given: NewDevice,
    ): Promise<Result<MadeDevice, 'badInput' | 'ownerNotFound' | 'deviceExists' | 'storeUnavailable'>> {
      const { owner, user } = given
      if (user !== undefined && (!isDeviceUser(user) || user.startsWith(browserUserPrefix)))
        return bad(`user: "${user}" cannot be the name of a device; expected: ${expectedDeviceUser}`, 'user')
      if (!(owner.kind === 'clinician' ? directory().clinicians : directory().organisations).has(owner.id))
        return refused(
          'ownerNotFound',
          `owner: the directory has no ${owner.kind} "${owner.id}"; expected: an id of the directory file`,
          'owner.id',
        )
      const made = await asked(telephones.make(given, actor), notDone)
      if (made.kind === 'refused') return made
      return made.value === undefined
        ? refused(
            'deviceExists',
            `user: there is a device "${user ?? ''}" already; choose another name, or make a new password for that one`,
            'user',
          )
        : done(made.value)
    },

    /** The old password stops working, and a telephone registered with it is no longer registered. */
    async renew(actor: Actor, user: string): Promise<Result<MadeDevice, 'deviceNotFound' | 'storeUnavailable'>> {
      const made = await asked(telephones.renew(user, actor), notDone)
      if (made.kind === 'refused') return made
      return made.value === undefined ? noDevice(user) : done(made.value)
    },

    /** It can no longer ring or call. */
    async remove(actor: Actor, user: string): Promise<Result<undefined, 'deviceNotFound' | 'storeUnavailable'>> {
      const removed = await asked(telephones.remove(user, actor), notDone)
      if (removed.kind === 'refused') return removed
      return removed.value ? done(undefined) : noDevice(user)
    },
  }
}

export type DeviceOperations = ReturnType<typeof deviceOperations>

const notDone = 'It could not be written down, and was not done'

function noDevice(user: string): Refused<'deviceNotFound'> {
  return refused('deviceNotFound', `There is no device "${user}".`)
}
