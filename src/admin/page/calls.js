import { dateIn } from './dates.js'
import { showDetails } from './details.js'
import { byId, element } from './element.js'
import { play } from './player.js'
import { caller, clock, day, endings, kinds, seconds, time } from './words.js'

const pageSize = 25
let cursor = null
let asking = 0
/** As the API takes them. Read when the fields change, and not while somebody is typing. */
let dates = { from: '', to: '' }

/** The list of the last calls, filtered, page by page. */
export function lastCalls() {
  const filters = byId('filters')
  filters.addEventListener('change', filter)
  filters.addEventListener('submit', (event) => event.preventDefault())
  // The form is empty only after the event.
  filters.addEventListener('reset', () => setTimeout(filter))
  byId('more').addEventListener('click', () => load(cursor))
  return refresh()
}

function filter() {
  const { from, to } = byId('filters').elements
  const read = { from: dateIn(from), to: dateIn(to) }
  // What is wrong is said beside the field; the list stays as it is.
  if (read.from === undefined || read.to === undefined) return
  dates = read
  void refresh()
}

export function refresh() {
  return load(null)
}

async function load(from) {
  const asked = ++asking
  const query = new URLSearchParams(Object.entries({ ...Object.fromEntries(new FormData(byId('filters'))), ...dates }).filter(([, value]) => value !== ''))
  query.set('limit', String(pageSize))
  if (from !== null) query.set('cursor', from)
  let answer
  try {
    const response = await fetch(`api/calls?${query}`)
    answer = await response.json()
    if (!response.ok) throw new Error(answer.error?.message)
  } catch (error) {
    if (asked === asking) say(error.message || 'The calls cannot be read at the moment.')
    return
  }
  // A later question has overtaken this one.
  if (asked !== asking) return
  cursor = answer.nextCursor
  const rows = answer.calls.map(row)
  if (from === null) byId('rows').replaceChildren(...rows)
  else byId('rows').append(...rows)
  byId('more').hidden = cursor === null
  say(byId('rows').childElementCount === 0 ? 'No calls match.' : '')
}

function say(text) {
  byId('no-rows').textContent = text
  byId('no-rows').hidden = text === ''
}

function row(call) {
  const [endingText, endingTone] = call.ending === null ? ['On the line', 'wait'] : (endings[call.ending] ?? [call.ending, 'plain'])
  const what = `${call.lineName ?? call.line ?? kinds[call.kind] ?? 'call'}, ${day(call.arrivedAt)} ${time(call.arrivedAt)}`
  const [who, from] = caller(call)
  return element(
    'tr',
    {},
    element('td', { class: 'when' }, time(call.arrivedAt), element('span', { class: 'under' }, day(call.arrivedAt))),
    element('td', {}, who, element('span', { class: 'under' }, from)),
    element('td', {}, call.lineName ?? call.line ?? '–', element('span', { class: 'under' }, kinds[call.kind] ?? '')),
    element('td', {}, call.acceptedBy ?? '–'),
    element('td', { class: 'number' }, call.refs),
    element('td', { class: 'number' }, seconds(call.waitMs)),
    element('td', { class: 'number' }, seconds(call.talkMs)),
    element('td', {}, element('span', { class: 'chip', 'data-tone': call.outcome ? 'good' : endingTone, title: call.endingWhy ?? '' }, call.outcome ? (call.outcomeLabel ?? call.outcome) : endingText)),
    element('td', {}, recording(call, what)),
    element('td', {}, element('button', { type: 'button', class: 'quiet small', 'aria-label': `Details of ${what}`, onclick: () => showDetails(call.callId) }, 'Details')),
  )
}

function recording(call, what) {
  const { recording: made } = call
  if (!made) return '–'
  if (made.url) return element('button', { type: 'button', class: 'small', 'aria-label': `Play the recording of ${what}`, onclick: () => play(made.url, what, call.acceptedBy) }, `▶ ${clock(made.seconds)}`)
  const text = { running: 'Recording', stopped: 'Being made', failed: 'Failed' }[made.state] ?? made.state
  return element('span', { class: 'chip', 'data-tone': made.state === 'failed' ? 'bad' : 'plain' }, text)
}
