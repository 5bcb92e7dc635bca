import type { Directory, NumberUse, Organisation } from './model.js'
import { sentNumbers } from './telephone-number.js'

/**
 * What a dialled number does. It is looked up as dialled, then in E.164: trunks send `01632960123`, `1632960123`, `441632960123`,
 * `00441632960123`, `+4401632960123` and `+441632960123` for the same number.
 * @returns undefined when it does nothing
 */
export function numberUse(directory: Directory, dialled: string): NumberUse | undefined {
  const exact = directory.numbers.get(dialled)
  if (exact !== undefined) return exact.use
  // Some telephones send the `#` that ends dialling too.
  const ended = directory.numbers.get(dialled.replace(/#$/, ''))
  if (ended !== undefined) return ended.use
  for (const number of sentNumbers(dialled)) {
    const found = directory.numbers.get(number)
    if (found !== undefined) return found.use
  }
  return undefined
}

/** The organisation that clinicians reach by these keys. @returns undefined if none has the code */
export function organisationByCode(directory: Directory, code: string): Organisation | undefined {
  for (const organisation of directory.organisations.values()) if (organisation.code === code) return organisation
  return undefined
}
