import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { encodeG711, LINEAR_TO_ALAW } from '../embedded/protocols/rtp/g711.js'
import { decodeWav } from '../embedded/protocols/rtp/wav.js'
import { announcements, conversations, turnFile, type Conversation, type ConversationId } from './conversations.js'

const folder = new URL('./voices/', import.meta.url)
const rate = 8_000
/** WAVE_FORMAT_ALAW. */
const aLaw = 6

const read = new Map<string, Int16Array>()

/** The speech of one turn, 8 kHz; undefined if there is none. */
export function turnSamples(id: ConversationId, turn: number): Int16Array | undefined {
  const { turns }: Conversation = conversations[id]
  return turns[turn] === undefined || turns[turn].text === '' ? undefined : samplesOf(turnFile(id, turn))
}

export function announcement(id: keyof typeof announcements): Int16Array {
  return samplesOf(`${id}.wav`)
}

function samplesOf(file: string): Int16Array {
  let samples = read.get(file)
  if (samples === undefined) read.set(file, (samples = decodeWav(readFileSync(new URL(file, folder))).channels[0] ?? new Int16Array()))
  return samples
}

/** The text of each file: a test compares files with texts. */
export function manifestOf(
  texts: readonly { readonly file: string; readonly voice: string; readonly text: string }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map(({ file, voice, text }) => [file, createHash('sha256').update(`${voice} ${text}`).digest('hex').slice(0, 12)]),
  )
}

/** A telephone's WAV file (8 kHz, 16 bit, mono) in G.711 A-law. */
export function asALawWav(file: Uint8Array): Buffer {
  const samples = decodeWav(file).channels[0] ?? new Int16Array()
  const data = Buffer.alloc(samples.length)
  encodeG711(LINEAR_TO_ALAW, samples, 0, samples.length, data)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(aLaw, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}
