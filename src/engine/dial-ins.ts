import type { Directory } from '../directory/model.js'

/** Dial-In numbers with what they are, in the directory's order; the shortest form of each. */
export function dialIns(directory: Directory): readonly { readonly number: string; readonly organisation: string }[] {
  const shortest = new Map<string, string>()
  for (const { number, use } of directory.numbers.values()) {
    if (use.kind !== 'dialIn') continue
    const before = shortest.get(use.organisation)
    if (before === undefined || number.length < before.length) shortest.set(use.organisation, number)
  }
  return [...shortest].map(([organisation, number]) => ({
    number,
    organisation: directory.organisations.get(organisation)?.name ?? organisation,
  }))
}
