import { randomBytes } from 'node:crypto'
import { appendTo } from '../common/lists-by-key.js'
import { messageOf } from '../common/errors.js'
import type { Alarms } from '../alarms/alarms.js'
import { systemClock } from '../clock/system-clock.js'
import type { Clock } from '../clock/clock.js'
import type { RecordingKey } from '../store/questions/recording-keys.js'
import type { RecordingKeys } from '../store/store.js'
import type { Ledger, LedgerEntry } from '../store/ledger.js'
import { keyBytes, unwrap, wrap } from '../sealing/wrap.js'
import { masterKeys, NoMasterKey, type MasterKey, type MasterKeySource } from './master-key.js'

/** A plain key; never written unwrapped. */
export interface Key {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly key: Buffer
}

/** The purpose of a key: the subject of its ledger entries. */
export type KeyPurpose = `organisation:${string}` | 'codes'

/** The keys are unavailable at the moment, and why. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

export interface KeysHealth {
  readonly ok: boolean
  readonly detail: string
}

export interface KeyRingSettings {
  readonly ledger: Pick<Ledger, 'append' | 'entries'>
  /** Keys of recordings. Undefined: there are none, and recordings are sealed under the key of their organisation. */
  readonly recordingKeys?: Pick<RecordingKeys, 'find' | 'keep' | 'wrap' | 'all'>
  readonly master: MasterKeySource
  readonly alarms: Alarms
  /** Name of this engine, if several use the store: they then agree on one master key before any key is made. Undefined: it has the store to itself. */
  readonly node?: string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
  /** Pause before asking for the master key again after a failure, ms. Default 30,000. */
  readonly retryAfterMs?: number
}

/** As the ledger keeps it. */
interface WrappedKey {
  readonly id: string
  /** Name of the master key. */
  readonly by: string
  /** Base64. */
  readonly wrapped: string
}

const idBytes = 16
/** The subject under which engines of one store announce their master key. */
const claims = 'master'
const defaultRetryAfterMs = 30_000

/**
 * The keys under the master key. Each is in the ledger, wrapped: `made` when it comes into use, `wrapped` again under each later master key. The ledger
 * forgets nothing, so what was sealed under an earlier key stays readable; and all engines of one store have the same keys. They are on disk before they are used.
 */
export class KeyRing {
  readonly #keys = new Map<string, Key>()
  /** The keys of each purpose, in order of making. */
  readonly #made = new Map<string, string[]>()
  /** Keys that no available master key opens, with the name of the one that would. */
  readonly #shut = new Map<string, string>()
  readonly #making = new Map<string, Promise<Key>>()
  readonly #usable = new Set<() => void>()
  readonly #clock: Clock
  #masters: readonly [MasterKey, ...MasterKey[]] | undefined
  #why: string | undefined
  #lastSeq = 0
  #entries = new Map<string, LedgerEntry[]>()
  #cancelRetry: (() => void) | undefined
  #closed = false

  private constructor(private readonly settings: KeyRingSettings) {
    this.#clock = settings.clock ?? systemClock
  }

  /** Rejects if the ledger does not answer. Without a master key it opens anyway, says so, and keeps asking for it. */
  static async open(settings: KeyRingSettings): Promise<KeyRing> {
    const ring = new KeyRing(settings)
    await ring.#read()
    await ring.#unlock()
    return ring
  }

