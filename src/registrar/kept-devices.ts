import * as z from 'zod'
import type { Clock } from '../clock/clock.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import { isDeviceUser } from '../directory/device-user.js'
import { staff, type Actor } from '../facts/actor.js'
import type { Signals } from '../fleet/signals.js'
import type { Turns } from '../fleet/turns.js'
import type { DigestAlgorithm } from '../embedded/protocols/sip/digest.js'
import { credentialsFor, newPassword } from './credentials.js'
import type { Device, Devices } from './devices.js'

/** The journal of devices, each entry about one user. Append-only; on disk when `append` resolves. */
export interface DeviceJournal {
  append(user: string, type: string, data: unknown, actor: Actor): Promise<unknown>
  entries(): AsyncIterable<{ readonly subject: string; readonly at: number; readonly type: string; readonly data: unknown }>
}

const credentials = z.object({ realm: z.string(), secrets: z.object({ md5: z.string(), sha256: z.string() }) })
const owner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('clinician'), id: z.string() }),
  z.object({ kind: z.literal('organisation'), id: z.string() }),
])
const made = credentials.extend({ owner, label: z.string(), algorithm: z.enum(['MD5', 'SHA-256']) })

/** A device with its password, which cannot be shown again. */
export interface MadeDevice {
  readonly device: Device
  readonly password: string
}

export interface KeptDevicesOptions {
  readonly journal: DeviceJournal
  readonly realm: string
  readonly clock: Clock
  /** Called with entries that cannot be read; they are left out. */
  readonly onProblem?: (problem: string) => void
  /** Where other engines change the same devices. */
  readonly others?: { readonly signals: Signals; readonly turns: Turns } | undefined
}

/** The devices, folded from the journal into memory. Passwords are made here and never kept. */
export class KeptDevices implements Devices {
  readonly #devices = new Map<string, Device>()
  /** One change after the other: memory follows the journal, in its order. */
  #turn: Promise<unknown> = Promise.resolve()
  #unfollow: (() => void) | undefined

  private constructor(
    private readonly journal: DeviceJournal,
    readonly realm: string,
    private readonly clock: Clock,
    private readonly others: KeptDevicesOptions['others'],
  ) {}

  /** Rejects when the journal cannot be read. */
  static async open(options: KeptDevicesOptions): Promise<KeptDevices> {
    const devices = new KeptDevices(options.journal, options.realm, options.clock, options.others)
    await devices.#read(options.onProblem)
    // Entries that cannot be read now are read before the next change, or at the next signal.
    devices.#unfollow = options.others?.signals.on('devices', () => void devices.#inOwnTurn(() => devices.#read()).catch(() => undefined))
    return devices
  }

  /** Stops following other engines. */
  close(): void {
    this.#unfollow?.()
  }

  find(user: string): Device | undefined {
    return this.#devices.get(user)
  }

  list(): readonly Device[] {
    return [...this.#devices.values()]
  }

  page(limit: number, after = ''): readonly Device[] {
    const users = [...this.#devices.keys()].filter((user) => user > after).sort()
    return users.slice(0, limit).flatMap((user) => this.#devices.get(user) ?? [])
  }

  /**
   * Makes a device. On disk when it resolves.
   * @param actor who does it, here and below
   * @param wish.user default: the owner's name with the first number that is free
   * @returns undefined when the user name is taken
   */
  make(
    wish: { readonly owner: DeviceOwner; readonly label?: string; readonly user?: string; readonly algorithm?: DigestAlgorithm },
    actor: Actor = staff,
  ): Promise<MadeDevice | undefined> {
    return this.#inTurn(async () => {
      const user = wish.user ?? this.#freeUser(wish.owner)
      if (this.#devices.has(user)) return undefined
      const password = newPassword()
      const now = this.clock.now()
      const device: Device = {
        user,
        owner: wish.owner,
        label: wish.label ?? user,
        algorithm: wish.algorithm ?? 'MD5',
        credentials: credentialsFor(user, this.realm, password, now),
        createdAt: now,
      }
      const { realm, secrets } = device.credentials
      await this.journal.append(
        user,
        'made',
        { owner: device.owner, label: device.label, algorithm: device.algorithm, realm, secrets },
        actor,
      )
      this.#devices.set(user, device)
      return { device, password }
    })
  }

  /** Gives a device a new password; the old one is no longer valid. On disk when it resolves. @returns undefined when there is no such device */
  renew(user: string, actor: Actor = staff): Promise<MadeDevice | undefined> {
    return this.#inTurn(async () => {
      const before = this.#devices.get(user)
      if (before === undefined) return undefined
      const password = newPassword()
      const device: Device = { ...before, credentials: credentialsFor(user, this.realm, password, this.clock.now()) }
      const { realm, secrets } = device.credentials
      await this.journal.append(user, 'password', { realm, secrets }, actor)
      this.#devices.set(user, device)
      return { device, password }
    })
  }

  /** On disk when it resolves. @returns false when there was none */
  remove(user: string, actor: Actor = staff): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#devices.has(user)) return false
      await this.journal.append(user, 'removed', {}, actor)
      return this.#devices.delete(user)
    })
  }

  async #read(onProblem?: (problem: string) => void): Promise<void> {
    const before = new Map(this.#devices)
    const entries: { readonly subject: string; readonly at: number; readonly type: string; readonly data: unknown }[] = []
    for await (const entry of this.journal.entries()) entries.push(entry)
    // All at once: no look-up in between finds a device missing.
    for (const user of before.keys()) this.#devices.delete(user)
    for (const { subject, at, type, data } of entries)
      if (!this.#fold(subject, at, type, data))
        onProblem?.(`the journal's entry "${type}" of the device ${subject} cannot be read; it is left out`)
  }

  /** In this engine's turn, and after reading what the others have written. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const { others } = this
    if (!others) return this.#inOwnTurn(action)
    return this.#inOwnTurn(() =>
      others.turns.inTurn('devices', async () => {
        await this.#read()
        const done = await action()
        others.signals.tell('devices')
        return done
      }),
    )
  }

  #inOwnTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #freeUser({ id }: DeviceOwner): string {
    const stem = id
      .replaceAll(/-+/g, '-')
      .replace(/^[^a-z]+/, '')
      .replace(/-$/, '')
      .slice(0, 50)
    for (let number = 1; ; number++) {
      const user = `${stem === '' ? 'phone' : stem}-${number}`
      if (!this.#devices.has(user)) return user
    }
  }

  /** @returns false when the entry is not one of ours */
  #fold(user: string, at: number, type: string, data: unknown): boolean {
    switch (type) {
      case 'made': {
        const entry = made.safeParse(data)
        if (!entry.success || !isDeviceUser(user)) return false
        const { owner: whose, label, algorithm, realm, secrets } = entry.data
        this.#devices.set(user, { user, owner: whose, label, algorithm, credentials: { realm, secrets, since: at }, createdAt: at })
        return true
      }
      case 'password': {
        const entry = credentials.safeParse(data)
        const device = this.#devices.get(user)
        if (!entry.success || device === undefined) return false
        this.#devices.set(user, { ...device, credentials: { ...entry.data, since: at } })
        return true
      }
      case 'removed':
        this.#devices.delete(user)
        return true
      default:
        return false
    }
  }
}
