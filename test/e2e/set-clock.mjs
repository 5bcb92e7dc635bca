/**
 * Loaded into the engine (`node --import`): while it runs, its wall clock is shifted by the number of milliseconds in the file that RINGROUND_TEST_CLOCK
 * names. The monotonic clock goes on as it is, as when an operator sets the clock of a machine.
 */
import { readFileSync } from 'node:fs'

const { now } = Date
const RealDate = Date
let setBy = 0
let readAt = -Infinity

function offset() {
  const at = performance.now()
  if (at - readAt > 20) {
    readAt = at
    try {
      setBy = Number(readFileSync(process.env.RINGROUND_TEST_CLOCK, 'utf8')) || 0
    } catch {
      setBy = 0
    }
  }
  return setBy
}

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now() + offset())
    else super(...given)
  }

  static now() {
    return now() + offset()
  }
}
