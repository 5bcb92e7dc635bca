import { showNumber } from './telephone-number.js'

/** Specialists' numbers stay inside. The operations page may show the first three characters and the last two. */
export function maskedTarget(target: string): string {
  // The name of a registered telephone: it cannot be rung from outside, and gives no number away.
  if (isDevice(target)) return target
  // Of an address nothing is shown: its user part and its host both say whose phone it is.
  const uri = /^(sips?:)/i.exec(target)
  if (uri) return `${uri[1] ?? ''}•••`
  if (target.length <= 5) return '•••'
  return `${target.slice(0, 3)}${'•'.repeat(target.length - 5)}${target.slice(-2)}`
}

/**
 * A copy of `value` in which every number in `targets` is masked, in every place and usual form (`+44…`, `44…`,
 * `0…`): a SIP header in an error text gives a number away as well as a field does.
 */
export function withoutTargets<T>(value: T, targets: readonly string[]): T {
  const forms = [...new Set(targets.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  if (forms.length === 0) return value
  return scrubbed(value, forms) as T
}

function scrubbed(value: unknown, forms: readonly string[]): unknown {
  if (typeof value === 'string') return forms.reduce((text, form) => text.replaceAll(form, maskedTarget(form)), value)
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, forms))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, scrubbed(one, forms)]))
  return value
}

function isDevice(target: string): boolean {
  return /^(?:device|browser):/.test(target)
}

function formsOf(target: string): readonly string[] {
  if (isDevice(target)) return []
  const forms = [target]
  const user = /^sips?:([^@]+)@/i.exec(target)?.[1]
  // Only a number is worth searching for everywhere; a short name would match ordinary words.
  if (user !== undefined && /^\+?\d{5,}$/.test(user)) forms.push(...formsOf(user))
  if (/^\+\d{7,}$/.test(target)) {
    const digits = target.slice(1)
    // As people write it, too: details of alarms do.
    forms.push(digits, showNumber(target))
    // National form in the United Kingdom.
    if (digits.startsWith('44')) forms.push(`0${digits.slice(2)}`, digits.slice(2))
  }
  return forms.filter((form) => form.length >= 5)
}
