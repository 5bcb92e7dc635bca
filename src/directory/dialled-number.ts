import type { Directory, NumberUse } from './model.js'
import { readNumber } from './telephone-number.js'

/**
 * What a dialled number does. It is looked up as it was dialled, then in E.164: trunks send `01632960123`, `441632960123`,
 * `00441632960123` and `+441632960123` for the same number.
 * @returns undefined when it does nothing
 */
export function numberUse(directory: Directory, dialled: string): NumberUse | undefined {
  const exact = directory.numbers.get(dialled)
  if (exact !== undefined) return exact.use
  const reading = readNumber(dialled)
  if (reading.ok) return directory.numbers.get(reading.number)?.use
  const withPlus = readNumber(`+${dialled}`)
  return withPlus.ok ? directory.numbers.get(withPlus.number)?.use : undefined
}
