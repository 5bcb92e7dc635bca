import { availableParallelism } from 'node:os'
import { mkdir } from 'node:fs/promises'
import type { Alarms } from '../calls/alarms.js'
import type { RecordingSink } from '../calls/recording-sink.js'
import type { Clock } from '../clock/clock.js'
import { sleep } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'
import type { Store } from '../store/store.js'
import { EncodingPool } from './encoding-pool.js'
import type { EncoderChoice } from './encoding-requests.js'
import { findLame } from './find-lame.js'
import { finishRecording, mp3IsThere, pathBelow, type FinishingOptions, type Unfinished } from './finishing.js'
import { freeBytes, proveWritable, SpoolFolder, type SpoolEntry } from './spool-folder.js'

export interface RecordingsSettings {
  /** Where running recordings are spooled, and where finished ones lie (`YYYY/MM/DD/<callId>.mp3` below it). Made where missing. */
  readonly spoolFolder: string
  readonly recordingsFolder: string
  readonly store: Store
  readonly alarms: Alarms
  /** `auto`: native where a `lame` that runs is found on the search path. */
  readonly encoder: 'auto' | 'native' | 'wasm'
  /** Folders in which `lame` is looked for, in the form of the PATH variable, which is the default. */
  readonly searchPath?: string
  /** Recordings made into MP3 at the same time. Default: as many as there are processors, at most 4; they give way to whoever carries voice. */
  readonly concurrency?: number
  /** A recording is refused when one of the two disks has less than this free. Default 200 MB. */
  readonly minFreeBytes?: number
  /** Written name of a line, for the title of the MP3. */
  readonly lineName: (line: string) => string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
}

export interface RecordingsHealth {
  /** Which LAME was chosen, in words. */
  readonly encoder: string
  /** Recordings that wait for or are being made into MP3. */
  readonly backlog: number
  /** Since the start. */
  readonly finished: number
  readonly failed: number
  /** Both folders take files and have room, as far as is known. `detail` says what is wrong where not. */
  readonly writable: boolean
  readonly detail: string
}

export interface Recordings {
  readonly sink: RecordingSink
  /** Finishes what lies in the spool. Call once at start-up, after `store.closeInterrupted()`. Resolves when all of it is queued. */
  recover(): Promise<{ readonly queued: number; readonly orphans: readonly string[] }>
  /** Settles when nothing is queued or running. */
  idle(): Promise<void>
  health(): RecordingsHealth
  /** Tries both folders anew, for `/readyz`. Never rejects. */
  probe(): Promise<RecordingsHealth>
  /** Where the MP3 of a recording lies, absolute; undefined when the path leads out of the recordings folder. */
  pathOf(relativePath: string): string | undefined
  /** Lets what runs come to its end (within 5 s); what waits stays in the spool for the next start. May be called twice. */
  close(): Promise<void>
}

const megabyte = 1024 * 1024
const defaultMinFreeBytes = 200 * megabyte
/** How long a measurement of the free room is good for. */
const roomKnownMs = 5_000
const closeWithinMs = 5_000
/** A recording that a dead engine left may still be written to by a switch that outlived it. */
const settledAfterMs = 1_000
const settleTries = 30
const keptNames = 1_000

/** Chooses the encoder, makes the folders. Rejects with one clear line when `native` is wanted and there is no `lame` that runs. */
export async function createRecordings(settings: RecordingsSettings): Promise<Recordings> {
  const encoder = await chooseEncoder(settings)
  const spool = new SpoolFolder(settings.spoolFolder)
  const recordings = new SpooledRecordings(settings, encoder, spool)
  // A folder that cannot be used does not stop the engine: calls go on, and the alarm is up.
  await recordings.probe()
  return recordings
}

async function chooseEncoder({ encoder, searchPath }: RecordingsSettings): Promise<EncoderChoice> {
  const binary = encoder === 'wasm' ? undefined : await findLame(searchPath ?? process.env['PATH'] ?? '')
  if (binary !== undefined) return { kind: 'native', binary }
  if (encoder === 'native') throw new Error('no `lame` that runs is on the PATH: install LAME, or choose the encoder `wasm` or `auto`')
  return { kind: 'wasm' }
}

interface Waiting {
  readonly recording: Unfinished
  /** Left by an engine that died: looked at for a while before it is touched. */
  readonly recovered: boolean
}

class SpooledRecordings implements Recordings {
  readonly sink: RecordingSink
  readonly #clock: Clock
  readonly #pool = new EncodingPool()
  readonly #stopping = new AbortController()
  /** Places given out in this run of the engine, until they are finished or turn out unused. */
  readonly #allocated = new Map<string, Unfinished>()
  readonly #waiting: Waiting[] = []
  readonly #running = new Set<Promise<void>>()
  /** Ids of the recordings that are being finished. */
  readonly #processing = new Set<string>()
  /** Those that could not be finished; tried again when a disk that was full has room. */
  readonly #troubled = new Map<string, Unfinished>()
  /** Handed on for finishing in this run, the latest ones: being told twice is no alarm. */
  readonly #handedOn = new Set<string>()
  readonly #unsubscribe: () => void
  #idleWaiters: (() => void)[] = []
  #room: { readonly at: number; readonly trouble: string | undefined } | undefined
  #finished = 0
  #failed = 0
  #trouble: string | undefined
  #closing: Promise<void> | undefined

