/**
 * Every error code of the API: its HTTP status, when it comes, and an example text. One shape for all:
 * `{ error: { code, message, field?, problems? } }`. The documentation of every operation is made of this table.
 */
export const apiErrors = {
  badRequest: {
    status: 400,
    when: 'Something in the request is missing, unknown or wrong. `field` names it, `message` says what would be right',
    field: 'limit',
    example: 'limit is 0; it has to be a whole number from 1 to 200.',
  },
  notSignedIn: {
    status: 401,
    when: 'There is no session and no token, or it has expired',
    example: 'Sign in, or send a token: authorization: Bearer rr_... (npm run account -- token makes one).',
  },
  notAllowed: {
    status: 403,
    when: 'None of your roles lets you do this, nor does the token',
    example: 'None of your roles lets you do this (it needs: arrangements).',
  },
  secondFactorNeeded: {
    status: 403,
    when: 'One of your roles asks for a second factor, and this session has shown none',
    example: 'Your role asks for a second factor: set one up, or show it, at /account/confirm.',
  },
  reasonNeeded: {
    status: 403,
    when: 'You see this call only because you were approved for patient data, and have not said why you look',
    example: 'You had no part in call 6f1c0d3a: say first why you look (POST /api/calls/6f1c0d3a/reason).',
  },
  crossSite: {
    status: 403,
    when: 'The request comes from a page of another site (`Origin`, `Sec-Fetch-Site`)',
    example: 'Pages of https://elsewhere.example may change nothing here.',
  },
  notFound: {
    status: 404,
    when: 'There is no such route',
    example: 'There is nothing at GET /api/nowhere. The routes are listed at /docs.',
  },
  viewNotFound: {
    status: 404,
    when: 'You have no saved view with this id',
    example: 'You have no view 5f0c2a9d. GET /api/views lists yours.',
  },
  callNotFound: { status: 404, when: 'There is no call with this id', example: 'There is no call 6f1c0d3a.' },
  noRecording: { status: 404, when: 'The call was not recorded, or has fewer recordings', example: 'This call was not recorded.' },
  recordingNotReady: {
    status: 404,
    when: 'The call is still being recorded, or its MP3 is being made',
    example: 'The MP3 is being made; ask again in a moment.',
  },
  recordingFailed: {
    status: 404,
    when: 'The recording failed; the message says where',
    example: 'There is no MP3 of this recording: spool: the recording is empty.',
  },
  recordingMissing: {
    status: 404,
    when: 'The MP3 was made and is no longer on disk; an alarm is raised',
    example: 'The recording was made, and is not there any more. The alarm is raised.',
  },
  recordingDeleted: {
    status: 410,
    when: 'Its time was over, and it was deleted; the message says when and by which rule',
    example: 'The recording was deleted on 2029-03-02 (recordings of elm-row are kept for 3 years); certificate 5f0c2a9d.',
  },
  recordingLocked: {
    status: 503,
    when: 'The recording is sealed, and the key that opens it is not at hand; an alarm is raised',
    example: 'The recording is sealed, and its key is not at hand. The alarm is raised.',
  },
  recordingDamaged: {
    status: 500,
    when: 'The recording is not as it was sealed; an alarm is raised',
    example: 'The recording is not as it was sealed: it was changed, cut off or exchanged. The alarm is raised.',
  },
  personNotFound: { status: 404, when: 'Nobody who may sign in has this id', example: 'There is no person person-k7m2x9.' },
  grantNotFound: {
    status: 404,
    when: 'It is no role or approval of theirs that is in force and can be ended here',
    example: 'They have no role grant-k7m2x9 that could be ended here.',
  },
  messageNotFound: { status: 404, when: 'The outbox has no message with this id', example: 'There is no message 5f0c2a9d.' },
  tokenNotFound: { status: 404, when: 'There is no such token that is good', example: 'There is no token token-k7m2x9 that is good.' },
  arrangementNotFound: {
    status: 404,
    when: 'There is no arrangement of this kind with this id',
    example: 'There is no arrangement cb-20260302-4 of this kind.',
  },
  organisationNotFound: {
    status: 404,
    when: 'The directory has no such organisation, or it is not for them to see',
    example: 'The directory has no organisation "elm-row".',
  },
  choicesNotFound: {
    status: 404,
    when: 'There is no such list to choose from, or it is not for them',
    example: 'There are no choices "calls/areas", or they are not yours to choose from.',
  },
  noPublicLink: {
    status: 404,
    when: 'The organisation has no public link',
    example: 'Elm Row Surgery has no link that could be ended.',
  },
  lineNotFound: {
    status: 404,
    when: 'The directory has no such advice line, or none of the clinician’s organisations may use it',
    field: 'line',
    example: 'There is no advice line "nowhere" that Dr Ada Okafor may ring.',
  },
  clinicianNotFound: {
    status: 404,
    when: 'The directory has no such clinician, or you may not see them',
    field: 'clinician',
    example: 'The directory has no clinician "dr-nobody".',
  },
  ownerNotFound: {
    status: 404,
    when: 'The directory does not have this owner',
    field: 'owner.id',
    example: 'owner: the directory has no clinician "dr-nobody"; expected: an id of the directory file',
  },
  deviceNotFound: {
    status: 404,
    when: 'There is no telephone of this name',
    example: 'There is no device "okafor-desk". GET /api/devices lists them.',
  },
  targetNotFound: {
    status: 404,
    when: 'No telephone has this id; ids change when the engine restarts',
    example: 'No telephone has this id now. Ids are those of GET /api/watch-list, and change when the engine restarts.',
  },
  notOpen: {
    status: 409,
    when: 'It is settled already, or a call carries it at the moment',
    example: 'This is not open: a call carries it at the moment.',
  },
  notDialable: {
    status: 409,
    when: 'The number may not be dialled (setting calls.dialable), was withheld, or is none',
    example: 'The caller of that call withheld their number; nobody can be reached there.',
  },
  noClinician: {
    status: 409,
    when: 'Nobody is named to make the call, or the directory has no number of theirs',
    field: 'clinician',
    example: 'Nobody is named to make this call; name a clinician.',
  },
  lineClosed: { status: 409, when: 'The line is closed now', field: 'line', example: 'Dermatology is closed now.' },
  noTelephone: {
    status: 409,
    when: 'The directory has no number on which the clinician can be rung',
    field: 'clinician',
    example: 'The directory has no number on which Dr Ada Okafor can be rung.',
  },
  tooLate: {
    status: 409,
    when: 'It was asked for too long ago, and was not done',
    field: 'pressedAt',
    example: 'That was asked for more than 15 seconds ago, and nobody was rung.',
  },
  noAdviceCall: {
    status: 409,
    when: 'Nobody asked for advice in that call',
    field: 'call',
    example: 'Call 6f1c0d3a reached no line: it was refused, or ended before; nobody asked for advice in it.',
  },
  deviceExists: {
    status: 409,
    when: 'There is a telephone of this name already',
    field: 'user',
    example: 'user: there is a device "okafor-desk" already; choose another name, or make a new password for that one',
  },
  lastAdministrator: {
    status: 409,
    when: 'Nobody could give roles any more',
    example: 'This is the last administrator; give the role to someone else first.',
  },
  notMailable: {
    status: 409,
    when: 'No mail server is set, or they have no email address',
    example: 'They have no email address here; make a link, and give it to them.',
  },
  messageGone: {
    status: 409,
    when: 'It cannot be stopped or sent again any more',
    example: 'The message was sent already, or is being sent at this moment.',
  },
  notWatched: {
    status: 409,
    when: 'The telephone is not on the watch list',
    example: 'This telephone of Dr Ada Okafor is not on the watch list; nothing was changed.',
  },
  holdNotFound: {
    status: 404,
    when: 'There is no legal hold with this id',
    example: 'There is no legal hold 5f0c2a9d. GET /api/retention/holds lists them.',
  },
  holdReleased: { status: 409, when: 'The legal hold was released already', example: 'The legal hold 5f0c2a9d was released already.' },
  versionNotFound: {
    status: 404,
    when: 'The directory never had this version, or not yet',
    example: 'The directory has no version 999; version 12 is in force.',
  },
  entityNotFound: {
    status: 404,
    when: 'The directory has no such entity in this version',
    example: 'The directory has no lines cardiology in version 12.',
  },
  staleVersion: {
    status: 409,
    when: 'Another version is in force by now, or there never was this one',
    field: 'version',
    example: 'Version 13 is in force by now, not 12; look at what it says, and change that.',
  },
  directoryConflict: {
    status: 409,
    when: 'Others have changed the same field to something else since that version. `problems` has both values of each',
    field: 'lines.cardiology.blurb',
    example:
      'Others have changed the same since: lines.cardiology.blurb was "empty", is "Try later" by now, and would become "Try tomorrow".',
  },
  directoryInvalid: {
    status: 422,
    when: 'What the directory would become is not right. `problems` has each mistake with its path',
    field: 'lines.cardiology.code',
    example: 'lines.cardiology.code: the code of line cardiology is "abc"; it has to be 1 to 4 digits.',
  },
  bodyTooLarge: {
    status: 413,
    when: 'The body is larger than the engine reads',
    example: 'The body is too large: at most 65536 bytes are read.',
  },
  unsupportedMediaType: {
    status: 415,
    when: 'The body is not sent as JSON',
    field: 'content-type',
    example: 'content-type is "text/plain"; it has to be application/json (curl: -H \'content-type: application/json\').',
  },
  rangeNotSatisfiable: { status: 416, when: 'The range begins behind the end of the recording', example: 'The recording has 40123 bytes.' },
  wrongHost: {
    status: 421,
    when: 'The server is bound to loopback and was asked for by another name (`Host`)',
    example: 'This server does not go by the name "calls.example".',
  },
  tooManyStreamsFromAddress: {
    status: 429,
    when: 'Too many event streams are open from this address',
    example: '50 streams are open from 192.0.2.9; close some.',
  },
  internal: { status: 500, when: 'A fault in the engine; it is logged', example: 'Something went wrong here; the log says what.' },
  closingDown: { status: 503, when: 'The engine is closing down', example: 'The engine is closing down and starts no new calls.' },
  codesUsedUp: {
    status: 503,
    when: 'So many are in use that another one could be guessed; an alarm is raised',
    example:
      'So many PINs are in use that another one could be guessed too easily; the alarm is raised. They are free again 24 hours after they were made.',
  },
  storeUnavailable: {
    status: 503,
    when: 'The database cannot be read or written',
    example: 'The store cannot be asked: database or disk is full',
  },
  tooManyStreams: { status: 503, when: 'Too many event streams are open', example: '500 streams are open; close some.' },
} as const satisfies Readonly<Record<string, ApiErrorEntry>>

interface ApiErrorEntry {
  readonly status: number
  /** When it comes, for the documentation. */
  readonly when: string
  /** The field that the example names. */
  readonly field?: string
  readonly example: string
}

export type ApiErrorCode = keyof typeof apiErrors
