import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { deletableArrangements } from '../../src/arrangements/deletable.js'
import { deletableAudit } from '../../src/audit/deletable.js'
import { parsePeriod } from '../../src/directory/period.js'
import { callRecord } from '../../src/facts/call-record.js'
import { deleteRecordingFiles } from '../../src/recordings/delete-recording.js'
import { Retention } from '../../src/retention/retention.js'
import { demoDirectory } from './admin-world.js'
import { heardOf } from './heard.js'
import { keptWorld } from './kept-world.js'

test('a deleted recording is gone, and a backup of its file no longer opens; the others play', async () => {
  const world = await keptWorld({ sealed: true })
  const retentionOf = (now: () => number) =>
    new Retention({
      store: world.store,
      directory: demoDirectory,
      audit: deletableAudit(world.store.tables, now),
      arrangements: deletableArrangements(world.store.ledger, demoDirectory, now),
      keepRecordings: parsePeriod('3 years')!,
      keepRecords: parsePeriod('forever')!,
      keepAudit: parsePeriod('forever')!,
      deleteFiles: (recording) => deleteRecordingFiles({ recordingsFolder: world.mp3s, spoolFolder: world.spool }, recording),
      inTurn: (work) => work(),
      now,
    })
  for (const callId of ['old', 'young']) await world.recordedCall(callId, 1)
  await world.recordings.idle()
  const recordingOf = async (callId: string) => callRecord(await world.store.events(callId))!.recordings[0]!
  const [old, young] = [await recordingOf('old'), await recordingOf('young')]
  await retentionOf(Date.now).holds.place('h', { kind: 'call', value: 'young' }, 'inquest', { kind: 'staff' })
  const [file, backup] = [join(world.mp3s, old.path!), join(world.folder, 'backup')]
  copyFileSync(file, backup)
  expect(await retentionOf(() => Date.now() + 4 * 366 * 24 * 60 * 60_000).run()).toMatchObject({
    deleted: 1,
    held: 1,
    certificates: [{ recordings: [{ recordingId: old.recordingId, sha256: old.sha256 }] }],
  })
  expect(existsSync(file)).toBe(false)
  expect((await heardOf(world.recordings, young)).level('left', 440)).toBeGreaterThan(0.1)
  // The backup is restored: its key is gone.
  mkdirSync(dirname(file), { recursive: true })
  copyFileSync(backup, file)
  expect(await world.recordings.open({ recordingId: old.recordingId, path: old.path!, bytes: old.bytes! })).toMatchObject({
    kind: 'locked',
  })
  expect(await world.store.differing()).toEqual([])
}, 60_000)
