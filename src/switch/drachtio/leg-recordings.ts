import { access } from 'node:fs/promises'
import type { HangUp, Recording, RecordResult } from '../port.js'
import type { Channel } from './channel.js'
import { asError } from '../../common/errors.js'

/** FreeSWITCH closes the file of a channel that is gone. */
const fileClosedMs = 200
/** A recording that has begun has its file within this time. */
const fileThereMs = 500

/** The leg whose recordings they are. */
interface Recorded {
  readonly channel: Channel
  readonly ended: HangUp | undefined
  readonly moving: boolean
  settled(): Promise<void>
}

/** The recordings of one leg. Each ends with the channel on which it began. */
export class LegRecordings {
  readonly #running = new Map<Recording, Channel>()

  constructor(private readonly leg: Recorded) {}

  async record(path: string, options: { readonly signal: AbortSignal }): Promise<RecordResult> {
    const { leg } = this
    const cancelled = (): boolean => options.signal.aborted
    await leg.settled()
    if (leg.ended) return { kind: 'hungUp' }
    if (cancelled()) return { kind: 'failed', why: 'cancelled' }
    const { channel } = leg
    try {
      await channel.codecSettled()
      await begin(channel, path)
    } catch (error) {
      if (this.#hasEnded()) return { kind: 'hungUp' }
      // The media server has just gone: record at the next one.
      if (leg.moving || leg.channel !== channel) return this.record(path, options)
      return { kind: 'failed', why: `cannot record to ${path}: ${asError(error).message}` }
    }
    const recording = this.on(path, channel)
    // The leg ended, or the caller of this method gave up, while FreeSWITCH opened the file.
    if (!cancelled() && !this.#hasEnded()) return { kind: 'recording', recording }
    await recording.stop()
    return this.#hasEnded() ? { kind: 'hungUp' } : { kind: 'failed', why: 'cancelled' }
  }

  /** A recording running on that channel. */
  on(path: string, channel = this.leg.channel): Recording {
    let stopping: Promise<void> | undefined
    const recording: Recording = { path, startedAt: Date.now(), stop: () => (stopping ??= this.#stop(recording, channel)) }
    this.#running.set(recording, channel)
    return recording
  }

  /** Before the channel goes, so that the files are complete when `stop()` says so. */
  async stop(channel: Channel): Promise<void> {
    await Promise.allSettled([...this.#running].filter(([, on]) => on === channel).map(([recording]) => recording.stop()))
  }

  async #stop(recording: Recording, channel: Channel): Promise<void> {
    this.#running.delete(recording)
    try {
      await channel.run('stop_record_session', recording.path)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, fileClosedMs))
    }
  }

  #hasEnded(): boolean {
    return this.leg.ended !== undefined
  }
}

/**
 * By `uuid_record`: the application `record_session` holds up the channel for the 20 ms that FreeSWITCH takes to begin, and with it a bridge that is
 * being made. A path that the command would read as two goes to the application.
 * @throws (rejects) where nothing can be written
 */
async function begin(channel: Channel, path: string): Promise<void> {
  if (/[\s'"\\]/.test(path)) await channel.run('record_session', path)
  else {
    const answer = await channel.api('uuid_record', `start ${path}`)
    if (!answer.startsWith('+OK')) throw new Error(answer)
  }
  // The embedded switch opens it a moment later, and neither says so when it cannot.
  const until = performance.now() + fileThereMs
  while (!(await exists(path))) {
    if (performance.now() > until) throw new Error('there is no file')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
