// One tab of several is the telephone; another may take it over while no call runs.
const name = 'ringround-phone'
const channel = 'BroadcastChannel' in window ? new BroadcastChannel(name) : undefined
/** A free lock is granted at once. */
const atOnceMs = 200
const answerMs = 3_000

/**
 * Becomes the telephone as soon as no other tab is.
 * @param begin this tab is the telephone now
 * @param leave another tab wants it: releases everything
 * @param isBusy whether a call runs here: then it is not handed over
 * @param elsewhere another tab is the telephone; gets a function that asks for it and returns `given`, `busy` or `silent`
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
    // The other tab has to queue for the lock before this one does again.
    await new Promise((resolve) => setTimeout(resolve, atOnceMs))
  }
}

/** Resolves when another tab should have it. */
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

/** A tab that does not answer is frozen by the browser and cannot hand it over. */
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
