import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import type { CallFact } from '../../src/facts/events.js'
import { KeyRing } from '../../src/keys/key-ring.js'
import { createRecordings, type Recordings } from '../../src/recordings/recordings.js'
import type { RecordingsSettings } from '../../src/recordings/recordings-settings.js'
import { openStore, type Store } from '../../src/store/store.js'
import { untilTalking } from '../kit/sample-call.js'
import { scratchFolder } from './scratch-folder.js'
import { stereoTones } from './wav-file.js'

/** A store and recordings in a separate folder, closed after the test. `again()` is a new engine on the same folder. */
export interface KeptWorld {
  readonly folder: string
  readonly store: Store
  readonly recordings: Recordings
  readonly alarms: AlarmBoard
  /** The master key is `master.key` in the folder. */
  readonly keys: KeyRing
  readonly spool: string
  readonly mp3s: string
  tell(callId: string, ...facts: readonly CallFact[]): Promise<void>
  /** An ended call, recorded for this many seconds; its recording is handed on. @returns the recording's id */
  recordedCall(callId: string, seconds: number): Promise<string>
  again(more?: Partial<RecordingsSettings>): Promise<KeptWorld>
}

export async function keptWorld(more: Partial<RecordingsSettings> = {}, folder = scratchFolder()): Promise<KeptWorld> {
  const alarms = new AlarmBoard()
  const spool = join(folder, 'spool')
  const mp3s = join(folder, 'recordings')
  const store = await openStore({ file: join(folder, 'ringround.db'), alarms })
  onTestFinished(() => store.close())
  const keys = await KeyRing.open({
    ledger: store.ledger,
    recordingKeys: store.recordingKeys,
    master: { kind: 'file', path: join(folder, 'master.key') },
    alarms,
    retryAfterMs: 50,
  })
  onTestFinished(() => keys.close())
  const recordings = await createRecordings({
    spoolFolder: spool,
    recordingsFolder: mp3s,
    store,
    alarms,
    encoder: 'wasm',
    minFreeBytes: 0,
    lineName: (line) => ({ cardiology: 'Cardiology' })[line],
    keys,
    ...more,
  })
  onTestFinished(() => recordings.close())
  const tell = async (callId: string, ...facts: readonly CallFact[]) => {
    await Promise.all(facts.map((fact) => store.log.append(callId, fact)))
  }
  return {
    folder,
    store,
    keys,
    recordings,
    alarms,
    spool,
    mp3s,
    tell,
    async recordedCall(callId, seconds) {
      const place = await recordings.sink.allocate(callId)
      if (place.kind !== 'spool') throw new Error(place.why)
      const { recordingId, path } = place
      const facts = untilTalking(callId, { spoolPath: path }).map((fact) =>
        fact.type === 'recording.started' ? { ...fact, recordingId } : fact,
      )
      await tell(callId, ...facts)
      stereoTones(path, { seconds })
      await tell(callId, { type: 'talk.ended', by: 'caller', why: 'hangup' }, { type: 'recording.stopped', recordingId })
      recordings.sink.finish(recordingId)
      await tell(callId, { type: 'call.ended', ending: 'completed' })
      return recordingId
    },
    async again(other = {}) {
      await recordings.close()
      keys.close()
      await store.close()
      return keptWorld({ ...more, ...other }, folder)
    },
  }
}
