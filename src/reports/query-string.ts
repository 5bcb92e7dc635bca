import type { AskedCalls } from './asked-calls.js'

/** By what a list of calls can be filtered and sorted, as it stands in an address; in this order. */
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

/** The parts of an address that say which calls are meant, and nothing else. @param but these are left out */
export function askedString(query: Readonly<Record<string, string>>, but: readonly string[] = []): string {
  const params = new URLSearchParams()
  for (const name of askedNames) {
    const value = query[name]?.trim() ?? ''
    if (value !== '' && !but.includes(name)) params.set(name, value)
  }
  return params.toString()
}
