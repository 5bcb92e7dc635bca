import { createHash } from 'node:crypto'
import type { Clock } from '../clock/clock.js'
import { browserUserPrefix } from '../directory/device-user.js'
import type { ClinicianId } from '../directory/model.js'
import type { SharedMap } from '../fleet/shared-map.js'
import { credentialsFor, newPassword } from './credentials.js'
import type { Credentials, Device } from './devices.js'
import type { MadeDevice } from './kept-devices.js'

/** A browser in which a clinician has signed in, as a telephone: as engines share it. */
export interface BrowserPhone {
  readonly clinician: ClinicianId
  readonly credentials: Credentials
  /** Wall-clock ms. */
  readonly createdAt: number
  readonly endsAt: number
}

/** Whose browser it is, and for how long. */
export interface SignedInBrowser {
  /** Id of its session: one telephone for each. */
  readonly session: string
  readonly clinician: ClinicianId
  /** When the session ends at the latest; wall-clock ms. */
  readonly endsAt: number
}

/**
 * The browsers that are telephones at the moment. Their credentials are made for one session and end with it; they are in memory alone (with several engines: of each), so a restart forgets them,
 * and the page asks for new ones.
 */
export class BrowserPhones {
  readonly #phones = new Map<string, BrowserPhone>()
  readonly #unshare: (() => void) | undefined

  constructor(
    private readonly realm: string,
    private readonly clock: Clock,
    private readonly shared?: SharedMap<BrowserPhone>,
  ) {
    for (const [user, phone] of shared?.entries() ?? []) this.#phones.set(user, phone)
    this.#unshare = shared?.onChange(({ key, value }) => {
      if (value) this.#phones.set(key, value)
      else this.#phones.delete(key)
    })
  }

  /** Makes the telephone of a session, or gives it a new password: the old one is no longer valid. */
  make({ session, clinician, endsAt }: SignedInBrowser): MadeDevice {
    const user = userOf(session)
    const password = newPassword()
    const now = this.clock.now()
    const phone: BrowserPhone = { clinician, credentials: credentialsFor(user, this.realm, password, now), createdAt: now, endsAt }
    this.#phones.set(user, phone)
    this.shared?.set(user, phone, Math.max(0, endsAt - now))
    return { device: deviceOf(user, phone), password }
  }

  find(user: string): Device | undefined {
    const phone = this.#phones.get(user)
    return phone === undefined || this.#isOver(phone) ? undefined : deviceOf(user, phone)
  }

  /** User of the session's telephone; undefined: it has none. */
  ofSession(session: string): string | undefined {
    return this.find(userOf(session))?.user
  }

  /** Users of a clinician's browsers. */
  of(clinician: ClinicianId): readonly string[] {
    return [...this.#phones].flatMap(([user, phone]) => (phone.clinician === clinician && !this.#isOver(phone) ? [user] : []))
  }

  /** The session is over. @returns the user of its telephone, where it had one */
  end(session: string): string | undefined {
    const user = userOf(session)
    this.shared?.delete(user)
    return this.#phones.delete(user) ? user : undefined
  }

  close(): void {
    this.#unshare?.()
    this.#phones.clear()
  }

  #isOver({ endsAt }: BrowserPhone): boolean {
    return this.clock.now() >= endsAt
  }
}

/** The same for the same session, also after a restart; reveals nothing about it. */
function userOf(session: string): string {
  return `${browserUserPrefix}${createHash('sha256').update(session).digest('hex').slice(0, 20)}`
}

function deviceOf(user: string, { clinician, credentials, createdAt }: BrowserPhone): Device {
  return { user, owner: { kind: 'clinician', id: clinician }, label: 'Browser', algorithm: 'MD5', credentials, createdAt }
}
