import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callRecord } from '../../src/facts/call-record.js'
import type { RecordingRecord } from '../../src/facts/recording-record.js'
import { masterKey, writeMasterKeys } from '../../src/keys/master-key.js'
import { chunkBytes, headerBytes } from '../../src/sealing/format.js'
import { adminWorld, type AdminWorld } from './admin-world.js'
import { heardOf, mp3Of } from './heard.js'
import { keptWorld, type KeptWorld } from './kept-world.js'

const sealed = { sealed: true } as const

async function recordingOf(world: KeptWorld, callId: string): Promise<RecordingRecord> {
  await world.recordings.idle()
  const recording = async () => callRecord(await world.store.events(callId))?.recordings[0]
  await expect.poll(async () => (await recording())?.state, { timeout: 30_000 }).toMatch(/ready|failed/)
  return (await recording())!
}

const fileOf = (world: KeptWorld, { path = '' }: RecordingRecord) => join(world.mp3s, path)

test('a recording is sealed on the disk, and plays unchanged', async () => {
  const world = await keptWorld(sealed)
  await world.recordedCall('one', 3)
  const recording = await recordingOf(world, 'one')
  expect(recording).toMatchObject({
    state: 'ready',
    seconds: 3,
    path: expect.stringMatching(/^\d{4}\/\d{2}\/\d{2}\/one\.mp3\.sealed$/) as string,
  })
  const file = fileOf(world, recording)
  expect(statSync(file).mode & 0o077).toBe(0)
  for (const told of ['ID3', 'Cardiology', 'LAME']) expect(readFileSync(file).includes(told)).toBe(false)
  const mp3 = await mp3Of(world.recordings, recording)
  expect([mp3.length, createHash('sha256').update(mp3).digest('hex')]).toEqual([recording.bytes, recording.sha256])
  const sound = await heardOf(world.recordings, recording)
  expect(sound.level('left', 440)).toBeGreaterThan(0.1)
  expect(sound.level('right', 1_000)).toBeGreaterThan(0.1)
  expect(readdirSync(world.spool)).toEqual([])
  expect(world.alarms.active()).toEqual([])
})

test('each organisation has a key of its own; plain and sealed recordings stay readable', async () => {
  const world = await keptWorld()
  await world.recordedCall('before', 1)
  const before = await recordingOf(world, 'before')
  const next = await world.again(sealed)
  await next.recordedCall('one', 1)
  const one = await recordingOf(next, 'one')
  expect(next.keys.purposes).toEqual([expect.stringMatching(/^organisation:/)])
  const last = await next.again({ sealed: false })
  await last.recordedCall('after', 1)
  for (const recording of [before, one, await recordingOf(last, 'after')])
    expect((await heardOf(last.recordings, recording)).level('left', 440)).toBeGreaterThan(0.1)
})

test('a recording that cannot be sealed stays in the spool until the master key is back: no plain MP3 is written', async () => {
  const world = await keptWorld(sealed)
  await world.recordedCall('one', 1)
  await recordingOf(world, 'one')
  const [key, kept] = [join(world.folder, 'master.key'), join(world.folder, 'kept.key')]
  renameSync(key, kept)
  const next = await world.again()
  expect(next.alarms.active()).toMatchObject([{ alarm: 'keys.unavailable' }])
  const id = await next.recordedCall('two', 1)
  expect(await recordingOf(next, 'two')).toMatchObject({
    state: 'failed',
    why: expect.stringMatching(/cannot be sealed, and is not written in the clear/) as string,
  })
  expect(readdirSync(next.spool)).toContain(`${id}.wav`)
  expect(readdirSync(next.mp3s, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('two'))).toEqual([])
  renameSync(kept, key)
  await expect.poll(async () => callRecord(await next.store.events('two'))?.recordings[0]?.state, { timeout: 20_000 }).toBe('ready')
  expect((await heardOf(next.recordings, await recordingOf(next, 'two'))).level('left', 440)).toBeGreaterThan(0.1)
  expect(next.alarms.active()).toEqual([])
  expect(readdirSync(next.spool)).toEqual([])
})

async function servedWorld(folder?: string): Promise<AdminWorld> {
  return adminWorld({ recordings: sealed, ...(folder === undefined ? {} : { folder }) })
}

async function answer(world: AdminWorld, callId: string, headers: Record<string, string> = {}) {
  const response = await world.get(`/api/calls/${callId}/recording.mp3`, { headers })
  const body = Buffer.from(await response.arrayBuffer())
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    range: response.headers.get('content-range'),
    body,
    code: response.status < 400 ? undefined : (JSON.parse(body.toString()) as { error: { code: string } }).error.code,
  }
}

