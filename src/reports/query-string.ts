import type { AskedCalls } from './asked-calls.js'

/** The filters and sort of a list of calls in a URL; in this order. */
export const askedNames = [
  'from',
  'to',
  'days',
  'line',
  'organisation',
  'clinician',
  'outcome',
  'answered',
  'ending',
  'number',
  'sipCallId',
  'order',
] as const satisfies readonly (keyof AskedCalls)[]

/** The query part of a URL that selects the calls. @param but fields to leave out */
export function askedString(query: Readonly<Record<string, string>>, but: readonly string[] = []): string {
  const params = new URLSearchParams()
  for (const name of askedNames) {
    const value = query[name]?.trim() ?? ''
    if (value !== '' && !but.includes(name)) params.set(name, value)
  }
  return params.toString()
}
