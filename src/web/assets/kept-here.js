// What this telephone keeps for when it has no connection: how the lines stood, and outcomes that wait to be sent. Nothing of a patient. Signing out takes all of it away.
const stateName = 'ringround.pocket'
const waitingName = 'ringround.waiting'
/** The server knows an outcome that was sent before for longer than that. */
const waitsMs = 3 * 24 * 60 * 60_000

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

export function keepState(state) {
  localStorage.setItem(stateName, JSON.stringify(state))
}

/** How the lines stood; undefined: nobody has signed in here, or their session is over. */
export function keptState() {
  const state = read(stateName)
  if (state && Date.now() < state.goodUntil) return state
  forgetState()
  return undefined
}

export function forgetState() {
  localStorage.removeItem(stateName)
}

/** What was tapped, by whom; under a key by which it is taken once, however often it is sent. */
export function putAside(outcome) {
  localStorage.setItem(
    waitingName,
    JSON.stringify([...waiting().filter(({ call }) => call !== outcome.call), { ...outcome, at: Date.now() }]),
  )
}

export function waiting() {
  return (read(waitingName) ?? []).filter(({ at }) => Date.now() - at < waitsMs)
}

/**
 * Sends what waits, of this person alone; of several tabs one does.
 * @param send resolves with whether the server has answered
 * @returns what the server has answered
 */
export async function sendWaiting(person, send) {
  const work = async () => {
    const answered = []
    for (const outcome of waiting().filter((one) => one.person === person)) {
      if (!(await send(outcome))) break
      localStorage.setItem(waitingName, JSON.stringify(waiting().filter(({ once }) => once !== outcome.once)))
      answered.push(outcome)
    }
    return answered
  }
  return navigator.locks ? navigator.locks.request('ringround waiting', work) : work()
}
