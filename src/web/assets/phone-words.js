// Words of the calling page: for trouble, refusals and the stage of a call.

/** Why the telephone does not work, by reason. */
export const troubles = {
  noConnection:
    'This page is open, but its connection for calls is not: a proxy or firewall may block WebSockets. It will reconnect automatically. A call in progress carries on.',
  noAnswer: 'The service is not responding. It will reconnect automatically.',
  notRegistered: 'The service is not accepting this telephone at the moment. It will try again automatically.',
  renew: 'The service has asked this telephone for a new password. It will try again automatically.',
  refused: 'The connection for calls was refused. Reload this page.',
  sessionOver: 'You are signed out. Sign in again to call.',
  voice: 'The network is blocking the audio. The test under "Microphone, loudspeaker and connection" says what to open.',
  microphoneLost: 'The microphone has gone. Plug it back in, or choose another one below: the call carries on.',
  otherTab: 'The phone is in another tab of this browser.',
  otherTabBusy: 'You are on a call in the other tab: end it there first.',
  otherTabSilent: 'The other tab is not responding. Close it, and the phone will move here.',
}

/** Words for a refusal (SIP status). */
export const refusals = {
  403: 'You may not call this.',
  404: 'This number is not in use.',
  480: 'Nobody is available there now.',
  486: 'Engaged.',
  487: 'The call was ended.',
  488: 'This browser and the service have no audio format in common.',
  503: 'The service cannot take more calls at the moment. Try again in a minute.',
}

/** The service's view of a call, in words. */
export function inWords({ part, stage, attempt, whom, organisation, line: about }) {
  if (part === 'specialist') {
    const who = `${organisation ? `from ${organisation}` : 'from a practice'}${about ? ` about ${about}` : ''}`
    return (
      {
        ringing: `A call ${who}.`,
        whisper: `A call ${who}. Press 1 to accept it.`,
        connecting: 'Accepted. Connecting ...',
        talking: `You are talking to ${organisation ?? 'the caller'}.`,
        outcome: 'The other person has hung up. What was the outcome?',
        ending: 'The call is ending.',
      }[stage] ?? ''
    )
  }
  const ringing = whom === '' ? `Ringing (${attempt}).` : `Ringing: ${whom} (${attempt}).`
  return (
    {
      menu: 'Key the code of a line.',
      hunting: `Looking for someone who is free${attempt === '–' ? '' : ` (${attempt})`}.`,
      ringing,
      whisper: `${whom} has answered and is asked to accept (${attempt}).`,
      connecting: `${whom} accepts. Connecting ...`,
      talking: `You are talking to ${whom}.`,
      outcome: 'The other person has hung up. What was the outcome?',
      ending: 'The call is ending.',
    }[stage] ?? 'Connected to the service.'
  )
}
