import type { MapChange, SharedMap } from '../../src/fleet/shared-map.js'

type Told<V> = Pick<SharedMap<V>, 'set' | 'onChange'>

/** Two engines that share data at once, as through a shared map. */
export function toldEngines<V>(): readonly [Told<V>, Told<V>] {
  const listeners = [new Set<(change: MapChange<V>) => void>(), new Set<(change: MapChange<V>) => void>()] as const
  const engine = (own: 0 | 1): Told<V> => ({
    set: (key, value) => {
      for (const listener of listeners[own === 0 ? 1 : 0]) listener({ key, value, incarnation: String(own) })
    },
    onChange(listener) {
      listeners[own].add(listener)
      return () => listeners[own].delete(listener)
    },
  })
  return [engine(0), engine(1)]
}
