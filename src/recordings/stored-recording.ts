import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { PassThrough, type Readable } from 'node:stream'
import { messageOf } from '../common/errors.js'
import { KeysUnavailable } from '../keys/key-ring.js'
import { sealedEnding } from '../sealing/format.js'
import { Damaged, Locked, SealedFile, sealedSize, type FindKey } from '../sealing/sealed-file.js'

/** A finished recording, open to be read. */
export interface OpenRecording {
  readonly kind: 'open'
  /** Of the MP3, bytes. */
  readonly size: number
  /**
   * A part of the MP3, both ends included. Closes the recording with its end.
   * @returns what is wrong where its beginning cannot be read; the stream ends with an error where something further on is wrong, and never contains anything but the MP3
   */
  stream(first: number, last: number): Promise<Readable | Unreadable>
  close(): Promise<void>
}

/**
 * `missing`: there is no such file. `locked`: the key under which it is sealed is not available. `damaged`: it is not as it was written, or is another recording.
 * `why` names files and keys, for the log and the alarm.
 */
export type Unreadable = { readonly kind: 'missing' | 'locked' | 'damaged'; readonly why: string }

/** What its facts say about it. */
export interface KnownRecording {
  readonly recordingId: string
  /** Of the MP3. */
  readonly bytes: number
}

/** Opens a recording, sealed or not: its name says which it must be. Never rejects. @param onDamage called with damage found later on */
export async function openRecording(
  path: string,
  { recordingId, bytes }: KnownRecording,
  find: FindKey,
  onDamage: (found: Unreadable) => void,
): Promise<OpenRecording | Unreadable> {
  if (!path.endsWith(sealedEnding)) return openPlain(path)
  try {
    const file = await SealedFile.open(path, recordingId, find)
    if (file.size !== bytes) {
      await file.close()
      return { kind: 'damaged', why: `${path} holds an MP3 of ${file.size} bytes, and ${bytes} were recorded` }
    }
    return {
      kind: 'open',
      size: file.size,
      async stream(first, last) {
        try {
          const sound = await file.stream(first, last)
          sound.once('error', (error) => onDamage(unreadable(path, error)))
          return sound
        } catch (error) {
          return unreadable(path, error)
        }
      },
      close: () => file.close(),
    }
  } catch (error) {
    return unreadable(path, error)
  }
}

/** Of the MP3; undefined where there is none. It verifies nothing. Never rejects. */
export async function sizeOfRecording(path: string): Promise<number | undefined> {
  if (path.endsWith(sealedEnding)) return sealedSize(path).catch(() => undefined)
  return stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  )
}

async function openPlain(path: string): Promise<OpenRecording | Unreadable> {
  const size = await sizeOfRecording(path)
  if (size === undefined) return { kind: 'missing', why: `${path} is not there` }
  return {
    kind: 'open',
    size,
    stream: (first, last) => Promise.resolve(last < first ? new PassThrough().end() : createReadStream(path, { start: first, end: last })),
    close: () => Promise.resolve(),
  }
}

function unreadable(path: string, error: unknown): Unreadable {
  const why = messageOf(error)
  if (error instanceof Locked || error instanceof KeysUnavailable) return { kind: 'locked', why }
  if (error instanceof Damaged) return { kind: 'damaged', why }
  return { kind: 'missing', why: `${path}: ${why}` }
}
