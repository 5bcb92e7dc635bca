import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chunkBytes, chunkTagBytes, header, headerBytes, sealChunk, slot, slotAt, type WrappingKey } from './format.js'
import { Damaged, Locked, rewrap, SealedFile, sealedSize } from './sealed-file.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-sealed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const key: WrappingKey = { id: 'a1'.repeat(16), key: randomBytes(32) }
const later: WrappingKey = { id: 'b2'.repeat(16), key: randomBytes(32) }
const keys = new Map([key, later].map((one) => [one.id, one.key]))
const find = (id: string) => Promise.resolve(keys.get(id))

function sealed(plain: Buffer, name = 'one', dataKey = randomBytes(32)): Buffer {
  const chunks: Buffer[] = []
  const count = Math.max(1, Math.ceil(plain.length / chunkBytes))
  for (let index = 0; index < count; index++)
    chunks.push(sealChunk(dataKey, index, index === count - 1, plain.subarray(index * chunkBytes, (index + 1) * chunkBytes)))
  return Buffer.concat([header(key, dataKey, name), ...chunks])
}

let files = 0
function written(bytes: Buffer): string {
  const path = join(folder, `${files++}`)
  writeFileSync(path, bytes)
  return path
}

async function read(path: string, first: number, last: number, name = 'one'): Promise<Buffer> {
  return buffer(await (await SealedFile.open(path, name, find)).stream(first, last))
}

const whole = chunkBytes + chunkTagBytes
const chunkAt = (bytes: Buffer, index: number) => bytes.subarray(headerBytes + index * whole, headerBytes + (index + 1) * whole)

/** Around the ends of chunks, and of what is read at a time. */
const sizes = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 1, 2, 3, 8, 9), fc.integer({ min: -2, max: 2 }))
    .map(([chunks, more]) => Math.max(0, chunks * chunkBytes + more)),
  fc.integer({ min: 0, max: 10 * chunkBytes }),
)

