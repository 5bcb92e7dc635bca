import { showDetails } from './details.js'
import { byId, element } from './element.js'
import { day, results, time } from './words.js'

/** Failures can come off the list by themselves, and nobody waits for this section. */
const everyMs = 60_000

/** The telephones that fail, for the rota's keeper: whose, where they stand today, the evidence, and a button to clear each. Hidden while there are none. */
export function openWatchList() {
  setInterval(refreshWatchList, everyMs)
  return refreshWatchList()
}

export async function refreshWatchList() {
  let answer
  try {
    const response = await fetch('api/watch-list')
    if (!response.ok) return
    answer = await response.json()
  } catch {
    return
  }
  byId('failing').hidden = answer.watched.length === 0
  byId('failing-rows').replaceChildren(...answer.watched.map(row))
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
