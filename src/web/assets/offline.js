// The offline page: the lines as last known, with their age, and outcomes that can still be given.
import { keptState, putAside, waiting } from './kept-here.js'

const kept = document.getElementById('kept')
const state = location.pathname === '/pocket' || location.pathname === '/offline' ? keptState() : undefined
const clock = new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', weekday: 'long' })

function element(name, words = '', className = '') {
  const made = document.createElement(name)
  made.textContent = words
  if (className !== '') made.className = className
  return made
}

function list(items) {
  const made = element('ul', '', 'rr-pocket')
  made.append(
    ...items.map((parts) => {
      const item = element('li', '', 'rr-pocket__line')
      item.append(...parts)
      return item
    }),
  )
  return made
}

const title = (words) => element('h3', words, 'nhsuk-heading-s nhsuk-u-margin-bottom-1')
const soft = (words) => element('p', words, 'rr-pocket__soft')

function telephone(what, number) {
  const line = element('p', `${what} `, 'nhsuk-u-margin-bottom-0')
  const link = element('a', number, 'rr-telephone')
  link.href = `tel:${number.replaceAll(/[^+\d*#]/g, '')}`
  line.append(link)
  return line
}

function openCall(call) {
  const left = waiting().find((one) => one.call === call.id)
  if (left)
    return [
      title(`${call.line}, ${clock.format(call.arrivedAt)}`),
      element('p', `${left.label}: kept on this phone, and sent when there is a connection.`),
    ]
  const buttons = element('div', '', 'rr-choices')
  buttons.append(
    ...call.choices.map(({ id, label }) => {
      const button = element('button', label, 'nhsuk-button nhsuk-button--secondary nhsuk-button--small')
      button.append(element('span', ` for the call of ${clock.format(call.arrivedAt)}`, 'nhsuk-u-visually-hidden'))
      button.addEventListener('click', () => {
        putAside({ person: state.person, call: call.id, outcome: id, label, once: crypto.randomUUID() })
        const item = buttons.parentElement
        item.replaceChildren(...openCall(call))
        item.tabIndex = -1
        item.focus()
      })
      return button
    }),
  )
  return [title(`${call.line}, ${clock.format(call.arrivedAt)}`), buttons]
}

function age() {
  const minutes = Math.floor((Date.now() - state.now) / 60_000)
  return `This is from ${clock.format(state.now)}, ${minutes < 1 ? 'less than a minute' : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`} ago. It may have changed since.`
}

function practices(words) {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found = state.bypass.practices.filter(({ name, areaName, odsCode, code }) =>
    wanted.every((word) => [name, areaName, odsCode, code].join(' ').toLowerCase().includes(word)),
  )
  return list(
    (wanted.length === 0 ? [] : found.slice(0, 10)).map(({ name, areaName, bypass, reception }) => [
      title(name),
      ...(areaName ? [soft(areaName)] : []),
      ...(bypass ? [telephone('Bypass', bypass)] : []),
      ...(reception ? [telephone('Reception', reception)] : []),
    ]),
  )
}

if (state) {
  const asOf = element('p', age())
  asOf.id = 'age'
  setInterval(() => {
    asOf.textContent = age()
  }, 30_000)
  kept.append(asOf)
  if (state.calls.length > 0) kept.append(element('h2', 'Outcome still open', 'nhsuk-heading-m'), list(state.calls.map(openCall)))
  if (state.answers.length > 0)
    kept.append(
      element('h2', 'Who was on', 'nhsuk-heading-m'),
      list(
        state.answers.map(({ name, on }) => [
          title(name),
          element('p', on.length === 0 ? 'Nobody' : on.join(', '), 'nhsuk-u-margin-bottom-0'),
        ]),
      ),
    )
  kept.append(
    element('h2', 'Lines', 'nhsuk-heading-m'),
    list(state.lines.map(({ name, opening, direct }) => [title(name), soft(opening), ...(direct ? [telephone('', direct)] : [])])),
  )
  const label = element('label', 'Find a practice', 'nhsuk-label')
  const search = element('input', '', 'nhsuk-input nhsuk-input--width-20')
  Object.assign(search, { id: 'search', autocomplete: 'off', spellcheck: false })
  label.htmlFor = 'search'
  let shown = practices('')
  search.addEventListener('input', () => {
    const next = practices(search.value)
    shown.replaceWith(next)
    shown = next
  })
  kept.append(element('h2', 'Reach a practice', 'nhsuk-heading-m'), label, search, shown)
}

// Retries by itself, but not while the clinician is looking for a number.
async function tryAgain() {
  const there = await fetch('/manifest.webmanifest', { cache: 'no-store', signal: AbortSignal.timeout(10_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
  if (there && !document.getElementById('search')?.value) location.assign('/pocket')
}
window.addEventListener('online', tryAgain)
setInterval(tryAgain, 10_000)