test('a sealed recording is served whole and in any part', async () => {
  const world = await servedWorld()
  await world.recordedCall('one', 12)
  const mp3 = await mp3Of(world.recordings, await recordingOf(world, 'one'))
  expect(mp3.length).toBeGreaterThan(2 * chunkBytes)
  expect(await answer(world, 'one')).toMatchObject({ status: 200, type: 'audio/mpeg', body: mp3 })
  const head = await world.get('/api/calls/one/recording.mp3', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(mp3.length)])
  const edge = fc
    .tuple(fc.integer({ min: 0, max: Math.ceil(mp3.length / chunkBytes) }), fc.integer({ min: -1, max: 1 }))
    .map(([chunk, more]) => Math.min(mp3.length - 1, Math.max(0, chunk * chunkBytes + more)))
  const place = fc.oneof(edge, fc.nat(mp3.length - 1))
  await fc.assert(
    fc.asyncProperty(place, place, async (one, other) => {
      const [first, last] = [Math.min(one, other), Math.max(one, other)]
      const part = await answer(world, 'one', { range: `bytes=${first}-${last}` })
      expect([part.status, part.range, part.body.equals(mp3.subarray(first, last + 1))]).toEqual([
        206,
        `bytes ${first}-${last}/${mp3.length}`,
        true,
      ])
    }),
    { numRuns: 60 },
  )
  expect(await answer(world, 'one', { range: `bytes=${mp3.length}-` })).toMatchObject({ status: 416, code: 'rangeNotSatisfiable' })
})

test('a changed recording is refused by a code, never played', async () => {
  const world = await servedWorld()
  await Promise.all([world.recordedCall('one', 12), world.recordedCall('two', 12)])
  const [one, two] = [await recordingOf(world, 'one'), await recordingOf(world, 'two')]
  const [file, other] = [fileOf(world, one), fileOf(world, two)]
  const good = readFileSync(file)
  const damages: readonly (readonly [string, () => void])[] = [
    ['a bit in the first chunk', () => writeFileSync(file, changed(good, headerBytes + 9))],
    ['a bit of the header', () => writeFileSync(file, changed(good, 60))],
    ['cut off', () => writeFileSync(file, good.subarray(0, good.length - 100))],
    ['another recording', () => copyFileSync(other, file)],
    ['an MP3 in the clear', () => writeFileSync(file, Buffer.concat([Buffer.from('ID3'), randomBytes(5_000)]))],
    ['empty', () => writeFileSync(file, '')],
  ]
  for (const [what, harm] of damages) {
    harm()
    expect(await answer(world, 'one'), what).toMatchObject({
      status: 500,
      code: 'recordingDamaged',
      type: expect.stringContaining('application/json') as string,
    })
    expect(world.alarms.active(), what).toMatchObject([{ alarm: 'recordings.damaged' }])
  }
  rmSync(file)
  expect(await answer(world, 'one')).toMatchObject({ status: 404, code: 'recordingMissing' })
  expect(await answer(world, 'two')).toMatchObject({ status: 200 })
})

test('damage further on breaks the answer off: the part before it is right, and the length says that there was more', async () => {
  const world = await servedWorld()
  await world.recordedCall('one', 60)
  const recording = await recordingOf(world, 'one')
  const file = fileOf(world, recording)
  // After the first read, and before the last chunk.
  writeFileSync(file, changed(readFileSync(file), headerBytes + 9 * chunkBytes))
  const response = await world.get('/api/calls/one/recording.mp3')
  expect(response.status).toBe(200)
  await expect(response.arrayBuffer()).rejects.toThrow()
  expect(world.alarms.active()).toMatchObject([
    { alarm: 'recordings.damaged', detail: expect.stringMatching(/one\.mp3\.sealed is not as it was sealed: chunk 9 of/) as string },
  ])
})

test.each([
  ['lost', (key: string) => Promise.resolve(rmSync(key))],
  ['another', (key: string) => writeMasterKeys(key, [masterKey(randomBytes(32))])],
])('a master key that is %s is said at the route and in /readyz, and calls are taken', async (_, harm) => {
  const before = await keptWorld(sealed)
  await before.recordedCall('one', 1)
  await recordingOf(before, 'one')
  await before.recordings.close()
  await before.store.close()
  await harm(join(before.folder, 'master.key'))
  const world = await servedWorld(before.folder)
  expect(await answer(world, 'one')).toMatchObject({ status: 503, code: 'recordingLocked' })
  const ready = await world.get('/readyz')
  expect(ready.status).toBe(200)
  expect(await ready.json()).toMatchObject({ ready: true, missing: [expect.stringMatching(/^keys: /)] })
})

function changed(good: Buffer, at: number): Buffer {
  const bad = Buffer.from(good)
  bad[at] = bad[at]! ^ 1
  return bad
}
