/** FreeSWITCH's channel states that are shown here, with their numbers in events. */
export const CHANNEL_STATES = {
  CS_NEW: 0,
  CS_INIT: 1,
  CS_ROUTING: 2,
  CS_SOFT_EXECUTE: 3,
  CS_EXECUTE: 4,
  CS_EXCHANGE_MEDIA: 5,
  CS_PARK: 6,
  CS_HANGUP: 10,
} as const

export type ChannelState = keyof typeof CHANNEL_STATES

export const CALL_STATES = { DOWN: 0, RINGING: 2, EARLY: 3, ACTIVE: 4, HANGUP: 7 } as const

export type CallState = keyof typeof CALL_STATES

/** Hangup causes (ITU Q.850) that clients may name, with the cause code that goes into the BYE's Reason header (RFC 3326). */
const CAUSES: Readonly<Record<string, number>> = {
  NONE: 0,
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_DESTINATION: 3,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  SUBSCRIBER_ABSENT: 20,
  CALL_REJECTED: 21,
  DESTINATION_OUT_OF_ORDER: 27,
  INVALID_NUMBER_FORMAT: 28,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_CIRCUIT_CONGESTION: 34,
  NETWORK_OUT_OF_ORDER: 38,
  NORMAL_TEMPORARY_FAILURE: 41,
  SWITCH_CONGESTION: 42,
  INCOMPATIBLE_DESTINATION: 88,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  INTERWORKING: 127,
  ORIGINATOR_CANCEL: 487,
  LOSE_RACE: 502,
  MANAGER_REQUEST: 503,
  MEDIA_TIMEOUT: 604,
}

export interface HangupCause {
  readonly name: string
  readonly code: number
}

/** Reads a cause by name or number. Anything else is NORMAL_CLEARING, as on the real server. */
export function hangupCause(text: string): HangupCause {
  const wanted = text.trim().toUpperCase()
  for (const [name, code] of Object.entries(CAUSES)) {
    if (name === wanted || (/^\d+$/.test(wanted) && code === Number(wanted))) return { name, code }
  }
  return { name: 'NORMAL_CLEARING', code: 16 }
}
