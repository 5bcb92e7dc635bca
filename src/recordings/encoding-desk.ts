import { statSync } from 'node:fs'
import { messageOf } from '../common/errors.js'
import type { EncodingJob, EncodingResult, WantedLame } from './encoding-messages.js'
import { Follower } from './follower.js'
import { GrowingMp3 } from './growing-mp3.js'
import { id3Tag } from './id3.js'
import { KeptDecoder } from './mp3-decoder.js'
import type { Lame } from './mp3-encoder.js'
import { FolderFlush, PartFile } from './part-file.js'
import { SealedPart } from './sealed-part.js'
import { SpoolFile, UnusableSpool } from './spool-file.js'
import { Turns, type Urgency } from './turns.js'
import { verifyMp3 } from './verify-mp3.js'

export interface DeskSettings {
  readonly recordingsFolder: string
  readonly lame: Lame
  /** Loaded when it is first wanted. */
  readonly wasm: () => Promise<Lame>
  /** Recordings are sealed as they grow. Default: no. */
  readonly sealed?: boolean
  /** Between two looks at a recording that grows, ms. Default 2,000. */
  readonly lookEveryMs?: number
}

const defaultLookEveryMs = 2_000

/**
 * All work of the encoding process, in one thread: follows recordings while they run, encodes those that are over. Whatever happens, a spool is not touched,
 * and no incomplete file has a final name.
 */
export class EncodingDesk {
  readonly #turns = new Turns()
  readonly #following = new Map<string, Follower>()
  readonly #decoder = new KeptDecoder()
  readonly #folders = new FolderFlush()

  constructor(private readonly settings: DeskSettings) {}

  /** Encodes while the switch writes. The spool need not exist yet. Harmless when it is followed already. */
  follow(recordingId: string, spoolPath: string): void {
    if (this.#following.has(recordingId)) return
    const { lame, recordingsFolder, lookEveryMs = defaultLookEveryMs } = this.settings
    const part = this.settings.sealed ? SealedPart.named(recordingsFolder, recordingId) : PartFile.named(recordingsFolder, recordingId)
    this.#following.set(recordingId, new Follower(spoolPath, new GrowingMp3(lame, part), this.#turns, lookEveryMs))
  }

  /** This recording will not be finished. */
  forget(recordingId: string): void {
    const follower = this.#following.get(recordingId)
    this.#following.delete(recordingId)
    void follower?.stop().then(() => follower.growing.discard())
  }

  /**
   * Makes the MP3 of a recording that is over: uses what was encoded while it ran if that matches the spool; otherwise, and whenever anything about
   * it is doubtful, encodes from the beginning. The MP3 is read again and verified, flushed to the disk, and only then given its name. Never rejects.
   */
  async make(job: EncodingJob, wanted: WantedLame): Promise<EncodingResult> {
    const { recordingsFolder, lame: usual, wasm } = this.settings
    const tag = id3Tag(job.tags)
    const followed = await this.#followed(job.recordingId)
    if (followed) {
      if (
        followed.part.tagBytes >= tag.length &&
        followed.part instanceof SealedPart === (job.seal !== undefined) &&
        (wanted === 'usual' || followed.lame.kind === 'wasm')
      ) {
        const result = await this.#complete(job, followed, true)
        if (result.kind === 'ready') return result
      }
      followed.discard()
    }
    try {
      const lame = wanted === 'usual' ? usual : await wasm()
      const part =
        job.seal === undefined
          ? PartFile.named(recordingsFolder, job.recordingId, tag.length)
          : SealedPart.named(recordingsFolder, job.recordingId, tag.length)
      return await this.#complete(job, new GrowingMp3(lame, part), false)
    } catch (error) {
      return failed('encode', error)
    }
  }

  /** The MP3 encoded while it ran; undefined when it was not followed, or there was trouble. */
  async #followed(recordingId: string): Promise<GrowingMp3 | undefined> {
    const follower = this.#following.get(recordingId)
    this.#following.delete(recordingId)
    await follower?.stop()
    return follower?.trouble === undefined ? follower?.growing : undefined
  }

  async #complete(job: EncodingJob, growing: GrowingMp3, followed: boolean): Promise<EncodingResult> {
    const urgency: Urgency = followed ? 0 : 2
    const turn = () => this.#turns.next(urgency)
    let stage: 'spool' | 'encode' | 'verify' | 'store' = 'spool'
    let spool: SpoolFile | undefined
    try {
      await turn()
      spool = SpoolFile.open(job.spoolPath)
      stage = 'encode'
      const different = await growing.differsFrom(spool, turn)
      if (different !== undefined) throw new Error(different)
      while (await growing.advance(spool)) await turn()
      growing.finish()
      growing.close()
      stage = 'store'
      if (job.seal && growing.part instanceof SealedPart) growing.part.sealedBy({ id: job.seal.id, key: Buffer.from(job.seal.key, 'hex') })
      await growing.part.complete(id3Tag(job.tags, growing.part.tagBytes))
      stage = 'verify'
      await turn()
      const verified = await verifyMp3(growing.part, spool, this.#decoder, turn)
      if (verified.kind === 'wrong') throw new Error(`the MP3 ${verified.why}`)
      stage = 'spool'
      if (statSync(job.spoolPath).size !== spool.bytes) throw new Error('the recording has changed while it was made into MP3')
      stage = 'store'
      const folders = growing.part.rename(job.mp3Path)
      for (const folder of folders) await this.#folders.flushed(folder)
      return { kind: 'ready', bytes: verified.bytes, seconds: spool.seconds, sha256: verified.sha256, followed }
    } catch (error) {
      if (stage === 'encode' && isOfTheDisk(error)) stage = 'store'
      return failed(stage, error)
    } finally {
      growing.discard()
      spool?.close()
    }
  }
}

/** Disk full and the like come up while the part file is written; the encoder itself has no error numbers. */
function isOfTheDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall !== 'read'
}

function failed(stage: 'spool' | 'encode' | 'verify' | 'store', error: unknown): EncodingResult {
  return { kind: 'failed', stage, why: messageOf(error), unusable: error instanceof UnusableSpool }
}
