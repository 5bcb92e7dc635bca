import { createCipheriv, createDecipheriv } from 'node:crypto'
import { unwrap, wrap, wrappedBytes } from './wrap.js'

/** The ending of a sealed file's name. */
export const sealedEnding = '.sealed'
/** Bytes of a chunk: four seconds of an MP3, of which every running recording holds two in memory. */
export const chunkBytes = 16 * 1024
export const chunkTagBytes = 16
const nonceBytes = 12
/** Two slots, each written whole: a torn write leaves the other intact. */
const slotBytes = 512
export const headerBytes = 2 * slotBytes

const magic = Buffer.from('RINGSEAL', 'latin1')
const version = 1
/** Magic, version, chunk size, generation, id of the key, length of the name. */
const fixedBytes = 8 + 1 + 4 + 4 + 16 + 2
const maxNameBytes = slotBytes - fixedBytes - wrappedBytes

/** The key under which the data key of a file is wrapped. */
export interface WrappingKey {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly key: Buffer
}

/** One slot of a header, as read; nothing in it is believed before its data key unwraps. */
export interface Slot {
  /** Of two slots the higher one is in force. */
  readonly generation: number
  readonly chunkBytes: number
  readonly keyId: string
  /** Name of what was sealed. */
  readonly name: string
  readonly wrapped: Buffer
  /** The bytes authenticated with the data key: all those before it. */
  readonly about: Buffer
  /** Its place, 0 or 1. */
  readonly place: 0 | 1
}

/** The slot for a data key. @throws Error where the name is too long */
export function slot(by: WrappingKey, dataKey: Buffer, { name, generation }: Pick<Slot, 'name' | 'generation'>): Buffer {
  const text = Buffer.from(name, 'utf8')
  if (text.length > maxNameBytes) throw new Error(`a name of ${text.length} bytes is too long to be sealed with; at most ${maxNameBytes}`)
  const about = Buffer.alloc(fixedBytes + text.length)
  magic.copy(about)
  about.writeUInt8(version, 8)
  about.writeUInt32BE(chunkBytes, 9)
  about.writeUInt32BE(generation, 13)
  Buffer.from(by.id, 'hex').copy(about, 17)
  about.writeUInt16BE(text.length, 33)
  text.copy(about, fixedBytes)
  return Buffer.concat([about, wrap(by.key, dataKey, about), Buffer.alloc(slotBytes - about.length - wrappedBytes)])
}

/** A new file's header: its second slot is empty. */
export function header(by: WrappingKey, dataKey: Buffer, name: string): Buffer {
  return Buffer.concat([slot(by, dataKey, { name, generation: 1 }), Buffer.alloc(slotBytes)])
}

/** The slots that can be read, the one in force first. */
export function slotsOf(bytes: Buffer): readonly Slot[] {
  return ([0, 1] as const)
    .flatMap((place) => {
      const at = bytes.subarray(place * slotBytes, (place + 1) * slotBytes)
      if (at.length < slotBytes || !at.subarray(0, 8).equals(magic) || at.readUInt8(8) !== version) return []
      const nameBytes = at.readUInt16BE(33)
      const size = at.readUInt32BE(9)
      if (nameBytes > maxNameBytes || size === 0) return []
      const about = at.subarray(0, fixedBytes + nameBytes)
      return [
        {
          generation: at.readUInt32BE(13),
          chunkBytes: size,
          keyId: at.toString('hex', 17, 33),
          name: at.toString('utf8', fixedBytes, fixedBytes + nameBytes),
          wrapped: at.subarray(about.length, about.length + wrappedBytes),
          about,
          place,
        },
      ]
    })
    .sort((one, other) => other.generation - one.generation)
}

/** Offset of a slot in the file. */
export function slotAt(place: 0 | 1): number {
  return place * slotBytes
}

/** @returns undefined where the key is another, or the slot was changed */
export function dataKeyOf({ wrapped, about }: Pick<Slot, 'wrapped' | 'about'>, key: Buffer): Buffer | undefined {
  return unwrap(key, wrapped, about)
}

/**
 * The nonce holds the number of the chunk, and whether it is the last: a chunk in another's place, and a false end, do not open. A data key seals one file, and
 * each of its chunks once, so no nonce is used twice.
 */
function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(nonceBytes)
  bytes.writeUInt32BE(index, 7)
  bytes.writeUInt8(last ? 1 : 0, 11)
  return bytes
}

export function sealChunk(dataKey: Buffer, index: number, last: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce(index, last), { authTagLength: chunkTagBytes })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @returns undefined where it is not this chunk of this file as it was sealed */
export function openChunk(dataKey: Buffer, index: number, last: boolean, sealed: Buffer): Buffer | undefined {
  if (sealed.length < chunkTagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce(index, last), { authTagLength: chunkTagBytes })
  decipher.setAuthTag(sealed.subarray(-chunkTagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -chunkTagBytes)), decipher.final()])
  } catch {
    return undefined
  }
}

/** How a file of this size is divided. */
export interface Layout {
  /** Bytes that were sealed. */
  readonly size: number
  readonly chunks: number
  readonly chunkBytes: number
}

/** @returns undefined for a size that no sealed file has */
export function layoutOf(fileBytes: number, size: number): Layout | undefined {
  const body = fileBytes - headerBytes
  if (body < chunkTagBytes) return undefined
  const chunks = Math.ceil(body / (size + chunkTagBytes))
  const rest = body - (chunks - 1) * (size + chunkTagBytes)
  // Only an empty file has an empty chunk.
  if (rest < chunkTagBytes || (rest === chunkTagBytes && chunks > 1)) return undefined
  return { size: body - chunks * chunkTagBytes, chunks, chunkBytes: size }
}

/** Place of a chunk in the file, tag included. */
export function placeOf(
  { size, chunks, chunkBytes: whole }: Layout,
  index: number,
): { readonly at: number; readonly bytes: number; readonly last: boolean } {
  const last = index === chunks - 1
  const plain = last ? size - index * whole : whole
  return { at: headerBytes + index * (whole + chunkTagBytes), bytes: plain + chunkTagBytes, last }
}
