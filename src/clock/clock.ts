/**
 * Time as a dependency. Everything in the engine that waits, measures or stamps asks a `Clock`; the system's clock runs
 * calls, the virtual one (`virtual-clock.ts`) runs thousands of them in a second.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch (UTC). May step; for stamping facts. */
  now(): number
  /** Monotonic milliseconds since an arbitrary start, with fractions. For measuring durations. */
  monotonic(): number
  /**
   * Calls `action` once after `delayMs` milliseconds of monotonic time.
   * @returns cancels the timer; calling it twice, or after it fired, is harmless.
   */
  after(delayMs: number, action: () => void): () => void
}

/**
 * Waits `delayMs` milliseconds.
 * @returns `'elapsed'`, or `'cancelled'` as soon as the signal aborts. Never rejects; leaves no timer and no listener behind.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<'elapsed' | 'cancelled'> {
  if (signal?.aborted) return Promise.resolve('cancelled')
  return new Promise((resolve) => {
    const onAbort = () => {
      cancelTimer()
      resolve('cancelled')
    }
    const cancelTimer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve('elapsed')
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
