// The clinician's page on a mobile: keeps what is shown for use offline, says when it is offline, and later sends what was tapped.
import { forgetState, keepState, keptState, putAside, sendWaiting, waiting } from './kept-here.js'

const connection = document.getElementById('connection')
const answersWithinMs = 10_000
const lookEveryMs = 30_000
/** The person whose page this is. */
const { person } = document.getElementById('pocket').dataset

navigator.serviceWorker?.register('/service-worker.js').catch(() => undefined)
if (keptState()?.person !== person) forgetState()

function say(words) {
  if (connection.textContent !== words) connection.textContent = words
}

const withoutConnection = 'No connection. What you see may be out of date.'

/** Fetches a page of ours; undefined: offline, or the server cannot answer now. A user whose session is over is sent to sign in. */
async function pageAt(path, more = {}) {
  let answer
  try {
    answer = await fetch(path, { signal: AbortSignal.timeout(answersWithinMs), ...more })
  } catch {
    return undefined
  }
  if (answer.status >= 500) return undefined
  if (new URL(answer.url).pathname === '/sign-in') {
    forgetState()
    location.assign('/sign-in?next=%2Fpocket')
    return undefined
  }
  return { status: answer.status, document: new DOMParser().parseFromString(await answer.text(), 'text/html') }
}

const post = (path, fields) =>
  pageAt(path, {
    method: 'POST',
    body: new URLSearchParams({
      token: document.querySelector('#maincontent input[name=token], .rr-header input[name=token]').value,
      ...fields,
    }),
  })

/** After an action: replaces the whole page and puts the focus on its message. */
function show(page) {
  document.getElementById('pocket').replaceWith(page.document.getElementById('pocket'))
  serverTime = { at: Number(document.getElementById('pocket').dataset.now), here: performance.now() }
  for (const old of document.querySelectorAll('#maincontent > .nhsuk-error-summary, #maincontent > .nhsuk-notification-banner'))
    old.remove()
  const said = page.document.querySelector('#maincontent > .nhsuk-error-summary, #maincontent > .nhsuk-notification-banner')
  if (said) {
    connection.after(said)
    said.tabIndex = -1
    said.focus()
  }
  markWaiting()
}

/** Shows what was tapped in place of its buttons. */
function markWaiting() {
  for (const { call, label, person: whose } of waiting()) {
    const form = whose === person && document.querySelector(`form[action="/pocket/calls/${encodeURIComponent(call)}/outcome"]`)
    if (!form) continue
    const words = document.createElement('p')
    words.tabIndex = -1
    words.textContent = `${label}: kept on this phone, and sent when there is a connection.`
    form.replaceWith(words)
    words.focus()
  }
}

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (form.dataset.kept !== 'outcome' && form.dataset.now === undefined) return
  event.preventDefault()
  const fields = Object.fromEntries(new FormData(form, event.submitter))
  if (form.dataset.now !== undefined) return atOnce(form, fields)
  const outcome = {
    person,
    call: decodeURIComponent(new URL(form.action).pathname.split('/')[3]),
    outcome: fields.outcome,
    label: event.submitter.firstChild.textContent,
    once: fields.once,
  }
  // Stored before it is sent: closing the page in between loses nothing.
  putAside(outcome)
  await sendAndLook()
  if (waiting().some(({ once }) => once === outcome.once)) markWaiting()
})

/** The server's time: the mobile's own clock may be wrong. */
let serverTime = { at: Number(document.getElementById('pocket').dataset.now), here: performance.now() }

/** Actions done now or not at all: never sent later, and the server refuses a press that took too long to arrive. */
async function atOnce(form, fields) {
  if (form.dataset.now === 'ring') fields.pressedAt = String(Math.round(serverTime.at + performance.now() - serverTime.here))
  if (form.getAttribute('aria-busy') === 'true') return
  form.setAttribute('aria-busy', 'true')
  const page = await post(new URL(form.action).pathname, fields)
  form.removeAttribute('aria-busy')
  if (page?.document.getElementById('pocket')) show(page)
  else
    say(
      form.dataset.now === 'ring'
        ? 'No connection. If your phone does not ring now, it will not: press again when you are back online.'
        : 'No connection. We do not know whether that was done: check again when you are back online.',
    )
}

async function sendAndLook() {
  let last
  await sendWaiting(person, async ({ call, outcome, once }) => {
    const page = await post(`/pocket/calls/${encodeURIComponent(call)}/outcome`, { outcome, once })
    last = page ?? last
    return page !== undefined
  })
  if (last?.document.getElementById('pocket')) show(last)
  await look()
}

/** Updates the page while the user is not in the middle of an action, and what is kept of it. */
async function look() {
  const page = await pageAt(`/pocket${location.search}`)
  const fresh = page?.document.getElementById('pocket')
  if (!fresh) return say(withoutConnection)
  say('')
  serverTime = { at: Number(fresh.dataset.now), here: performance.now() }
  const shown = document.getElementById('pocket')
  if (!shown.contains(document.activeElement) && wordsOf(fresh) !== wordsOf(shown)) shown.replaceWith(fresh)
  else shown.dataset.now = fresh.dataset.now
  markWaiting()
  const state = await fetch('/pocket/state', { signal: AbortSignal.timeout(answersWithinMs) }).then(
    (answer) => (answer.ok && !answer.redirected ? answer.json() : undefined),
    () => undefined,
  )
  if (state?.person === person) keepState(state)
}

function wordsOf(part) {
  return part.textContent.replaceAll(/\s+/g, ' ')
}

let looking = false
async function lookNow() {
  if (looking || document.visibilityState === 'hidden') return
  looking = true
  await sendAndLook()
  looking = false
}
window.addEventListener('offline', () => say(withoutConnection))
window.addEventListener('online', lookNow)
document.addEventListener('visibilitychange', lookNow)
setInterval(lookNow, lookEveryMs)
lookNow()
