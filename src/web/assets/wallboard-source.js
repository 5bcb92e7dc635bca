// How a tab gets the board: one connection for all tabs of a browser, by a shared worker; without one, the tab that holds the lock follows the stream and tells
// the others; without locks, each tab follows it by itself.
import { follow } from './wallboard-stream.js'

/**
 * @param {{ stream: string, view: string, worker: string }} where
 * @param {(message: object) => void} tell as that of `follow`
 * @returns {() => void} asks for the whole state again
 */
export function listen({ stream, view, worker }, tell) {
  const name = `${stream}#${view}`
  if (typeof SharedWorker === 'function') return byWorker(new SharedWorker(worker, { type: 'module', name }), tell)
  if (typeof BroadcastChannel === 'function' && navigator.locks) return byLock(stream, name, tell)
  const followed = follow(stream, tell)
  return () => told(followed.all(), tell)
}

function byWorker({ port }, tell) {
  port.addEventListener('message', ({ data }) => tell(data))
  port.start()
  const ask = () => port.postMessage('all')
  ask()
  addEventListener('pagehide', () => port.postMessage('leaving'))
  // Restored from the back/forward cache.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) ask()
  })
  return ask
}

function byLock(stream, name, tell) {
  const channel = new BroadcastChannel(name)
  let followed
  channel.addEventListener('message', ({ data }) => {
    if (data !== 'all') tell(data)
    else if (followed) {
      const all = followed.all()
      if (all) channel.postMessage(all)
    }
  })
  void navigator.locks.request(name, () => {
    followed = follow(stream, (message) => {
      tell(message)
      channel.postMessage(message)
    })
    // Held until the tab is closed; then another one takes over.
    return new Promise(() => undefined)
  })
  const ask = () => (followed ? told(followed.all(), tell) : channel.postMessage('all'))
  ask()
  return ask
}

function told(message, tell) {
  if (message) tell(message)
}
