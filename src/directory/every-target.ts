import type { Target } from '../switch/port.js'
import type { Directory, RotaChange, RotaEntry } from './model.js'
import { writeTarget } from './telephone-number.js'

/** A telephone of the directory. */
export interface WrittenTarget {
  /** Its place, for the directory's keeper: "Dr Ada Okafor", "Coronary care unit (rota of cardiology)". */
  readonly place: string
  readonly target: Target
}

/** Every telephone that the directory can ring, once for each place: a weekly session is one place. */
export function everyTarget(directory: Directory): readonly WrittenTarget[] {
  const found = new Map<string, WrittenTarget>()
  const add = (place: string, target: Target) => found.set(`${place}\n${writeTarget(target)}`, { place, target })
  for (const { name, numbers } of directory.clinicians.values()) for (const target of numbers) add(name, target)
  for (const { name, bypass, reception } of directory.organisations.values()) {
    if (bypass) add(`${name} (bypass)`, bypass)
    if (reception) add(`${name} (reception)`, reception)
  }
  const phones = (entries: readonly RotaEntry[], where: string) => {
    for (const entry of entries) if (entry.kind === 'phone') add(`${entry.label} (${where})`, entry.target)
  }
  for (const { line, pattern, changes } of directory.rotas.values()) {
    for (const { entries } of pattern) phones(entries, `rota of ${line}`)
    for (const change of changes) phones(entriesOf(change), `rota of ${line}, ${change.date}`)
  }
  for (const { id, entries } of directory.pools.values()) phones(entries, `NCN pool ${id}`)
  return [...found.values()]
}

function entriesOf(change: RotaChange): readonly RotaEntry[] {
  switch (change.kind) {
    case 'replace':
    case 'reorder':
      return change.entries
    case 'add':
    case 'remove':
      return [change.entry]
    case 'close':
      return []
  }
}
