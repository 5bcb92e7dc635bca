import { byId, element } from './element.js'
import { day, time } from './words.js'

/** How often the list is asked for; a call that ends asks for it as well. */
const everyMs = 10_000
const mostShown = 50

let asking = 0

/** The patients who wait to be called back, those who wait for longest first. */
export function openCallBacks() {
  setInterval(refreshCallBacks, everyMs)
  return refreshCallBacks()
}

export async function refreshCallBacks() {
  const asked = ++asking
  try {
    const response = await fetch(`api/call-backs?state=open,inProgress&order=oldest&limit=${mostShown}`)
    const answer = await response.json()
    if (!response.ok) throw new Error(answer.error?.message)
    // A later question has overtaken this one.
    if (asked === asking) show(answer.arrangements, answer.nextCursor !== null)
  } catch (error) {
    if (asked === asking) say(error.message || 'The call-backs cannot be read at the moment.')
  }
}

function show(callBacks, more) {
  byId('call-back-rows').replaceChildren(...callBacks.map(row))
  const overdue = callBacks.filter((one) => one.overdue).length
  const count = `${callBacks.length}${more ? ' and more' : ''}`
  const summary = callBacks.length === 0 ? '' : `${count} to be called back${overdue > 0 ? `, ${overdue} overdue` : ''}`
  // Said aloud only when it has changed.
  if (byId('call-back-summary').textContent !== summary) byId('call-back-summary').textContent = summary
  say(callBacks.length === 0 ? 'Nobody waits to be called back.' : '')
}

function say(text) {
  byId('no-call-backs').textContent = text
  byId('no-call-backs').hidden = text === ''
  byId('call-back-table').hidden = text !== '' && byId('call-back-rows').childElementCount === 0
}

function row(callBack) {
  const state = callBack.state === 'inProgress' ? ['Being called', 'good'] : callBack.overdue ? ['Overdue', 'bad'] : ['Waiting', 'plain']
  return element(
    'tr',
    {},
    element('td', { class: 'when' }, time(callBack.dueAt).slice(0, 5), element('span', { class: 'under' }, day(callBack.dueAt))),
    element('td', {}, element('span', { class: 'chip', 'data-tone': state[1] }, state[0])),
    element('td', {}, callBack.lineName ?? callBack.line),
    element('td', {}, callBack.patientNumber, callBack.madeBy === 'patient' ? element('span', { class: 'under' }, asked(callBack)) : null),
    element('td', {}, callBack.clinicianName ?? callBack.clinician ?? 'Nobody yet'),
    element('td', { class: 'number' }, callBack.tries),
  )
}

/** What is known of how the patient asked for it. */
function asked({ timesRequested, numberKeyed, suspicious }) {
  const times = timesRequested > 1 ? `asked for it ${timesRequested} times` : 'asked for it'
  return [times, ...(numberKeyed ? ['from another number'] : []), ...(suspicious ? ['suspicious: one of many'] : [])].join(', ')
}
