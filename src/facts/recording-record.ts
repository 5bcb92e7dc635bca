import { changed, type Change } from './changed.js'
import type { CallEvent } from './events.js'

/** `running` is being written by the switch; `stopped` waits for its MP3; `failed` has none, and the spool is kept. `deleted`: its time was over. */
export interface RecordingRecord {
  readonly recordingId: string
  readonly state: 'running' | 'stopped' | 'ready' | 'failed' | 'deleted'
  readonly spoolPath: string
  readonly startedAt: number
  readonly stoppedAt?: number
  readonly readyAt?: number
  /** Below the recordings folder. */
  readonly path?: string
  readonly bytes?: number
  readonly seconds?: number
  readonly sha256?: string
  /** By how much it is shorter than it ran, where that is noticeable. */
  readonly lostSeconds?: number
  readonly why?: string
  /** Wall-clock ms; of which deletion the certificate is, and by which rule it went. */
  readonly deleted?: { readonly at: number; readonly certificate: string; readonly rule: string }
}

type RecordingEvent = Extract<CallEvent, { type: `recording.${string}` }>

/** The recordings of a call after one more fact about one of them. */
export function recordingsWith(recordings: readonly RecordingRecord[], event: RecordingEvent): readonly RecordingRecord[] {
  if (event.type === 'recording.started')
    return [...recordings, { recordingId: event.recordingId, state: 'running', spoolPath: event.spoolPath, startedAt: event.at }]
  return recordings.map((recording) =>
    recording.recordingId === event.recordingId ? changed(recording, changeBy(event, recording)) : recording,
  )
}

function changeBy(
  event: Exclude<RecordingEvent, { type: 'recording.started' }>,
  { state, deleted: before }: RecordingRecord,
): Change<RecordingRecord> {
  switch (event.type) {
    case 'recording.stopped':
      return { stoppedAt: event.at, state: state === 'running' ? 'stopped' : state }
    case 'recording.ready': {
      const { at: readyAt, path, bytes, seconds, sha256, lostSeconds } = event
      return { state: 'ready', readyAt, path, bytes, seconds, sha256, lostSeconds, why: undefined }
    }
    case 'recording.deleted': {
      const { at, certificate, rule } = event
      // It is deleted once: a later one by another engine says nothing new.
      return before ? {} : { state: 'deleted', deleted: { at, certificate, rule } }
    }
    case 'recording.failed':
      // A failure at the start has no recording of its own; one that is ready is not undone by a later report.
      return state === 'ready' || state === 'deleted' ? {} : { state: 'failed', why: `${event.stage}: ${event.why}` }
  }
}
