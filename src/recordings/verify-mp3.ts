import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { KeptDecoder, Sound } from './mp3-decoder.js'
import { encoderDelay } from './mp3-encoder.js'
import { FrameWalk } from './mp3-frames.js'
import type { Part, PartReader } from './part.js'
import type { SpoolFile } from './spool-file.js'

/** Bytes read at a time: a minute of sound. */
const portionBytes = 256 * 1024
/** Seconds at the beginning and at the end that are decoded. */
const heardSeconds = 1
/** Frames decoded before those that are compared: the reservoir and the filters reach back over three. */
const leadFrames = 4
/** A channel quieter than this says nothing about whether it is the right one (-60 dBFS). */
const quiet = 0.001
/** Shorter pieces than this are blurred by the encoder's filters. */
const shortSeconds = 0.1
/** Only frequencies below this are compared, Hz: above it LAME drops what the bit rate has no room for. */
const comparedBelow = 1_000
/** By how much the loudness of a channel may differ. */
const maxTimesLouder = 2.5
/** How much of one channel may be heard on the other: LAME codes the two together. */
const maxLeak = 0.1
/** Least correlation of a channel with what was recorded on it: 1 is the same, 0 something else. */
const minAlike = 0.5

/** The content of a file, as the store keeps it. */
export interface VerifiedMp3 {
  readonly kind: 'right'
  readonly bytes: number
  readonly sha256: string
}

/**
 * Reads a finished file from the disk: it must be what was written. Then compares it with the recording: every frame must follow the one
 * before; the whole must be as long as the recording; its first and last second are decoded, and each channel must match the recording, sample by sample.
 * @param pause is called after every portion
 * @returns `wrong` with what is wrong. @throws Error of the file system
 */
export async function verifyMp3(
  part: Pick<Part, 'read' | 'written'>,
  spool: SpoolFile,
  decoder: KeptDecoder,
  pause: () => Promise<void>,
): Promise<VerifiedMp3 | { readonly kind: 'wrong'; readonly why: string }> {
  const wrong = (why: string) => ({ kind: 'wrong', why }) as const
  const { rate } = spool.format
  const { written } = part
  const file = part.read()
  try {
    const hash = createHash('sha256')
    const walk = new FrameWalk()
    const portion = Buffer.alloc(Math.min(portionBytes, file.size))
    let bytes = 0
    let checksum = 0
    while (true) {
      const read = file.read(portion, bytes)
      if (read === 0) break
      const data = portion.subarray(0, read)
      hash.update(data)
      checksum = crc32(data.subarray(Math.min(read, Math.max(0, written.tagBytes - bytes))), checksum)
      bytes += read
      const why = walk.add(data)
      if (why !== undefined) return wrong(why)
      await pause()
    }
    if (bytes !== written.bytes || checksum !== written.checksum) return wrong('is not on the disk as it was written')
    const why = walk.finish() ?? lengthWrong(walk, spool)
    if (why !== undefined) return wrong(why)

    const heard = Math.min(heardSeconds * rate, spool.frames)
    for (const from of new Set([0, spool.frames - heard])) {
      const different = await comparePiece({ file, walk, spool, decoder, from, count: heard })
      if (different !== undefined) return wrong(different)
      await pause()
    }
    return { kind: 'right', bytes, sha256: hash.digest('hex') }
  } finally {
    file.close()
  }
}

function lengthWrong(walk: FrameWalk, spool: SpoolFile): string | undefined {
  const { rate } = spool.format
  const seconds = (samples: number) => (samples / rate).toFixed(2)
  if (walk.rate !== rate) return `has ${walk.rate ?? 0} Hz instead of ${rate}`
  const frameSamples = walk.samples / walk.starts.length
  const extra = walk.samples - spool.frames
  // LAME puts its delay before the sound and fills the last frame up.
  if (extra < encoderDelay) return `is too short: ${seconds(walk.samples)} s of ${seconds(spool.frames)} s`
  if (extra > encoderDelay + 2 * frameSamples) return `is too long: ${seconds(walk.samples)} s for ${seconds(spool.frames)} s`
  return undefined
}

interface Piece {
  readonly file: PartReader
  readonly walk: FrameWalk
  readonly spool: SpoolFile
  readonly decoder: KeptDecoder
  /** Sample frames of the recording. */
  readonly from: number
  readonly count: number
}

