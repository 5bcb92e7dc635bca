import { pause } from './engine.js'
import { figure } from './figure.js'
import type { PartResult } from './part.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import { lanes } from './world.js'

/** Lanes for set-ups; enough that one is always free. */
const ringers = 40

/**
 * Whether a packet waits for other calls' SIP and events: the delay of a crowd of running calls, without and with set-ups
 * meanwhile. Nothing is recorded, and all processors are usable: this looks for waiting, not a lack of CPU time.
 */
export async function relay(
  options: { readonly calls: number; readonly perSecond: number; readonly seconds: number },
  tell: (line: string) => void,
): Promise<PartResult> {
  const crowd = lanes(options.calls, 2_000, ['accept'])
  const others = lanes(ringers, 5_000, ['accept'])
  return onStage({ crowds: [crowd, others], oneCore: false, recorded: false }, async (_engine, [talking, ringing]) => {
    if (!talking || !ringing) throw new Error('no phones')
    tell(`${options.calls} calls come up`)
    await talking.holdAll([...crowd.keys()], options.perSecond)
    await pause(1_000)
    tell(`they talk for ${options.seconds} s`)
    await talking.listen()
    await pause(options.seconds * 1_000)
    const quiet = await talking.heard()

    tell(`meanwhile ${options.perSecond} calls a second are set up, for ${options.seconds} s`)
    const free = [...others.keys()]
    const answers: (number | undefined)[] = []
    const running: Promise<void>[] = []
    let failed = 0
    let waited = 0
    await talking.listen()
    const begun = performance.now()
    for (let n = 0; n < options.perSecond * options.seconds; n++) {
      await pause(begun + (n * 1_000) / options.perSecond - performance.now())
      const lane = free.shift()
      if (lane === undefined) {
        waited++
        continue
      }
      running.push(
        ringing.call(lane, 500).then((times) => {
          free.push(lane)
          if (times.failed !== undefined) failed++
          else answers.push(times.okAt === undefined ? undefined : times.okAt - times.inviteAt)
        }),
      )
    }
    const busy = await talking.heard()
    const rate = (running.length / (performance.now() - begun)) * 1_000
    await Promise.all(running)
    const answer = spread(answers)
    const note = `${rate.toFixed(1)} calls a second, ${failed} failed, ${waited} found no free line; INVITE -> 200 meanwhile ${answer.median.toFixed(1)} ms median, ${answer.p95.toFixed(1)} p95; the phones' own clock was late by ${busy.ownLatenessMs} ms (p99)`
    const of = `with ${options.calls} calls`
    return {
      figures: [
        figure({
          name: 'delay, nothing else happens',
          unit: 'ms',
          scale: 'message',
          of: `p99 ${of}`,
          value: quiet.delay.p99,
          note: `the phones' own clock was late by ${quiet.ownLatenessMs} ms (p99)`,
        }),
        figure({
          name: `delay, ${options.perSecond} calls a second set up`,
          unit: 'ms',
          scale: 'message',
          of: `p99 ${of}`,
          value: busy.delay.p99,
          target: 5,
          note,
        }),
        figure({
          name: `delay, ${options.perSecond} calls a second set up`,
          unit: 'ms',
          scale: 'message',
          of: `median ${of}`,
          value: busy.delay.median,
        }),
        figure({
          name: `packets lost, ${options.perSecond} calls a second set up`,
          unit: '%',
          of,
          value: (100 * busy.lost) / Math.max(1, busy.received + busy.lost),
          target: 0,
        }),
      ],
      details: { quiet, busy },
    }
  })
}
