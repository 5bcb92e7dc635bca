// What the page that calls says: of troubles, of refusals, and of how far a call is.

/** What keeps the telephone from being one, by why. */
export const troubles = {
  noConnection:
    'This page is open, but its connection for calls is not: a proxy or firewall may block WebSockets. It is tried again by itself. A call that runs goes on.',
  noAnswer: 'The service does not answer. It is tried again by itself.',
  notRegistered: 'The service does not take this telephone at the moment. It is tried again by itself.',
  renew: 'The service asks this telephone for a new password. It is tried again by itself.',
  refused: 'The connection for calls was refused. Load this page again.',
  sessionOver: 'You are signed out. Sign in again to call.',
  voice:
    'Voice cannot get through: the network lets it neither out nor in. The test under "Microphone, loudspeaker and connection" says what to open.',
  microphoneLost: 'The microphone is gone. Plug it in again, or choose another one below: the call goes on.',
  otherTab: 'The phone is in another tab of this browser.',
  otherTabBusy: 'A call runs in the other tab: end it there first.',
  otherTabSilent: 'The other tab does not answer. Close it, and the phone comes here.',
}

/** What a refusal means (SIP status). */
export const refusals = {
  403: 'You may not call this.',
  404: 'There is nothing at this number.',
  480: 'Nobody can be reached there now.',
  486: 'Engaged.',
  487: 'The call was ended.',
  488: 'This browser and the service have no way of speaking in common.',
  503: 'The service takes no more calls at the moment. Try again in a minute.',
}

/** What the service says of a call, in words. */
export function inWords({ part, stage, attempt, whom, organisation, line: about }) {
  if (part === 'specialist') {
    const who = `${organisation ? `from ${organisation}` : 'from a practice'}${about ? ` about ${about}` : ''}`
    return (
      {
        ringing: `A call ${who}.`,
        whisper: `A call ${who}. Press 1 to accept it.`,
        connecting: 'Accepted. Connecting ...',
        talking: `You speak with ${organisation ?? 'whoever called'}.`,
        outcome: 'The other side has hung up. What came of it?',
        ending: 'The call ends.',
      }[stage] ?? ''
    )
  }
  const ringing = whom === '' ? `Ringing (${attempt}).` : `Ringing: ${whom} (${attempt}).`
  return (
    {
      menu: 'Key the code of a line.',
      hunting: `Looking for somebody who is free${attempt === '–' ? '' : ` (${attempt})`}.`,
      ringing,
      whisper: `${whom} has answered and is asked to accept (${attempt}).`,
      connecting: `${whom} accepts. Connecting ...`,
      talking: `You speak with ${whom}.`,
      outcome: 'The other side has hung up. What came of it?',
      ending: 'The call ends.',
    }[stage] ?? 'Connected with the service.'
  )
}
