import type { RecordingHandle, RecordingResult } from '../media/media-channel.js'
import type { Channel } from './channel.js'
import { DigitCollector, parseCollectArguments } from './digit-collector.js'
import { Playback } from './playback.js'
import type { Done, RunningApplication } from './running-application.js'

/**
 * One dialplan application. It either does its work at once (returns undefined), or returns the running application and calls `done` later.
 */
export type Application = (channel: Channel, argument: string, done: Done) => RunningApplication | undefined

export type ApplicationTable = ReadonlyMap<string, Application>

const OUTCOMES = { played: 'FILE PLAYED', notFound: 'FILE NOT FOUND', failed: 'PLAYBACK ERROR' } as const

function assign(channel: Channel, text: string): void {
  const equals = text.indexOf('=')
  if (equals <= 0) return
  const value = text.slice(equals + 1)
  channel.setVariable(text.slice(0, equals).trim(), value === '' ? undefined : value)
}

/**
 * Whether a key ends what plays or records (`playback_terminators`, which is `none` unless the application sets it); notes it if so.
 * Other keys go to what runs below.
 */
function endedBy(channel: Channel, digit: string): boolean {
  const terminators = channel.variable('playback_terminators') ?? 'none'
  if (terminators === 'none' || !(terminators === 'any' || terminators.includes(digit))) return false
  channel.setVariable('playback_terminator_used', digit)
  return true
}

/** `a=1 b=2`, or `^^:a=1:b=2` with a separator of one's own. */
function list(text: string): string[] {
  const own = /^\^\^(.)/.exec(text)?.[1]
  return own === undefined ? text.split(' ') : text.slice(3).split(own)
}

function playback(channel: Channel, argument: string, done: Done): RunningApplication {
  channel.setVariable('playback_terminator_used', undefined)
  const player = new Playback(channel, argument, (outcome) => {
    done(OUTCOMES[outcome])
  })
  return {
    key: (digit) => {
      const ends = endedBy(channel, digit)
      if (ends) player.break()
      return ends
    },
    break: () => {
      player.break()
    },
    abandon: () => {
      player.abandon()
      return OUTCOMES.played
    },
  }
}

/** Waits until broken off, for `ms` at most where given. */
function wait(done: Done, ms?: number): RunningApplication {
  const timer =
    ms === undefined
      ? undefined
      : setTimeout(() => {
          done()
        }, ms)
  return {
    break: () => {
      clearTimeout(timer)
      done()
    },
    abandon: () => {
      clearTimeout(timer)
      return undefined
    },
  }
}

/** Cannot be broken off: a short piece of work that ends by itself. */
const SHORT: RunningApplication = { break: () => undefined, abandon: () => undefined }

function isWav(path: string): boolean {
  return path.toLowerCase().endsWith('.wav')
}

/**
 * Starts a recording on the channel. Publishes RECORD_START and, when it is over for whatever reason, RECORD_STOP with the variables.
 * @returns the handle, or undefined when it could not be made (logged; the call goes on, as on the real server)
 */
