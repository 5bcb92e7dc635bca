import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { id3Tag, type RecordingTags } from './id3.js'
import { encodableRates, type Mp3Encoder } from './mp3-encoder.js'
import { SpoolFile, UnusableSpool } from './spool-file.js'
import { LoudnessMeter, verifyMp3 } from './verify-mp3.js'

/** What is to be made. Plain data: it travels to the encoding thread. */
export interface EncodingJob {
  readonly spoolPath: string
  readonly mp3Path: string
  readonly tags: RecordingTags
}

/** `unusable`: trying again does not help. */
export type EncodingResult =
  | { readonly kind: 'ready'; readonly bytes: number; readonly seconds: number; readonly sha256: string }
  | { readonly kind: 'failed'; readonly stage: 'spool' | 'encode' | 'verify' | 'store'; readonly why: string; readonly unusable: boolean }

/**
 * Makes the MP3 of one spool file: encoded to a temporary name, decoded again and held against the spool, flushed to the disk, and only
 * then given its name. Whatever happens, the spool is not touched and no half-made file carries the final name. Never rejects.
 */
export async function makeMp3(job: EncodingJob, encoder: Mp3Encoder): Promise<EncodingResult> {
  const partPath = `${job.mp3Path}.part`
  let stage: 'spool' | 'encode' | 'verify' | 'store' = 'spool'
  let spool: SpoolFile | undefined
  try {
    spool = await SpoolFile.open(job.spoolPath)
    const { rate } = spool.format
    if (!encodableRates.includes(rate)) throw new UnusableSpool(`${rate} Hz is not a rate that is made into MP3`)
    stage = 'store'
    await mkdir(dirname(job.mp3Path), { recursive: true })
    stage = 'encode'
    const meter = new LoudnessMeter()
    const { bytes, sha256 } = await write(partPath, id3Tag(job.tags), encoder.encode(metered(spool, meter), rate))
    stage = 'verify'
    const wrong = await verifyMp3(partPath, { frames: spool.frames, rate, loudness: meter.loudness() })
    if (wrong !== undefined) throw new Error(`the MP3 ${wrong}`)
    stage = 'store'
    await rename(partPath, job.mp3Path)
    await flushFolder(dirname(job.mp3Path))
    return { kind: 'ready', bytes, seconds: spool.seconds, sha256 }
  } catch (error) {
    await rm(partPath, { force: true }).catch(() => undefined)
    if (stage === 'encode' && isOfTheFileSystem(error)) stage = 'store'
    return { kind: 'failed', stage, why: error instanceof Error ? error.message : String(error), unusable: error instanceof UnusableSpool }
  } finally {
    await spool?.close()
  }
}

/** Disk full and the like come up while the encoder writes; the encoder itself has no error numbers. */
function isOfTheFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && ['write', 'open', 'fsync'].includes(String(error.syscall))
}

async function* metered(spool: SpoolFile, meter: LoudnessMeter): AsyncGenerator<Int16Array> {
  for await (const samples of spool.stereo()) {
    meter.add(samples)
    yield samples
  }
}

async function write(path: string, tag: Uint8Array, frames: AsyncIterable<Uint8Array>): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  const file = await open(path, 'w', 0o600)
  let bytes = 0
  const put = async (data: Uint8Array) => {
    for (let written = 0; written < data.length; ) written += (await file.write(data, written)).bytesWritten
    hash.update(data)
    bytes += data.length
  }
  try {
    await put(tag)
    for await (const data of frames) await put(data)
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** So that the name survives a power cut, not only the content. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
