/** How often a child checks that its parent still runs, ms. */
const LOOK_EVERY_MS = 1_000

/**
 * Ends a child process with its parent. Call it first.
 * @param end called once; the process is ended `graceMs` later in any case
 */
export function endWithParent(end: () => void, graceMs: number): void {
  whenParentGone(() => {
    setTimeout(() => process.exit(1), graceMs).unref()
    end()
  })
}

/**
 * Notices the end of the parent process, of any kind and however early: by the end of the IPC channel, by checking the parent's
 * process id (a channel that broke before there was a listener tells nothing), and by an error on its own output, whose reader was the parent. Until then it
 * ignores a terminal's signals to all its programs. Call it first. Without an IPC channel only the error on the output counts.
 * @param gone is called once
 */
export function whenParentGone(gone: () => void): void {
  let told = false
  const over = (): void => {
    if (told) return
    told = true
    gone()
  }
  // The reader has gone. Without a listener this is an exception, and logging it the next one.
  process.stdout.on('error', over)
  process.stderr.on('error', over)
  if (process.send === undefined) return
  // Ctrl-C and the end of a terminal reach every program started there. The parent decides about this one: it lets calls end first.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const parent = process.ppid
  process.on('disconnect', over)
  const look = setInterval(() => {
    if (!process.connected || process.ppid !== parent) over()
  }, LOOK_EVERY_MS)
  look.unref()
  if (!process.connected) over()
}