  constructor(
    private readonly settings: RecordingsSettings,
    private readonly encoder: EncoderChoice,
    private readonly spool: SpoolFolder,
  ) {
    this.#clock = settings.clock ?? systemClock
    this.sink = { allocate: (callId) => this.#allocate(callId), finish: (recordingId) => this.#finish(recordingId) }
    this.#unsubscribe = settings.store.log.subscribe((event) => {
      if (event.type === 'call.ended') void this.#clearUp(event.callId)
    })
  }

  async recover(): Promise<{ readonly queued: number; readonly orphans: readonly string[] }> {
    let queued = 0
    const orphans: string[] = []
    for (const entry of await this.spool.entries()) {
      if (this.#allocated.has(entry.recordingId)) continue
      const unfinished = await this.#leftBehind(entry)
      if (unfinished === 'done') continue
      if (unfinished === 'orphan') orphans.push(entry.path)
      else {
        this.#enqueue({ recording: unfinished, recovered: true })
        queued++
      }
    }
    if (orphans.length > 0) this.settings.alarms.raise('recordings.orphans', `${orphans.length} recordings belong to no known call and are kept: ${orphans.join(', ')}`)
    return { queued, orphans }
  }

  idle(): Promise<void> {
    if (this.#waiting.length === 0 && this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  health(): RecordingsHealth {
    return {
      encoder: this.encoder.kind === 'native' ? `lame (${this.encoder.binary})` : 'LAME as WebAssembly',
      backlog: this.#waiting.length + this.#running.size,
      finished: this.#finished,
      failed: this.#failed,
      writable: this.#trouble === undefined,
      detail: this.#trouble ?? 'both folders take files',
    }
  }

  async probe(): Promise<RecordingsHealth> {
    this.#room = undefined
    try {
      await this.spool.prepare()
      await mkdir(this.settings.recordingsFolder, { recursive: true })
      await proveWritable(this.settings.recordingsFolder)
      this.#found(await this.#lackOfRoom())
    } catch (error) {
      this.#found(describe(error))
    }
    return this.health()
  }

  pathOf(relativePath: string): string | undefined {
    return pathBelow(this.settings.recordingsFolder, relativePath)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#unsubscribe()
    this.#stopping.abort()
    this.#waiting.length = 0
    const tooLate = new AbortController()
    await Promise.race([Promise.all(this.#running), sleep(this.#clock, closeWithinMs, tooLate.signal)])
    tooLate.abort()
    await this.#pool.close()
  }

  async #allocate(callId: string): ReturnType<RecordingSink['allocate']> {
    const now = this.#clock.now()
    try {
      const trouble = await this.#lackOfRoom()
      this.#found(trouble)
      if (trouble !== undefined) return { kind: 'refused', why: trouble }
      const place = await this.spool.allocate(callId, now).catch(async () => {
        // The folder may have been taken away while we ran.
        await this.spool.prepare()
        return this.spool.allocate(callId, now)
      })
      this.#allocated.set(place.recordingId, { recordingId: place.recordingId, callId, allocatedAt: now })
      return { kind: 'spool', ...place }
    } catch (error) {
      const why = describe(error)
      this.#found(why)
      return { kind: 'refused', why }
    }
  }

  #finish(recordingId: string): void {
    const recording = this.#allocated.get(recordingId)
    if (recording) return this.#enqueue({ recording, recovered: false })
    if (this.#handedOn.has(recordingId)) return
    this.settings.alarms.raise('recordings.unknown', `${recordingId} was to be finished and was never begun here`)
  }

  #enqueue(waiting: Waiting): void {
    this.#allocated.delete(waiting.recording.recordingId)
    this.#handedOn.add(waiting.recording.recordingId)
    if (this.#handedOn.size > keptNames) this.#handedOn.delete([...this.#handedOn][0] ?? '')
    if (this.#stopping.signal.aborted) return
    this.#waiting.push(waiting)
    this.#next()
  }

  #next(): void {
    const most = this.settings.concurrency ?? Math.min(4, availableParallelism())
    while (this.#running.size < most) {
      const waiting = this.#waiting.shift()
      if (!waiting) break
      const { recordingId } = waiting.recording
      this.#processing.add(recordingId)
      const running = this.#process(waiting).finally(() => {
        this.#processing.delete(recordingId)
        this.#running.delete(running)
        this.#next()
      })
      this.#running.add(running)
    }
    if (this.#running.size > 0 || this.#waiting.length > 0) return
    for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }

  #inHand({ recordingId }: Unfinished): boolean {
    return this.#processing.has(recordingId) || this.#waiting.some((one) => one.recording.recordingId === recordingId)
  }

  async #process({ recording, recovered }: Waiting): Promise<void> {
    const { recordingId } = recording
    const { alarms, store, recordingsFolder, lineName } = this.settings
    if (recovered && !(await this.#hasSettled(recordingId))) return
    const options: FinishingOptions = { spool: this.spool, recordingsFolder, store, alarms, pool: this.#pool, encoder: this.encoder, lineName, stopping: this.#stopping.signal }
    const finished = await finishRecording(recording, options)
    if (finished === 'stopped') return
    if (finished === 'ready' || finished === 'kept') this.#finished++
    else this.#failed++
    if (finished !== 'failed' && this.#troubled.delete(recordingId) && this.#troubled.size === 0) alarms.clear('recordings.notFinished')
    if (finished === 'failed') {
      this.#troubled.set(recordingId, recording)
      alarms.raise('recordings.notFinished', `${this.#troubled.size} recordings could not be made into MP3, the latest is ${recordingId}; their spool files are kept and tried again when a full disk has room, and at the next start`)
      await this.probe()
    }
  }

  /** Nobody writes to it any more. One that still grows is left for the next start. */
  async #hasSettled(recordingId: string): Promise<boolean> {
    let size = await this.spool.size(recordingId)
    for (let tries = 0; tries < settleTries; tries++) {
      if ((await sleep(this.#clock, settledAfterMs, this.#stopping.signal)) === 'cancelled') return false
      const now = await this.spool.size(recordingId)
      if (now === size) return true
      size = now
    }
    this.settings.alarms.raise('recordings.stillGrowing', `${recordingId} is still being written to; it is finished at the next start`)
    return false
  }

  async #leftBehind(entry: SpoolEntry): Promise<Unfinished | 'done' | 'orphan'> {
    const { store, recordingsFolder } = this.settings
    const { recordingId, note } = entry
    const stored = await store.recording(recordingId)
    if (stored?.state === 'ready' && (await mp3IsThere(recordingsFolder, stored))) {
      await this.spool.remove(recordingId)
      return 'done'
    }
    if (stored) return { recordingId, callId: stored.callId, allocatedAt: stored.startedAt }
    if (!note || (await store.events(note.callId)).length === 0) return 'orphan'
    // The engine died between the switch's first sample and the fact.
    await this.#tellLate(note)
    return { recordingId, callId: note.callId, allocatedAt: note.allocatedAt }
  }

  /** A recording that lies in the spool and that nobody has told of gets its facts: without them the call would not own it. */
  async #tellLate({ recordingId, callId, allocatedAt }: Unfinished): Promise<void> {
    const { store } = this.settings
    await store.appendLate(callId, { type: 'recording.started', recordingId, spoolPath: this.spool.wavPath(recordingId) }, allocatedAt)
    await store.appendLate(callId, { type: 'recording.stopped', recordingId }, allocatedAt)
  }

  /** After a call nothing of it may be forgotten: a place that was never used goes, a recording that nobody handed on is finished. */
  async #clearUp(callId: string): Promise<void> {
    for (const recording of [...this.#allocated.values()].filter((one) => one.callId === callId)) {
      const size = await this.spool.size(recording.recordingId)
      if (!this.#allocated.has(recording.recordingId)) continue
      if (size === undefined) {
        this.#allocated.delete(recording.recordingId)
        await this.spool.remove(recording.recordingId).catch(() => undefined)
        continue
      }
      // The party hung up while the switch opened the file: nobody was told that it records.
      if ((await this.settings.store.recording(recording.recordingId).catch(() => undefined)) === undefined) await this.#tellLate(recording)
      this.#enqueue({ recording, recovered: true })
    }
  }

  async #lackOfRoom(): Promise<string | undefined> {
    const at = this.#clock.monotonic()
    if (this.#room && at - this.#room.at < roomKnownMs) return this.#room.trouble
    const least = this.settings.minFreeBytes ?? defaultMinFreeBytes
    let trouble: string | undefined
    for (const [name, folder] of [['spool', this.settings.spoolFolder], ['recordings', this.settings.recordingsFolder]] as const) {
      const free = await freeBytes(folder)
      if (free < least) trouble = `the disk of the ${name} folder has ${Math.floor(free / megabyte)} MB free; ${Math.ceil(least / megabyte)} MB are needed (${folder})`
    }
    this.#room = { at, trouble }
    return trouble
  }

  #found(trouble: string | undefined): void {
    const hasRoomAgain = this.#trouble !== undefined && trouble === undefined
    this.#trouble = trouble
    if (trouble === undefined) this.settings.alarms.clear('recordings.notWritable')
    else this.settings.alarms.raise('recordings.notWritable', trouble)
    if (hasRoomAgain) for (const recording of this.#troubled.values()) if (!this.#inHand(recording)) this.#enqueue({ recording, recovered: false })
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
