import type { Leg, Recording } from '../switch/port.js'
import { raiseAlarm, type CallContext } from './call-context.js'
import { within } from './within.js'

type Spool = { readonly recordingId: string; readonly path: string }
type Running = { readonly recording: Recording; readonly recordingId: string }

/**
 * The recording of one call: one file, and one more for every media server that dies. It never holds up the conversation: if it cannot record, that is a fact and an
 * alarm, and the call goes on.
 */
export class Recorder {
  readonly #call: CallContext
  #spool: Promise<Spool | undefined> | undefined
  #running: Promise<Running | undefined> | undefined

  #stopped: Promise<void> | undefined

  /** @param running a recording of that leg that an engine that died had begun */
  constructor(call: CallContext, running?: Running & { readonly leg: Leg | undefined }) {
    this.#call = call
    if (!running) return
    this.#running = Promise.resolve(running)
    if (running.leg) this.#follow(running.leg)
  }

  /** Opens a spool ahead of time. Harmless if it has one, or records already. */
  prepare(): void {
    if (this.#running === undefined) this.#spool ??= this.#allocate()
  }

  /**
   * Begins to record: left channel what this leg's party says, right channel what they hear. Harmless when it runs already.
   * @returns settles when it is known whether it records; need not be awaited
   */
  async start(leg: Leg): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#begin(leg)
      this.#follow(leg)
    }
    await this.#running
  }

  /** The file ends with its media server; what comes after is recorded to another one. */
  #follow(leg: Leg): void {
    leg.onMoved(() => {
      if (this.#stopped) return
      const before = this.#running
      this.#spool = undefined
      this.#running = Promise.resolve(before)
        .then((running) => this.#finish(running))
        .then(() => this.#begin(leg))
    })
  }

  /** Closes the recording and hands it on to be finished. Harmless when nothing runs, and when called twice. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#close())
  }

  async #close(): Promise<void> {
    await this.#spool
    await this.#finish(await this.#running)
  }

  async #finish(running: Running | undefined): Promise<void> {
    if (!running) return
    const { clock, settings, scope, recordings } = this.#call
    await within(clock, settings.promptTimeoutMs, running.recording.stop())
    scope.tell({ type: 'recording.stopped', recordingId: running.recordingId })
    recordings.finish(running.recordingId)
  }

  async #allocate(): Promise<Spool | undefined> {
    const { clock, settings, recordings, id } = this.#call
    try {
      const place = await within(clock, settings.promptTimeoutMs, recordings.allocate(id))
      if (place?.kind === 'spool') return place
      this.#failed('spool', place?.why ?? 'no answer from the recordings')
    } catch (fault) {
      this.#failed('spool', String(fault))
    }
    return undefined
  }

  async #begin(leg: Leg): Promise<Running | undefined> {
    const spool = await (this.#spool ??= this.#allocate())
    if (!spool) return undefined
    const { recordingId, path } = spool
    try {
      const result = await leg.record(path, { signal: this.#call.scope.gone(leg) })
      if (result.kind === 'recording') {
        this.#call.scope.tell({ type: 'recording.started', recordingId, spoolPath: path })
        this.#call.alarms.clear('recording.notStarted')
        return { recording: result.recording, recordingId }
      }
      if (result.kind === 'failed') this.#failed('start', result.why, recordingId)
    } catch (fault) {
      this.#failed('start', String(fault), recordingId)
    }
    return undefined
  }

  #failed(stage: 'spool' | 'start', why: string, recordingId?: string): void {
    this.#call.scope.tell({ type: 'recording.failed', ...(recordingId === undefined ? {} : { recordingId }), stage, why })
    raiseAlarm(this.#call, 'recording.notStarted', why)
  }
}
