import { randomBytes } from 'node:crypto'
import type { Alarms } from '../calls/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { Admission } from '../switch/admission.js'
import type { IncomingCall, PlainSwitch, Registration, Switch } from '../switch/port.js'
import { Bindings, defaultBindingLimits, type Binding } from './bindings.js'
import type { Devices } from './devices.js'
import { Doorkeeper } from './doorkeeper.js'
import { KeptDevices, type DeviceJournal, type MadeDevice } from './kept-devices.js'
import { LockAlarms } from './lock-alarms.js'
import { admitDevice } from './proven-call.js'
import { registeredSwitch } from './registered-switch.js'
import { Registrar } from './registrar.js'

export interface TelephonesOptions {
  readonly journal: DeviceJournal
  readonly realm: string
  /** Shortest registration that is granted. Default 30. */
  readonly leastSeconds?: number
  readonly clock: Clock
  readonly alarms: Alarms
  readonly trusted: { has(address: string): boolean }
  /** How much an address from which no telephone is registered may ask. */
  readonly strangers: { take(address: string): boolean }
  readonly onRefused?: (detail: string) => void
  /** Something in the journal that cannot be used. */
  readonly onProblem?: (problem: string) => void
}

/** The telephones that register: who they are, where they are now, and the proof that they are it. */
export class Telephones {
  readonly #bindings: Bindings
  readonly #doorkeeper: Doorkeeper
  readonly #registrar: Registrar
  readonly #lockAlarms: LockAlarms

  private constructor(
    private readonly kept: KeptDevices,
    private readonly options: TelephonesOptions,
  ) {
    const { clock, realm, onRefused, trusted, strangers } = options
    const leastSeconds = options.leastSeconds ?? defaultBindingLimits.leastSeconds
    this.#bindings = new Bindings(clock, { ...defaultBindingLimits, leastSeconds })
    this.#lockAlarms = new LockAlarms(options.alarms, clock)
    // Nonces of before a restart are answered with a fresh challenge (stale=true): the secret need not outlive the process.
    this.#doorkeeper = new Doorkeeper({ realm, secret: randomBytes(32), devices: kept, clock, onLocked: (lock) => this.#lockAlarms.locked(lock) })
    this.#registrar = new Registrar({ doorkeeper: this.#doorkeeper, bindings: this.#bindings, clock, trusted, strangers, ...(onRefused ? { onRefused } : {}) })
  }

  /** Rejects when the journal cannot be read. */
  static async open(options: TelephonesOptions): Promise<Telephones> {
    const kept = await KeptDevices.open(options)
    for (const { user, credentials } of kept.list()) {
      if (credentials.realm !== options.realm) options.onProblem?.(`the device ${user} needs a new password: its own belongs to the realm "${credentials.realm}", and the realm is "${options.realm}" now`)
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
    return this.kept.find(user)?.owner
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
  make(wish: Parameters<KeptDevices['make']>[0]): Promise<MadeDevice | undefined> {
    return this.kept.make(wish)
  }

  /** A new password. Whoever registered with the old one is registered no more. */
  async renew(user: string): Promise<MadeDevice | undefined> {
    const made = await this.kept.renew(user)
    if (made) this.#dismiss(user)
    return made
  }

  /** The device is no more, and rings no more. @returns false when there was none */
  async remove(user: string): Promise<boolean> {
    const removed = await this.kept.remove(user)
    if (removed) this.#dismiss(user)
    return removed
  }

  register(registration: Registration): Promise<void> {
    return this.#registrar.register(registration)
  }

  /** Whether a call comes from one of the devices: see `admitDevice`. */
  admit(call: IncomingCall): Promise<Admission> {
    const { onRefused } = this.options
    return admitDevice(call, { doorkeeper: this.#doorkeeper, devices: this.kept, ...(onRefused ? { onRefused } : {}) })
  }

  /** The switch on which devices can be rung. */
  on(inner: PlainSwitch): Switch {
    return registeredSwitch(inner, this.#bindings)
  }

  /** Forgets who is registered. */
  close(): void {
    this.#bindings.close()
    this.#lockAlarms.close()
  }

  #dismiss(user: string): void {
    this.#bindings.clear(user)
    this.#doorkeeper.forgive(user)
    this.#lockAlarms.settled(user)
  }
}
