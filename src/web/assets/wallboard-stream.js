// Follows one stream, however often it breaks. Every connection begins with all of it.
import { State } from './wallboard-state.js'

/** On a stream that lives something comes every three seconds. */
const silentMs = 9_000
const againMs = 3_000
const names = ['snapshot', 'call', 'over', 'board', 'beat']

/**
 * @param {string} address
 * @param {(message: object) => void} tell `{kind: 'all', parts}`, `{kind: 'event', name, data}`, `{kind: 'lost', why}`; each with `now` (of the server, as it was last heard) and `agoMs`
 */
export function follow(address, tell) {
  const state = new State()
  let source
  let heardAt = -Infinity
  let serverNow
  let lost
  let timer

  const clock = () => performance.now()
  const about = (message) => ({ ...message, now: serverNow, agoMs: heardAt === -Infinity ? undefined : clock() - heardAt })

  function open() {
    clearTimeout(timer)
    source?.close()
    // From the whole state on.
    state.forget()
    const opened = (source = new EventSource(address))
    const begunAt = clock()
    for (const name of names) {
      opened.addEventListener(name, (event) => {
        if (opened !== source) return
        const data = JSON.parse(event.data)
        heardAt = clock()
        serverNow = data.now
        lost = undefined
        const changes = state.take(name, data, heardAt)
        if (name === 'snapshot') tell(about({ kind: 'all', parts: state.all(heardAt) }))
        else if (changes || name === 'beat') tell(about({ kind: 'event', name, data }))
      })
    }
    opened.addEventListener('error', () => {
      if (opened !== source || opened.readyState !== EventSource.CLOSED) return
      void refused()
    })
    // A line that was cut somewhere on the way tells nobody.
    timer = setTimeout(function look() {
      if (clock() - Math.max(heardAt, begunAt) < silentMs) timer = setTimeout(look, 1_000)
      else open()
    }, 1_000)
  }

  /** The browser does not ask again by itself. Whether it may is in the status. */
  async function refused() {
    const status = await fetch(address, { headers: { accept: 'text/event-stream' } })
      .then((response) => {
        void response.body?.cancel()
        return response.status
      })
      .catch(() => 0)
    lost = status === 401 || status === 403 ? 'notAllowed' : status === 429 || status === 503 ? 'tooMany' : 'gone'
    tell(about({ kind: 'lost', why: lost }))
    clearTimeout(timer)
    timer = setTimeout(open, againMs)
  }

  open()
  return {
    /** All that is known, for whoever comes later. */
    all: () => {
      const parts = state.all(clock())
      return parts === undefined ? (lost === undefined ? undefined : about({ kind: 'lost', why: lost })) : about({ kind: 'all', parts })
    },
    close() {
      clearTimeout(timer)
      source?.close()
      source = undefined
    },
  }
}
