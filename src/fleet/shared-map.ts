import type { EngineRun, Presence } from './presence.js'

/** A change by another engine. `value` undefined: the key is gone. */
export interface MapChange<V> {
  readonly key: string
  readonly value: V | undefined
  /** Who changed it. */
  readonly incarnation: string
}

/**
 * Values that all engines know: the last one that was set for a key, by whichever engine. Short-lived, and kept in the memory of every engine, so that reading costs nothing; the others have a change within
 * a tenth of a second. While they cannot be reached, this engine goes on with what it knows; they hear later what was set meanwhile.
 */
export interface SharedMap<V> {
  /** @param value plain JSON @param forMs it is forgotten after this; undefined: never. Never throws */
  set(key: string, value: V, forMs?: number): void
  delete(key: string): void
  get(key: string): V | undefined
  entries(): IterableIterator<readonly [key: string, value: V]>
  /** Called with the changes of other engines. @returns stops it */
  onChange(listener: (change: MapChange<V>) => void): () => void
}

export interface SharedMaps {
  /** @param name the same in every engine; each calls this once for it */
  map<V>(name: string): SharedMap<V>
  close(): Promise<void>
}

/** Values of each engine, which end with it. */
export interface OthersMap<V> {
  /** This engine's own. */
  set(key: string, value: V): void
  delete(key: string): void
  /** Those of the others. */
  others(): Iterable<{ readonly engine: EngineRun; readonly key: string; readonly value: V }>
  /** Called when one of the others has changed. @returns stops it */
  onChange(listener: (change: { readonly engine: EngineRun; readonly key: string; readonly value: V | undefined }) => void): () => void
}

/** Each key belongs to the engine that set it. Keys of an engine that has gone are removed at once. */
export function ofEachEngine<V>(map: SharedMap<V>, presence: Presence): OthersMap<V> {
  const { self } = presence
  const nameOf = new Map<string, string>()
  const engineOf = (incarnation: string): EngineRun => ({ incarnation, name: nameOf.get(incarnation) ?? '' })
  const known = () => {
    for (const { incarnation, name } of presence.engines()) nameOf.set(incarnation, name)
  }
  known()
  const listeners = new Set<(change: { readonly engine: EngineRun; readonly key: string; readonly value: V | undefined }) => void>()
  const tell = (incarnation: string, key: string, value: V | undefined) => {
    for (const listener of listeners) listener({ engine: engineOf(incarnation), key, value })
  }
  presence.onChange(known)
  presence.onGone(({ incarnation }) => {
    for (const [full] of [...map.entries()]) {
      const [owner, key] = apart(full)
      if (owner !== incarnation) continue
      map.delete(full)
      tell(owner, key, undefined)
    }
    nameOf.delete(incarnation)
  })
  map.onChange(({ key: full, value }) => {
    const [owner, key] = apart(full)
    if (owner !== self.incarnation) tell(owner, key, value)
  })
  return {
    set: (key, value) => map.set(`${self.incarnation} ${key}`, value),
    delete: (key) => map.delete(`${self.incarnation} ${key}`),
    *others() {
      for (const [full, value] of map.entries()) {
        const [owner, key] = apart(full)
        // An engine that has just come is known in a moment.
        if (owner !== self.incarnation && nameOf.has(owner)) yield { engine: engineOf(owner), key, value }
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function apart(full: string): readonly [incarnation: string, key: string] {
  const space = full.indexOf(' ')
  return [full.slice(0, space), full.slice(space + 1)]
}
