import type { Clock } from '../clock/clock.js'
import type { IncomingCall } from '../switch/port.js'

/** What a browser dials to try whether voice gets through. Nobody is rung, and nothing of it is a call: no fact is told. */
export const connectionTestNumber = 'connection-test'

/** Longer than the page listens. */
const longestMs = 15_000

/** Answers, and beeps now and then until the browser hangs up. */
export async function connectionTest(incoming: IncomingCall, clock: Clock): Promise<void> {
  const answer = await incoming.answer()
  if (answer.kind !== 'answered') return
  const { leg } = answer
  const stop = new AbortController()
  const forget = clock.after(longestMs, () => stop.abort())
  void leg.hungUp.then(() => stop.abort())
  await leg.play(
    [
      { kind: 'tone', tone: 'beep' },
      { kind: 'silence', ms: 600 },
    ],
    { loop: true, signal: stop.signal },
  )
  forget()
  await leg.close()
}