export async function startRecording(
  channel: Channel,
  path: string,
  limitSeconds: number,
  stereo: boolean,
): Promise<RecordingHandle | undefined> {
  if (!isWav(path)) {
    channel.log(`invalid file format for ${path}: only .wav is recorded`)
    return undefined
  }
  let handle: RecordingHandle
  try {
    const portionMs = Number(channel.variable('record_portion_ms') ?? '')
    handle = await channel.media.startRecording(path, {
      stereo,
      swapChannels: channel.variable('RECORD_STEREO_SWAP') === 'true',
      ...(portionMs > 0 && { portionMs }),
    })
  } catch (error) {
    channel.log(`Error opening ${path}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
  channel.recordings.set(path, handle)
  channel.publish('RECORD_START', 'full', () => [['Record-File-Path', path]])
  const limit = limitSeconds > 0 ? setTimeout(() => void handle.stop(), limitSeconds * 1000) : undefined
  void handle.ended.then((result) => {
    clearTimeout(limit)
    channel.recordings.delete(path)
    noteRecording(channel, result, stereo ? 4 : 2)
    channel.publish('RECORD_STOP', 'full', () => [['Record-File-Path', path]])
  })
  return handle
}

function noteRecording(channel: Channel, result: RecordingResult, bytesPerSample: number): void {
  const ms = Math.round(result.durationMs)
  channel.data.setVariable('record_file_size', `${result.samples * bytesPerSample + 44}`)
  channel.data.setVariable('record_samples', `${result.samples}`)
  channel.data.setVariable('record_seconds', `${Math.floor(ms / 1000)}`)
  channel.data.setVariable('record_ms', `${ms}`)
  channel.data.setVariable('record_completion_cause', result.error === undefined ? 'success-maxtime' : 'uri-failure')
}

/** `<path> [+<seconds>]` */
function recordSession(channel: Channel, argument: string, done: Done): RunningApplication {
  const [path = '', limit = ''] = argument.split(' ')
  void startRecording(
    channel,
    path,
    limit.startsWith('+') ? Number(limit.slice(1)) || 0 : 0,
    channel.variable('RECORD_STEREO') === 'true',
  ).then(() => {
    done()
  })
  return SHORT
}

/** `<path>` or `all`. */
export async function stopRecordings(channel: Channel, path: string): Promise<boolean> {
  const handles =
    path === 'all' ? [...channel.recordings.values()] : [channel.recordings.get(path)].filter((handle) => handle !== undefined)
  await Promise.all(handles.map((handle) => handle.stop()))
  return handles.length > 0
}

/** `<path> [<seconds> [<silence threshold> [<silence hits>]]]`: silence does not end it (README). */
function record(channel: Channel, argument: string, done: Done): RunningApplication {
  const [path = '', limit = ''] = argument.split(' ')
  const seconds = Number(limit.replace(/^\+/, '')) || 0
  let handle: RecordingHandle | undefined
  let broken = false
  channel.setVariable('playback_terminator_used', undefined)
  void startRecording(channel, path, seconds, false).then((started) => {
    handle = started
    if (started === undefined) {
      done()
      channel.hangup('DESTINATION_OUT_OF_ORDER', 'application')
      return
    }
    if (broken) void started.stop()
    void started.ended.then(() => {
      done()
    })
  })
  const stop = () => {
    broken = true
    void handle?.stop()
  }
  return {
    key: (digit) => {
      const ends = endedBy(channel, digit)
      if (ends) stop()
      return ends
    },
    break: stop,
    abandon: () => undefined,
  }
}

function sendDigits(channel: Channel, argument: string): void {
  // `digits@ms`: the length of each.
  const [digits = '', ms] = argument.split('@')
  const durationMs = Number(ms)
  try {
    void channel.media.sendDigits(digits, durationMs > 0 ? { durationMs } : {})
  } catch (error) {
    channel.log(`send_dtmf: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** An application that does its work at once. */
function once(work: (channel: Channel, argument: string) => void): Application {
  return (channel, argument) => {
    work(channel, argument)
    return undefined
  }
}

const TABLE: readonly (readonly [string, Application])[] = [
  ['answer', once(() => undefined)],
  ['pre_answer', once(() => undefined)],
  ['set', once(assign)],
  ['multiset', once((channel, argument) => list(argument).forEach((item) => assign(channel, item)))],
  ['unset', once((channel, argument) => channel.setVariable(argument.trim(), undefined))],
  ['multiunset', once((channel, argument) => list(argument).forEach((name) => channel.setVariable(name.trim(), undefined)))],
  [
    'export',
    once((channel, argument) => {
      assign(channel, argument)
      const name = argument.split('=', 1)[0]?.trim() ?? ''
      const before = channel.variable('export_vars')
      channel.setVariable('export_vars', before === undefined ? name : `${before},${name}`)
    }),
  ],
  ['playback', playback],
  ['play_and_get_digits', (channel, argument, done) => new DigitCollector(channel, parseCollectArguments(argument), done)],
  ['record_session', recordSession],
  [
    'stop_record_session',
    (channel, argument, done) => {
      void stopRecordings(channel, argument.trim()).then(() => {
        done()
      })
      return SHORT
    },
  ],
  ['record', record],
  ['start_dtmf', once((channel) => channel.media.setInbandDetection(true))],
  ['stop_dtmf', once((channel) => channel.media.setInbandDetection(false))],
  ['send_dtmf', once(sendDigits)],
  ['queue_dtmf', once(sendDigits)],
  ['sleep', (_, argument, done) => wait(done, Math.max(0, Number(argument) || 0))],
  ['park', (_, __, done) => wait(done)],
  ['break', once((channel) => channel.break())],
  ['hangup', once((channel, argument) => channel.hangup(argument === '' ? 'NORMAL_CLEARING' : argument, 'application'))],
]

/** Every supported application. */
export const APPLICATIONS: ApplicationTable = new Map(TABLE)
