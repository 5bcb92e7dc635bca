import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { mustBeDurable } from '../../src/facts/events.js'
import { createRecordings } from '../../src/recordings/recordings.js'
import { openStore } from '../../src/store/store.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { keptWorld } from './kept-world.js'
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

const megabyte = 1024 * 1024
const mayMount = process.getuid?.() === 0 && process.platform === 'linux' && existsSync('/bin/mount')

/** Fills the remaining room. @returns frees it */
function fill(folder: string, name = 'ballast'): () => void {
  const ballast = join(folder, name)
  const portion = Buffer.alloc(4_096, 1)
  for (let portions = 0; portions < 10_000; portions++) {
    try {
      writeFileSync(ballast, portion, { flag: 'a' })
    } catch {
      break
    }
  }
  return () => rmSync(ballast, { force: true })
}

test.runIf(mayMount)('disk full: calls go on, the alarm is up, and every fact is on disk once there is room', async () => {
  const disk = tinyDisk(4_096)
  if (disk === undefined) return
  const alarms = new AlarmBoard()
  const file = join(disk, 'calls.db')
  const store = await openStore({ file, alarms, durableWaitMs: 5_000 })
  onTestFinished(() => store.close())
  const makeRoom = fill(disk)
  const written = Promise.all(
    Array.from({ length: 40 }, (_, call) => Promise.all(goodCall(`call-${call}`).map((fact) => store.log.append(`call-${call}`, fact)))),
  )
  // No caller waits for the disk, and no fact is acknowledged.
  const answers = (await written).flatMap((events, call) =>
    events.filter((_event, index) => mustBeDurable.has(goodCall(`call-${call}`)[index]!.type)),
  )
  expect(answers.filter((event) => event !== undefined).length).toBeLessThan(answers.length)
  expect(alarms.active().map((alarm) => alarm.alarm)).toEqual(['store.cannotWrite'])
  expect(store.health()).toMatchObject({ writing: false, detail: 'the disk is full (SQLITE_FULL: database or disk is full)' })
  expect(store.health().queued).toBeGreaterThan(0)
  makeRoom()
  await expect.poll(() => store.health(), { timeout: 20_000 }).toMatchObject({ writing: true, queued: 0 })
  expect(alarms.active()).toEqual([])
  for (let call = 0; call < 40; call++) expect(await store.events(`call-${call}`)).toHaveLength(22)
  expect(await store.differing()).toEqual([])
})

