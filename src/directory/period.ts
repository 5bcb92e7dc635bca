/** A retention period. `text`: as written, `3 years`. */
export type Period =
  | { readonly kind: 'for'; readonly count: number; readonly unit: 'days' | 'months' | 'years'; readonly text: string }
  | { readonly kind: 'forever'; readonly text: 'forever' }

export const expectedPeriod = 'a number of days, months or years such as `3 years`, or `forever`'

/** @returns undefined if it is none */
export function parsePeriod(text: string): Period | undefined {
  if (text.trim() === 'forever') return { kind: 'forever', text: 'forever' }
  const [, digits, name] = /^\s*([1-9]\d{0,3})\s+(day|month|year)s?\s*$/.exec(text) ?? []
  if (digits === undefined || name === undefined) return undefined
  const count = Number(digits)
  return { kind: 'for', count, unit: `${name as 'day' | 'month' | 'year'}s`, text: `${count} ${name}${count === 1 ? '' : 's'}` }
}
