import { messageOf } from '../common/errors.js'
import { sleep, type Clock } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'
import type { KeysHealth } from '../keys/key-ring.js'
import { CallNotes } from './call-notes.js'
import { EncodingProcess, mustBeNative } from './encoding-process.js'
import { FinishingQueue, type Waiting } from './finishing-queue.js'
import { finishRecording, mp3IsThere, type FinishingOptions, type Unfinished } from './finishing.js'
import type { RecordingsSettings } from './recordings-settings.js'
import type { BegunRecording, LeftRecording, RecordingSink } from './recording-sink.js'
import { openOrAlarm } from './open-or-alarm.js'
import type { KnownRecording, OpenRecording, Unreadable } from './stored-recording.js'
import { Room } from './room.js'
import { SpoolFolder, type SpoolEntry } from './spool-folder.js'
import { settled, Spools } from './spools.js'

export interface RecordingsHealth {
  /** Which LAME is at work, in words. */
  readonly encoder: string
  /** Recordings that wait for or are being made into MP3. */
  readonly backlog: number
  /** Since the start. */
  readonly finished: number
  readonly failed: number
  /** Whether both folders take files and have room, as far as is known. `detail` says what is wrong where not. */
  readonly writable: boolean
  readonly detail: string
}

export interface Recordings {
  readonly sink: RecordingSink
  /** Starts the encoding process, so that the first recording does not wait for it. Returns at once. */
  prepare(): void
  /**
   * Finishes the recordings in the spool. Called at start-up, after calls that cannot continue are closed. Resolves when all are queued. Recordings of calls that another
   * engine has continued are left to that one, and looked at again later.
   * @param isOpen whether a call may still be taken over: its recording goes on, and is left alone until it is closed
   */
  recover(isOpen?: (callId: string) => boolean): Promise<{ readonly queued: number; readonly orphans: readonly string[] }>
  /** Finishes a recording that a dead engine began for a call that no engine continues, where this one can read it. */
  takeUp(recording: BegunRecording): Promise<void>
  /** Settles when nothing is queued or running. */
  idle(): Promise<void>
  health(): RecordingsHealth
  /** Tries both folders again, for `/readyz`. Never rejects. */
  probe(): Promise<RecordingsHealth>
  /** Opens the MP3 of a recording, as its facts have it. Where it is lost or damaged, the alarm is raised. Never rejects. */
  open(recording: KnownRecording & { readonly path: string }): Promise<OpenRecording | Unreadable>
  /** Whether the keys of sealed recordings are available; undefined where there are none. */
  keys(): KeysHealth | undefined
  /** Waits for the running ones (5 s at most); those waiting stay in the spool for the next start. May be called twice. */
  close(): Promise<void>
}

const closeWithinMs = 5_000
const keptNames = 1_000
const defaultConcurrency = 16
/** Recordings of calls that another engine had are left to it for this long after their end. */
const leftToOthersMs = 10 * 60_000

/** Makes the folders. Rejects with one clear line when `native` is wanted and there is no libmp3lame that works. */
export async function createRecordings(settings: RecordingsSettings): Promise<Recordings> {
  const encoding = new EncodingProcess({
    recordingsFolder: settings.recordingsFolder,
    sealed: settings.sealed ?? false,
    lame: settings.encoder === 'wasm' ? 'wasm' : 'native',
    libraries: settings.libraries,
    frozenAfterMs: settings.frozenAfterMs,
    onTrouble: (detail) => settings.alarms.raise('recordings.encoder', `${detail}; what it had in hand is encoded from the beginning`),
  })
  const recordings = new SpooledRecordings(settings, encoding, new SpoolFolder(settings.spoolFolder))
  // A folder that cannot be used does not stop the engine: calls go on, and the alarm is up.
  await recordings.probe()
  if (settings.encoder === 'native') await mustBeNative(encoding)
  return recordings
}

