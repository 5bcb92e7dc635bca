import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { messageOf } from '../common/errors.js'
import type { Alarms } from '../alarms/alarms.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import type { Store } from '../store/store.js'
import { KeysUnavailable, type Key, type KeyRing } from '../keys/key-ring.js'
import { sealedEnding } from '../sealing/format.js'
import type { CallNotes } from './call-notes.js'
import type { EncodingJob, EncodingResult } from './encoding-messages.js'
import type { EncodingProcess } from './encoding-process.js'
import { fileNameOf, type SpoolFolder } from './spool-folder.js'
import { sizeOfRecording } from './stored-recording.js'

/** Waits between tries to make an MP3; only the first try uses the library, in case that is broken. */
const retryAfterMs: readonly number[] = [1_000, 5_000]
/** A conversation of hours takes minutes on a busy machine; a hung encoder must not hold its place for ever. */
const encodeWithinMs = 15 * 60_000
/** How often to check whether `recording.ready` is on disk, and how long between. */
const confirmTries = 20
const confirmEveryMs = 250
const recordTries = 8
/** A recording that is shorter than the time it ran by more than this has lost sound. */
const toleratedLossSeconds = 2

export interface FinishingOptions {
  readonly spool: SpoolFolder
  readonly recordingsFolder: string
  readonly store: Store
  readonly alarms: Alarms
  readonly encoding: Pick<EncodingProcess, 'make'>
  /** Facts known without asking the store. */
  readonly notes: Pick<CallNotes, 'of'>
  readonly lineName: (line: string) => string | undefined
  /** The keys under which recordings are sealed; undefined: they are written in the clear. */
  readonly seal: Pick<KeyRing, 'forRecording'> | undefined
  /** Aborts when the engine stops: no further tries. */
  readonly stopping: AbortSignal
}

/** A recording to be finished, and what is known of it. */
export interface Unfinished {
  readonly recordingId: string
  readonly callId: string
  readonly allocatedAt: number
}

/** `kept`: the MP3 is there, but the store has not confirmed the fact, so the spool stays for the next start. */
export type Finished = 'ready' | 'kept' | 'empty' | 'failed' | 'stopped'

/**
 * Makes the MP3 of one recording, from the spool to the fact. The order makes it safe: MP3 verified and on disk, then the fact on disk, and
 * only then is the spool deleted. Never rejects.
 */
export async function finishRecording(recording: Unfinished, options: FinishingOptions): Promise<Finished> {
  const { recordingId, callId } = recording
  const { spool, store, alarms } = options
  const failed = async (stage: 'spool' | 'encode' | 'verify' | 'store', why: string) => {
    await store.log.append(callId, { type: 'recording.failed', recordingId, stage, why })
    return 'failed' as const
  }
  try {
    if ((await spool.size(recordingId)) === undefined) {
      // Another engine has finished it meanwhile.
      if ((await store.recording(recordingId).catch(() => undefined))?.state === 'ready') return 'ready'
      alarms.raise('recordings.missing', `${recordingId}: the switch has left no recording at ${spool.wavPath(recordingId)}`)
      return await failed('spool', 'there is no recording where the switch was to write it')
    }
    const record = await recordWith(recording, options)
    const key = await sealingKey(recording, record, options.seal)
    if (typeof key === 'string') return await failed('store', `it cannot be sealed, and is not written in the clear: ${key}`)
    const path = `${mp3PathOf(recording, record)}${key ? sealedEnding : ''}`
    const result = await encodeWithRetries(
      recording,
      { mp3Path: join(options.recordingsFolder, path), ...(key ? { seal: { id: key.id, key: key.key.toString('hex') } } : {}) },
      record,
      options,
    )
    if (result === 'stopped') return 'stopped'
    if (result.kind === 'failed') {
      if (!result.unusable) return await failed(result.stage, result.why)
      const aside = await spool.setAside(recordingId)
      if (ranForSeconds(recordingId, await eventsOf(callId, options)) > toleratedLossSeconds)
        alarms.raise('recordings.empty', `${recordingId}: ${result.why}; kept as ${aside}`)
      await failed(result.stage, result.why)
      return 'empty'
    }
    const { bytes, seconds, sha256 } = result
    // Asked again: the talk may have ended while the MP3 was made.
    const ran = ranForSeconds(recordingId, await eventsOf(callId, options))
    const lostSeconds = ran - seconds > toleratedLossSeconds ? Number((ran - seconds).toFixed(1)) : undefined
    if (lostSeconds !== undefined)
      alarms.raise('recordings.short', `${recordingId}: ${lostSeconds.toFixed(1)} s of ${ran.toFixed(1)} s were not recorded`)
    const told = await store.log.append(callId, {
      type: 'recording.ready',
      recordingId,
      path,
      bytes,
      seconds,
      sha256,
      ...(lostSeconds === undefined ? {} : { lostSeconds }),
    } satisfies CallFact)
    if (told === undefined && !(await confirmed(store, recordingId, options.stopping))) return 'kept'
    await spool.remove(recordingId)
    return 'ready'
  } catch (error) {
    // The facts so far are true; the spool is still there, and the next start takes it up again.
    alarms.raise('recordings.notFinished', `${recordingId}: ${messageOf(error)}`)
    return 'failed'
  }
}

