import type { Target } from '../switch/port.js'

/** A target as the facts have it: the number in E.164, the address, `device:` and the user of the registered telephone, or `browser:` and the clinician. */
export function targetInFacts(target: Target): string {
  switch (target.kind) {
    case 'number':
      return target.number
    case 'uri':
      return target.uri
    case 'device':
      return `device:${target.user}`
    case 'browser':
      return `browser:${target.clinician}`
  }
}
