import { shorten } from './form.js'
import type { ClinicianId, Directory, RotaEntry } from './model.js'
import { readTarget, writeTarget } from './telephone-number.js'

/** What stands in place of people when nobody is to be rung. */
export const closedWord = 'closed'

/** People and phones as a spreadsheet names them, both ways: what `show` writes, `read` understands. */
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

  /** `Dr Ada Okafor`; `Dr Ada Okafor [dr-okafor]` where the name alone could be misread; `Ward 7 (01632 960123)`. */
  show(entry: RotaEntry): string {
    if (entry.kind === 'phone') return `${entry.label} (${writeTarget(entry.target)})`
    const name = this.#directory.clinicians.get(entry.clinician)?.name
    if (name === undefined) return entry.clinician
    const readBack = name.toLowerCase() === closedWord || /^[=+\-@']/.test(name) ? undefined : this.read(name)
    return typeof readBack === 'object' && readBack.kind === 'clinician' && readBack.clinician === entry.clinician ? name : `${name} [${entry.clinician}]`
  }

  /** @returns the entry, or in words why there is none */
  read(cell: string): RotaEntry | string {
    // An apostrophe before a formula's sign is the spreadsheet's, not the name's.
    const text = cell.replace(/^'(?=[=+\-@])/, '').replaceAll(/\s+/g, ' ').trim()
    const id = /\[([a-z0-9][a-z0-9-]{0,63})\]$/.exec(text)?.[1] ?? text
    if (this.#directory.clinicians.has(id)) return { kind: 'clinician', clinician: id }
    const [namesake, ...others] = this.#byName.get(nameKey(text)) ?? []
    if (namesake !== undefined) return others.length === 0 ? { kind: 'clinician', clinician: namesake } : `several people have this name; write one of ${[namesake, ...others].map((other) => `[${other}]`).join(', ')} behind it`
    const phone = /^(.+?)\s*\(([^()]*)\)$/.exec(text)
    if (phone?.[1] === undefined || phone[2] === undefined) return 'nobody in the directory has this name'
    const reading = readTarget(phone[2].trim())
    return reading.ok ? { kind: 'phone', label: phone[1], target: reading.target } : `"${shorten(phone[2])}" in brackets is no number that can be rung`
  }
}

function nameKey(name: string): string {
  return name.normalize('NFC').replaceAll(/\s+/g, ' ').trim().toLowerCase()
}
