import { randomBytes } from 'node:crypto'
import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { ClinicianId } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { SharedMap } from '../fleet/shared-map.js'
import type { Admission } from '../switch/admission.js'
import type { IncomingCall, PlainSwitch, Registration, SrtpWish, Switch } from '../switch/port.js'
import { Bindings, defaultBindingLimits, type Binding, type SharedBinding } from './bindings.js'
import type { Devices } from './devices.js'
import { DigestAuthenticator, type SharedProof } from './digest-authenticator.js'
import { KeptDevices, type DeviceJournal, type KeptDevicesOptions, type MadeDevice } from './kept-devices.js'
import { LockAlarms } from './lock-alarms.js'
import { BrowserPhones, type BrowserPhone, type SignedInBrowser } from './browser-phones.js'
import { admitDevice } from './proven-call.js'
import { defaultDeviceSrtp, registeredSwitch } from './registered-switch.js'
import { Registrar } from './registrar.js'

export interface TelephonesOptions {
  readonly journal: DeviceJournal
  readonly realm: string
  /** Shortest registration that is granted. Default 30. */
  readonly minSeconds?: number
  /** SRTP towards telephones that are rung. Default `optional`. */
  readonly srtp?: SrtpWish
  readonly clock: Clock
  readonly alarms: Alarms
  readonly trusted: { has(address: string): boolean }
  /** How many requests an address from which no telephone is registered may send. */
  readonly strangers: { take(address: string): boolean }
  readonly onRefused?: (detail: string) => void
  /** Called with an entry of the journal that cannot be used. */
  readonly onProblem?: (problem: string) => void
  /** Where other engines change the same devices. */
  readonly others?: KeptDevicesOptions['others']
  /** Where other engines also have telephones registered. */
  readonly shared?: SharedMap<readonly SharedBinding[]> | undefined
  /** Where passwords may also be tried at other engines. */
  readonly proofs?: SharedMap<SharedProof> | undefined
  /** Where browsers also sign in at other engines. */
  readonly browsers?: SharedMap<BrowserPhone> | undefined
  /** Keys the nonces, at least 16 bytes; the same in all engines: a telephone challenged by one may answer to another. Default: its own. */
  readonly nonceSecret?: Buffer | undefined
}

/** The telephones that register: who they are, where they are now, and how they prove it. */
export class Telephones {
  readonly #bindings: Bindings
  readonly #browsers: BrowserPhones
  /** Stored devices, and browsers. */
  readonly #known: Pick<Devices, 'find'>
  readonly #authenticator: DigestAuthenticator
  readonly #registrar: Registrar
  readonly #lockAlarms: LockAlarms

  private constructor(
    private readonly kept: KeptDevices,
    private readonly options: TelephonesOptions,
  ) {
    const { clock, realm, onRefused, trusted, strangers, srtp = defaultDeviceSrtp } = options
    this.#browsers = new BrowserPhones(realm, clock, options.browsers)
    this.#known = { find: (user) => this.#browsers.find(user) ?? kept.find(user) }
    const minSeconds = options.minSeconds ?? defaultBindingLimits.minSeconds
    this.#bindings = new Bindings(clock, { ...defaultBindingLimits, minSeconds }, options.shared)
    this.#lockAlarms = new LockAlarms(options.alarms, clock, (user) => kept.find(user)?.owner)
    // Nonces from before a restart are answered with a fresh challenge (stale=true): the secret need not outlive the process.
    this.#authenticator = new DigestAuthenticator({
      realm,
      secret: options.nonceSecret ?? randomBytes(32),
      devices: this.#known,
      clock,
      onLocked: (lock) => this.#lockAlarms.locked(lock),
      others: options.proofs,
    })
    this.#registrar = new Registrar({
      authenticator: this.#authenticator,
      bindings: this.#bindings,
      clock,
      trusted,
      strangers,
      srtp,
      ...(onRefused ? { onRefused } : {}),
    })
  }

  /** Rejects when the journal cannot be read. */
  static async open(options: TelephonesOptions): Promise<Telephones> {
    const kept = await KeptDevices.open(options)
    for (const { user, credentials } of kept.list()) {
      if (credentials.realm !== options.realm)
        options.onProblem?.(
          `the device ${user} needs a new password: its own belongs to the realm "${credentials.realm}", and the realm is "${options.realm}" now`,
        )
    }
    return new Telephones(kept, options)
  }

  get devices(): Devices {
    return this.kept
  }

  get realm(): string {
    return this.kept.realm
  }

  ownerOf(user: string): DeviceOwner | undefined {
    return this.#known.find(user)?.owner
  }

  /** Where a device is registered now, the latest last. */
  at(user: string): readonly Binding[] {
    return this.#bindings.of(user)
  }

  /** Devices that are registered now. */
  get registered(): number {
    return this.#bindings.registered().length
  }

  /** Whether a telephone is registered from this address now. */
  knows(address: string): boolean {
    return this.#bindings.knows(address)
  }

  /** See `KeptDevices.make`. */
  make(wish: Parameters<KeptDevices['make']>[0], actor?: Actor): Promise<MadeDevice | undefined> {
    return this.kept.make(wish, actor)
  }

  /** Sets a new password. Registrations made with the old one end. */
  async renew(user: string, actor?: Actor): Promise<MadeDevice | undefined> {
    const made = await this.kept.renew(user, actor)
    if (made) this.#dismiss(user)
    return made
  }

  /** Removes the device; it stops ringing. @returns false when there was none */
  async remove(user: string, actor?: Actor): Promise<boolean> {
    const removed = await this.kept.remove(user, actor)
    if (removed) this.#dismiss(user)
    return removed
  }

  /** Makes the telephone of a signed-in browser, or gives it a new password. Where it is registered it stays so. */
  makeBrowser(browser: SignedInBrowser): MadeDevice {
    const made = this.#browsers.make(browser)
    this.#authenticator.forgive(made.device.user)
    return made
  }

  /** User of the telephone of a session; undefined: it has none. */
  browserOf(session: string): string | undefined {
    return this.#browsers.ofSession(session)
  }

  /** The session of a browser is over: it neither rings nor calls any more. @returns the user of its telephone, where it had one */
  endBrowser(session: string): string | undefined {
    const user = this.#browsers.end(session)
    if (user !== undefined) this.#dismiss(user)
    return user
  }

  /** Whether a browser is registered as a telephone for this user. */
  hasBrowser(clinician: ClinicianId): boolean {
    return this.#browsers.of(clinician).length > 0
  }

  register(registration: Registration): Promise<void> {
    return this.#registrar.register(registration)
  }

  /** Whether a call comes from one of the devices: see `admitDevice`. */
  admit(call: IncomingCall): Promise<Admission> {
    const { onRefused } = this.options
    return admitDevice(call, { authenticator: this.#authenticator, devices: this.#known, ...(onRefused ? { onRefused } : {}) })
  }

  /** The switch on which devices can be rung. */
  on(inner: PlainSwitch): Switch {
    return registeredSwitch(inner, this.#bindings, this.#browsers, this.options.srtp)
  }

  /** Forgets all registrations. */
  close(): void {
    this.#authenticator.close()
    this.#bindings.close()
    this.#browsers.close()
    this.#lockAlarms.close()
    this.kept.close()
  }

  #dismiss(user: string): void {
    this.#bindings.clear(user)
    this.#authenticator.forgive(user)
    this.#lockAlarms.settled(user)
  }
}
