/** How figures and ids are said to people. */

export const stages = {
  arrived: 'Arriving',
  answered: 'Welcomed',
  menu: 'In the menu',
  hunting: 'Between two ringings',
  ringing: 'Ringing',
  whisper: 'Asked to accept:',
  connecting: 'Connecting to',
  talking: 'Talking to',
  outcome: 'Asked for an outcome',
  ending: 'Ending',
}

export const results = {
  accepted: 'accepted',
  connected: 'answered',
  busy: 'engaged',
  declined: 'refused',
  unavailable: 'out of reach',
  badNumber: 'wrong number',
  noAnswer: 'no answer',
  notAccepted: 'did not accept',
  answeredThenHungUp: 'hung up',
  failed: 'failed',
  cancelled: 'called off',
}

export const endings = {
  completed: ['Spoke', 'good'],
  unanswered: ['Nobody accepted', 'bad'],
  abandonedInHunt: ['Caller gave up', 'wait'],
  abandonedInMenu: ['Caller left the menu', 'wait'],
  abandonedBeforeAnswer: ['Caller gave up at once', 'wait'],
  noChoice: ['No line chosen', 'wait'],
  lineClosed: ['Line closed', 'plain'],
  noRota: ['Nobody on the rota', 'bad'],
  notAllowed: ['Not allowed', 'plain'],
  callBackRequested: ['Asked to be called back', 'good'],
  wrongCode: ['Wrong PIN or code', 'wait'],
  unknownNumber: ['Unknown number', 'plain'],
  noCommonCodec: ['No common codec', 'bad'],
  engineFault: ['Our fault', 'bad'],
  mediaFault: ['Media fault', 'bad'],
  overloaded: ['Refused: too many calls', 'bad'],
  interrupted: ['Interrupted', 'bad'],
}

/** What kind of call it is, where it is not a clinician's on an advice line. */
export const kinds = {
  pifuAnswer: "Patient's call",
  pifuCallBack: "Patient's call or call-back",
  patientConnect: 'Patient Connect',
  callBackCode: 'Call back by code',
  bypass: 'To a practice',
}

/** Who rang, with the number as it is shown; the engine itself begins calls that were arranged. */
export function caller(call) {
  if (call.callerNumber === '' && call.dialledNumber === '') return ['Placed by the engine', '']
  const patient = call.kind === 'pifuAnswer' || call.kind === 'pifuCallBack'
  return [call.organisationName ?? call.organisation ?? (patient ? 'Patient' : 'Unknown'), number(call.callerNumber)]
}

/** `75` → `1:15`, `3675` → `1:01:15`. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** Whole seconds, as in the reports; a dash where there is nothing to measure. */
export const seconds = (ms) => (ms === null || ms === undefined ? '–' : clock(Math.round(ms / 1000)))

let timeZone
export const useTimeZone = (zone) => {
  timeZone = zone
}

export function day(at) {
  return new Date(at).toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone })
}

export function time(at) {
  return new Date(at).toLocaleTimeString('en-GB', { timeZone })
}

/** A caller's number as people here write it. */
export function number(text) {
  if (!text) return 'number withheld'
  const national = text.startsWith('+44') ? `0${text.slice(3)}` : text
  return /^0\d{10}$/.test(national) ? `${national.slice(0, 5)} ${national.slice(5)}` : text
}
