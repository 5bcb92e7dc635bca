// What this telephone keeps for use offline: the state of the lines, and outcomes to send. Nothing of a patient. Signing out clears it.
const stateName = 'ringround.pocket'
const waitingName = 'ringround.waiting'
/** The server remembers a sent outcome for longer than this. */
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

/** The state of the lines; undefined: nobody is signed in here, or their session is over. */
export function keptState() {
  const state = read(stateName)
  if (state && Date.now() < state.goodUntil) return state
  forgetState()
  return undefined
}

export function forgetState() {
  localStorage.removeItem(stateName)
}

/** What was tapped, by whom; under a key, so that the server takes it once, however often it is sent. */
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
 * Sends this person's waiting outcomes; one tab of several does it.
 * @param send resolves with whether the server has answered
 * @returns the server's answers
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