test.runIf(mayMount)(
  'disk full: the reserve is given up first, piece by piece, and facts go on being stored; when there is room it is made again',
  async () => {
    const disk = tinyDisk(8_192)
    if (disk === undefined) return
    const alarms = new AlarmBoard()
    const names = () => alarms.active().map((alarm) => alarm.alarm)
    const reserve = () => statSync(join(disk, 'reserve')).size
    const store = await openStore({ file: join(disk, 'calls.db'), alarms, durableWaitMs: 60_000, reserveBytes: 2 * megabyte })
    onTestFinished(() => store.close())
    await expect.poll(reserve).toBe(2 * megabyte)
    const makeRoom = fill(disk)
    // Another writer takes each released piece, and the next facts get the next one.
    const more: (() => void)[] = []
    let call = 0
    while (reserve() > megabyte / 2) {
      const kept = await Promise.all(goodCall(`call-${call}`).map((fact) => store.log.append(`call-${call}`, fact)))
      expect(kept.every((event) => event !== undefined)).toBe(true)
      expect(store.health().writing).toBe(true)
      call++
      more.push(fill(disk, `ballast-${call}`))
    }
    expect(call).toBeGreaterThan(2)
    expect(names()).toContain('store.diskFull')
    expect(names()).not.toContain('store.cannotWrite')
    expect(await store.ledger.append('device', 'a', 'made', {})).toMatchObject({ subject: 'a' })

    // Now it is used up: facts are kept in memory, and the alarm says why.
    await expect
      .poll(
        async () => {
          more.push(fill(disk, `ballast-last-${more.length}`))
          await store.log.append('late', {
            type: 'call.arrived',
            kind: 'dialIn',
            callerNumber: '',
            dialledNumber: 'x'.repeat(20_000),
            source: '',
          })
          return store.health().writing
        },
        { timeout: 30_000 },
      )
      .toBe(false)
    expect(alarms.active().find((alarm) => alarm.alarm === 'store.cannotWrite')?.detail).toMatch(/^the disk is full \(SQLITE_FULL/)
    expect(alarms.active().find((alarm) => alarm.alarm === 'store.diskFull')?.detail).toMatch(/the reserve is used up/)
    await expect(store.ledger.append('device', 'b', 'made', { x: 'x'.repeat(200_000) })).rejects.toThrow(/full/)

    for (const give of [makeRoom, ...more]) give()
    await expect.poll(() => store.health(), { timeout: 20_000 }).toMatchObject({ writing: true, queued: 0 })
    await expect.poll(names, { timeout: 20_000 }).toEqual([])
    expect(reserve()).toBe(2 * megabyte)
    for (let done = 0; done < call; done++) expect(await store.events(`call-${done}`)).toHaveLength(22)
    expect(await store.differing()).toEqual([])
  },
)

test.runIf(mayMount)(
  'disk full at the start: what is needed to begin comes from the reserve; without one the start says disk, not another engine',
  async () => {
    const disk = tinyDisk(6_144)
    if (disk === undefined) return
    const file = join(disk, 'calls.db')
    const first = await openStore({ file, alarms: new AlarmBoard(), reserveBytes: megabyte })
    await expect.poll(() => statSync(join(disk, 'reserve')).size).toBe(megabyte)
    await first.close()
    fill(disk)
    const alarms = new AlarmBoard()
    const second = await openStore({ file, alarms, reserveBytes: megabyte })
    await second.log.append('a', { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '1', source: '' })
    expect(await second.events('a')).toHaveLength(1)
    await expect
      .poll(() => alarms.active().map((alarm) => alarm.alarm))
      .toEqual(expect.arrayContaining(['store.diskFull', 'store.noReserve']))
    await second.close()
    rmSync(join(disk, 'reserve'))
    rmSync(`${file}.lock`, { force: true })
    fill(disk, 'ballast-2')
    const refused = await openStore({ file, alarms: new AlarmBoard(), reserveBytes: megabyte }).then(
      async (store) => {
        await store.close()
        return ''
      },
      (error: unknown) => String(error),
    )
    expect(refused).toMatch(/calls\.db: the store cannot be opened: the disk is full \(SQLITE_FULL/)
    expect(refused).not.toMatch(/another engine/)
  },
)

test.runIf(mayMount)('a disk that has no room for the reserve is told at the start', async () => {
  const disk = tinyDisk(4_096)
  if (disk === undefined) return
  const alarms = new AlarmBoard()
  const store = await openStore({ file: join(disk, 'calls.db'), alarms, reserveBytes: 16 * megabyte })
  onTestFinished(() => store.close())
  await expect
    .poll(() => alarms.active())
    .toMatchObject([
      {
        alarm: 'store.noReserve',
        detail: expect.stringMatching(/has \d+ MB free; .* is 0\.00 MB instead of 16 MB\. Make room: 32 MB are needed/) as string,
      },
    ])
})

test.runIf(mayMount)(
  'the disk of the recordings is full: the call is told before it begins, and what was recorded becomes an MP3 later',
  async () => {
    const disk = tinyDisk(1_024)
    if (disk === undefined) return
    const world = await keptWorld({ recordingsFolder: disk, minFreeBytes: 64 * 1024 })
    const begun = await world.recordings.sink.allocate('one')
    if (begun.kind !== 'spool') throw new Error(begun.why)
    await world.tell(
      'one',
      ...untilTalking('one', { spoolPath: begun.path }).map((fact) =>
        fact.type === 'recording.started' ? { ...fact, recordingId: begun.recordingId } : fact,
      ),
    )
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

    // There is room again: it retries without a restart.
    makeRoom()
    expect(await world.recordings.probe()).toMatchObject({ writable: true })
    await world.recordings.idle()
    await expect.poll(async () => (await world.store.recording(begun.recordingId))?.state).toBe('ready')
    expect(world.alarms.active().map((alarm) => alarm.alarm)).not.toContain('recordings.notFinished')
  },
)

test('a recording that a full disk cut short says how much is lost, in its fact and in an alarm', async () => {
  let monotonic = 1_000
  const folder = scratchFolder()
  const alarms = new AlarmBoard()
  const store = await openStore({ file: join(folder, 'calls.db'), alarms, monotonic: () => monotonic })
  onTestFinished(() => store.close())
  const recordings = await createRecordings({
    spoolFolder: join(folder, 'spool'),
    recordingsFolder: join(folder, 'mp3s'),
    store,
    alarms,
    encoder: 'wasm',
    minFreeBytes: 0,
    lineName: () => undefined,
  })
  onTestFinished(() => recordings.close())
  const place = await recordings.sink.allocate('one')
  if (place.kind !== 'spool') throw new Error(place.why)
  const { recordingId, path } = place
  for (const fact of untilTalking('one', { spoolPath: path }))
    await store.log.append('one', fact.type === 'recording.started' ? { ...fact, recordingId } : fact)
  // The switch could write only two seconds of thirty.
  stereoTones(path, { seconds: 2 })
  monotonic += 30_000
  await store.log.append('one', { type: 'recording.stopped', recordingId })
  recordings.sink.finish(recordingId)
  await recordings.idle()
  const ready = (await store.events('one')).find((event) => event.type === 'recording.ready')
  expect(ready).toMatchObject({ seconds: 2, lostSeconds: 28 })
  expect(alarms.active()).toMatchObject([{ alarm: 'recordings.short', detail: `${recordingId}: 28.0 s of 30.0 s were not recorded` }])
})

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
