// Of several tabs one is the telephone; another one may take it over while no call runs.
const name = 'ringround-phone'
const channel = 'BroadcastChannel' in window ? new BroadcastChannel(name) : undefined
/** A lock that is free is given at once. */
const atOnceMs = 200
const answerMs = 3_000

/**
 * Begins to be the telephone as soon as no other tab is.
 * @param begin this tab is it
 * @param leave another tab wants it: lets go of everything
 * @param isBusy whether a call runs here: then it is not given away
 * @param elsewhere another tab is it; given a function that asks for it and says what came of it: `given`, `busy`, `silent`
 */
export async function beTheOne({ begin, leave, isBusy, elsewhere }) {
  // Without locks each tab is a telephone, and they ring together.
  if (!('locks' in navigator)) return begin()
  for (;;) {
    let end = () => undefined
    const held = new Promise((resolve) => {
      void navigator.locks.request(name, () => {
        resolve()
        return new Promise((release) => {
          end = release
        })
      })
    })
    const soon = await Promise.race([held.then(() => true), new Promise((resolve) => setTimeout(resolve, atOnceMs, false))])
    if (!soon) elsewhere(ask)
    await held
    await begin()
    await wanted(isBusy)
    await leave()
    end()
    channel.postMessage('given')
    // It has to be waiting for it before this tab does again.
    await new Promise((resolve) => setTimeout(resolve, atOnceMs))
  }
}

/** Resolves when another tab is to have it. */
function wanted(isBusy) {
  return new Promise((resolve) => {
    channel?.addEventListener('message', function answer({ data }) {
      if (data !== 'wanted') return
      if (isBusy()) return channel.postMessage('busy')
      channel.removeEventListener('message', answer)
      resolve()
    })
  })
}

/** A tab that does not answer is frozen by the browser, and cannot give it. */
function ask() {
  return new Promise((resolve) => {
    const done = (what) => {
      clearTimeout(timer)
      channel?.removeEventListener('message', heard)
      resolve(what)
    }
    const heard = ({ data }) => {
      if (data === 'given' || data === 'busy') done(data)
    }
    const timer = setTimeout(done, answerMs, 'silent')
    channel?.addEventListener('message', heard)
    channel?.postMessage('wanted')
  })
}
