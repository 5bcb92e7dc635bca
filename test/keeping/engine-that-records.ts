import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { KeyRing } from '../../src/keys/key-ring.js'
import { createRecordings } from '../../src/recordings/recordings.js'
import { openStore } from '../../src/store/store.js'
import { untilTalking } from '../kit/sample-call.js'
import { stereoTones } from './wav-file.js'

/** A process that records short calls and makes them into MP3 until it is killed. It prints each call's id as its talk ends. */
const [folder = '', round = '0', sealed = ''] = process.argv.slice(2)
const silent = { raise: (alarm: string, detail: string) => void writeSync(2, `${alarm} ${detail}\n`), clear: () => undefined }
const store = await openStore({ file: join(folder, 'calls.db'), alarms: silent })
const keys = await KeyRing.open({ ledger: store.ledger, master: { kind: 'file', path: join(folder, 'master.key') }, alarms: silent })
const recordings = await createRecordings({
  spoolFolder: join(folder, 'spool'),
  recordingsFolder: join(folder, 'recordings'),
  store,
  alarms: silent,
  encoder: 'wasm',
  minFreeBytes: 0,
  lineName: () => undefined,
  keys,
  sealed: sealed === 'sealed',
})

for (let call = 0; ; call++) {
  const callId = `${round}-${call}`
  const place = await recordings.sink.allocate(callId)
  if (place.kind !== 'spool') throw new Error(place.why)
  const { recordingId, path } = place
  for (const fact of untilTalking(callId, { spoolPath: path }))
    await store.log.append(callId, fact.type === 'recording.started' ? { ...fact, recordingId } : fact)
  stereoTones(path, { seconds: 2 })
  writeSync(1, `${callId}\n`)
  await store.log.append(callId, { type: 'talk.ended', by: 'caller', why: 'hangup' })
  await store.log.append(callId, { type: 'recording.stopped', recordingId })
  recordings.sink.finish(recordingId)
  await store.log.append(callId, { type: 'call.ended', ending: 'completed' })
  // No faster than the encoder, or the test would be about its queue.
  if (recordings.health().backlog > 2) await recordings.idle()
}
