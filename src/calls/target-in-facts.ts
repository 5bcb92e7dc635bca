import type { Target } from '../switch/port.js'

/** A target as the facts have it: the number in E.164, or the address. */
export function targetInFacts(target: Target): string {
  return target.kind === 'number' ? target.number : target.uri
}
