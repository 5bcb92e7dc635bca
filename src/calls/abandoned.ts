import type { CallEnding } from '../facts/events.js'
import type { Leg } from '../switch/port.js'
import type { CallEnd } from './call-context.js'

/**
 * The ending of a call whose caller left before its normal end.
 * @param abandoned the ending if the caller hung up or their side dropped
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