class SpooledRecordings implements Recordings {
  readonly sink: RecordingSink
  readonly #clock: Clock
  readonly #notes = new CallNotes()
  readonly #queue: FinishingQueue
  readonly #stopping = new AbortController()
  /** Spool files given out in this run of the engine, until they are finished or turn out unused. */
  readonly #allocated = new Map<string, Unfinished>()
  /** Those that could not be finished; tried again when a disk that was full has room. */
  readonly #troubled = new Map<string, Unfinished>()
  /** Handed on for finishing in this run, the latest ones: a second hand-over is no alarm. */
  readonly #handedOn = new Set<string>()
  readonly #unsubscribe: () => void
  readonly #keysNotHeard: (() => void) | undefined
  readonly #spools: Spools
  #cancelLook: (() => void) | undefined
  readonly #room: Room
  #finished = 0
  #failed = 0
  #trouble: string | undefined
  #closing: Promise<void> | undefined

  constructor(
    private readonly settings: RecordingsSettings,
    private readonly encoding: EncodingProcess,
    private readonly spool: SpoolFolder,
  ) {
    this.#clock = settings.clock ?? systemClock
    this.#spools = new Spools(spool)
    this.#room = new Room(settings, this.#clock)
    this.#queue = new FinishingQueue((waiting) => this.#process(waiting), settings.concurrency ?? defaultConcurrency)
    this.sink = {
      allocate: (callId) => this.#allocate(callId),
      finish: (recordingId) => this.#finish(recordingId),
      left: (callId) => this.#leftOf(callId),
      resume: (recording) => this.#resume(recording),
    }
    this.#unsubscribe = settings.store.log.subscribe((event) => {
      this.#notes.note(event)
      if (event.type === 'recording.started' && this.#allocated.has(event.recordingId))
        encoding.follow(event.recordingId, this.#spools.of(event.recordingId).wavPath(event.recordingId))
      if (event.type === 'call.ended') void this.#clearUp(event.callId)
    })
    this.#keysNotHeard = settings.keys?.onUsable(() => this.#retryTroubled())
  }

  prepare(): void {
    // Its trouble is told by an alarm.
    this.encoding.start().catch(() => undefined)
  }

  async recover(
    isOpen: (callId: string) => boolean = () => false,
  ): Promise<{ readonly queued: number; readonly orphans: readonly string[] }> {
    let queued = 0
    const orphans: string[] = []
    const entries = await this.spool.entries()
    const elsewhere = await this.#ofOthers(entries, isOpen)
    for (const entry of entries) {
      if (
        this.#allocated.has(entry.recordingId) ||
        this.#handedOn.has(entry.recordingId) ||
        (entry.note && (isOpen(entry.note.callId) || elsewhere.has(entry.note.callId)))
      )
        continue
      const unfinished = await this.#leftBehind(entry)
      if (unfinished === 'done') continue
      if (unfinished === 'orphan') orphans.push(entry.path)
      else {
        this.#enqueue({ recording: unfinished, recovered: true })
        queued++
      }
    }
    if (orphans.length > 0)
      this.settings.alarms.raise(
        'recordings.orphans',
        `${orphans.length} recordings belong to no known call and are kept: ${orphans.join(', ')}`,
      )
    return { queued, orphans }
  }