describe('a sealed file', () => {
  it('gives any part of what was sealed, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
          minLength: 1,
          maxLength: 4,
        }),
        async (size, parts) => {
          const plain = randomBytes(size)
          const path = written(sealed(plain))
          expect(await sealedSize(path)).toBe(size)
          expect(await read(path, 0, size - 1)).toEqual(plain)
          for (const [one, other, atChunk] of parts) {
            const place = (share: number) =>
              atChunk
                ? Math.min(Math.max(0, size - 1), Math.round((share * size) / chunkBytes) * chunkBytes)
                : Math.floor(share * Math.max(0, size - 1))
            const [first = 0, last = 0] = [place(one), place(other)].sort((a, b) => a - b)
            if (size > 0) expect(await read(path, first, last)).toEqual(plain.subarray(first, last + 1))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('has nothing of what was sealed in it', () => {
    const plain = Buffer.from('a word that is said in confidence '.repeat(2_000))
    expect(sealed(plain).includes('confidence')).toBe(false)
  })

  it('is refused, whichever bit is another, and never gives other bytes', async () => {
    const plain = randomBytes(2 * chunkBytes + 777)
    const good = sealed(plain)
    const used = 300
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.nat(used), fc.integer({ min: headerBytes, max: good.length - 1 })), fc.nat(7), async (at, bit) => {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ (1 << bit)
        const got = await read(written(bad), 0, plain.length - 1).catch((error: unknown) => error)
        // Behind the slot's end nothing is read.
        if (got instanceof Buffer) expect([got.equals(plain), at >= 35 + 3 + 60 && at < headerBytes]).toEqual([true, true])
        else expect(got instanceof Damaged || got instanceof Locked).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('is refused wherever it is cut off, or goes on', async () => {
    const plain = randomBytes(2 * chunkBytes + 777)
    const good = sealed(plain)
    const ends = fc.oneof(
      fc.constantFrom(0, 1, headerBytes - 1, headerBytes, headerBytes + 16, headerBytes + whole, headerBytes + 2 * whole, good.length - 1),
      fc.nat(good.length - 1),
    )
    await fc.assert(
      fc.asyncProperty(ends, async (end) => {
        await expect(SealedFile.open(written(good.subarray(0, end)), 'one', find)).rejects.toThrow(Damaged)
      }),
      { numRuns: 60 },
    )
    for (const more of [Buffer.alloc(1), Buffer.alloc(16), Buffer.alloc(whole), chunkAt(good, 0)])
      await expect(SealedFile.open(written(Buffer.concat([good, more])), 'one', find)).rejects.toThrow(Damaged)
  })

  it.each<readonly [string, (good: Buffer, other: Buffer) => readonly Buffer[]]>([
    ['two chunks change places', (good) => [chunkAt(good, 1), chunkAt(good, 0), chunkAt(good, 2)]],
    ['a chunk comes twice', (good) => [chunkAt(good, 0), chunkAt(good, 0), chunkAt(good, 2)]],
    ['a chunk is left out', (good) => [chunkAt(good, 0), chunkAt(good, 2)]],
    ["a chunk is another file's", (good, other) => [chunkAt(good, 0), chunkAt(other, 1), chunkAt(good, 2)]],
    ["all chunks are another file's", (_, other) => [chunkAt(other, 0), chunkAt(other, 1), chunkAt(other, 2)]],
  ])('is refused where %s', async (_, chunks) => {
    const [good, other] = [sealed(randomBytes(3 * chunkBytes)), sealed(randomBytes(3 * chunkBytes))]
    await expect(read(written(Buffer.concat([good.subarray(0, headerBytes), ...chunks(good, other)])), 0, 2 * chunkBytes)).rejects.toThrow(
      Damaged,
    )
  })

  it('is refused under another name than it was sealed with', async () => {
    await expect(SealedFile.open(written(sealed(randomBytes(5), 'another')), 'one', find)).rejects.toThrow(
      /is sealed as another, and should be one/,
    )
  })

  it('says which key is missing', async () => {
    const path = written(sealed(randomBytes(5)))
    await expect(SealedFile.open(path, 'one', () => Promise.resolve(undefined))).rejects.toThrow(new RegExp(key.id))
    await expect(SealedFile.open(path, 'one', () => Promise.resolve(undefined))).rejects.toThrow(Locked)
    await expect(SealedFile.open(path, 'one', () => Promise.resolve(later.key))).rejects.toThrow(Damaged)
  })

  it('is no MP3 that was put in its place', async () => {
    const path = written(Buffer.concat([Buffer.from('ID3\x04'), randomBytes(5_000)]))
    await expect(SealedFile.open(path, 'one', find)).rejects.toThrow(/does not begin as a sealed file does/)
    expect(await sealedSize(path)).toBeUndefined()
  })
})

describe('a data key that is wrapped again', () => {
  it('leaves the data untouched, and needs the earlier key no more', async () => {
    const plain = randomBytes(chunkBytes + 5)
    const path = written(sealed(plain))
    const before = readFileSync(path).subarray(headerBytes)
    expect(await rewrap(path, find, () => later)).toBe(true)
    expect(await rewrap(path, find, () => later)).toBe(false)
    expect(readFileSync(path).subarray(headerBytes).equals(before)).toBe(true)
    const file = await SealedFile.open(path, 'one', (id) => Promise.resolve(id === later.id ? later.key : undefined))
    expect(await buffer(await file.stream(0, plain.length - 1))).toEqual(plain)
    // And back, and on again: two slots are enough.
    for (const next of [key, later, key]) {
      expect(await rewrap(path, find, () => next)).toBe(true)
      expect(await read(path, 0, plain.length - 1)).toEqual(plain)
    }
  })

  it('opens wherever the writing of its slot was interrupted', async () => {
    const plain = randomBytes(100)
    const dataKey = randomBytes(32)
    const next = slot(later, dataKey, { name: 'one', generation: 2 })
    for (let bytes = 0; bytes <= next.length; bytes += 7) {
      const torn = sealed(plain, 'one', dataKey)
      next.copy(torn, slotAt(1), 0, bytes)
      expect(await read(written(torn), 0, 99), `${bytes}`).toEqual(plain)
    }
  })
})
