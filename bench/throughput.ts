import { EngineUnderTest, pause } from './engine.js'
import { figure, type Figure } from './figure.js'
import { Phones } from './phones-process.js'
import { spread } from './statistics.js'
import { directory, lanes } from './world.js'

/**
 * Calls a second: so many callers that ring again as soon as they have hung up, each call from the dialled number over whisper and key to a
 * bridge, a recording and its MP3. What the engine then spends for a call is the cost of set-up and hang-up, with about 0.5 s of audio.
 */
export async function throughput(options: { readonly width: number; readonly seconds: number }, tell: (line: string) => void): Promise<readonly Figure[]> {
  const phones = Phones.start(true)
  let engine: EngineUnderTest | undefined
  try {
    const port = await phones.bind()
    const all = lanes(options.width, 2_000, ['accept'])
    engine = await EngineUnderTest.start(directory(all, port), true)
    engine.stopRecording()
    await phones.open(all, engine.sip)
    await phones.call(0, 100)
    tell(`${options.width} callers who ring again and again, for ${options.seconds} s`)
    const cpu = engine.cpuSeconds()
    const begun = performance.now()
    const until = begun + options.seconds * 1_000
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
    const seconds = (performance.now() - begun) / 1_000
    const perCall = (1_000 * (engine.cpuSeconds() - cpu)) / answers.length
    const answer = spread(answers)
    return [
      figure({ name: 'calls per second', unit: '/s', of: `${options.width} callers`, value: answers.length / seconds, note: `${failed} failed; INVITE -> 200 meanwhile ${answer.median.toFixed(1)} ms median, ${answer.p99.toFixed(1)} p99` }),
      figure({ name: 'CPU of set-up and hang-up', unit: 'ms', of: 'per call', value: perCall, target: 8, freeswitchAlone: '11.6', note: 'without recording; with about 0.5 s of audio on two legs, and every fact written to disk' }),
    ]
  } finally {
    await phones.stop()
    await engine?.stop()
  }
}
