import { CallDatabase } from './call-database.js'
import { deleteArrangement, type ArrangementToDelete } from './delete-arrangement.js'
import type { WritableDatabase } from './database.js'
import type { LedgerCondition, LedgerEntry } from './ledger.js'
import { noteAfter, noted, noteOf } from './questions/ledger-entries.js'
import type { DeletedArrangement } from './questions/deleted.js'
import type { RecordingKey } from './questions/recording-keys.js'

/** Everything that is ever written to an open store, but for the steps that make its tables. */
export interface Writes extends Pick<CallDatabase, 'append' | 'alive' | 'rebuild' | 'countPast' | 'claim' | 'deleteCall'> {
  /** Rejects with code `CONFLICT` where the condition does not hold. */
  keepEntry(entry: Omit<LedgerEntry, 'seq'>, condition?: LedgerCondition): Promise<LedgerEntry>
  /** Keeps the entry, and takes the telephone that it is about off the watch list, in one. */
  clearTarget(entry: Omit<LedgerEntry, 'seq'>): Promise<LedgerEntry>
  /** Rejects as a conflict where the recording has one. */
  keepRecordingKey(key: RecordingKey): Promise<void>
  wrapRecordingKey(key: Pick<RecordingKey, 'id' | 'by' | 'wrapped'>): Promise<void>
  /** The database refuses it of a recording that was not deleted. */
  deleteRecordingKey(recordingId: string): Promise<void>
  deleteArrangement(arrangement: ArrangementToDelete, certificate: string, at: number): Promise<DeletedArrangement | undefined>
}

/** @param owner the run of an engine to which the calls belong that begin here. Undefined: to none */
export function writesTo(database: WritableDatabase, owner?: string): Writes {
  const calls = new CallDatabase(database, owner)
  return {
    append: (events) => calls.append(events),
    alive: (at, node) => calls.alive(at, node),
    rebuild: () => calls.rebuild(),
    countPast: (most) => calls.countPast(most),
    deleteCall: (callId, certificate, at) => calls.deleteCall(callId, certificate, at),
    claim: (claimed, run) => calls.claim(claimed, run),
    async keepEntry(entry, condition) {
      const turn = database.inTurn?.(`${entry.topic} ${entry.subject}`)
      const note =
        condition === undefined ? noteOf(database.db, entry) : { ...noteAfter(database.db, entry, condition.after), mustChange: 1 }
      const results = await database.batch([...(turn ? [turn] : []), note])
      return noted(entry, results.at(-1))
    },
    async keepRecordingKey({ id, recordingId, callId, by, wrapped }) {
      await database.batch([
        database.db.insertInto('recording_keys').values({ key_id: id, recording_id: recordingId, call_id: callId, by, wrapped }).compile(),
      ])
    },
    async wrapRecordingKey({ id, by, wrapped }) {
      await database.batch([database.db.updateTable('recording_keys').set({ by, wrapped }).where('key_id', '=', id).compile()])
    },
    async deleteRecordingKey(recordingId) {
      await database.batch([database.db.deleteFrom('recording_keys').where('recording_id', '=', recordingId).compile()])
    },
    deleteArrangement: (arrangement, certificate, at) => deleteArrangement(database, arrangement, certificate, at),
    clearTarget: async (entry) => noted(entry, await calls.clearTarget(entry.subject, entry.at, noteOf(database.db, entry))),
  }
}
