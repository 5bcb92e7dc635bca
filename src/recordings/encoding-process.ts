import { rm } from 'node:fs/promises'
import { messageOf } from '../common/errors.js'
import { EncodingChild, type Up } from './encoding-child.js'
import type { EncodingJob, EncodingResult, WantedLame } from './encoding-messages.js'
import type { LameKind } from './mp3-encoder.js'
import { growingFolder } from './part-file.js'

export interface EncodingProcessSettings {
  readonly recordingsFolder: string
  /** `native`: libmp3lame where it is there. */
  readonly lame: LameKind
  readonly libraries?: readonly string[] | undefined
  /** Recordings are sealed as they grow. Default: no. */
  readonly sealed?: boolean
  /** The process has died, or cannot be started. */
  readonly onTrouble: (detail: string) => void
  /** How long it may leave a question unanswered before it is ended, ms. Default 60,000: it may have to wait behind everything that is more urgent. */
  readonly frozenAfterMs?: number | undefined
}

const defaultFrozenAfterMs = 60_000
/** After this many deaths the library is no longer trusted in this run of the engine. */
const maxDeathsOfLibrary = 3
/** How often a recording is given to the next process after one has died over it; from the second time on with the WebAssembly LAME, whose faults are exceptions. */
const maxDeathsOfJob = 4
/** After this many deaths the next process no longer follows recordings while they run; they are encoded when they are over. */
const maxDeathsFollowed = 8

/**
 * The process that makes MP3s, kept from the first recording to the end of the engine, since a fault in native code must not end calls. It is started when
 * needed, and again when it has died or freezes: only work is lost with it, since the spool is the truth.
 */
export class EncodingProcess {
  readonly #followed = new Map<string, string>()
  #child: Promise<EncodingChild> | undefined
  /** The current process, up or not. */
  #running: EncodingChild | undefined
  #up: Up | undefined
  #deaths = 0
  #closed = false
  readonly #look: NodeJS.Timeout

  constructor(private readonly settings: EncodingProcessSettings) {
    const frozenAfterMs = settings.frozenAfterMs ?? defaultFrozenAfterMs
    this.#look = setInterval(
      () => {
        if (this.#running && (this.#running.busy || this.#followed.size > 0)) this.#running.look(frozenAfterMs)
      },
      Math.min(5_000, frozenAfterMs / 4),
    ).unref()
  }

  /** Which LAME is at work; undefined before the first start. */
  get lame(): Up | undefined {
    return this.#up
  }

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.#running?.pid
  }

  /** Whether the library is avoided although it was wanted, because the process died again and again. */
  get withoutLibrary(): boolean {
    return this.settings.lame === 'native' && this.#deaths >= maxDeathsOfLibrary
  }

  /** Starts it ahead of time. Rejects when it does not start; the next job tries again. */
  async start(): Promise<Up> {
    return (await this.#started()).up
  }

  /** Encodes the recording while it runs. */
  follow(recordingId: string, spoolPath: string): void {
    this.#followed.set(recordingId, spoolPath)
    this.#send({ kind: 'follow', recordingId, spoolPath })
  }

  /** Nothing will come of this recording. */
  forget(recordingId: string): void {
    if (this.#followed.delete(recordingId)) this.#send({ kind: 'forget', recordingId })
  }

  /** Never rejects. @param withinMs after this the process is ended and the encoding has failed */
  async make(job: EncodingJob, lame: WantedLame, withinMs: number): Promise<EncodingResult> {
    this.#followed.delete(job.recordingId)
    let why = ''
    for (let deaths = 0; deaths < maxDeathsOfJob; deaths++) {
      try {
        const child = await this.#started()
        const answer = await child.make(job, deaths === 0 ? lame : 'wasm', withinMs)
        if (answer.kind !== 'died') return answer
        why = answer.why
        // Otherwise the dead process would be asked again, and use up one more of the recording's tries.
        await child.ended
      } catch (error) {
        why = messageOf(error)
      }
      if (this.#closed) break
    }
    return { kind: 'failed', stage: 'encode', why, unusable: false }
  }

  /** Ends the process; what it has not finished is lost, the spool is not. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#look)
    await this.#running?.end()
    // A process about to start.
    await this.#child?.then((child) => child.end()).catch(() => undefined)
    await rm(growingFolder(this.settings.recordingsFolder), { recursive: true, force: true }).catch(() => undefined)
  }

  #send(message: Parameters<EncodingChild['send']>[0]): void {
    // The handler of its exit tells of its death.
    this.#started().then(
      (child) => child.send(message),
      () => undefined,
    )
  }

  #started(): Promise<EncodingChild> {
    if (this.#closed) return Promise.reject(new Error('the encoding process is closed'))
    if (this.#child) return this.#child
    const child = this.#launch()
    this.#child = child
    child.catch((error: unknown) => {
      if (this.#child === child) this.#child = undefined
      if (!this.#closed) this.settings.onTrouble(messageOf(error))
    })
    return child
  }

  async #launch(): Promise<EncodingChild> {
    const { recordingsFolder, libraries } = this.settings
    // Left half done by an earlier process.
    await rm(growingFolder(recordingsFolder), { recursive: true, force: true }).catch(() => undefined)
    const lame = this.withoutLibrary ? 'wasm' : this.settings.lame
    const child = await EncodingChild.start({
      recordingsFolder,
      lame,
      sealed: this.settings.sealed ?? false,
      ...(libraries === undefined ? {} : { libraries }),
    })
    if (this.#closed) child.kill('the engine stops')
    this.#running = child
    let wasUp = false
    void child.ended.then((why) => this.#hasEnded(why, wasUp))
    this.#up = await child.up
    wasUp = true
    for (const [recordingId, spoolPath] of this.#followed) child.send({ kind: 'follow', recordingId, spoolPath })
    return child
  }

  #hasEnded(why: string, wasUp: boolean): void {
    this.#running = undefined
    if (wasUp) this.#child = undefined
    if (this.#closed) return
    this.#deaths++
    if (wasUp)
      this.settings.onTrouble(
        this.withoutLibrary && this.#deaths === maxDeathsOfLibrary ? `${why}; from now on LAME as WebAssembly is used` : why,
      )
    if (this.#followed.size > 0 && this.#deaths < maxDeathsFollowed) void this.#started().catch(() => undefined)
  }
}

/** Rejects with one clear line when there is no libmp3lame that works. */
export async function mustBeNative(encoding: EncodingProcess): Promise<void> {
  const up = await encoding.start().catch((error: unknown) => messageOf(error))
  if (typeof up !== 'string' && up.lame === 'native') return
  await encoding.close()
  throw new Error(
    `there is no libmp3lame that works (${typeof up === 'string' ? up : (up.withoutLibrary ?? '')}): install it (Debian: libmp3lame0), or choose the encoder \`wasm\` or \`auto\``,
  )
}
