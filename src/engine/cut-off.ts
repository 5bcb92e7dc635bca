import type { Presence } from '../fleet/presence.js'

/** Between two questions. */
const everyMs = 300
/** No run is ended before this (`fleetTimes.leaseMs`). */
const afterMs = 2_000

/**
 * An engine that is cut off from the database, and from Redis as well, cannot hear that others have its calls, and its servers still hear it. So it asks these: an engine that takes a call over says so on its channels.
 * While none has, it goes on: a database that is away for all lets no engine take anything over.
 * @returns ends it
 */
export function askTheServers(
  presence: Pick<Presence, 'unheardMs'>,
  servers: { takenByOthers(): Promise<boolean> },
  runOver: () => void,
): () => void {
  let asking = false
  const timer = setInterval(() => {
    if (asking || presence.unheardMs < afterMs) return
    asking = true
    void servers.takenByOthers().then((taken) => {
      asking = false
      if (taken) runOver()
    })
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
