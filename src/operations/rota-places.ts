import type { Directory, RotaEntry } from '../directory/model.js'
import { sessionsOn } from '../directory/rota.js'
import { knownTimeZone } from '../directory/time-zone.js'
import { targetInFacts } from '../facts/target-in-facts.js'

/** Where a telephone may be rung today. */
export interface RotaPlace {
  readonly kind: 'line' | 'pool'
  readonly id: string
  readonly name: string
}

/**
 * The lines whose rotas have each telephone today (sessions that begin today, and yesterday's still running), and the pools.
 * @returns by the target as the facts have it
 */
export function rotaPlacesToday(directory: Directory, atMs: number): ReadonlyMap<string, readonly RotaPlace[]> {
  const places = new Map<string, RotaPlace[]>()
  const add = (entries: readonly RotaEntry[], place: RotaPlace) => {
    for (const entry of entries) {
      const targets = entry.kind === 'phone' ? [entry.target] : (directory.clinicians.get(entry.clinician)?.numbers ?? [])
      for (const target of targets) {
        const key = targetInFacts(target)
        const known = places.get(key)
        if (known === undefined) places.set(key, [place])
        else if (!known.includes(place)) known.push(place)
      }
    }
  }
  for (const line of directory.lines.values()) {
    const rota = directory.rotas.get(line.id)
    if (rota === undefined) continue
    const place: RotaPlace = { kind: 'line', id: line.id, name: line.name }
    const today = knownTimeZone(line.timeZone).dayAt(atMs)
    for (const session of sessionsOn(rota, line.timeZone, today)) add(session.entries, place)
    for (const session of sessionsOn(rota, line.timeZone, today - 1)) if (session.to > atMs) add(session.entries, place)
  }
  for (const pool of directory.pools.values()) add(pool.entries, { kind: 'pool', id: pool.id, name: pool.specialty })
  return places
}
