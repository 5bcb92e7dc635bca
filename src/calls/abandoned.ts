import type { CallEnding } from '../facts/events.js'
import type { Leg } from '../switch/port.js'
import type { CallEnd } from './call-context.js'

/**
 * How a call ends whose caller has gone before it came to its end.
 * @param abandoned the ending where the caller hung up, or their side of the line went away
 */
export function leftEarly(caller: Leg, abandoned: Extract<CallEnding, 'abandonedInMenu' | 'abandonedInHunt'>): CallEnd {
  const ending = caller.ended?.ending
  switch (ending) {
    case 'hangup':
      return { ending: abandoned }
    case 'mediaTimeout':
    case 'transport':
      return { ending: abandoned, detail: ending }
    case 'released':
      return { ending: 'interrupted' }
    case 'signallingLost':
      return { ending: 'engineFault', detail: ending }
    case 'mediaLost':
    case undefined:
      return { ending: 'mediaFault', detail: ending ?? 'nothing could be played to the caller' }
  }
}
