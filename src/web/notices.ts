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
} as const

export type Notice = keyof typeof notices
