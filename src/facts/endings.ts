import type { LegEnding } from '../switch/port.js'
import type { AttemptResult, CallEnding } from './events.js'

/**
 * The closed taxonomy of how things end on the telephone: for every ending of a leg, of an attempt and of a call, who ended it, why, and
 * whose fault it was. A new ending does not compile until it is listed here; a test counts them.
 */
export interface Ending {
  readonly endedBy: 'caller' | 'specialist' | 'party' | 'system' | 'network'
  /** In words, for reports and the log. */
  readonly why: string
  readonly fault: Fault
}

/**
 * `none`: as it should be. `party`: a party's choice (hung up, refused). `directory`: a wrong number, an empty rota, no access.
 * `ours`: the engine or its media server. `network`: a trunk or a far end. `unknown`: cannot be told.
 */
export type Fault = 'none' | 'party' | 'directory' | 'ours' | 'network' | 'unknown'

export const legEndings: Readonly<Record<LegEnding, Ending>> = {
  hangup: { endedBy: 'party', why: 'the party hung up', fault: 'none' },
  released: { endedBy: 'system', why: 'we released the leg when it was no longer needed', fault: 'none' },
  mediaTimeout: { endedBy: 'network', why: 'no voice packet came from the party for too long', fault: 'network' },
  mediaLost: { endedBy: 'system', why: 'the media server went away', fault: 'ours' },
  signallingLost: { endedBy: 'system', why: 'the signalling server went away', fault: 'ours' },
  transport: { endedBy: 'network', why: 'the far end did not answer a request inside the call, or refused it', fault: 'network' },
}

export const attemptResults: Readonly<Record<AttemptResult, Ending>> = {
  accepted: { endedBy: 'specialist', why: 'accepted, and was connected to the caller', fault: 'none' },
  connected: { endedBy: 'specialist', why: 'answered, and was connected to the caller', fault: 'none' },
  busy: { endedBy: 'specialist', why: 'engaged', fault: 'party' },
  declined: { endedBy: 'specialist', why: 'refused the call', fault: 'party' },
  unavailable: { endedBy: 'specialist', why: 'switched off or out of reach', fault: 'party' },
  badNumber: { endedBy: 'network', why: 'nobody has this number', fault: 'directory' },
  noAnswer: { endedBy: 'system', why: 'rang until the time-out', fault: 'none' },
  notAccepted: { endedBy: 'system', why: 'answered, but did not accept in time (voicemail, silence, other keys)', fault: 'none' },
  answeredThenHungUp: { endedBy: 'specialist', why: 'answered and hung up without accepting', fault: 'party' },
  failed: { endedBy: 'network', why: 'could not be rung, heard or connected; the fact says at whose end', fault: 'unknown' },
  cancelled: { endedBy: 'caller', why: 'the caller had gone, or the hunt was over', fault: 'none' },
}

export const callEndings: Readonly<Record<CallEnding, Ending>> = {
  completed: { endedBy: 'party', why: 'connected', fault: 'none' },
  abandonedInMenu: { endedBy: 'caller', why: 'the caller hung up before a line was chosen', fault: 'party' },
  abandonedInHunt: {
    endedBy: 'caller',
    why: 'the caller hung up while a specialist was being rung, or before hearing how the call ended',
    fault: 'party',
  },
  abandonedBeforeAnswer: { endedBy: 'caller', why: 'the caller gave up before the call was answered', fault: 'party' },
  unanswered: { endedBy: 'system', why: 'nobody accepted, or answered', fault: 'none' },
  noChoice: { endedBy: 'system', why: 'no line was chosen in the tries that there are', fault: 'party' },
  lineClosed: { endedBy: 'system', why: 'the line was closed', fault: 'none' },
  noRota: { endedBy: 'system', why: 'nobody was on the rota', fault: 'directory' },
  notAllowed: { endedBy: 'system', why: 'this number may not use any line', fault: 'directory' },
  callBackRequested: { endedBy: 'system', why: 'nobody was free, and the patient asked to be called back', fault: 'none' },
  wrongCode: { endedBy: 'system', why: 'no PIN or code was keyed that is good here and now', fault: 'party' },
  unknownNumber: { endedBy: 'system', why: 'the number dialled does nothing', fault: 'directory' },
  noCommonCodec: { endedBy: 'system', why: 'the caller offered no codec that we speak', fault: 'network' },
  engineFault: { endedBy: 'system', why: 'the engine failed', fault: 'ours' },
  mediaFault: { endedBy: 'system', why: 'nothing could be played to the caller', fault: 'ours' },
  overloaded: { endedBy: 'system', why: 'more calls came than could be answered in time', fault: 'ours' },
  interrupted: { endedBy: 'system', why: 'the engine stopped or died', fault: 'ours' },
  cameAgain: { endedBy: 'system', why: 'the engine died before the answer, and another engine took the call', fault: 'ours' },
}
