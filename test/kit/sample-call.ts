import type { CallFact } from '../../src/facts/events.js'

/** A specialist's own number: it must never appear outside the store. */
export const specialistsNumber = '+447700900123'

/** The facts of a successful call: one specialist does not answer, the next accepts, the caller leaves an outcome. */
export function goodCall(
  callId: string,
  options: { readonly line?: string; readonly organisation?: string; readonly spoolPath?: string } = {},
): readonly CallFact[] {
  return [...untilTalking(callId, options), ...afterTalking(callId)]
}

export function untilTalking(
  callId: string,
  options: {
    readonly line?: string
    readonly organisation?: string
    readonly spoolPath?: string
    readonly heardAt?: number
    readonly attempt?: string
  } = {},
): readonly CallFact[] {
  const accepted = options.attempt ?? `${callId}-2`
  const line = options.line ?? 'cardiology'
  return [
    {
      type: 'call.arrived',
      kind: 'dialIn',
      callerNumber: '01632960101',
      dialledNumber: '01632960000',
      organisation: options.organisation ?? 'elm-row',
      source: '127.0.0.1:5070/udp',
      sipCallId: `${callId}@phone.example`,
      trunk: 'main',
    },
    { type: 'call.answered', legId: `${callId}-a` },
    { type: 'line.chosen', line, by: 'only' },
    { type: 'hunt.started', pool: 'local', candidates: 2 },
    {
      type: 'attempt.started',
      attempt: `${callId}-1`,
      candidate: 'clinician:dr-okafor',
      label: 'Dr Okafor',
      clinician: 'dr-okafor',
      pool: 'local',
      target: 'sip:okafor@127.0.0.1:5090',
    },
    { type: 'attempt.ringing', attempt: `${callId}-1` },
    { type: 'attempt.ended', attempt: `${callId}-1`, result: 'noAnswer' },
    {
      type: 'attempt.started',
      attempt: accepted,
      candidate: `phone:${specialistsNumber}`,
      label: 'On-call mobile',
      pool: 'local',
      target: specialistsNumber,
    },
    { type: 'attempt.ringing', attempt: accepted },
    { type: 'attempt.answered', attempt: accepted, legId: `${callId}-b` },
    { type: 'whisper.started', attempt: accepted, repetition: 1 },
    {
      type: 'attempt.accepted',
      attempt: accepted,
      proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: `${callId}-b`, heardAt: options.heardAt ?? Date.now() },
    },
    { type: 'attempt.ended', attempt: accepted, result: 'accepted' },
    { type: 'hunt.ended', result: 'accepted' },
    { type: 'recording.started', recordingId: `${callId}-r`, spoolPath: options.spoolPath ?? `/nowhere/${callId}-r.wav` },
    { type: 'talk.started', attempt: accepted },
  ]
}

export function afterTalking(callId: string): readonly CallFact[] {
  return [
    { type: 'talk.ended', by: 'specialist', why: 'hangup' },
    { type: 'recording.stopped', recordingId: `${callId}-r` },
    { type: 'outcome.asked', of: 'caller' },
    { type: 'outcome.left', outcome: 'referral-avoided', by: 'caller' },
    {
      type: 'leg.ended',
      legId: `${callId}-b`,
      party: 'specialist',
      hangUp: { ending: 'hangup', at: Date.now(), detail: `BYE from <sip:${specialistsNumber}@trunk.example>` },
    },
    { type: 'call.ended', ending: 'completed' },
  ]
}
