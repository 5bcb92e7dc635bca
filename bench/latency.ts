import type { CallTimes } from './phones/commands.js'
import { EngineUnderTest, pause } from './engine.js'
import { figure, type Figure } from './figure.js'
import { Phones } from './phones-process.js'
import { spread } from './statistics.js'
import { directory, lanes, ringMs } from './world.js'

export interface LatencyOptions {
  /** Calls that are accepted at once, and calls whose first phone is busy. */
  readonly calls: number
  /** Calls whose first phone never answers: each takes the whole ring time-out. */
  readonly timeouts: number
}

const sideBySide = 4

/** How quickly one thing follows another on a quiet engine: a few calls at a time. */
export async function latency(options: LatencyOptions, tell: (line: string) => void): Promise<readonly Figure[]> {
  const phones = Phones.start(false)
  let engine: EngineUnderTest | undefined
  try {
    const port = await phones.bind()
    const accepting = lanes(sideBySide, 2_000, ['accept'])
    const busyFirst = lanes(sideBySide, 3_000, ['busy', 'accept'])
    const silentFirst = lanes(Math.min(12, options.timeouts), 4_000, ['noAnswer', 'accept'])
    const all = [...accepting, ...busyFirst, ...silentFirst]
    engine = await EngineUnderTest.start(directory(all, port), false)
    await phones.open(all, engine.sip)

    tell('warming up')
    await run(phones, 0, accepting.length + busyFirst.length, 12, 100)
    tell(`${options.calls} calls, accepted at once`)
    const accepted = await run(phones, 0, accepting.length, options.calls, 300)
    tell(`${options.calls} calls, the first phone busy`)
    const busy = await run(phones, accepting.length, busyFirst.length, options.calls, 100)
    tell(`${options.timeouts} calls, the first phone never answers`)
    const silent = await run(phones, accepting.length + busyFirst.length, silentFirst.length, options.timeouts, 100)
    tell(`${options.calls} calls, the caller hangs up while a phone rings`)
    const abandoned = await run(phones, accepting.length + busyFirst.length, Math.min(sideBySide, silentFirst.length), options.calls, 200, true)
    return figures(accepted, busy, silent, abandoned)
  } finally {
    await phones.stop()
    await engine?.stop()
  }
}

/** `count` calls over these lanes, each lane one call at a time. */
async function run(phones: Phones, first: number, width: number, count: number, talkMs: number, abandon = false): Promise<readonly CallTimes[]> {
  const results: CallTimes[] = []
  let begun = 0
  await Promise.all(
    Array.from({ length: width }, async (_, lane) => {
      // Out of step, so that the lanes do not all ask for the same at the same time.
      await pause((lane * 1_000) / width)
      while (begun < count) {
        begun++
        results.push(await phones.call(first + lane, talkMs, abandon))
        await pause(150)
      }
    }),
  )
  const failed = results.filter((times) => times.failed !== undefined)
  if (failed.length > results.length / 10) throw new Error(`${failed.length} of ${results.length} calls failed: ${[...new Set(failed.map((times) => times.failed))].join('; ')}`)
  return results.filter((times) => times.failed === undefined)
}

function figures(accepted: readonly CallTimes[], busy: readonly CallTimes[], silent: readonly CallTimes[], abandoned: readonly CallTimes[]): readonly Figure[] {
  const between = (from: number | undefined, to: number | undefined) => (from === undefined || to === undefined ? undefined : to - from)
  const answer = spread([...accepted, ...busy].map((times) => between(times.inviteAt, times.okAt)))
  const whisper = spread(accepted.map(({ ringing }) => between(ringing[0]?.answerAt, ringing[0]?.whisperAt)))
  const firstPacket = spread(accepted.map(({ ringing }) => between(ringing[0]?.answerAt, ringing[0]?.firstPacketAt)))
  const callerHears = spread(accepted.map((times) => between(times.ringing[0]?.keyAt, times.hearsSpecialistAt)))
  const specialistHears = spread(accepted.map(({ ringing }) => between(ringing[0]?.keyAt, ringing[0]?.hearsCallerAt)))
  const next = spread(busy.map(({ ringing }) => between(ringing[0]?.refusedAt, ringing[1]?.inviteAt)))
  const afterTimeout = spread(silent.map(({ ringing }) => between(ringing[0]?.cancelAt, ringing[1]?.inviteAt)))
  const overrun = spread(silent.map(({ ringing }) => between(ringing[0]?.inviteAt, ringing[0]?.cancelAt)).map((rang) => (rang === undefined ? undefined : rang - ringMs)))
  const release = spread(abandoned.map((times) => between(times.callerByeAt, times.ringing[0]?.cancelAt)))
  const question = spread(accepted.map((times) => between(times.callerByeAt, times.ringing[0]?.questionAt)))
  return [
    figure({ name: 'INVITE -> 200', unit: 'ms', of: 'p95', value: answer.p95, target: 20, spread: answer, freeswitchAlone: '23 (3-27)' }),
    figure({ name: 'answer -> whisper', unit: 'ms', of: 'p95', value: whisper.p95, target: 25, spread: whisper, freeswitchAlone: '21 (21-22)', note: 'from the 200 of the specialist to the first packet that is not silence' }),
    figure({ name: 'answer -> first packet', unit: 'ms', of: 'p95', value: firstPacket.p95, spread: firstPacket }),
    figure({ name: 'key -> caller hears specialist', unit: 'ms', of: 'p99', value: callerHears.p99, target: 40, spread: callerHears, freeswitchAlone: '41 (41-62)', note: 'from the last RFC 4733 end packet; the three leave together' }),
    figure({ name: 'key -> specialist hears caller', unit: 'ms', of: 'p99', value: specialistHears.p99, target: 40, spread: specialistHears, freeswitchAlone: '62 (33-89)' }),
    figure({ name: 'time-out -> next INVITE', unit: 'ms', of: 'p99', value: afterTimeout.p99, target: 10, spread: afterTimeout, freeswitchAlone: '0' , note: 'from the CANCEL; negative: the next INVITE left before it' }),
    figure({ name: 'overrun of the ring time-out', unit: 'ms', of: 'most', value: overrun.most, target: 10, spread: overrun, freeswitchAlone: '+500..980', note: 'INVITE to CANCEL at the phone, less the 5 s of the directory' }),
    figure({ name: '486 -> next INVITE', unit: 'ms', of: 'p95', value: next.p95, target: 5, spread: next, freeswitchAlone: '9' }),
    figure({ name: 'caller BYE -> other leg released', unit: 'ms', of: 'p99', value: release.p99, target: 3, spread: release, freeswitchAlone: '21 (1.5-40)', note: 'to the CANCEL at the phone that rings; after a conversation nobody is hung up on, but asked for the outcome (next figure)' }),
    figure({ name: 'caller BYE -> specialist is asked for the outcome', unit: 'ms', of: 'p99', value: question.p99, spread: question, note: 'to the first packet of the question' }),
  ]
}
