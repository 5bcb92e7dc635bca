/** How often a child looks whether its parent still runs, ms. */
const LOOK_EVERY_MS = 1_000

/**
 * Ends a child process with the process that started it. To be called first thing.
 * @param end is called once; the process is ended `graceMs` later whatever comes of it
 */
export function endWithParent(end: () => void, graceMs: number): void {
  whenParentGone(() => {
    setTimeout(() => process.exit(1), graceMs).unref()
    end()
  })
}

/**
 * Finds out that the process that started this one has ended, however it ended and however early: by the end of the IPC channel, by a look at the parent's
 * number (a channel that broke before anybody listened tells nothing), and by an error on its own output, whose reader was the parent. Until then it
 * does not hear what a terminal tells all its programs. To be called first thing. Without an IPC channel only the error on the output counts.
 * @param gone is called once
 */
export function whenParentGone(gone: () => void): void {
  let told = false
  const over = (): void => {
    if (told) return
    told = true
    gone()
  }
  // Nobody reads any more. Without a listener this is an exception, and writing that down the next one.
  process.stdout.on('error', over)
  process.stderr.on('error', over)
  if (process.send === undefined) return
  // Ctrl-C and the end of a terminal reach every program that was started there. What becomes of this one, its parent decides: it lets calls end first.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const parent = process.ppid
  process.on('disconnect', over)
  const look = setInterval(() => {
    if (!process.connected || process.ppid !== parent) over()
  }, LOOK_EVERY_MS)
  look.unref()
  if (!process.connected) over()
}