/** A decoder's result is believed if it is right; if not, a new decoder is asked. */
async function comparePiece(piece: Piece): Promise<string | undefined> {
  if ((await compareOnce(piece)) === undefined) return undefined
  piece.decoder.reset()
  return compareOnce(piece)
}

async function compareOnce({ file, walk, spool, decoder, from, count }: Piece): Promise<string | undefined> {
  const frameSamples = walk.samples / walk.starts.length
  // Where the piece begins and ends among the decoded samples.
  const begins = from + encoderDelay
  const ends = begins + count
  const first = Math.max(0, Math.floor(begins / frameSamples) - leadFrames)
  const last = Math.ceil(ends / frameSamples)
  const start = walk.starts[first] ?? 0
  const frames = Buffer.alloc((walk.starts[last] ?? walk.end) - start)
  file.read(frames, start)
  const sound = await decoder.decode(frames)
  if (typeof sound === 'string') return sound
  if (sound.left.length !== (last - first) * frameSamples)
    return `decodes to ${sound.left.length} samples instead of ${(last - first) * frameSamples}`
  const skipped = begins - first * frameSamples
  const where = from === 0 ? 'in its first second' : 'in its last second'
  const different = differs(
    spool.stereo(spool.samples(from, count)),
    { left: sound.left.subarray(skipped, skipped + count), right: sound.right.subarray(skipped, skipped + count) },
    spool.format.rate,
  )
  return different === undefined ? undefined : `${different} ${where}`
}

/**
 * Compares decoded sound with the samples from which it was made.
 * @param recorded interleaved
 * @returns the difference; undefined when there is none
 */
export function differs(recorded: Int16Array, heard: Sound, rate: number): string | undefined {
  if (recorded.length / 2 < shortSeconds * rate) return undefined
  const left = compare(channelOf(recorded, 0), heard.left, rate)
  const right = compare(channelOf(recorded, 1), heard.right, rate)
  return channelDiffers('left', left, right.recorded) ?? channelDiffers('right', right, left.recorded)
}

/** Loudness as root mean square, full scale 1. */
interface Comparison {
  readonly recorded: number
  readonly heard: number
  /** Correlation, from -1 to 1. */
  readonly alike: number
}

function compare(recorded: Float32Array, heard: Float32Array, rate: number): Comparison {
  const one = low(recorded, rate)
  const other = low(heard, rate)
  let [both, first, second] = [0, 0, 0]
  for (let index = 0; index < one.length; index++) {
    const a = one[index] ?? 0
    const b = other[index] ?? 0
    both += a * b
    first += a * a
    second += b * b
  }
  const samples = Math.max(1, one.length)
  return {
    recorded: Math.sqrt(first / samples),
    heard: Math.sqrt(second / samples),
    alike: first > 0 && second > 0 ? both / Math.sqrt(first * second) : 0,
  }
}

function channelOf(interleaved: Int16Array, channel: 0 | 1): Float32Array {
  const samples = new Float32Array(interleaved.length >> 1)
  for (let index = 0; index < samples.length; index++) samples[index] = (interleaved[2 * index + channel] ?? 0) / 32_768
  return samples
}

/** A low-pass: the mean of half a period's samples around, taken twice. */
function low(samples: Float32Array, rate: number): Float32Array {
  const span = Math.round(rate / comparedBelow / 2)
  return mean(mean(samples, span), span)
}

function mean(samples: Float32Array, span: number): Float32Array {
  const means = new Float32Array(samples.length)
  let sum = 0
  for (let index = 0; index < samples.length; index++) {
    sum += (samples[index] ?? 0) - (index < span ? 0 : (samples[index - span] ?? 0))
    means[index] = sum / span
  }
  return means
}

function channelDiffers(channel: string, { recorded, heard, alike }: Comparison, other: number): string | undefined {
  const levels = `${heard.toFixed(4)} instead of ${recorded.toFixed(4)}`
  if (heard > Math.max(recorded * maxTimesLouder, 2 * quiet, other * maxLeak)) return `is too loud on the ${channel} (${levels})`
  // LAME may leave out sound far below the other channel.
  if (recorded < Math.max(quiet, other * maxLeak)) return undefined
  if (heard < recorded / maxTimesLouder) return `is too quiet on the ${channel} (${levels})`
  if (alike < minAlike) return `has something else than was recorded on the ${channel} (correlation ${alike.toFixed(2)})`
  return undefined
}
