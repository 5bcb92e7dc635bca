import { pause } from './engine.js'
import { figure } from './figure.js'
import type { PartResult } from './part.js'
import { dearest } from './profile.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import { lanes } from './world.js'

/**
 * Calls a second: callers ring again as soon as they have hung up, each call from the dialled number over whisper and key to a
 * bridge. The engine's CPU time for a call is then the cost of set-up and hang-up, with about 0.5 s of audio.
 * @param options `profile`: profiles CPU time, which costs some itself; then without the limit to one processor, which the profiler
 * also needs
 */
export async function throughput(
  options: { readonly width: number; readonly seconds: number; readonly profile: boolean },
  tell: (line: string) => void,
): Promise<PartResult> {
  const all = lanes(options.width, 2_000, ['accept'])
  return onStage({ crowds: [all], oneCore: !options.profile, recorded: false, probe: options.profile }, async (engine, [phones]) => {
    if (!phones) throw new Error('no phones')
    const ringFor = async (ms: number) => {
      const until = performance.now() + ms
      const answers: number[] = []
      let failed = 0
      await Promise.all(
        all.map(async (_, lane) => {
          await pause((lane * 1_000) / all.length)
          while (performance.now() < until) {
            const times = await phones.call(lane, 0)
            if (times.failed !== undefined) failed++
            else if (times.okAt !== undefined) answers.push(times.okAt - times.inviteAt)
          }
        }),
      )
      return { answers, failed }
    }
    // One-off compilation and set-up are not part of a call.
    tell('warming up')
    await ringFor(4_000)
    tell(`${options.width} callers who ring again and again, for ${options.seconds} s`)
    if (options.profile) await engine.ask('profile')
    const before = { cpu: engine.cpuSeconds(), by: engine.cpuByProcess(), at: performance.now() }
    const { answers, failed } = await ringFor(options.seconds * 1_000)
    const seconds = (performance.now() - before.at) / 1_000
    const perCall = (1_000 * (engine.cpuSeconds() - before.cpu)) / answers.length
    const by = engine
      .cpuByProcess()
      .map(
        ({ name, seconds: cpu }) =>
          `${name} ${((1_000 * (cpu - (before.by.find((one) => one.name === name)?.seconds ?? 0))) / answers.length).toFixed(1)}`,
      )
    const tables = options.profile ? dearest(await engine.ask('profiled'), answers.length) : []
    const answer = spread(answers)
    return {
      figures: [
        figure({
          name: 'calls a second',
          unit: '/s',
          scale: 'work',
          atLeast: true,
          of: `${options.width} callers`,
          value: answers.length / seconds,
          target: 35,
          note: `${failed} failed; INVITE -> 200 meanwhile ${answer.median.toFixed(1)} ms median, ${answer.p99.toFixed(1)} p99`,
        }),
        figure({
          name: 'CPU of set-up and hang-up',
          unit: 'ms',
          scale: 'work',
          of: 'per call',
          value: perCall,
          target: 30,
          freeswitchAlone: '11.6',
          note: `${by.join(', ')}; without recording; with about 0.5 s of audio on two legs, and every fact written to disk`,
        }),
      ],
      tables,
    }
  })
}