/** Below the recordings folder, by the (UTC) day on which the recording began. A call's second recording gets a number. */
export function mp3PathOf(recording: Unfinished, record: CallRecord | undefined): string {
  const index = record?.recordings.findIndex((one) => one.recordingId === recording.recordingId) ?? -1
  const begun = record?.recordings[index]?.startedAt ?? recording.allocatedAt
  const [year = '', month = '', day = ''] = new Date(begun).toISOString().slice(0, 10).split('-')
  const call = fileNameOf(recording.callId)
  const name = index < 0 ? recording.recordingId : index === 0 ? call : `${call}-${index + 1}`
  return [year, month, day, `${name}.mp3`].join('/')
}

/** @returns the absolute path; undefined where it would lead out of the folder */
export function pathBelow(folder: string, path: string): string | undefined {
  const absolute = resolve(folder, path)
  const inside = relative(resolve(folder), absolute)
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? undefined : absolute
}

/** Whether an MP3 that is ready in the store exists, in its full size. */
export async function mp3IsThere(folder: string, recording: { readonly path?: string; readonly bytes?: number }): Promise<boolean> {
  const path = recording.path === undefined ? undefined : pathBelow(folder, recording.path)
  if (path === undefined) return false
  return (await sizeOfRecording(path)) === recording.bytes
}

/** The key of this recording alone, under that of the organisation whose call it was; recordings of no organisation share one. @returns why there is none; undefined where nothing is sealed */
async function sealingKey(
  { recordingId, callId }: Unfinished,
  record: CallRecord | undefined,
  seal: FinishingOptions['seal'],
): Promise<Key | string | undefined> {
  try {
    return await seal?.forRecording(recordingId, callId, `organisation:${record?.organisation ?? '-'}`)
  } catch (error) {
    if (error instanceof KeysUnavailable) return error.message
    throw error
  }
}

async function encodeWithRetries(
  recording: Unfinished,
  to: Pick<EncodingJob, 'mp3Path' | 'seal'>,
  record: CallRecord | undefined,
  options: FinishingOptions,
): Promise<EncodingResult | 'stopped'> {
  const { spool, encoding, stopping } = options
  const title = record?.line === undefined ? 'Call' : (options.lineName(record.line) ?? record.line)
  const startedAt = record?.recordings.find((one) => one.recordingId === recording.recordingId)?.startedAt ?? recording.allocatedAt
  const job: EncodingJob = {
    recordingId: recording.recordingId,
    spoolPath: spool.wavPath(recording.recordingId),
    ...to,
    tags: { title, startedAt, callId: recording.callId },
  }
  for (let tries = 0; ; tries++) {
    const last = tries === retryAfterMs.length
    const result = await encoding.make(job, tries === 0 ? 'usual' : 'wasm', encodeWithinMs)
    if (result.kind === 'ready' || result.unusable || last) return result
    if (!(await pause(retryAfterMs[tries] ?? 0, stopping))) return 'stopped'
  }
}

/** The facts as written; from the store for a call of an earlier engine. Empty when the store cannot be asked, or does not know the call. */
async function eventsOf(callId: string, { notes, store }: Pick<FinishingOptions, 'notes' | 'store'>): Promise<readonly CallEvent[]> {
  return notes.of(callId) ?? (await store.events(callId).catch(() => []))
}

/** The record once it knows that this recording is over: the facts of an earlier engine's call may still be on their way to the disk. */
async function recordWith(recording: Unfinished, options: FinishingOptions): Promise<CallRecord | undefined> {
  const { store, stopping } = options
  for (let tries = 0; ; tries++) {
    const record = callRecord(await eventsOf(recording.callId, options))
    if (record?.recordings.some((one) => one.recordingId === recording.recordingId && one.state !== 'running')) return record
    if (tries === recordTries || !store.health().writing || !(await pause(confirmEveryMs, stopping))) return record
  }
}

/** How long the recording ran by the facts, by the monotonic clock where they have it; 0 when that is not known. */
function ranForSeconds(recordingId: string, events: readonly CallEvent[]): number {
  const started = events.find((event) => event.type === 'recording.started' && event.recordingId === recordingId)
  const until =
    events.find((event) => event.type === 'recording.stopped' && event.recordingId === recordingId) ??
    events.find((event) => event.type === 'talk.ended')
  // An interrupted call's end is an estimate, and no measure of what was lost.
  if (!started || !until || events.some((event) => event.type === 'call.ended' && event.ending === 'interrupted')) return 0
  const ms = started.elapsedMs === undefined || until.elapsedMs === undefined ? until.at - started.at : until.elapsedMs - started.elapsedMs
  return ms / 1000
}

/** Whether the fact is on disk, not only in memory. A store that cannot write acknowledges all the same, so that calls go on. */
async function confirmed(store: Store, recordingId: string, stopping: AbortSignal): Promise<boolean> {
  for (let tries = 0; tries < confirmTries; tries++) {
    const stored = await store.recording(recordingId).catch(() => undefined)
    if (stored?.state === 'ready') return true
    if (!(await pause(confirmEveryMs, stopping))) return false
  }
  return false
}

/** @returns false when the engine stops meanwhile */
function pause(ms: number, stopping: AbortSignal): Promise<boolean> {
  if (stopping.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      stopping.removeEventListener('abort', stop)
      resolve(true)
    }, ms)
    const stop = () => {
      clearTimeout(timer)
      resolve(false)
    }
    stopping.addEventListener('abort', stop, { once: true })
  })
}
