/** What is said once at the top of a page after something was done. The address names which; nobody else's words are shown. */
export const notices = {
  signedOut: 'You are signed out.',
  passwordSet: 'Your password is set. Your other sessions have ended.',
  sessionEnded: 'The session has ended.',
  sessionOver: 'That session was over already.',
  roleGiven: 'The role is given.',
  roleEnded: 'The role has ended.',
  personDisabled: 'They cannot sign in any more. Their sessions have ended.',
  personEnabled: 'They can sign in again.',
  callStarted: 'The clinician is being rung. After they accept, the patient is.',
  callBackMade: 'The call-back is arranged.',
  callBackChanged: 'The call-back is changed.',
  arrangementCancelled: 'It is cancelled. Nobody is rung.',
  callBackClosed: 'The call-back is closed.',
  arrangedOutcomeLeft: 'The outcome is left.',
  telephoneCleared: 'The telephone is rung in its turn again.',
  deviceRemoved: 'The telephone is removed. It neither rings nor calls any more.',
  codeCancelled: 'The code opens nothing any more.',
} as const

export type Notice = keyof typeof notices
