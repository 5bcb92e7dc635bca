import { openCallBacks, refreshCallBacks } from './call-backs.js'
import { lastCalls, refresh } from './calls.js'
import { prepareDetails } from './details.js'
import { byId, element } from './element.js'
import { followLive } from './live.js'
import { preparePlayer } from './player.js'
import { openWatchList, refreshWatchList } from './watch-list.js'
import { time, useTimeZone } from './words.js'

/** How often it is asked whether calls can be taken. */
const readyEveryMs = 10_000
/** The MP3 of a call that is over takes a moment. */
const mp3AfterMs = [400, 2_500, 8_000]
/** The list is read off the disk, and the fact that raised an alarm may not be there yet. */
const factsAfterMs = [0, 1_000, 5_000]

preparePlayer()
prepareDetails()
await choices().catch(() => undefined)
await lastCalls()
await openCallBacks()
await openWatchList()
followLive({ over: callIsOver, alarms: showAlarms, connected: (is) => (is ? void ready() : show('no', 'No connection to the engine')) })
setInterval(ready, readyEveryMs)

/** What can be filtered by, and where to ring. */
async function choices() {
  const answer = await (await fetch('api/choices')).json()
  useTimeZone(answer.timeZone)
  const filters = byId('filters')
  for (const [field, options] of [['line', answer.lines], ['organisation', answer.organisations], ['ending', answer.endings]]) {
    filters.elements[field].append(...options.map(({ id, name }) => element('option', { value: id }, name.charAt(0).toUpperCase() + name.slice(1))))
  }
  if (answer.ringHere.length === 0) return
  byId('ring-here').replaceChildren('Ring ', ...answer.ringHere.flatMap((address, index) => [index === 0 ? '' : ' or ', element('code', {}, address)]))
  byId('ring-here').hidden = false
}

function callIsOver() {
  for (const ms of mp3AfterMs) setTimeout(refreshUntouched, ms)
  void refreshCallBacks()
}

/** Somebody who has paged back is reading: the list stays as it is. */
function refreshUntouched() {
  if (byId('rows').childElementCount <= 25) void refresh()
}

async function ready() {
  try {
    const answer = await (await fetch('readyz')).json()
    if (!answer.ready) show('no', answer.missing.join('; ') || 'Not ready')
    else if (answer.missing.length > 0) show('partly', answer.missing.join('; '))
    else show('yes', 'Taking calls')
  } catch {
    show('no', 'No connection to the engine')
  }
}

function show(state, text) {
  byId('ready').dataset.state = state
  byId('ready-text').textContent = text
}

const severities = ['critical', 'major', 'minor']
const urgency = ({ severity }) => severities.indexOf(severity)

/** One alarm: how urgent, which, what is the matter, and what to do about it. */
function notice({ alarm, severity, meaning, detail, action, times, since }) {
  return element(
    'div',
    { class: 'notice', 'data-severity': severity },
    element('p', {}, element('strong', {}, alarm), element('span', { class: 'severity' }, severity), meaning),
    element('p', {}, detail, times > 1 ? ` (${times} times since ${time(since)})` : ''),
    element('p', { class: 'action' }, action),
  )
}

function showAlarms({ alarms, alarmCount }) {
  for (const ms of factsAfterMs) setTimeout(refreshWatchList, ms)
  byId('notices').replaceChildren(
    ...[...alarms].sort((a, b) => urgency(a) - urgency(b)).map(notice),
    ...(alarmCount > alarms.length ? [element('p', { class: 'notice' }, `${alarmCount - alarms.length} more alarms of these kinds; the log has all of them.`)] : []),
  )
}
