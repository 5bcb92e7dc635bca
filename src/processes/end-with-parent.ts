/** How often a child looks whether its parent still runs, ms. */
const LOOK_EVERY_MS = 1_000

/**
 * Ends a child process with the process that started it, however that ended and however early: by the end of the IPC channel, by a look at the parent's
 * number (a channel that broke before anybody listened tells nothing), and by an error on its own output, whose reader was the parent. To be called
 * first thing. Without an IPC channel only the last of these counts.
 * @param end is called once; the process is ended `graceMs` later whatever comes of it
 */
export function endWithParent(end: () => void, graceMs: number): void {
  let ended = false
  const over = (): void => {
    if (ended) return
    ended = true
    setTimeout(() => process.exit(1), graceMs).unref()
    end()
  }
  // Nobody reads any more. Without a listener this is an exception, and writing that down the next one.
  process.stdout.on('error', over)
  process.stderr.on('error', over)
  if (process.send === undefined) return
  const parent = process.ppid
  process.on('disconnect', over)
  const look = setInterval(() => {
    if (!process.connected || process.ppid !== parent) over()
  }, LOOK_EVERY_MS)
  look.unref()
  if (!process.connected) over()
}
