import { showDetails } from './details.js'
import { byId, element } from './element.js'
import { day, results, time } from './words.js'

/** Failures can come off the list by themselves, and nobody waits for this section. */
const everyMs = 60_000
/** As the API gives them, where nothing is said. */
const pageSize = 50

let cursor = null
let asking = 0

/** The telephones that fail, for the rota's keeper: whose, where they stand today, the evidence, and a button to clear each. Hidden while there are none. */
export function openWatchList() {
  setInterval(refreshUnpaged, everyMs)
  byId('failing-more').addEventListener('click', () => load(cursor))
  return refreshWatchList()
}

/** Somebody who has paged on is reading: the list stays as it is. */
function refreshUnpaged() {
  if (byId('failing-rows').childElementCount <= pageSize) void refreshWatchList()
}

export function refreshWatchList() {
  return load(null)
}

async function load(from) {
  const asked = ++asking
  let answer
  try {
    const response = await fetch(`api/watch-list${from === null ? '' : `?cursor=${encodeURIComponent(from)}`}`)
    if (!response.ok) return
    answer = await response.json()
  } catch {
    return
  }
  // A later question has overtaken this one.
  if (asked !== asking) return
  cursor = answer.nextCursor
  const rows = answer.watched.map(row)
  if (from === null) byId('failing-rows').replaceChildren(...rows)
  else byId('failing-rows').append(...rows)
  byId('failing').hidden = byId('failing-rows').childElementCount === 0
  byId('failing-count').textContent = cursor === null ? '' : `${byId('failing-rows').childElementCount} of ${answer.total}`
  byId('failing-more').hidden = cursor === null
}

function row(target) {
  const places = target.standsToday.map(({ name }) => name)
  return element(
    'tr',
    {},
    element('td', {}, target.label, element('span', { class: 'under' }, target.number)),
    element('td', {}, places.length === 0 ? 'On no rota today' : places.join(', ')),
    element('td', {}, element('ol', { class: 'evidence' }, ...target.failures.map(failure))),
    element('td', {}, target.lastAcceptedAt === null ? 'Never' : `${day(target.lastAcceptedAt)} ${time(target.lastAcceptedAt)}`),
    element('td', { class: 'number' }, `${target.answered} of ${target.rung}`),
    element('td', {}, element('button', { type: 'button', class: 'quiet small', 'aria-label': `Take the telephone of ${target.label} off this list`, onclick: (event) => clear(event.currentTarget, target) }, 'Clear')),
  )
}

function failure({ callId, at, result, status, reason }) {
  const what = [results[result] ?? result, status, reason].filter((part) => part !== undefined && part !== '').join(' ')
  return element('li', {}, element('button', { type: 'button', class: 'link', onclick: () => showDetails(callId) }, `${day(at)} ${time(at)}`), ` ${what}`)
}

async function clear(button, target) {
  button.disabled = true
  let message = ''
  try {
    const response = await fetch(`api/watch-list/${target.id}/clear`, { method: 'POST' })
    if (!response.ok) message = (await response.json()).error?.message ?? 'That could not be done.'
  } catch {
    message = 'No connection to the engine: nothing was changed.'
  }
  byId('failing-said').textContent = message === '' ? `The telephone of ${target.label} is rung in its turn again.` : message
  await refreshWatchList()
  button.disabled = false
}
