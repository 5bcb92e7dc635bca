import { stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Alarms } from '../calls/alarms.js'
import { callRecord, type CallRecord } from '../calls/call-record.js'
import type { CallFact } from '../calls/events.js'
import type { Store } from '../store/store.js'
import type { EncodingPool } from './encoding-pool.js'
import type { EncodingResult } from './encoding-job.js'
import type { EncoderChoice } from './encoding-requests.js'
import { fileNameOf, type SpoolFolder } from './spool-folder.js'

/** Waits between tries to make an MP3; the last try is made by the other LAME, in case the first one is what is broken. */
const retryAfterMs: readonly number[] = [1_000, 5_000]
/** A conversation of hours takes minutes on a busy machine; a hung encoder must not hold its place for ever. */
const encodeWithinMs = 15 * 60_000
/** How often it is looked whether `recording.ready` is on disk, and how long between. */
const confirmTries = 20
const confirmEveryMs = 250
const recordTries = 8
/** A recording shorter by more than this than the time that it ran has lost sound. */
const toleratedLossSeconds = 2

export interface FinishingOptions {
  readonly spool: SpoolFolder
  readonly recordingsFolder: string
  readonly store: Store
  readonly alarms: Alarms
  readonly pool: EncodingPool
  readonly encoder: EncoderChoice
  readonly lineName: (line: string) => string | undefined
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
 * Makes one recording into its MP3, from the spool to the fact. The order is the safety: MP3 verified and on disk, then the fact on disk, then, and
 * only then, the spool goes. Never rejects.
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
      alarms.raise('recordings.missing', `${recordingId}: the switch has left no recording at ${spool.wavPath(recordingId)}`)
      return await failed('spool', 'there is no recording where the switch was to write it')
    }
    const record = await recordWith(recording, options)
    const path = mp3PathOf(recording, record)
    const result = await encodeWithRetries(recording, join(options.recordingsFolder, path), record, options)
    if (result === 'stopped') return 'stopped'
    if (result.kind === 'failed') {
      if (!result.unusable) return await failed(result.stage, result.why)
      const aside = await spool.setAside(recordingId)
      if ((await ranForSeconds(recordingId, callId, store)) > toleratedLossSeconds) alarms.raise('recordings.empty', `${recordingId}: ${result.why}; kept as ${aside}`)
      await failed(result.stage, result.why)
      return 'empty'
    }
    const { bytes, seconds, sha256 } = result
    // Asked again: the end of the talk may have come to the disk while the MP3 was made.
    const ran = await ranForSeconds(recordingId, callId, store)
    const lostSeconds = ran - seconds > toleratedLossSeconds ? Number((ran - seconds).toFixed(1)) : undefined
    if (lostSeconds !== undefined) alarms.raise('recordings.short', `${recordingId}: ${lostSeconds.toFixed(1)} s of ${ran.toFixed(1)} s were not recorded`)
    await store.log.append(callId, { type: 'recording.ready', recordingId, path, bytes, seconds, sha256, ...(lostSeconds === undefined ? {} : { lostSeconds }) } satisfies CallFact)
    if (!(await confirmed(store, recordingId, options.stopping))) return 'kept'
    await spool.remove(recordingId)
    return 'ready'
  } catch (error) {
    // The facts so far are true; the spool is still there and is taken up again at the next start.
    alarms.raise('recordings.notFinished', `${recordingId}: ${describe(error)}`)
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

/** @returns the absolute path; undefined for one that would lead out of the folder */
export function pathBelow(folder: string, path: string): string | undefined {
  const absolute = resolve(folder, path)
  const inside = relative(resolve(folder), absolute)
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? undefined : absolute
}

/** An MP3 that the store calls ready: is it there, in its full size? */
export async function mp3IsThere(folder: string, recording: { readonly path?: string; readonly bytes?: number }): Promise<boolean> {
  const path = recording.path === undefined ? undefined : pathBelow(folder, recording.path)
  if (path === undefined) return false
  return stat(path).then(
    (found) => found.size === recording.bytes,
    () => false,
  )
}

async function encodeWithRetries(recording: Unfinished, mp3Path: string, record: CallRecord | undefined, options: FinishingOptions): Promise<EncodingResult | 'stopped'> {
  const { spool, pool, encoder, stopping } = options
  const title = record?.line === undefined ? 'Call' : (options.lineName(record.line) ?? record.line)
  const startedAt = record?.recordings.find((one) => one.recordingId === recording.recordingId)?.startedAt ?? recording.allocatedAt
  const job = { spoolPath: spool.wavPath(recording.recordingId), mp3Path, tags: { title, startedAt, callId: recording.callId } }
  for (let tries = 0; ; tries++) {
    const last = tries === retryAfterMs.length
    const result = await pool.run(job, last ? { kind: 'wasm' } : encoder, encodeWithinMs)
    if (result.kind === 'ready' || result.unusable || last) return result
    if (!(await pause(retryAfterMs[tries] ?? 0, stopping))) return 'stopped'
  }
}

/** From the store; undefined when the store cannot be asked or does not know the call. */
async function recordOf(store: Store, callId: string): Promise<CallRecord | undefined> {
  return store.events(callId).then(callRecord, () => undefined)
}

/** The record once it knows that this recording is over: its facts may still be on their way to the disk. */
async function recordWith(recording: Unfinished, { store, stopping }: FinishingOptions): Promise<CallRecord | undefined> {
  for (let tries = 0; ; tries++) {
    const record = await recordOf(store, recording.callId)
    if (record?.recordings.some((one) => one.recordingId === recording.recordingId && one.state !== 'running')) return record
    if (tries === recordTries || !store.health().writing || !(await pause(confirmEveryMs, stopping))) return record
  }
}

/** How long the recording ran by the facts, by the monotonic clock where they have it; 0 when that is not known. */
async function ranForSeconds(recordingId: string, callId: string, store: Store): Promise<number> {
  const events = await store.events(callId).catch(() => [])
  const started = events.find((event) => event.type === 'recording.started' && event.recordingId === recordingId)
  const until = events.find((event) => event.type === 'recording.stopped' && event.recordingId === recordingId) ?? events.find((event) => event.type === 'talk.ended')
  // An interrupted call's end is an estimate, and no measure of what was lost.
  if (!started || !until || events.some((event) => event.type === 'call.ended' && event.ending === 'interrupted')) return 0
  const ms = started.elapsedMs === undefined || until.elapsedMs === undefined ? until.at - started.at : until.elapsedMs - started.elapsedMs
  return ms / 1000
}

/** Is the fact on disk, not only in memory? A store that cannot write acknowledges so that calls go on. */
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

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
