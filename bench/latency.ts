import type { CallTimes } from './phones/commands.js'
import { pause } from './engine.js'
import { figure, type Figure } from './figure.js'
import type { Phones } from './phones-process.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import { lanes, ringMs } from './world.js'

export interface LatencyOptions {
  /** Calls that are accepted at once, and calls whose first phone is busy. */
  readonly calls: number
  /** Calls whose first phone never answers: each takes the whole ring time-out. */
  readonly timeouts: number
}

const sideBySide = 4

/** Latencies on a quiet engine: a few calls at a time. */
export async function latency(options: LatencyOptions, tell: (line: string) => void): Promise<readonly Figure[]> {
  const accepting = lanes(sideBySide, 2_000, ['accept'])
  const busyFirst = lanes(sideBySide, 3_000, ['busy', 'accept'])
  const silentFirst = lanes(Math.min(12, options.timeouts), 4_000, ['noAnswer', 'accept'])
  return onStage({ crowds: [[...accepting, ...busyFirst, ...silentFirst]], oneCore: false, recorded: true }, async (_engine, [phones]) => {
    if (!phones) throw new Error('no phones')
    tell('warming up')
    await run(phones, 0, accepting.length + busyFirst.length, 12, 100)
    tell(`${options.calls} calls, accepted at once`)
    const accepted = await run(phones, 0, accepting.length, options.calls, 300)
    tell(`${options.calls} calls, the first phone busy`)
    const busy = await run(phones, accepting.length, busyFirst.length, options.calls, 100)
    tell(`${options.timeouts} calls, the first phone never answers`)
    const silent = await run(phones, accepting.length + busyFirst.length, silentFirst.length, options.timeouts, 100)
    tell(`${options.calls} calls, the caller hangs up while a phone rings`)
    const abandoned = await run(
      phones,
      accepting.length + busyFirst.length,
      Math.min(sideBySide, silentFirst.length),
      options.calls,
      200,
      true,
    )
    return crowdFigures(accepted, busy, silent, abandoned)
  })
}

/** The same with one call at a time: the cost of acceptance to a single caller. */
export async function single(options: { readonly calls: number }, tell: (line: string) => void): Promise<readonly Figure[]> {
  return onStage({ crowds: [lanes(1, 2_000, ['accept'])], oneCore: false, recorded: true }, async (_engine, [phones]) => {
    if (!phones) throw new Error('no phones')
    tell('warming up')
    await run(phones, 0, 1, 5, 100)
    tell(`${options.calls} calls, one at a time`)
    return singleFigures(await run(phones, 0, 1, options.calls, 200))
  })
}

/** `count` calls over these lanes, each lane one call at a time. */
async function run(
  phones: Phones,
  first: number,
  width: number,
  count: number,
  talkMs: number,
  abandon = false,
): Promise<readonly CallTimes[]> {
  const results: CallTimes[] = []
  let begun = 0
  await Promise.all(
    Array.from({ length: width }, async (_, lane) => {
      // Staggered, so that the lanes do not all do the same at once.
      await pause((lane * 1_000) / width)
      while (begun < count) {
        begun++
        results.push(await phones.call(first + lane, talkMs, abandon))
        await pause(150)
      }
    }),
  )
  const failed = results.filter((times) => times.failed !== undefined)
  if (failed.length > results.length / 10)
    throw new Error(`${failed.length} of ${results.length} calls failed: ${[...new Set(failed.map((times) => times.failed))].join('; ')}`)
  return results.filter((times) => times.failed === undefined)
}

type Moment = number | undefined

function between(from: Moment, to: Moment): Moment {
  return from === undefined || to === undefined ? undefined : to - from
}

const answerToWhisper = ({ ringing }: CallTimes) => between(ringing[0]?.answerAt, ringing[0]?.whisperAt)
const answerToPacket = ({ ringing }: CallTimes) => between(ringing[0]?.answerAt, ringing[0]?.firstPacketAt)
const silenceFirst = ({ ringing }: CallTimes) => between(ringing[0]?.firstPacketAt, ringing[0]?.whisperAt)
const keyToCaller = (times: CallTimes) => between(times.ringing[0]?.keyAt, times.hearsSpecialistAt)
const keyToSpecialist = ({ ringing }: CallTimes) => between(ringing[0]?.keyAt, ringing[0]?.hearsCallerAt)

const heardNote =
  'from the 200 of the specialist to the first sample above -40 dBFS, by its place in its packet: silence at the head of the prompt counts'
const keyNote = 'from the last RFC 4733 end packet; the three leave together'

/** Targets of the embedded switch; a drachtio-server and a FreeSWITCH have others. */
const onRealServers = process.env.RINGROUND_DRACHTIO !== undefined && process.env.RINGROUND_DRACHTIO !== ''
const target = (embedded: number, real: number) => ({ target: onRealServers ? real : embedded })

