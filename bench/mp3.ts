import { pause, type EngineUnderTest } from './engine.js'
import { figure } from './figure.js'
import { hangUpAndWait } from './load.js'
import type { PartResult } from './part.js'
import type { Phones } from './phones-process.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import { lanes } from './world.js'

const talkSeconds = 10
const gatherPerSecond = 25
const lookEveryMs = 10
/** An MP3 missing by then will not come. */
const timeoutMs = 30_000

/** From the hang-up to the MP3 on disk, after one caller has hung up and after all have at once; and what recording and MP3 cost, everything in. */
export async function mp3(
  options: { readonly crowd: number; readonly singles: number },
  tell: (line: string) => void,
): Promise<PartResult> {
  const ready = await onStage(
    { crowds: [lanes(options.singles, 2_000, ['accept'])], oneCore: true, recorded: true },
    async (engine, [phones]) => {
      if (!phones) throw new Error('no phones')
      tell(`${options.singles} calls of ${talkSeconds} s and more, which end one after the other`)
      await phones.holdAll([...Array(options.singles).keys()], 5)
      await pause(talkSeconds * 1_000)
      const times: number[] = []
      for (let lane = 0; lane < options.singles; lane++) times.push(await hangUpOne(engine, phones, lane))
      return spread(times)
    },
  )

  const recorded = await whole(options.crowd, true, tell)
  const plain = await whole(options.crowd, false, tell)
  const perCall = (1_000 * (recorded.cpu - plain.cpu)) / options.crowd
  return {
    figures: [
      figure({
        name: 'hang-up -> MP3 ready, one call',
        unit: 'ms',
        scale: 'work',
        of: 'p95',
        value: ready.p95,
        target: 300,
        spread: ready,
        note: `others still talk; looked for every ${lookEveryMs} ms`,
      }),
      figure({
        name: 'hang-up -> MP3 ready',
        unit: 's',
        scale: 'work',
        of: `the last of ${options.crowd}`,
        value: recorded.seconds?.last ?? Number.NaN,
        target: 2,
        note: `all hang up at once; median ${recorded.seconds?.median.toFixed(2) ?? '?'} s`,
      }),
      figure({
        name: `recording and MP3 of ${talkSeconds} s`,
        unit: 'ms',
        scale: 'work',
        of: `CPU a call, ${options.crowd} calls`,
        value: perCall,
        note: `all that ${options.crowd} recorded calls take, from their set-up to the last MP3, less that of as many which are not recorded; target for the MP3 alone: 30`,
      }),
    ],
    details: { recorded, plain },
  }
}

async function hangUpOne(engine: EngineUnderTest, phones: Phones, lane: number): Promise<number> {
  const before = engine.mp3s()
  const hungUp = phones.hangUp(lane)
  const until = Date.now() + timeoutMs
  while (engine.mp3s() === before) {
    if (Date.now() > until) throw new Error(`no MP3 within ${timeoutMs / 1_000} s`)
    await pause(lookEveryMs)
  }
  const at = Date.now()
  const took = at - (await hungUp)
  // The next one finds the encoder idle.
  await pause(500)
  return took
}

/** CPU seconds of a crowd from its first INVITE until everything is done. */
async function whole(size: number, recorded: boolean, tell: (line: string) => void) {
  return onStage({ crowds: [lanes(size, 2_000, ['accept'])], oneCore: true, recorded }, async (engine, [phones]) => {
    if (!phones) throw new Error('no phones')
    tell(`${size} calls of ${talkSeconds} s, ${recorded ? 'recorded' : 'not recorded'}, which all end at once`)
    await phones.call(0, 200)
    await pause(1_500)
    const cpu = engine.cpuSeconds()
    const mp3sBefore = engine.mp3s()
    await phones.holdAll([...Array(size).keys()], gatherPerSecond)
    await pause(talkSeconds * 1_000)
    const seconds = recorded ? (await hangUpAndWait(engine, phones, size, mp3sBefore)).seconds : undefined
    if (!recorded) {
      await phones.hangUp()
      await pause(2_000)
    }
    return { cpu: engine.cpuSeconds() - cpu, seconds }
  })
}
