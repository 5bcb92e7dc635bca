// Updates the server-rendered words from the stream, only where a word has changed. One timer moves every clock.
import { listen } from './wallboard-source.js'

/** Nothing heard for this long: the page says that it is stale. A live stream sends something every three seconds. */
const staleMs = 8_000

const root = document.querySelector('[data-wallboard]')
const find = (selector) => root.querySelector(selector)
const rows = Object.fromEntries(
  ['tiles', 'lines', 'alarms', 'calls'].map((part) => [
    part,
    { list: find(`[data-rows=${part}]`), empty: find(`template[data-row=${part}]`), shown: new Map() },
  ]),
)
const times = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'Europe/London' })

let heardAt = performance.now()
let serverNow
let why
let paused = false

for (const part of Object.values(rows))
  for (const element of part.list.querySelectorAll('[data-key]'))
    part.shown.set(element.dataset.key, { element, order: Number(element.dataset.order), parts: partsOf(element) })

function partsOf(element) {
  const named = element.matches('[data-field]') ? [element] : []
  return {
    fields: new Map([...named, ...element.querySelectorAll('[data-field]')].map((one) => [one.dataset.field, one])),
    marked: [...element.querySelectorAll('[data-marked]')],
    clock: element.querySelector('[data-clock]'),
    over: element.querySelector('[data-over]'),
    link: element.querySelector('a[data-field]'),
  }
}

const say = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text
}

function put(name, row, agoMs) {
  const part = rows[name]
  let shown = part.shown.get(row.key)
  if (!shown) {
    const element = part.empty.content.firstElementChild.cloneNode(true)
    element.dataset.key = row.key
    shown = { element, parts: partsOf(element) }
    part.shown.set(row.key, shown)
  }
  const { element, parts } = shown
  if (element.dataset.state !== row.state) element.dataset.state = row.state
  for (const [field, one] of parts.fields) say(one, row.fields[field] ?? '')
  for (const one of parts.marked) {
    const mark = row.marks?.[one.dataset.marked]
    if (mark === undefined) delete one.dataset.mark
    else one.dataset.mark = mark
  }
  if (parts.link && row.href && parts.link.getAttribute('href') !== row.href) parts.link.setAttribute('href', row.href)
  shown.clock = row.clock && { ...row.clock, from: performance.now() - row.clock.ms - agoMs }
  if (!row.clock) {
    say(parts.clock, '')
    if (parts.over) parts.over.hidden = true
  } else say(parts.over, row.clock.over ?? '')
  if (shown.order !== row.order || !element.isConnected) {
    shown.order = row.order
    element.dataset.order = row.order
    place(part.list, element, row.order)
  }
}

/** Most come last. */
function place(list, element, order) {
  let before = list.lastElementChild
  while (before && (before === element || Number(before.dataset.order) > order)) before = before.previousElementSibling
  if (before) before.after(element)
  else list.prepend(element)
}

function drop(name, key) {
  rows[name].shown.get(key)?.element.remove()
  rows[name].shown.delete(key)
}

/** Calls come and go in bursts: updates within this time are drawn together, ms. */
const drawnEveryMs = 50
let told = []
let drawnAt = -drawnEveryMs
let drawing = false

function hear(message) {
  told.push({ message, at: performance.now() })
  if (drawing) return
  drawing = true
  setTimeout(draw, Math.max(0, drawnAt + drawnEveryMs - performance.now()))
}

function draw() {
  drawnAt = performance.now()
  drawing = false
  const messages = told
  told = []
  for (const { message, at } of messages) take(message, drawnAt - at)
  tick()
}

/** @param waited until drawn, ms */
function take(message, waited) {
  const agoMs = message.agoMs === undefined ? undefined : message.agoMs + waited
  if (agoMs !== undefined) {
    heardAt = performance.now() - agoMs
    serverNow = message.now
  }
  why = message.kind === 'lost' ? message.why : undefined
  // Its words stay as they are; when it goes on, it asks for the whole state again.
  if (paused && message.kind !== 'lost') return
  if (message.kind === 'all') {
    for (const [name, all] of Object.entries(message.parts)) {
      const keys = new Set(all.map(({ key }) => key))
      for (const key of [...rows[name].shown.keys()]) if (!keys.has(key)) drop(name, key)
      for (const row of all) put(name, row, row.agoMs + waited)
    }
  } else if (message.kind === 'event') {
    const { name, data } = message
    if (name === 'call') put('calls', data.call, agoMs)
    else if (name === 'over') drop('calls', data.key)
    else if (name === 'board') {
      for (const [part, some] of Object.entries(data.rows)) for (const row of some) put(part, row, agoMs)
      for (const [part, keys] of Object.entries(data.gone)) for (const key of keys) drop(part, key)
    }
  }
  const calls = rows.calls.shown.size
  find('[data-empty=calls]').hidden = calls > 0
  find('[data-section=calls]').hidden = calls === 0
  find('[data-section=alarms]').hidden = rows.alarms.shown.size === 0
}

function clockOf(ms) {
  const whole = Math.max(0, Math.floor(ms / 1_000))
  const [hours, minutes, seconds] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
}

const reasons = {
  notAllowed: 'you no longer have access. Sign in again, or ask for a new link',
  tooMany: 'too many pages are open',
  gone: 'the service is not responding',
}

/** When the stream was last heard, by the service's clock. */
const lastHeard = () => times.format(serverNow === undefined ? Date.now() - (performance.now() - heardAt) : Date.parse(serverNow))

function tick() {
  const now = performance.now()
  const stale = why !== undefined || now - heardAt > staleMs
  const notice = find('[data-stale]')
  if (stale) say(notice, `Stale since ${lastHeard()}: ${reasons[why ?? 'gone']}. Trying to reconnect.`)
  if (notice.hidden === stale) notice.hidden = !stale
  root.toggleAttribute('data-is-stale', stale)
  say(find('[data-as-of-label]'), paused ? 'Paused at' : 'As of')
  if (paused) return
  say(find('[data-as-of]'), serverNow === undefined ? find('[data-as-of]').textContent : lastHeard())
  for (const part of Object.values(rows)) {
    for (const { clock, parts } of part.shown.values()) {
      if (!clock || !parts.clock) continue
      const ms = now - clock.from
      say(parts.clock, clockOf(ms))
      const over = clock.limitMs !== undefined && ms > clock.limitMs
      if (parts.over.hidden === over) parts.over.hidden = !over
    }
  }
}

/** Announced politely when it changes, and not more often than people can listen. */
const sayEveryMs = 10_000
function sayAloud() {
  if (paused) return
  const value = (key) => rows.tiles.shown.get(key)?.parts.fields.get('value').textContent ?? '0'
  say(
    find('[data-said]'),
    `${value('waiting')} waiting, ${value('nobody')} lines with nobody on, ${value('overdue')} call-backs overdue, ${value('alarms')} alarms`,
  )
}

const ask = listen({ stream: root.dataset.wallboard, view: root.dataset.view, worker: root.dataset.worker }, hear)
setInterval(tick, 1_000)
setInterval(sayAloud, sayEveryMs)

const pause = find('[data-pause]')
if (pause) {
  pause.hidden = false
  pause.addEventListener('click', () => {
    paused = !paused
    pause.textContent = paused ? 'Resume updates' : 'Pause updates'
    if (!paused) ask()
    tick()
  })
}
