import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../common/errors.js'
import type { FindKey } from '../sealing/sealed-file.js'
import { pathBelow } from './finishing.js'
import { openRecording, type Unreadable } from './stored-recording.js'

/** A finished recording as its fact has it. */
export interface RecordedAs {
  readonly recordingId: string
  /** Below the recordings folder. */
  readonly path: string
  readonly bytes: number
  /** Of the MP3, hexadecimal. */
  readonly sha256: string
}

/** Reads a whole recording, and compares it with its fact. Never rejects. @returns what is wrong with it; undefined where it is as it was recorded */
export async function checkRecording(folder: string, recorded: RecordedAs, find: FindKey): Promise<Unreadable | undefined> {
  const path = pathBelow(folder, recorded.path)
  if (path === undefined) return { kind: 'missing', why: `${recorded.path} leads out of the recordings folder` }
  let damage: Unreadable | undefined
  const opened = await openRecording(path, recorded, find, (found) => (damage = found))
  if (opened.kind !== 'open') return opened
  try {
    const sound = await opened.stream(0, opened.size - 1)
    if ('kind' in sound) return sound
    const hash = createHash('sha256')
    await pipeline(sound, hash)
    if (hash.digest('hex') === recorded.sha256) return undefined
    return { kind: 'damaged', why: `${path} is not as it was recorded: it was changed, or is another recording` }
  } catch (error) {
    return damage ?? { kind: 'damaged', why: `${path}: ${messageOf(error)}` }
  } finally {
    await opened.close().catch(() => undefined)
  }
}
