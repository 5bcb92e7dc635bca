import type { Directory, Organisation } from '../directory/model.js'
import { showNumber } from '../directory/telephone-number.js'
import type { Target } from '../switch/port.js'

/** A practice that specialists can reach past its queue. */
export interface BypassEntry {
  readonly id: string
  readonly name: string
  readonly areaName: string | null
  readonly odsCode: string | null
  /** The code to key on a bypass number of the service; null: it has none. */
  readonly code: string | null
  /** Its unlisted number, as people write it; null: it has none that can be dialled from elsewhere. */
  readonly bypass: string | null
  readonly reception: string | null
}

export interface BypassDirectory {
  /** Numbers of the service on which a practice's code is keyed, as people write them. */
  readonly numbers: readonly string[]
  /** In the order of their names. */
  readonly practices: readonly BypassEntry[]
  /** How many more there are beyond the page. */
  readonly more: number
}

/** @param search words of a practice's name or area, its ODS code or its code; empty: all */
export function bypassDirectory(
  directory: Directory,
  { search = '', limit }: { readonly search?: string; readonly limit: number },
): BypassDirectory {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found = [...directory.organisations.values()]
    .filter(({ code, bypass, reception }) => code !== undefined || bypass !== undefined || reception !== undefined)
    .map((one) => entryOf(one, directory))
    .filter(({ name, areaName, odsCode, code }) => {
      const said = [name, areaName ?? '', odsCode ?? '', code ?? ''].join(' ').toLowerCase()
      return words.every((word) => said.includes(word))
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en-GB') || (a.id < b.id ? -1 : 1))
  return {
    numbers: [...directory.numbers.values()].flatMap(({ number, use }) => (use.kind === 'bypass' ? [showNumber(number)] : [])),
    practices: found.slice(0, limit),
    more: Math.max(0, found.length - limit),
  }
}

function entryOf({ id, name, area, odsCode, code, bypass, reception }: Organisation, { areas }: Directory): BypassEntry {
  return {
    id,
    name,
    areaName: areas.get(area)?.name ?? null,
    odsCode: odsCode ?? null,
    code: code ?? null,
    bypass: numberOf(bypass),
    reception: numberOf(reception),
  }
}

/** A SIP address or a registered telephone cannot be dialled from elsewhere; the practice's code leads there. */
function numberOf(target: Target | undefined): string | null {
  return target?.kind === 'number' ? showNumber(target.number) : null
}
