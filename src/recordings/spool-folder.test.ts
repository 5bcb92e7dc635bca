import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listeningPrefix, SpoolFolder } from './spool-folder.js'

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'spool-'))
})
afterEach(() => rm(path, { recursive: true }))

it('takes what is listened to for words for no recording, and clears away what a run that died has left of it', async () => {
  const spool = new SpoolFolder(path)
  const { recordingId } = await spool.allocate('call-1', 1_000)
  await writeFile(spool.wavPath(recordingId), '')
  await writeFile(join(path, `${listeningPrefix}leg-1.wav`), '')
  expect((await spool.entries()).map((entry) => entry.recordingId)).toEqual([recordingId])
  await spool.prepare()
  expect((await readdir(path)).sort()).toEqual([`${recordingId}.json`, `${recordingId}.wav`])
})
