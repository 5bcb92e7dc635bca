import { pause, type EngineUnderTest } from './engine.js'
import { figure, type Figure } from './figure.js'
import type { Phones } from './phones-process.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import type { Heard } from './phones/commands.js'
import { lanes } from './world.js'

export interface LoadOptions {
  /** How many calls at a time. */
  readonly sizes: readonly number[]
  /** How long each crowd talks while it is measured. */
  readonly seconds: number
  readonly recorded: boolean
  /** The callers are browsers. */
  readonly browsers?: boolean
  /** They send Opus, and receive G.711. */
  readonly opus?: boolean
}

/** The rate of calls while a crowd builds up. */
const gatherPerSecond = 25

export interface LoadResult {
  readonly calls: number
  readonly recorded: boolean
  /** CPU seconds from the INVITE of a call until both hear each other, for each. */
  readonly setUpCpu: number
  /** CPU seconds for each minute of a bridged call, without MP3 encoding. */
  readonly cpuPerCallMinute: number
  /** The same for each process. */
  readonly byProcess: readonly { readonly name: string; readonly cpuPerCallMinute: number }[]
  /** CPU seconds for the MP3 of one minute of a call. */
  readonly mp3CpuPerCallMinute?: number
  /** Share of one processor that was used while the crowd talked. */
  readonly processorShare: number
  readonly megabytesPerCall: number
  readonly heard: Heard
  /** From the hang-up of all to the last MP3 on disk, s. */
  readonly mp3Seconds?: { readonly median: number; readonly last: number }
}

/** The cost of running calls, by crowd. */
export async function load(
  options: LoadOptions,
  tell: (line: string) => void,
): Promise<{ readonly results: readonly LoadResult[]; readonly figures: readonly Figure[] }> {
  const results: LoadResult[] = []
  for (const size of options.sizes) {
    tell(
      `${size} calls, ${options.recorded ? 'recorded' : 'not recorded'}${options.opus === true ? ', Opus' : ''}, for ${options.seconds} s`,
    )
    try {
      results.push(await crowd(size, options))
    } catch (error) {
      // The largest crowd may exceed the machine; earlier figures stand.
      tell(`  ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    results,
    figures:
      options.browsers === true ? browserFigures(results, options.opus === true ? ', Opus' : '') : figures(results, options.recorded),
  }
}

async function crowd(size: number, options: LoadOptions): Promise<LoadResult> {
  const all = lanes(size, 2_000, ['accept'])
  return onStage(
    { crowds: [all], oneCore: true, recorded: options.recorded, browsers: options.browsers === true, opus: options.opus === true },
    async (engine, [phones]) => {
      if (!phones) throw new Error('no phones')
      // One call first, to warm up everything made once.
      await phones.call(0, 200)
      await pause(1_500)
      const mp3sBefore = engine.mp3s()
      const idleMegabytes = engine.megabytes()

      const beforeSetUp = engine.cpuSeconds()
      await phones.holdAll([...all.keys()], gatherPerSecond)
      const setUpCpu = (engine.cpuSeconds() - beforeSetUp) / size
      await pause(1_000)

      await phones.listen()
      const before = { cpu: engine.cpuSeconds(), by: engine.cpuByProcess(), at: performance.now() }
      await pause(options.seconds * 1_000)
      const after = { cpu: engine.cpuSeconds(), by: engine.cpuByProcess(), at: performance.now() }
      const heard = await phones.heard()
      const megabytes = engine.megabytes()
      const minutes = ((after.at - before.at) / 60_000) * size

      const encoding = options.recorded
        ? await hangUpAndWait(engine, phones, size, mp3sBefore)
        : await phones.hangUp().then(() => undefined)
      const spokenMinutes = (minutes * (options.seconds + 1 + size / gatherPerSecond / 2)) / options.seconds
      return {
        calls: size,
        recorded: options.recorded,
        setUpCpu,
        cpuPerCallMinute: (after.cpu - before.cpu) / minutes,
        byProcess: after.by.map(({ name, seconds }) => ({
          name,
          cpuPerCallMinute: (seconds - (before.by.find((one) => one.name === name)?.seconds ?? 0)) / minutes,
        })),
        processorShare: (after.cpu - before.cpu) / ((after.at - before.at) / 1_000),
        megabytesPerCall: (megabytes - idleMegabytes) / size,
        heard,
        ...(encoding ? { mp3CpuPerCallMinute: encoding.cpu / spokenMinutes, mp3Seconds: encoding.seconds } : {}),
      }
    },
  )
}

/** Everybody hangs up at once; waits for the last MP3. */
export async function hangUpAndWait(
  engine: EngineUnderTest,
  phones: Phones,
  size: number,
  mp3sBefore: number,
): Promise<{ readonly cpu: number; readonly seconds: { readonly median: number; readonly last: number } }> {
  const cpu = engine.cpuSeconds()
  const hungUp = phones.hangUp()
  const begun = performance.now()
  const readyAt: number[] = []
  while (readyAt.length < size && performance.now() - begun < 120_000) {
    const ready = engine.mp3s() - mp3sBefore
    while (readyAt.length < ready) readyAt.push((performance.now() - begun) / 1_000)
    await pause(25)
  }
  await hungUp
  if (readyAt.length < size) throw new Error(`only ${readyAt.length} of ${size} recordings were made into MP3 within two minutes`)
  await pause(1_000)
  return { cpu: engine.cpuSeconds() - cpu, seconds: { median: spread(readyAt).median, last: readyAt.at(-1) ?? Number.NaN } }
}

function figures(results: readonly LoadResult[], recorded: boolean): readonly Figure[] {
  const alone: Readonly<Record<string, string>> = recorded ? { cpu: '0.49 with MP3' } : { cpu: '0.24' }
  const what = recorded ? 'recorded' : 'bridged'
  return results.flatMap((result) => {
    const total = result.cpuPerCallMinute + (result.mp3CpuPerCallMinute ?? 0)
    const list: Figure[] = [
      figure({
        name: `CPU per ${what} call-minute`,
        unit: 's',
        scale: 'packets',
        of: `at ${result.calls} calls`,
        value: total,
        target: recorded ? 0.3 : 0.15,
        freeswitchAlone: alone.cpu ?? '',
        note: `${result.byProcess.map(({ name, cpuPerCallMinute }) => `${name} ${cpuPerCallMinute.toFixed(3)}`).join(', ')}${result.mp3CpuPerCallMinute === undefined ? '' : `, MP3 and hang-up ${result.mp3CpuPerCallMinute.toFixed(3)}`}`,
      }),
      figure({
        name: `delay, ${what}`,
        scale: 'message',
        unit: 'ms',
        of: `p99 at ${result.calls} calls`,
        value: result.heard.delay.p99,
        note: `the phones' own clock was late by ${result.heard.ownLatenessMs} ms (p99)`,
      }),
      figure({
        name: `packets lost, ${what}`,
        unit: '%',
        of: `at ${result.calls} calls`,
        value: (100 * result.heard.lost) / Math.max(1, result.heard.received + result.heard.lost),
      }),
      figure({
        name: `memory per ${what} call`,
        unit: 'MB',
        of: `at ${result.calls} calls`,
        value: result.megabytesPerCall,
        target: 0.3,
        freeswitchAlone: recorded ? '1.2-1.6' : '0.75',
      }),
    ]
    if (result.mp3Seconds) {
      const target = result.calls === 100 ? { target: 2 } : {}
      list.push(
        figure({
          name: 'hang-up -> MP3 ready',
          scale: 'work',
          unit: 's',
          of: `the last of ${result.calls}`,
          value: result.mp3Seconds.last,
          ...target,
          note: `all hang up at once; median ${result.mp3Seconds.median.toFixed(2)} s`,
        }),
      )
    }
    return list
  })
}

