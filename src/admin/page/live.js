import { byId, element } from './element.js'
import { caller, clock, kinds, results, stages } from './words.js'

/** A wait longer than this stands out; the services that do this well connect in 33 s. */
const longWaitSeconds = 60

const calls = new Map()
const cards = new Map()
let onOver = () => undefined
let onAlarms = () => undefined

/** Follows the event stream. The browser connects again by itself; each connection begins with everything. */
export function followLive({ over, alarms, connected }) {
  onOver = over
  onAlarms = alarms
  follow(connected)
  setInterval(tick, 250)
}

function follow(connected) {
  const stream = new EventSource('api/live')
  const on = (name, handle) =>
    stream.addEventListener(name, (event) => {
      const data = JSON.parse(event.data)
      // How long things have lasted was measured by the server; from here on we count by a clock that nobody sets.
      const heardAt = performance.now()
      for (const call of data.call ? [data.call] : (data.calls ?? [])) call.heardAt = heardAt
      handle(data)
    })
  on('snapshot', (data) => {
    calls.clear()
    for (const call of data.calls) calls.set(call.callId, call)
    onAlarms(data)
    connected(true)
    draw()
  })
  on('call', ({ call }) => {
    calls.set(call.callId, call)
    draw()
  })
  on('over', ({ callId }) => {
    calls.delete(callId)
    draw()
    onOver()
  })
  on('alarms', (data) => onAlarms(data))
  stream.addEventListener('error', () => {
    connected(false)
    // Refused (too many streams), the browser does not try again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => follow(connected), 10_000)
  })
}

function draw() {
  const list = byId('cards')
  for (const [id, { card }] of cards) {
    if (calls.has(id)) continue
    card.remove()
    cards.delete(id)
  }
  for (const call of [...calls.values()].sort((a, b) => a.heardAt - a.lastedMs - (b.heardAt - b.lastedMs))) {
    const before = cards.get(call.callId)
    if (before?.call === call) continue
    const made = cardOf(call)
    if (before) before.card.replaceWith(made.card)
    else list.append(made.card)
    cards.set(call.callId, made)
  }
  byId('no-calls').hidden = calls.size > 0
  byId('no-calls-text').textContent = 'No calls at the moment.'
  const all = [...calls.values()]
  const waiting = all.filter((call) => isWaiting(call)).length
  const talking = all.filter((call) => call.stage === 'talking').length
  byId('figure-calls').textContent = calls.size
  byId('figure-waiting').textContent = waiting
  byId('figure-talking').textContent = talking
  const summary = `${calls.size} calls now, ${waiting} waiting, ${talking} talking`
  if (byId('now-summary').textContent !== summary) byId('now-summary').textContent = summary
  tick()
}

function cardOf(call) {
  const clockText = element('span')
  const clockWhat = element('small')
  const clockBox = element('div', { class: 'clock' }, clockText, clockWhat)
  const who = call.ringing ?? (call.talkingTo ? { label: call.talkingTo } : undefined)
  const shown = ['ringing', 'whisper', 'connecting', 'talking'].includes(call.stage) && who
  const card = element(
    'li',
    { class: 'card', 'data-stage': call.stage, 'data-tone': call.stage === 'talking' ? 'talk' : isWaiting(call) ? 'wait' : 'new' },
    element(
      'div',
      { class: 'card-head' },
      element('div', {}, element('div', { class: 'card-line' }, call.lineName ?? call.line ?? kinds[call.kind] ?? 'No line chosen yet'), element('div', { class: 'card-from' }, from(call))),
      clockBox,
    ),
    element(
      'div',
      { class: 'stage' },
      element('span', { class: 'chip', 'data-tone': call.stage === 'talking' ? 'good' : isWaiting(call) ? 'wait' : 'plain' }, element('span', { class: 'dot', 'aria-hidden': 'true' }), stages[call.stage] ?? call.stage),
      shown ? element('strong', {}, who.label) : null,
      shown && who.pool === 'ncn' ? element('span', { class: 'chip' }, 'NCN') : null,
      call.recording ? element('span', { class: 'record' }, element('span', { class: 'dot', 'aria-hidden': 'true' }), 'Recording') : null,
    ),
    call.attempts.length > 0
      ? element(
          'ol',
          { class: 'tried', 'aria-label': 'Tried so far' },
          ...call.attempts.map((attempt) => element('li', { 'data-now': attempt.result === undefined }, `${attempt.label}: ${attempt.result === undefined ? (call.stage === 'whisper' ? 'answered' : 'ringing') : (results[attempt.result] ?? attempt.result)}`)),
        )
      : null,
  )
  return { call, card, clockBox, clockText, clockWhat }
}

function from(call) {
  return caller(call).filter(Boolean).join(' · ')
}

const isWaiting = (call) => ['hunting', 'ringing', 'whisper', 'connecting'].includes(call.stage)

/** Only the clocks are written again each time. */
function tick() {
  const now = performance.now()
  let longest
  for (const { call, clockBox, clockText, clockWhat } of cards.values()) {
    const [ms, what] = call.stage === 'talking' ? [call.talkedMs, 'talking'] : call.waitedMs !== undefined && isWaiting(call) ? [call.waitedMs, 'waiting'] : [call.lastedMs, 'since the ring']
    const seconds = (ms + now - call.heardAt) / 1000
    if (what === 'waiting') longest = Math.max(longest ?? 0, seconds)
    const text = clock(seconds)
    if (clockText.textContent !== text) clockText.textContent = text
    if (clockWhat.textContent !== what) clockWhat.textContent = what
    clockBox.toggleAttribute('data-long', what === 'waiting' && seconds > longWaitSeconds)
  }
  const text = longest === undefined ? '–' : clock(longest)
  if (byId('figure-longest').textContent !== text) byId('figure-longest').textContent = text
}
