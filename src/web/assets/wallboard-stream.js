// Follows one stream and reconnects. Every connection begins with the whole state.
import { State } from './wallboard-state.js'

/** A live stream sends something every three seconds. */
const silentMs = 9_000
const againMs = 3_000
const names = ['snapshot', 'call', 'over', 'board', 'beat']

/**
 * @param {string} address
 * @param {(message: object) => void} tell `{kind: 'all', parts}`, `{kind: 'event', name, data}`, `{kind: 'lost', why}`; each with `now` (the server's, when last heard) and `agoMs`
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
    // Starts from the whole state.
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
    // A connection cut on the way reports no error.
    timer = setTimeout(function look() {
      if (clock() - Math.max(heardAt, begunAt) < silentMs) timer = setTimeout(look, 1_000)
      else open()
    }, 1_000)
  }

  /** The browser does not retry by itself here. The status says whether it may. */
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
    /** The whole state, for a tab that joins later. */
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
