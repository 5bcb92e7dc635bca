import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chunkBytes, headerBytes } from '../sealing/format.js'
import { SealedFile } from '../sealing/sealed-file.js'
import { SealedPart } from './sealed-part.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-part-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const key = { id: 'c3'.repeat(16), key: randomBytes(32) }

async function read(path: string): Promise<Buffer> {
  const file = await SealedFile.open(path, 'one', (id) => Promise.resolve(id === key.id ? key.key : undefined))
  return buffer(await file.stream(0, file.size - 1))
}

it('holds the tag and all that was appended, in whatever pieces it came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(600), fc.constantFrom(chunkBytes - 512, chunkBytes, 3 * chunkBytes)), { minLength: 1, maxLength: 12 }),
      async (pieces) => {
        const part = SealedPart.named(folder, 'one')
        const tag = Buffer.alloc(part.tagBytes, 'T')
        const data = pieces.map((bytes) => randomBytes(bytes))
        for (const piece of data) part.append(piece)
        part.sealedBy(key)
        await part.complete(tag)
        const plain = Buffer.concat([tag, ...data])
        expect(part.written.bytes).toBe(plain.length)
        const reader = part.read()
        const again = Buffer.alloc(plain.length + 10)
        expect(reader.size).toBe(plain.length)
        expect(reader.read(again, 0)).toBe(plain.length)
        expect(again.subarray(0, plain.length).equals(plain)).toBe(true)
        const from = Math.floor(plain.length / 3)
        const some = Buffer.alloc(plain.length - from)
        expect([reader.read(some, from), some.equals(plain.subarray(from))]).toEqual([some.length, true])
        reader.close()
        const to = join(folder, 'made', 'one.mp3.sealed')
        part.rename(to)
        expect((await read(to)).equals(plain)).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

it('has no sound in the clear on the disk while it grows', () => {
  const part = SealedPart.named(folder, 'one')
  for (let piece = 0; piece < 100; piece++) part.append(Buffer.from('in confidence '.repeat(100)))
  const grown = readFileSync(part.path)
  expect(grown.length).toBeGreaterThan(100_000)
  expect(grown.includes('confidence')).toBe(false)
  part.remove()
  expect(existsSync(part.path)).toBe(false)
})

it.each([
  ['header', 40],
  ['first chunk', headerBytes + 100],
  ['last chunk', -3],
])('notices what is not on the disk as it was written: the %s', async (_, at) => {
  const part = SealedPart.named(folder, 'one')
  part.append(randomBytes(2 * chunkBytes))
  part.sealedBy(key)
  await part.complete(Buffer.alloc(part.tagBytes))
  const bytes = readFileSync(part.path)
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  writeFileSync(part.path, bytes)
  expect(() => {
    const reader = part.read()
    reader.read(Buffer.alloc(3 * chunkBytes), 0)
  }).toThrow(/not on the disk as it was written/)
})

it('is not completed without a key', async () => {
  const part = SealedPart.named(folder, 'one')
  part.append(randomBytes(10))
  await expect(part.complete(Buffer.alloc(1))).rejects.toThrow('there is no key')
})