/** @param codec behind the names */
function browserFigures(results: readonly LoadResult[], codec: string): readonly Figure[] {
  return results.flatMap(({ calls, setUpCpu, cpuPerCallMinute, byProcess, heard, megabytesPerCall }) => [
    figure({
      name: `CPU per browser call-minute${codec}`,
      unit: 's',
      scale: 'packets',
      of: `at ${calls} calls`,
      value: cpuPerCallMinute,
      note: `${byProcess.map((one) => `${one.name} ${one.cpuPerCallMinute.toFixed(3)}`).join(', ')}; the specialist has a telephone`,
    }),
    figure({ name: `CPU to set up a browser call${codec}`, unit: 'ms', scale: 'work', of: `at ${calls} calls`, value: setUpCpu * 1_000 }),
    figure({
      name: `delay, browser calls${codec}`,
      unit: 'ms',
      scale: 'message',
      of: `p99 at ${calls} calls`,
      value: heard.delay.p99,
      note: `the phones' own clock was late by ${heard.ownLatenessMs} ms (p99), and werift is their SRTP as well`,
    }),
    figure({
      name: `packets lost, browser calls${codec}`,
      unit: '%',
      of: `at ${calls} calls`,
      value: (100 * heard.lost) / Math.max(1, heard.received + heard.lost),
    }),
    figure({ name: `memory per browser call${codec}`, unit: 'MB', of: `at ${calls} calls`, value: megabytesPerCall }),
  ])
}

/** Whether the delay grows while a crowd of recorded calls talks. */
export function steadiness(result: LoadResult): readonly Figure[] {
  const seconds = result.heard.bySecond.filter(({ most }) => most > 0)
  const third = Math.max(1, Math.floor(seconds.length / 3))
  const median = (part: typeof seconds) => spread(part.map((one) => one.median)).median
  return [
    figure({
      name: 'growth of the delay',
      unit: 'ms',
      of: `last third less first, ${result.calls} recorded calls`,
      value: median(seconds.slice(-third)) - median(seconds.slice(0, third)),
      target: 5,
      note: 'median delay by second',
    }),
  ]
}
