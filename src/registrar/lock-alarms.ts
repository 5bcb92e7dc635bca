import type { AlarmName } from '../alarms/alarm-list.js'
import type { AlarmAbout, Alarms } from '../alarms/alarms.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { Clock } from '../clock/clock.js'
import type { Lock } from './digest-authenticator.js'

/** This long after a lock has ended without another one, its alarm is over. */
const overAfterMs = 15 * 60_000

/** An alarm for each device whose password is being guessed, and one for names that no device has. */
export class LockAlarms {
  readonly #up = new Map<AlarmName, () => void>()

  constructor(
    private readonly alarms: Alarms,
    private readonly clock: Clock,
    private readonly ownerOf: (user: string) => DeviceOwner | undefined,
  ) {}

  locked({ user, address, wrongInARow, lockMs }: Lock): void {
    const alarm = nameOf(user)
    const whom = user === undefined ? 'names that no device has' : `the device ${user}`
    this.alarms.raise(
      alarm,
      `${wrongInARow} wrong passwords in a row for ${whom} from ${address}; further attempts are ignored for ${Math.round(lockMs / 1_000)} s`,
      this.#about(user),
    )
    this.#up.get(alarm)?.()
    this.#up.set(
      alarm,
      this.clock.after(lockMs + overAfterMs, () => this.#over(alarm)),
    )
  }

  /** It has been dealt with. */
  settled(user: string): void {
    this.#over(nameOf(user))
  }

  close(): void {
    for (const cancel of this.#up.values()) cancel()
    this.#up.clear()
  }

  #about(user: string | undefined): readonly AlarmAbout[] {
    const owner = user === undefined ? undefined : this.ownerOf(user)
    if (owner === undefined) return []
    return [owner.kind === 'clinician' ? { clinician: owner.id } : { organisation: owner.id }]
  }

  #over(alarm: AlarmName): void {
    this.#up.get(alarm)?.()
    this.#up.delete(alarm)
    this.alarms.clear(alarm)
  }
}

function nameOf(user: string | undefined): AlarmName {
  return user === undefined ? 'device.locked' : `device.locked: ${user}`
}
