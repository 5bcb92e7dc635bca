import { afterEach, beforeEach, expect } from 'vitest'

/**
 * Fails a test that leaves a rejection which nobody awaits: in the engine it would be a fault that no flow dealt with. Called once in the
 * `describe` (or file) whose tests are watched.
 */
export function expectNothingLeftOver(): void {
  let leftOver: unknown[] = []
  const note = (reason: unknown) => leftOver.push(reason)
  beforeEach(() => {
    leftOver = []
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    // Node tells of a rejection when the microtasks of this turn are done.
    await new Promise((resolve) => setTimeout(resolve, 0))
    process.off('unhandledRejection', note)
    expect(leftOver).toEqual([])
  })
}
