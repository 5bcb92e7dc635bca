import type { Clock } from '../clock/clock.js'

/**
 * Waits for something that may fail or never come.
 * @returns its value, or `undefined` when it has rejected or `ms` milliseconds have passed. Never rejects; leaves no timer behind.
 */
export function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancelTimer = clock.after(ms, () => resolve(undefined))
    work.then(
      (value) => {
        cancelTimer()
        resolve(value)
      },
      () => {
        cancelTimer()
        resolve(undefined)
      },
    )
  })
}