  /** Calls that another engine has continued, or is finishing. */
  async #ofOthers(entries: readonly SpoolEntry[], isOpen: (callId: string) => boolean): Promise<ReadonlySet<string>> {
    const found = await this.settings.store.left.elsewhere(
      entries.flatMap(({ note }) => note?.callId ?? []),
      this.#clock.now() - leftToOthersMs,
    )
    this.#cancelLook?.()
    this.#cancelLook =
      found.size === 0 ? undefined : this.#clock.after(leftToOthersMs, () => void this.recover(isOpen).catch(() => undefined))
    return found
  }

  async takeUp(recording: BegunRecording): Promise<void> {
    const { recordingId, callId, startedAt: allocatedAt } = recording
    if (this.#handedOn.has(recordingId) || !(await this.#resume(recording))) return
    this.#enqueue({ recording: { recordingId, callId, allocatedAt }, recovered: true })
  }

  idle(): Promise<void> {
    return this.#queue.idle()
  }

  health(): RecordingsHealth {
    return {
      encoder: this.encoding.lame?.name ?? 'LAME, which is chosen when the first recording begins',
      backlog: this.#queue.size,
      finished: this.#finished,
      failed: this.#failed,
      writable: this.#trouble === undefined,
      detail: this.#trouble ?? 'both folders take files',
    }
  }

  async probe(): Promise<RecordingsHealth> {
    this.#room.forget()
    try {
      await this.spool.prepare()
      await this.#room.prove()
      this.#found(await this.#room.lacking())
    } catch (error) {
      this.#found(messageOf(error))
    }
    return this.health()
  }

  open(recording: KnownRecording & { readonly path: string }): Promise<OpenRecording | Unreadable> {
    return openOrAlarm(recording, this.settings)
  }

  keys(): KeysHealth | undefined {
    return this.settings.keys?.health()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#unsubscribe()
    this.#keysNotHeard?.()
    this.#cancelLook?.()
    this.#stopping.abort()
    const tooLate = new AbortController()
    await Promise.race([this.#queue.stop(), sleep(this.#clock, closeWithinMs, tooLate.signal)])
    tooLate.abort()
    await this.encoding.close()
  }

  async #allocate(callId: string): ReturnType<RecordingSink['allocate']> {
    const now = this.#clock.now()
    try {
      const trouble = await this.#room.lacking()
      this.#found(trouble)
      if (trouble !== undefined) return { kind: 'refused', why: trouble }
      const place = await this.spool.allocate(callId, now).catch(async () => {
        // The folder may have been removed while the engine ran.
        await this.spool.prepare()
        return this.spool.allocate(callId, now)
      })
      this.#allocated.set(place.recordingId, { recordingId: place.recordingId, callId, allocatedAt: now })
      this.prepare()
      return { kind: 'spool', ...place }
    } catch (error) {
      const why = messageOf(error)
      this.#found(why)
      return { kind: 'refused', why }
    }
  }

  async #leftOf(callId: string): Promise<LeftRecording | undefined> {
    for (const { recordingId, path, note } of await this.spool.entries()) {
      if (note?.callId !== callId || this.#allocated.has(recordingId) || this.#handedOn.has(recordingId)) continue
      if ((await this.spool.size(recordingId)) === undefined || (await this.settings.store.recording(recordingId)) !== undefined) continue
      return { recordingId, path, startedAt: note.allocatedAt }
    }
    return undefined
  }

  async #resume(recording: BegunRecording): Promise<boolean> {
    if (!(await this.#spools.take(recording))) return false
    const { recordingId, callId, path, startedAt } = recording
    this.#allocated.set(recordingId, { recordingId, callId, allocatedAt: startedAt })
    this.prepare()
    this.encoding.follow(recordingId, path)
    return true
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
    this.#queue.add(waiting)
  }

  async #process({ recording, recovered }: Waiting): Promise<void> {
    const { recordingId } = recording
    const { alarms, store, recordingsFolder, lineName } = this.settings
    if (recovered && !(await this.#hasSettled(recordingId))) return
    const options: FinishingOptions = {
      spool: this.#spools.of(recordingId),
      recordingsFolder,
      store,
      alarms,
      encoding: this.encoding,
      notes: this.#notes,
      lineName,
      seal: this.settings.sealed ? this.settings.keys : undefined,
      stopping: this.#stopping.signal,
    }
    const finished = await finishRecording(recording, options)
    if (finished === 'stopped') return
    this.encoding.forget(recordingId)
    if (finished !== 'failed') this.#spools.forget(recordingId)
    if (this.#queue.ofCall(recording.callId) === 1) this.#forgetEnded(recording.callId)
    if (finished === 'ready' || finished === 'kept') {
      this.#finished++
      if (!this.encoding.withoutLibrary) alarms.clear('recordings.encoder')
    } else this.#failed++
    if (finished !== 'failed' && this.#troubled.delete(recordingId) && this.#troubled.size === 0) alarms.clear('recordings.notFinished')
    if (finished === 'failed') {
      this.#troubled.set(recordingId, recording)
      alarms.raise(
        'recordings.notFinished',
        `${this.#troubled.size} recordings could not be made into MP3, the latest is ${recordingId}; their spool files are kept and tried again when a full disk has room, and at the next start`,
      )
      await this.probe()
    }
  }

  /** A recording that still grows is left for the next start. */
  async #hasSettled(recordingId: string): Promise<boolean> {
    const found = await settled(this.#spools.of(recordingId), recordingId, this.#clock, this.#stopping.signal)
    if (found === 'growing')
      this.settings.alarms.raise('recordings.stillGrowing', `${recordingId} is still being written to; it will be finished at the next start`)
    return found === 'settled'
  }

  async #leftBehind(entry: SpoolEntry): Promise<Unfinished | 'done' | 'orphan'> {
    const { store, recordingsFolder } = this.settings
    const { recordingId, note } = entry
    const stored = await store.recording(recordingId)
    if (stored?.state === 'ready' && (await mp3IsThere(recordingsFolder, stored))) {
      await this.spool.remove(recordingId)
      return 'done'
    }
    if (stored?.state === 'deleted') {
      await this.spool.remove(recordingId)
      return 'done'
    }
    if (stored) return { recordingId, callId: stored.callId, allocatedAt: stored.startedAt }
    if (!note || (await store.events(note.callId)).length === 0) return 'orphan'
    // The engine died between the switch's first sample and the fact.
    await this.#tellLate(note)
    return { recordingId, callId: note.callId, allocatedAt: note.allocatedAt }
  }

  /** Writes the facts of a recording in the spool that has none yet: without them the call would not own it. */
  async #tellLate({ recordingId, callId, allocatedAt }: Unfinished): Promise<void> {
    const { store } = this.settings
    await store.appendLate(
      callId,
      { type: 'recording.started', recordingId, spoolPath: this.#spools.of(recordingId).wavPath(recordingId) },
      allocatedAt,
    )
    await store.appendLate(callId, { type: 'recording.stopped', recordingId }, allocatedAt)
  }

  /** After a call nothing of it may be forgotten: an unused spool file is deleted, a recording that was not handed on is finished. */
  async #clearUp(callId: string): Promise<void> {
    for (const recording of [...this.#allocated.values()].filter((one) => one.callId === callId)) {
      const spool = this.#spools.of(recording.recordingId)
      const size = await spool.size(recording.recordingId)
      if (!this.#allocated.has(recording.recordingId)) continue
      if (size === undefined) {
        this.#allocated.delete(recording.recordingId)
        await spool.remove(recording.recordingId).catch(() => undefined)
        continue
      }
      // The party hung up while the switch opened the file: the flow was not told that it records.
      if ((await this.settings.store.recording(recording.recordingId).catch(() => undefined)) === undefined) await this.#tellLate(recording)
      this.#enqueue({ recording, recovered: true })
    }
    if (this.#queue.ofCall(callId) === 0) this.#forgetEnded(callId)
  }

  /** The store knows all of it by now, and no query is expected. */
  #forgetEnded(callId: string): void {
    if (this.#notes.hasEnded(callId)) this.#notes.forget(callId)
  }

  #found(trouble: string | undefined): void {
    const hasRoomAgain = this.#trouble !== undefined && trouble === undefined
    this.#trouble = trouble
    if (trouble === undefined) this.settings.alarms.clear('recordings.notWritable')
    else this.settings.alarms.raise('recordings.notWritable', trouble)
    if (hasRoomAgain) this.#retryTroubled()
  }

  #retryTroubled(): void {
    for (const recording of this.#troubled.values()) if (!this.#queue.has(recording)) this.#enqueue({ recording, recovered: false })
  }
}
