import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { mustBeDurable } from '../../src/calls/events.js'
import { openStore } from '../../src/store/store.js'
import { AlarmBoard } from '../../src/live/alarm-board.js'
import { keptWorld } from './kept-world.js'
import { goodCall, untilTalking } from '../../src/calls/scenario/sample-call.js'
import { scratchFolder } from './scratch-folder.js'
import { stereoTones } from './wav-file.js'

/** A disk of a few megabytes. Needs root and `mount`; where there is neither, `stored-event-log.test.ts` plays the full disk. */
function tinyDisk(kilobytes: number): string | undefined {
  const folder = join(scratchFolder(), 'disk')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
  })
  return folder
}

const mayMount = process.getuid?.() === 0 && process.platform === 'linux' && existsSync('/bin/mount')

/** Takes all the room that is left. @returns gives it back */
function fill(folder: string): () => void {
  const ballast = join(folder, 'ballast')
  const portion = Buffer.alloc(4_096, 1)
  for (let portions = 0; portions < 10_000; portions++) {
    try {
      writeFileSync(ballast, portion, { flag: 'a' })
    } catch {
      break
    }
  }
  return () => rmSync(ballast)
}

test.runIf(mayMount)('disk full: calls go on, the alarm is up, and every fact is on disk once there is room', async () => {
  const disk = tinyDisk(4_096)
  if (disk === undefined) return
  const alarms = new AlarmBoard()
  const file = join(disk, 'calls.db')
  const store = await openStore({ file, alarms, durableWaitMs: 5_000 })
  onTestFinished(() => store.close())
  const makeRoom = fill(disk)
  const written = Promise.all(Array.from({ length: 40 }, (_, call) => Promise.all(goodCall(`call-${call}`).map((fact) => store.log.append(`call-${call}`, fact)))))
  // Nobody on the telephone waits for the disk, and nobody is told that a fact is on it.
  const answers = (await written).flatMap((events, call) => events.filter((_event, index) => mustBeDurable.has(goodCall(`call-${call}`)[index]!.type)))
  expect(answers.filter((event) => event !== undefined).length).toBeLessThan(answers.length)
  expect(alarms.active().map((alarm) => alarm.alarm)).toEqual(['store.cannotWrite'])
  expect(store.health()).toMatchObject({ writing: false, detail: 'database or disk is full' })
  expect(store.health().queued).toBeGreaterThan(0)
  makeRoom()
  await expect.poll(() => store.health(), { timeout: 20_000 }).toMatchObject({ writing: true, queued: 0 })
  expect(alarms.active()).toEqual([])
  for (let call = 0; call < 40; call++) expect(await store.events(`call-${call}`)).toHaveLength(22)
  expect(await store.differing()).toEqual([])
})

test.runIf(mayMount)('the disk of the recordings is full: the call is told before it begins, and what was recorded becomes an MP3 later', async () => {
  const disk = tinyDisk(1_024)
  if (disk === undefined) return
  const world = await keptWorld({ recordingsFolder: disk, minFreeBytes: 64 * 1024 })
  const begun = await world.recordings.sink.allocate('one')
  if (begun.kind !== 'spool') throw new Error(begun.why)
  await world.tell('one', ...untilTalking('one', { spoolPath: begun.path }).map((fact) => (fact.type === 'recording.started' ? { ...fact, recordingId: begun.recordingId } : fact)))
  stereoTones(begun.path, { seconds: 2 })
  const makeRoom = fill(disk)
  expect(await world.recordings.probe()).toMatchObject({ writable: false })
  const refused = await world.recordings.sink.allocate('two')
  expect(refused.kind === 'refused' && refused.why).toMatch(/MB free|no space/i)
  expect(world.alarms.active().map((alarm) => alarm.alarm)).toContain('recordings.notWritable')

  world.recordings.sink.finish(begun.recordingId)
  await world.recordings.idle()
  expect(world.recordings.health()).toMatchObject({ failed: 1 })
  await expect.poll(async () => (await world.store.recording(begun.recordingId))?.why).toMatch(/^store: /)
  expect(readdirSync(world.spool)).toContain(`${begun.recordingId}.wav`)

  makeRoom()
  const next = await world.again()
  await next.store.closeInterrupted()
  expect(await next.recordings.recover()).toMatchObject({ queued: 1 })
  await next.recordings.idle()
  expect(await next.store.recording(begun.recordingId)).toMatchObject({ state: 'ready', seconds: 2 })
  expect(next.alarms.active()).toEqual([])
}, 90_000)

test('a spool folder that cannot be made refuses recordings in words, and takes them as soon as it can', async () => {
  const folder = scratchFolder()
  const spoolFolder = join(folder, 'blocked', 'spool')
  writeFileSync(join(folder, 'blocked'), 'a file where a folder has to be')
  const world = await keptWorld({ spoolFolder })
  expect(world.recordings.health().writable).toBe(false)
  expect(await world.recordings.sink.allocate('one')).toMatchObject({ kind: 'refused' })
  expect(world.alarms.active().map((alarm) => alarm.alarm)).toEqual(['recordings.notWritable'])
  rmSync(join(folder, 'blocked'))
  expect(await world.recordings.probe()).toMatchObject({ writable: true })
  expect(world.alarms.active()).toEqual([])
  expect((await world.recordings.sink.allocate('one')).kind).toBe('spool')
})
