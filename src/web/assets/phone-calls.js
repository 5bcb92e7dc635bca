// The own calls, as the service tells them while they run.
const stream = '/api/browser-phone/calls'
/** After so long in vain the stream is opened anew. */
const againMs = 3_000

/** @param changed given all own calls that run, the latest last, whenever something about them changes */
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
  // Refused for good (too many streams, a session that is over): browsers do not try again by themselves then.
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => followOwnCalls(changed), againMs)
  })
}