function crowdFigures(
  accepted: readonly CallTimes[],
  busy: readonly CallTimes[],
  silent: readonly CallTimes[],
  abandoned: readonly CallTimes[],
): readonly Figure[] {
  const answer = spread([...accepted, ...busy].map((times) => between(times.inviteAt, times.okAt)))
  const whisper = spread(accepted.map(answerToWhisper))
  const firstPacket = spread(accepted.map(answerToPacket))
  const head = spread(accepted.map(silenceFirst))
  const callerHears = spread(accepted.map(keyToCaller))
  const specialistHears = spread(accepted.map(keyToSpecialist))
  const next = spread(busy.map(({ ringing }) => between(ringing[0]?.refusedAt, ringing[1]?.inviteAt)))
  const afterTimeout = spread(silent.map(({ ringing }) => between(ringing[0]?.cancelAt, ringing[1]?.inviteAt)))
  const overrun = spread(
    silent
      .map(({ ringing }) => between(ringing[0]?.inviteAt, ringing[0]?.cancelAt))
      .map((rang) => (rang === undefined ? undefined : rang - ringMs)),
  )
  const release = spread(abandoned.map((times) => between(times.callerByeAt, times.ringing[0]?.cancelAt)))
  const question = spread(accepted.map((times) => between(times.callerByeAt, times.ringing[0]?.questionAt)))
  return [
    figure({
      name: 'INVITE -> 200',
      unit: 'ms',
      scale: 'fact',
      of: 'p95',
      value: answer.p95,
      ...target(20, 30),
      spread: answer,
      freeswitchAlone: '23 (3-27)',
    }),
    figure({
      name: 'answer -> whisper is heard',
      unit: 'ms',
      scale: 'message',
      of: 'p95',
      value: whisper.p95,
      ...target(25, 40),
      spread: whisper,
      freeswitchAlone: '21 (21-22)',
      note: heardNote,
    }),
    figure({ name: 'answer -> first packet', unit: 'ms', scale: 'message', of: 'p95', value: firstPacket.p95, spread: firstPacket }),
    figure({
      name: 'silence at the head of the whisper',
      unit: 'ms',
      of: 'median',
      value: head.median,
      spread: head,
      note: 'from the first packet to the first sample that is heard',
    }),
    figure({
      name: 'key -> caller hears specialist',
      unit: 'ms',
      scale: 'fact',
      of: 'p99',
      value: callerHears.p99,
      ...target(40, 60),
      spread: callerHears,
      freeswitchAlone: '41 (41-62)',
      note: keyNote,
    }),
    figure({
      name: 'key -> specialist hears caller',
      unit: 'ms',
      scale: 'fact',
      of: 'p99',
      value: specialistHears.p99,
      ...target(40, 60),
      spread: specialistHears,
      freeswitchAlone: '62 (33-89)',
    }),
    figure({
      name: 'time-out -> next INVITE',
      unit: 'ms',
      scale: 'message',
      of: 'p99',
      value: afterTimeout.p99,
      ...target(10, 10),
      spread: afterTimeout,
      freeswitchAlone: '0',
      note: 'from the CANCEL; negative: the next INVITE left before it',
    }),
    figure({
      name: 'overrun of the ring time-out',
      unit: 'ms',
      scale: 'timer',
      of: 'most',
      value: overrun.most,
      ...target(10, 10),
      spread: overrun,
      freeswitchAlone: '+500..980',
      note: 'INVITE to CANCEL at the phone, less the 5 s of the directory',
    }),
    figure({
      name: '486 -> next INVITE',
      unit: 'ms',
      scale: 'message',
      of: 'p95',
      value: next.p95,
      ...target(5, 8),
      spread: next,
      freeswitchAlone: '9',
    }),
    figure({
      name: 'caller BYE -> other leg released',
      unit: 'ms',
      scale: 'message',
      of: 'p99',
      value: release.p99,
      ...target(3, 3),
      spread: release,
      freeswitchAlone: '21 (1.5-40)',
      note: 'to the CANCEL at the phone that rings; after a conversation nobody is hung up on, but asked for the outcome (next figure)',
    }),
    figure({
      name: 'caller BYE -> specialist is asked for the outcome',
      unit: 'ms',
      scale: 'message',
      of: 'p99',
      value: question.p99,
      spread: question,
      note: 'until the question is heard',
    }),
  ]
}

function singleFigures(calls: readonly CallTimes[]): readonly Figure[] {
  const median = (name: string, scale: Figure['scale'], value: (times: CallTimes) => Moment, more: Partial<Figure> = {}) => {
    const values = spread(calls.map(value))
    return figure({
      name: `${name}, alone`,
      unit: 'ms',
      ...(scale === undefined ? {} : { scale }),
      of: 'median',
      value: values.median,
      spread: values,
      ...more,
    })
  }
  return [
    median('INVITE -> 200', 'fact', (times) => between(times.inviteAt, times.okAt), { target: 12, freeswitchAlone: '6.5 (6-10)' }),
    median('answer -> first packet', 'message', answerToPacket),
    median('answer -> whisper is heard', 'message', answerToWhisper, { freeswitchAlone: '22 (22-25)', note: heardNote }),
    median('silence at the head of the whisper', undefined, silenceFirst),
    // On real servers: no more than 10 ms above FreeSWITCH alone, which was measured on a separate machine.
    median('key -> caller hears specialist', 'fact', keyToCaller, {
      ...(onRealServers ? { target: 52 } : {}),
      freeswitchAlone: '42 (42-62)',
      note: keyNote,
    }),
    median('key -> specialist hears caller', 'fact', keyToSpecialist, {
      ...(onRealServers ? { target: 83 } : {}),
      freeswitchAlone: '73 (59-93)',
    }),
    median('caller BYE -> specialist is asked for the outcome', 'message', (times) =>
      between(times.callerByeAt, times.ringing[0]?.questionAt),
    ),
  ]
}
