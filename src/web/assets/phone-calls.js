// This user's running calls, as the service reports them.
const stream = '/api/browser-phone/calls'
/** Reopen the stream after this long without success. */
const againMs = 3_000

/** @param changed called with all running calls of this user, the latest last, at every change */
export function followOwnCalls(changed) {
  const calls = new Map()
  const tell = () => changed([...calls.values()])
  const source = new EventSource(stream)
  source.addEventListener('calls', ({ data }) => {
    calls.clear()
    for (const call of JSON.parse(data).calls) calls.set(call.callId, call)
    tell()
  })
  source.addEventListener('call', ({ data }) => {
    const { call } = JSON.parse(data)
    calls.set(call.callId, call)
    tell()
  })
  source.addEventListener('over', ({ data }) => {
    if (calls.delete(JSON.parse(data).callId)) tell()
  })
  // Refused for good (too many streams, session over): the browser does not retry by itself then.
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => followOwnCalls(changed), againMs)
  })
}
