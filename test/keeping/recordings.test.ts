import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callRecord } from '../../src/facts/call-record.js'
import type { RecordingRecord } from '../../src/facts/recording-record.js'
import { loadLameLibrary } from '../../src/recordings/lame-library.js'
import { untilTalking } from '../kit/sample-call.js'
import { heard } from './heard.js'
import { keptWorld, type KeptWorld } from './kept-world.js'
import { scratchFolder } from './scratch-folder.js'
import { header, stereoTones } from './wav-file.js'

const library = await loadLameLibrary()

async function recordingOf(world: KeptWorld, callId: string): Promise<RecordingRecord | undefined> {
  await world.recordings.idle()
  const recording = async () => callRecord(await world.store.events(callId))?.recordings[0]
  // A failure is a fact that may linger for a moment before it is on disk.
  await expect.poll(async () => (await recording())?.state, { timeout: 30_000 }).toMatch(/ready|failed/)
  return recording()
}

const encoders = ['wasm', ...(library.kind === 'none' ? [] : (['native'] as const))] as const

test.each(encoders)('a recording becomes an MP3 of the right length with each party on its own channel (%s)', async (encoder) => {
  const world = await keptWorld({ encoder })
  await world.recordedCall('one', 3)
  const recording = await recordingOf(world, 'one')
  expect(recording).toMatchObject({ state: 'ready', seconds: 3 })
  expect(recording?.path).toMatch(/^\d{4}\/\d{2}\/\d{2}\/one\.mp3$/)
  const path = join(world.mp3s, recording?.path ?? '')
  const bytes = readFileSync(path)
  expect(recording?.bytes).toBe(bytes.length)
  expect(recording?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  // 32 kbit/s: 4 kB a second.
  expect(bytes.length).toBeGreaterThan(12_000)
  expect(bytes.length).toBeLessThan(14_000)
  const mp3 = await heard(path)
  expect(mp3.seconds).toBeGreaterThanOrEqual(3)
  expect(mp3.seconds).toBeLessThan(3.6)
  expect(mp3.level('left', 440)).toBeGreaterThan(0.1)
  expect(mp3.level('left', 1_000)).toBeLessThan(0.005)
  expect(mp3.level('right', 1_000)).toBeGreaterThan(0.1)
  expect(mp3.level('right', 440)).toBeLessThan(0.005)
  expect(readdirSync(world.spool)).toEqual([])
  expect(world.alarms.active()).toEqual([])
})

test('the MP3 says line, date and call, and nothing of a patient', async () => {
  const world = await keptWorld()
  await world.recordedCall('call-77', 1)
  const recording = await recordingOf(world, 'call-77')
  const head = readFileSync(join(world.mp3s, recording?.path ?? ''))
    .subarray(0, 400)
    .toString('latin1')
  expect(head.startsWith('ID3\x04')).toBe(true)
  expect(head).toContain('Cardiology')
  expect(head).toContain('call-77')
  expect(head).toContain(new Date(recording?.startedAt ?? 0).toISOString().slice(0, 10))
  expect(head).not.toContain('1632960101')
})

test('a spool whose writer died, with an unfinished header, is finished in full', async () => {
  const world = await keptWorld()
  const place = await world.recordings.sink.allocate('one')
  if (place.kind !== 'spool') throw new Error(place.why)
  await world.tell(
    'one',
    ...untilTalking('one', { spoolPath: place.path }).map((fact) =>
      fact.type === 'recording.started' ? { ...fact, recordingId: place.recordingId } : fact,
    ),
  )
  stereoTones(place.path, { seconds: 2, claimedBytes: 0 })
  const next = await world.again()
  expect(await next.store.closeInterrupted()).toEqual(['one'])
  expect(await next.recordings.recover()).toEqual({ queued: 1, orphans: [] })
  expect(await recordingOf(next, 'one')).toMatchObject({ state: 'ready', seconds: 2 })
  expect(callRecord(await next.store.events('one'))).toMatchObject({ ending: 'interrupted' })
  expect(readdirSync(next.spool)).toEqual([])
})

/** A recording that another engine has begun, in a spool folder of its own. */
function begunElsewhere(callId: string, seconds: number) {
  const folder = scratchFolder()
  const recording = { recordingId: `${callId}-r`, callId, path: join(folder, `${callId}-r.wav`), startedAt: Date.now() }
  writeFileSync(
    join(folder, `${callId}-r.json`),
    JSON.stringify({ recordingId: recording.recordingId, callId, allocatedAt: recording.startedAt }),
  )
  stereoTones(recording.path, { seconds })
  return { folder, recording, facts: untilTalking(callId, { spoolPath: recording.path }) }
}

test('a recording that another engine has begun goes on here and is finished out of its spool; one that cannot be read is left to it', async () => {
  const world = await keptWorld()
  const { folder, recording, facts } = begunElsewhere('one', 3)
  await world.tell('one', ...facts)
  expect(await world.recordings.sink.resume(recording)).toBe(true)
  await world.tell('one', { type: 'talk.ended', by: 'caller', why: 'hangup' }, { type: 'recording.stopped', recordingId: 'one-r' })
  world.recordings.sink.finish('one-r')
  await world.tell('one', { type: 'call.ended', ending: 'completed' })
  expect(await recordingOf(world, 'one')).toMatchObject({ state: 'ready', seconds: 3 })
  expect(readdirSync(folder)).toEqual([])
  expect(await world.recordings.sink.resume({ ...recording, recordingId: 'two-r', path: join(folder, 'two-r.wav') })).toBe(false)
  expect(await world.recordings.sink.resume({ ...recording, recordingId: 'two-r', path: '/nowhere/two-r.wav' })).toBe(false)
  expect(world.alarms.active()).toEqual([])
})

test('the engine that closes a call which cannot go on finishes its recording', async () => {
  const world = await keptWorld()
  const { folder, recording, facts } = begunElsewhere('one', 2)
  await world.tell(
    'one',
    ...facts,
    { type: 'talk.ended', by: 'system', why: 'faulted' },
    { type: 'recording.stopped', recordingId: 'one-r' },
    { type: 'call.ended', ending: 'interrupted' },
  )
  await world.recordings.takeUp(recording)
  // Twice is harmless.
  await world.recordings.takeUp(recording)
  expect(await recordingOf(world, 'one')).toMatchObject({ state: 'ready', seconds: 2 })
  expect(readdirSync(folder)).toEqual([])
  await world.recordings.takeUp({ ...recording, path: '/nowhere/one-r.wav' })
  expect(world.alarms.active()).toEqual([])
})

test('a recording whose first fact was lost with the engine is still found by the note beside it', async () => {
  const world = await keptWorld()
  const place = await world.recordings.sink.allocate('one')
  if (place.kind !== 'spool') throw new Error(place.why)
  await world.tell('one', ...untilTalking('one').filter((fact) => fact.type !== 'recording.started'))
  stereoTones(place.path, { seconds: 1 })
  const next = await world.again()
  await next.store.closeInterrupted()
  expect(await next.recordings.recover()).toEqual({ queued: 1, orphans: [] })
  expect(await recordingOf(next, 'one')).toMatchObject({ state: 'ready', seconds: 1 })
})

test('a file in the spool that belongs to no known call is kept and reported, never deleted', async () => {
  const world = await keptWorld()
  const stray = join(world.spool, 'stray.wav')
  stereoTones(stray, { seconds: 1 })
  const place = await world.recordings.sink.allocate('a call that the store has never heard of')
  if (place.kind !== 'spool') throw new Error(place.why)
  stereoTones(place.path, { seconds: 1 })
  const next = await world.again()
  const found = await next.recordings.recover()
  expect(found.queued).toBe(0)
  expect(found.orphans.toSorted()).toEqual([place.path, stray].toSorted())
  expect(next.alarms.active()).toMatchObject([{ alarm: 'recordings.orphans' }])
  expect(existsSync(stray) && existsSync(place.path)).toBe(true)
})

test('a spool left beside its finished MP3 is removed; without the MP3 it is made again', async () => {
  const world = await keptWorld()
  const [done, lost] = [await world.recordedCall('done', 1), await world.recordedCall('lost', 1)]
  const [first, second] = [await recordingOf(world, 'done'), await recordingOf(world, 'lost')]
  for (const id of [done, lost]) stereoTones(join(world.spool, `${id}.wav`), { seconds: 1 })
  rmSync(join(world.mp3s, second?.path ?? ''))
  const before = statSync(join(world.mp3s, first?.path ?? '')).mtimeMs
  const next = await world.again()
  expect(await next.recordings.recover()).toEqual({ queued: 1, orphans: [] })
  expect(await recordingOf(next, 'lost')).toMatchObject({ state: 'ready', path: second?.path })
  expect(existsSync(join(next.mp3s, second?.path ?? ''))).toBe(true)
  expect(statSync(join(next.mp3s, first?.path ?? '')).mtimeMs).toBe(before)
  expect(readdirSync(next.spool)).toEqual([])
})

test('a recording of 44 bytes is called empty, with an alarm when there was a conversation, and is kept', async () => {
  const world = await keptWorld()
  const place = await world.recordings.sink.allocate('one')
  if (place.kind !== 'spool') throw new Error(place.why)
  const { recordingId, path } = place
  writeFileSync(path, header(0))
  const begun = Date.now() - 23 * 60_000
  await world.store.appendLate('one', { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' }, begun)
  await world.store.appendLate('one', { type: 'recording.started', recordingId, spoolPath: path }, begun)
  await world.tell('one', { type: 'recording.stopped', recordingId })
  world.recordings.sink.finish(recordingId)
  const recording = await recordingOf(world, 'one')
  expect(recording?.state).toBe('failed')
  expect(recording?.why).toMatch(/^spool: the recording is empty: 44 bytes/)
  expect(world.alarms.active().map((alarm) => alarm.alarm)).toEqual(['recordings.empty'])
  expect(readdirSync(join(world.spool, 'unusable'))).toContain(`${recordingId}.wav`)
  expect(readdirSync(world.mp3s)).toEqual([])
})

test('a file that is no WAV at all is called so and kept', async () => {
  const world = await keptWorld()
  const place = await world.recordings.sink.allocate('one')
  if (place.kind !== 'spool') throw new Error(place.why)
  writeFileSync(place.path, 'not a recording '.repeat(100))
  await world.tell(
    'one',
    ...untilTalking('one').map((fact) =>
      fact.type === 'recording.started' ? { ...fact, recordingId: place.recordingId, spoolPath: place.path } : fact,
    ),
  )
  world.recordings.sink.finish(place.recordingId)
  expect((await recordingOf(world, 'one'))?.why).toMatch(/not a RIFF\/WAVE file/)
  expect(readdirSync(join(world.spool, 'unusable'))).toContain(`${place.recordingId}.wav`)
})

test('an encoder that fails keeps the spool, raises an alarm, and the next start makes the MP3', async () => {
  const world = await keptWorld()
  // A file where the folder of the year has to be: neither LAME can write there.
  writeFileSync(join(world.mp3s, String(new Date().getUTCFullYear())), '')
  const recordingId = await world.recordedCall('one', 1)
  expect((await recordingOf(world, 'one'))?.state).toBe('failed')
  expect(world.alarms.active().map((alarm) => alarm.alarm)).toEqual(['recordings.notFinished'])
  expect(existsSync(join(world.spool, `${recordingId}.wav`))).toBe(true)
  rmSync(join(world.mp3s, String(new Date().getUTCFullYear())))
  const next = await world.again()
  expect(await next.recordings.recover()).toEqual({ queued: 1, orphans: [] })
  expect((await recordingOf(next, 'one'))?.state).toBe('ready')
})

test('a library that is missing, or not LAME, is reported in one line if required; `auto` takes the LAME in WebAssembly', async () => {
  const folder = scratchFolder()
  const broken = join(folder, 'libmp3lame.so.0')
  writeFileSync(broken, 'this is no library')
  for (const libraries of [[broken], [join(folder, 'nothing')], ['libc.so.6']]) {
    await expect(keptWorld({ encoder: 'native', libraries })).rejects.toThrow(/^there is no libmp3lame that works \(.*\): install it/)
  }
  const next = await keptWorld({ encoder: 'auto', libraries: [broken] })
  await next.recordedCall('one', 1)
  expect((await recordingOf(next, 'one'))?.state).toBe('ready')
  expect(next.recordings.health().encoder).toBe('LAME as WebAssembly')
  expect(next.alarms.active()).toEqual([])
})

test('a call that never came to talking leaves nothing in the spool', async () => {
  const world = await keptWorld()
  await world.recordings.sink.allocate('one')
  expect(readdirSync(world.spool)).toHaveLength(1)
  await world.tell(
    'one',
    { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' },
    { type: 'call.ended', ending: 'unanswered' },
  )
  await expect.poll(() => readdirSync(world.spool)).toEqual([])
})

test('a recording that the switch never wrote has failed, with an alarm', async () => {
  const world = await keptWorld()
  const place = await world.recordings.sink.allocate('one')
  if (place.kind !== 'spool') throw new Error(place.why)
  await world.tell(
    'one',
    ...untilTalking('one').map((fact) => (fact.type === 'recording.started' ? { ...fact, recordingId: place.recordingId } : fact)),
  )
  world.recordings.sink.finish(place.recordingId)
  expect((await recordingOf(world, 'one'))?.state).toBe('failed')
  expect(world.alarms.active().map((alarm) => alarm.alarm)).toContain('recordings.missing')
})

test('a call id that would lead out of the folder does not', async () => {
  const world = await keptWorld()
  await world.recordedCall('../../etc/pass wd', 1)
  const recording = await recordingOf(world, '../../etc/pass wd')
  expect(recording?.path).toMatch(/^\d{4}\/\d{2}\/\d{2}\/______etc_pass_wd\.mp3$/)
  for (const path of ['../../../etc/passwd', '/etc/passwd'])
    expect(await world.recordings.open({ recordingId: 'x', bytes: 1, path })).toMatchObject({ kind: 'missing' })
})

test('many recordings at once all become ready, no more at a time than allowed', async () => {
  const world = await keptWorld({ concurrency: 2 })
  await Promise.all(Array.from({ length: 12 }, (_, index) => world.recordedCall(`call-${index}`, 1)))
  await world.recordings.idle()
  expect(world.recordings.health()).toMatchObject({ backlog: 0, finished: 12, failed: 0 })
  const page = await world.store.calls({})
  expect(page.calls.map((call) => call.recording?.state)).toEqual(Array.from({ length: 12 }, () => 'ready'))
  expect(await world.store.differing()).toEqual([])
})