  health(): KeysHealth {
    if (this.#why !== undefined) return { ok: false, detail: this.#why }
    return { ok: true, detail: `${this.#keys.size} keys under the master key ${this.#masters?.[0].name ?? ''}` }
  }

  /** Called whenever the keys are available again. @returns stops it */
  onUsable(listener: () => void): () => void {
    this.#usable.add(listener)
    return () => this.#usable.delete(listener)
  }

  /** The current key for a purpose; made the first time. Rejects with `KeysUnavailable`. */
  async current(purpose: KeyPurpose): Promise<Key> {
    const known = this.#inForce(purpose)
    if (known) return known
    const making = this.#making.get(purpose) ?? this.make(purpose).finally(() => this.#making.delete(purpose))
    this.#making.set(purpose, making)
    return making
  }

  /**
   * The key of a single recording, under a key of its organisation; made the first time. Deleting it makes every copy of the file unreadable. Rejects with `KeysUnavailable`.
   */
  async forRecording(recordingId: string, callId: string, purpose: KeyPurpose): Promise<Key> {
    const organisation = await this.current(purpose)
    const { recordingKeys } = this.settings
    if (recordingKeys === undefined) return organisation
    const key: Key = { id: randomBytes(idBytes).toString('hex'), key: randomBytes(keyBytes) }
    const there = await recordingKeys
      .find({ recordingId })
      .catch((error: unknown) => unavailable(`the key of a recording cannot be read: ${messageOf(error)}`))
    if (there) return { id: there.id, key: await this.#unwrapped(there) }
    await recordingKeys
      .keep({
        id: key.id,
        recordingId,
        callId,
        by: organisation.id,
        wrapped: wrap(organisation.key, key.key, aboutRecording(key.id, recordingId)).toString('base64'),
      })
      .catch((error: unknown) => unavailable(`a key cannot be kept: ${messageOf(error)}`))
    return key
  }

  /** Wraps the keys of recordings by their organisations' current keys. @returns their ids, and how many were wrapped again. Rejects with `KeysUnavailable` */
  async rewrapRecordingKeys(): Promise<{ readonly ids: ReadonlySet<string>; readonly wrapped: number }> {
    const { recordingKeys } = this.settings
    let wrapped = 0
    const ids = new Set<string>()
    for await (const key of recordingKeys?.all() ?? []) {
      ids.add(key.id)
      const purpose = this.purposeOf(key.by)
      const next = purpose && (await this.current(purpose))
      if (next === undefined || next.id === key.by) continue
      const plain = await this.#unwrapped(key)
      await recordingKeys?.wrap({
        id: key.id,
        by: next.id,
        wrapped: wrap(next.key, plain, aboutRecording(key.id, key.recordingId)).toString('base64'),
      })
      wrapped++
    }
    return { ids, wrapped }
  }

  /** The first key of a purpose, which all engines agree on. Rejects with `KeysUnavailable`. */
  async first(purpose: KeyPurpose): Promise<Key> {
    await this.current(purpose)
    await this.#read()
    const key = this.#keys.get(this.#made.get(purpose)?.[0] ?? '')
    if (!key) throw new KeysUnavailable(this.#why ?? 'another engine has made this key under another master key')
    return key
  }

  /** The key of this id. @returns undefined if there is none. Rejects with `KeysUnavailable` if it does not open */
  async find(id: string): Promise<Buffer | undefined> {
    // Another engine may have made it a moment ago.
    if (!this.#keys.has(id) && !this.#shut.has(id))
      await this.#read().catch((error: unknown) => unavailable(`the keys cannot be read: ${messageOf(error)}`))
    const key = this.#keys.get(id)
    if (key) return key.key
    if (this.#masters === undefined) throw new KeysUnavailable(this.#why ?? 'there is no master key')
    const by = this.#shut.get(id)
    if (by !== undefined) throw new KeysUnavailable(wrongMaster(this.#masters[0].name, by))
    const ofRecording = await this.settings.recordingKeys
      ?.find({ id })
      .catch((error: unknown) => unavailable(`the key of a recording cannot be read: ${messageOf(error)}`))
    return ofRecording && this.#unwrapped(ofRecording)
  }

  /** @throws KeysUnavailable */
  #mustBeAvailable(): void {
    if (this.#why !== undefined) throw new KeysUnavailable(this.#why)
  }

  /** A new key, current from now on. Rejects with `KeysUnavailable`. */
  async make(purpose: KeyPurpose): Promise<Key> {
    if (!this.#masters || this.#why !== undefined) throw new KeysUnavailable(this.#why ?? 'there is no master key')
    // Read again: an operator may have replaced it since, and the old one will be gone.
    this.#masters = await masterKeys(this.settings.master, this.#entries.size === 0).catch((error: unknown) => {
      this.#isUnavailable(messageOf(error))
      return unavailable(messageOf(error))
    })
    await this.#agree(this.#masters)
    this.#mustBeAvailable()
    const [master] = this.#masters
    const key: Key = { id: randomBytes(idBytes).toString('hex'), key: randomBytes(keyBytes) }
    await this.#keep(purpose, 'made', key, master)
    await this.#read()
    return key
  }

  /**
   * Wraps every key by this master key. Keys already wrapped by it stay: it may be killed and started again.
   * @returns how many were wrapped again. Rejects with `KeysUnavailable` if one does not open
   */
  async rewrapAll(master: MasterKey): Promise<number> {
    await this.#read()
    const [shut] = this.#shut.values()
    if (shut !== undefined) throw new KeysUnavailable(wrongMaster(this.#masters?.[0].name ?? 'none', shut))
    let wrapped = 0
    for (const [id, entries] of this.#entries) {
      const purpose = entries[0]?.subject as KeyPurpose
      const key = this.#keys.get(id)
      if (!key) throw new KeysUnavailable(this.#why ?? `the key ${id} does not open`)
      if (entries.some(({ data }) => wrappedIn(data).by === master.name)) continue
      await this.#keep(purpose, 'wrapped', key, master)
      wrapped++
    }
    if (this.settings.node !== undefined) await this.#claim('moved', master)
    return wrapped
  }

  /** The purpose of the key with this id; undefined if there is none. */
  purposeOf(id: string): KeyPurpose | undefined {
    return this.#entries.get(id)?.[0]?.subject as KeyPurpose | undefined
  }

  /** The purposes that have keys. */
  get purposes(): readonly KeyPurpose[] {
    return [...this.#made.keys()] as KeyPurpose[]
  }

  close(): void {
    this.#closed = true
    this.#cancelRetry?.()
  }

  async #unwrapped({ id, recordingId, by, wrapped }: RecordingKey): Promise<Buffer> {
    const organisation = this.#keys.get(by)?.key ?? (by === id ? undefined : await this.find(by))
    const key = organisation && unwrap(organisation, Buffer.from(wrapped, 'base64'), aboutRecording(id, recordingId))
    return key ?? unavailable(`the key of recording ${recordingId} does not open`)
  }

  #inForce(purpose: KeyPurpose): Key | undefined {
    return this.#keys.get(this.#made.get(purpose)?.at(-1) ?? '')
  }

  async #keep(purpose: KeyPurpose, type: 'made' | 'wrapped', { id, key }: Key, master: MasterKey): Promise<void> {
    const data: WrappedKey = { id, by: master.name, wrapped: wrap(master.key, key, aboutOf(purpose, id)).toString('base64') }
    await this.settings.ledger
      .append('key', purpose, type, data)
      .catch((error: unknown) => unavailable(`a key cannot be kept: ${messageOf(error)}`))
  }

  /** Reads the ledger, including other engines' entries. */
  async #read(): Promise<void> {
    for await (const entry of this.settings.ledger.entries('key', this.#lastSeq + 1)) {
      if (entry.seq <= this.#lastSeq) continue
      this.#lastSeq = entry.seq
      if (entry.subject === claims) continue
      const { id } = wrappedIn(entry.data)
      const entries = this.#entries.get(id) ?? []
      this.#entries.set(id, [...entries, entry])
      if (entry.type === 'made') appendTo(this.#made, entry.subject, id)
      this.#openKey(id)
    }
  }

  async #unlock(): Promise<void> {
    try {
      this.#masters = await masterKeys(this.settings.master, this.#entries.size === 0)
      for (const id of this.#entries.keys()) this.#openKey(id)
      const [by] = this.#shut.values()
      // Keys that open still open; but a key made under an unknown master key would be one more to lose.
      this.#why = by === undefined ? undefined : wrongMaster(this.#masters[0].name, by)
      if (this.#why === undefined) await this.#agree(this.#masters)
    } catch (error) {
      if (!(error instanceof NoMasterKey)) throw error
      this.#why = error.message
    }
    if (this.#why === undefined) {
      this.settings.alarms.clear('keys.unavailable')
      for (const listener of this.#usable) listener()
      return
    }
    this.#isUnavailable(this.#why)
  }

  #isUnavailable(why: string): void {
    this.#why = why
    this.settings.alarms.raise('keys.unavailable', why)
    this.#cancelRetry?.()
    if (!this.#closed) this.#cancelRetry = this.#clock.after(this.settings.retryAfterMs ?? defaultRetryAfterMs, () => void this.#unlock())
  }

  /** If engines begin a store together, each with its own new master key, the first one's wins: nothing is sealed under two. */
  async #agree(masters: readonly [MasterKey, ...MasterKey[]]): Promise<void> {
    if (this.settings.node === undefined) return
    await this.#read()
    const [shut] = this.#shut.values()
    if (shut !== undefined) return this.#isUnavailable(wrongMaster(masters[0].name, shut))
    // The sealed data here open with ours: there is nothing to agree on.
    if (this.#entries.size > 0) return
    const before = await this.#claimed()
    if (before === undefined) await this.#claim('claimed', masters[0])
    const claimed = before ?? (await this.#claimed())
    if (claimed === undefined || masters.some(({ name }) => name === claimed.name)) return
    if (claimed.node === this.settings.node) return this.#claim('moved', masters[0])
    this.#isUnavailable(
      `the engine ${claimed.node} has begun this store under the master key ${claimed.name}, and the one at hand is ${masters[0].name}: all engines of a store have one. Give this engine that of ${claimed.node} (copy its master key file over ours, or set keys.master) and start it again`,
    )
  }

  async #claim(type: 'claimed' | 'moved', { name }: MasterKey): Promise<void> {
    await this.settings.ledger
      .append('key', claims, type, { name, node: this.settings.node ?? '' })
      .catch((error: unknown) => unavailable(`the master key cannot be agreed on: ${messageOf(error)}`))
  }

  /** The first one claimed, or its successor; reads everything, as an entry may have been committed after a later one. */
  async #claimed(): Promise<{ readonly name: string; readonly node: string } | undefined> {
    let first: LedgerEntry | undefined
    let moved: LedgerEntry | undefined
    for await (const entry of this.settings.ledger.entries('key')) {
      if (entry.subject !== claims) continue
      if (entry.type === 'moved') moved = entry
      else first ??= entry
    }
    return (moved ?? first)?.data as { readonly name: string; readonly node: string } | undefined
  }

  #openKey(id: string): void {
    if (this.#keys.has(id) || !this.#masters) return
    const entries = this.#entries.get(id) ?? []
    for (const { subject, data } of entries.toReversed()) {
      const { by, wrapped } = wrappedIn(data)
      const master = this.#masters.find(({ name }) => name === by)
      const key = master && unwrap(master.key, Buffer.from(wrapped, 'base64'), aboutOf(subject, id))
      if (!key) continue
      this.#keys.set(id, { id, key })
      this.#shut.delete(id)
      return
    }
    this.#shut.set(id, wrappedIn(entries.at(-1)?.data).by)
  }
}

function aboutOf(purpose: string, id: string): Buffer {
  return Buffer.from(`Ringround key\n${purpose}\n${id}`, 'utf8')
}

function aboutRecording(id: string, recordingId: string): Buffer {
  return Buffer.from(`Ringround recording key\n${recordingId}\n${id}`, 'utf8')
}

/** What `#keep` wrote; the ledger refuses any change. */
function wrappedIn(data: unknown): WrappedKey {
  return data as WrappedKey
}

function wrongMaster(has: string, by: string): string {
  return `the master key at hand is ${has}; keys are wrapped by ${by}, and what was sealed under them opens with that one alone`
}

function unavailable(why: string): never {
  throw new KeysUnavailable(why)
}
