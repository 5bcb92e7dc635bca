/** The time that the SIP stack runs on. Injected, so that hours of timers can pass in a test within a millisecond. */
export interface SipClock {
  /** Monotonic milliseconds since an arbitrary start, with fractions. */
  monotonic(): number
  /** Calls `action` once after `delayMs`. @returns cancels it; calling that twice or after it fired is harmless. */
  after(delayMs: number, action: () => void): () => void
}

/** The clock of the machine. */
export const machineClock: SipClock = {
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}
