import { asTyped } from '../text/twins.js'
import { shorten } from './form.js'
import type { ClinicianId, Directory, RotaEntry } from './model.js'
import { mangledNumber } from './sheet-cells.js'
import { readNumber, readTarget, writeTarget } from './telephone-number.js'

/** Written in place of people when nobody is rung. */
export const closedWord = 'closed'

/** Why a cell names nobody; `expected` if more can be said than for any cell. */
export interface SheetNameProblem {
  readonly problem: string
  readonly expected?: string
}

/** Names of people and phones in a spreadsheet, both ways: `read` understands what `show` writes. */
export class SheetNames {
  readonly #directory: Directory
  readonly #byName = new Map<string, ClinicianId[]>()

  constructor(directory: Directory) {
    this.#directory = directory
    for (const { id, name } of directory.clinicians.values()) {
      const namesakes = this.#byName.get(nameKey(name))
      if (namesakes === undefined) this.#byName.set(nameKey(name), [id])
      else namesakes.push(id)
    }
  }

  /** `Dr Ada Okafor`; `Dr Ada Okafor [dr-okafor]` if the name alone is ambiguous; `Ward 7 (01632 960123)`. */
  show(entry: RotaEntry): string {
    if (entry.kind === 'phone') return `${entry.label} (${writeTarget(entry.target)})`
    const name = this.#directory.clinicians.get(entry.clinician)?.name
    if (name === undefined) return entry.clinician
    const readBack = name.toLowerCase() === closedWord || /^[=+\-@']/.test(name) ? undefined : this.read(name)
    return readBack !== undefined && 'kind' in readBack && readBack.kind === 'clinician' && readBack.clinician === entry.clinician
      ? name
      : `${name} [${entry.clinician}]`
  }

  /** @returns the entry, or why there is none */
  read(cell: string): RotaEntry | SheetNameProblem {
    const written = cell.replaceAll(/\s+/g, ' ').trim()
    const found = this.#read(written)
    // A leading apostrophe is the spreadsheet's, unless a name begins with one.
    return 'problem' in found && written.startsWith("'") ? this.#read(written.slice(1)) : found
  }

  #read(written: string): RotaEntry | SheetNameProblem {
    const text = asTyped(written)
    const id = /\[([a-z0-9][a-z0-9-]{0,63})\]$/.exec(text)?.[1] ?? text
    if (this.#directory.clinicians.has(id)) return { kind: 'clinician', clinician: id }
    const [namesake, ...others] = this.#byName.get(nameKey(text)) ?? []
    if (namesake !== undefined)
      return others.length === 0
        ? { kind: 'clinician', clinician: namesake }
        : {
            problem: `several people have this name; write one of ${[namesake, ...others].map((other) => `[${other}]`).join(', ')} behind it`,
          }
    const spoiled = mangledNumber(text)
    if (spoiled !== undefined) return { problem: spoiled.message, expected: spoiled.expected }
    // The last brackets hold the number; the name before them stays as written.
    const phone = /^(.+?)\s*[(\uff08]([^()\uff08\uff09]*)[)\uff09]$/.exec(written)
    if (phone?.[1] === undefined || phone[2] === undefined)
      return readNumber(text).ok
        ? { problem: 'a telephone without a name', expected: `what it is, with the number in brackets: Ward 7 (${text})` }
        : { problem: 'nobody in the directory has this name' }
    const number = asTyped(phone[2]).replace(/^'/, '')
    const reading = readTarget(number)
    if (reading.ok) return { kind: 'phone', label: phone[1], target: reading.target }
    const lost = mangledNumber(number)
    return lost === undefined
      ? { problem: `"${shorten(number)}" in brackets is no number that can be rung` }
      : { problem: lost.message, expected: lost.expected }
  }
}

function nameKey(name: string): string {
  return asTyped(name).normalize('NFC').toLowerCase()
}
