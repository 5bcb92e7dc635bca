import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { MapChange, SharedMap, SharedMaps } from './shared-map.js'

const prefix = 'ringround:map:'
const channel = 'ringround:maps'
const bornKey = 'ringround:maps:born'
/** Changes made at the same time go out together. */
const gatherMs = 30

/** As it is kept and published. `until`: wall-clock ms. */
interface Kept {
  readonly value: unknown
  readonly until?: number
}
type Message = readonly [incarnation: string, map: string, changes: readonly (readonly [key: string, kept: Kept | null])[]]

export interface RedisMapsOptions {
  readonly incarnation: string
  /** One for commands, one that listens; closed with the maps. */
  readonly connect: () => Redis
}

/**
 * Shared maps over Redis: a hash each, with changes published. Every engine holds all of it in memory; after a loss of the connection it reads the hashes again, and writes what it has set
 * meanwhile. The engines fill a Redis that has lost its memory again.
 */
export class RedisMaps implements SharedMaps {
  readonly #maps = new Map<string, RedisMap>()
  readonly #commands: Redis
  readonly #news: Redis
  #born: string | undefined
  #flush: NodeJS.Timeout | undefined
  #closed = false

  constructor(private readonly options: RedisMapsOptions) {
    this.#commands = options.connect()
    this.#news = options.connect()
    this.#news.on('ready', () => void this.#begin())
    this.#commands.on('ready', () => void this.#begin())
    this.#news.on('message', (_channel: string, text: string) => {
      // Written below, by an engine of this program.
      const [incarnation, name, changes] = JSON.parse(text) as Message
      if (incarnation !== options.incarnation) this.#maps.get(name)?.told(incarnation, changes)
    })
  }

  map<V>(name: string): SharedMap<V> {
    const map = this.#maps.get(name) ?? new RedisMap(() => this.#gather())
    this.#maps.set(name, map)
    if (this.#commands.status === 'ready') void this.#read(name, map, false).catch(() => undefined)
    // A map holds whatever its users put in under its name.
    return map as unknown as SharedMap<V>
  }

  async close(): Promise<void> {
    clearTimeout(this.#flush)
    if (this.#commands.status === 'ready') await this.#write().catch(() => undefined)
    this.#closed = true
    this.#commands.disconnect()
    this.#news.disconnect()
  }

  /** Both connections are up (again): listen first, then read, so that no change is missed. */
  async #begin(): Promise<void> {
    if (this.#commands.status !== 'ready' || this.#news.status !== 'ready') return
    try {
      await this.#news.subscribe(channel)
      await this.#commands.set(bornKey, randomUUID(), 'NX')
      const born = await this.#commands.get(bornKey)
      const forgot = this.#born !== undefined && this.#born !== born
      this.#born = born ?? undefined
      await this.#write()
      for (const [name, map] of this.#maps) await this.#read(name, map, forgot)
      this.#gather()
    } catch {
      // The connection is lost again: this starts over when it is back.
    }
  }

  async #read(name: string, map: RedisMap, forgot: boolean): Promise<void> {
    map.reading()
    const fields = await this.#commands.hgetall(prefix + name)
    const expired = map.take(new Map(Object.entries(fields).map(([key, text]) => [key, JSON.parse(text) as Kept])), forgot)
    if (expired.length > 0) await this.#commands.hdel(prefix + name, ...expired)
  }

  #gather(): void {
    if (this.#closed) return
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined
      // What cannot be written now is written when the connection is back.
      if (this.#commands.status === 'ready') void this.#write().catch(() => undefined)
    }, gatherMs)
  }

  async #write(): Promise<void> {
    const dirty = [...this.#maps].map(([name, map]) => [name, map, map.changes()] as const).filter(([, , changes]) => changes.length > 0)
    if (dirty.length === 0) return
    const all = this.#commands.multi()
    for (const [name, , changes] of dirty) {
      for (const [key, kept] of changes) {
        if (kept === null) all.hdel(prefix + name, key)
        else all.hset(prefix + name, key, JSON.stringify(kept))
      }
      all.publish(channel, JSON.stringify([this.options.incarnation, name, changes] satisfies Message))
    }
    try {
      await all.exec()
    } catch (error) {
      for (const [, map, changes] of dirty) map.notWritten(changes)
      throw error
    }
  }
}

class RedisMap implements SharedMap<unknown> {
  readonly #known = new Map<string, Kept>()
  readonly #dirty = new Set<string>()
  readonly #listeners = new Set<(change: MapChange<unknown>) => void>()
  /** Changes published while the hash is being read: newer than what is read. */
  #told = new Set<string>()

  constructor(private readonly changed: () => void) {}

  set(key: string, value: unknown, forMs?: number): void {
    this.#known.set(key, { value, ...(forMs === undefined ? {} : { until: Date.now() + forMs }) })
    this.#dirty.add(key)
    this.changed()
  }

  delete(key: string): void {
    if (!this.#known.delete(key)) return
    this.#dirty.add(key)
    this.changed()
  }

  get(key: string): unknown {
    const kept = this.#known.get(key)
    if (kept === undefined || !isOver(kept)) return kept?.value
    this.#known.delete(key)
    return undefined
  }

  *entries(): IterableIterator<readonly [key: string, value: unknown]> {
    for (const [key, kept] of this.#known) {
      if (isOver(kept)) this.#known.delete(key)
      else yield [key, kept.value]
    }
  }

  onChange(listener: (change: MapChange<unknown>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  told(incarnation: string, changes: Message[2]): void {
    for (const [key, kept] of changes) {
      this.#told.add(key)
      this.#apply(incarnation, key, kept ?? undefined)
    }
  }

  reading(): void {
    this.#told = new Set()
  }

  /** @param forgot the server has lost its memory: what it does not have is written again. @returns keys that have lapsed */
  take(there: ReadonlyMap<string, Kept>, forgot: boolean): readonly string[] {
    for (const key of [...this.#known.keys()]) {
      if (there.has(key) || this.#told.has(key) || this.#dirty.has(key)) continue
      if (forgot) this.#dirty.add(key)
      else this.#apply('', key, undefined)
    }
    const over: string[] = []
    for (const [key, kept] of there) {
      if (isOver(kept)) over.push(key)
      else if (!this.#told.has(key) && !this.#dirty.has(key) && JSON.stringify(this.#known.get(key)) !== JSON.stringify(kept))
        this.#apply('', key, kept)
    }
    return over
  }

  changes(): Message[2] {
    const changes = [...this.#dirty].map((key) => [key, this.#known.get(key) ?? null] as const)
    this.#dirty.clear()
    return changes
  }

  notWritten(changes: Message[2]): void {
    for (const [key] of changes) this.#dirty.add(key)
  }

  #apply(incarnation: string, key: string, kept: Kept | undefined): void {
    if (kept === undefined) this.#known.delete(key)
    else this.#known.set(key, kept)
    for (const listener of this.#listeners) listener({ key, value: kept?.value, incarnation })
  }
}

function isOver({ until }: Kept): boolean {
  return until !== undefined && until <= Date.now()
}
