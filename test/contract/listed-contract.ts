import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import type { CallFact } from '../../src/facts/events.js'
import type { CallSummary } from '../../src/store/call-filter.js'
import { openStore, type Store } from '../../src/store/store.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import type { Ground } from './store-contract.js'

const noon = Date.parse('2026-03-02T12:00:00Z')

/** What lists show of a call is in its row, also where an engine of an earlier version has written some of it. */
export function listedContract(ground: Ground): void {
  test('rows of an earlier version show the same in lists, and are filled in, the newest first, once', async () => {
    const place = await ground.fresh()
    let now = noon
    const open = async (): Promise<Store> => {
      const store = await openStore({ ...place.settings, alarms: new AlarmBoard(), now: () => now })
      onTestFinished(() => store.close())
      return store
    }
    const first = await open()
    const write = async (id: string, facts: readonly CallFact[]) => {
      now += 60_000
      for (const fact of facts) await first.log.append(id, fact)
    }
    await write('good', recorded)
    await write('arranged', arranged)
    await write('running', untilTalking('running'))
    await write('quick', quick)
    const shown = await listed(first)
    expect(shown.map(({ callId, acceptedBy, recording, arrangement }) => [callId, acceptedBy, recording?.state, arrangement])).toEqual([
      ['quick', null, undefined, null],
      ['running', 'On-call mobile', 'running', null],
      ['arranged', null, undefined, 'cb-7'],
      ['good', 'On-call mobile', 'ready', null],
    ])
    await first.close()

    await place.byHand(
      'update calls set accepted_label = null, recording_state = null, recording_seconds = null, recording_bytes = null, arrangement = null, listed_seq = null',
    )
    const store = await open()
    expect(await store.differing()).toEqual([])
    for (const order of ['newest', 'oldest', 'longestWait', 'operationAZ'] as const)
      expect(byId(await listed(store, order)), order).toEqual(byId(shown))
    // A fact fills the row in that it is about.
    await store.log.append('quick', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
    expect(await unlisted(store)).toEqual(['arranged', 'good', 'running'])
    expect(await store.countPast(3)).toBe(3)
    expect(await unlisted(store)).toEqual(['good'])
    while ((await store.countPast(3)) > 0);
    expect(await unlisted(store)).toEqual([])
    expect(await store.differing()).toEqual([])
    expect(byId(await listed(store))).toEqual(
      byId(shown.map((call) => (call.callId === 'quick' ? { ...call, outcome: 'referral-made' } : call))),
    )
    await store.close()
    expect(await (await open()).countPast(3)).toBe(0)
  })

  test('a row that an engine of an earlier version has gone on with is not believed', async () => {
    const place = await ground.fresh()
    const store = await openStore({ ...place.settings, alarms: new AlarmBoard(), now: () => noon })
    onTestFinished(() => store.close())
    for (const fact of recorded) await store.log.append('good', fact)
    // It knows nothing of these columns: what they say is of the fact before.
    await place.byHand(
      "update calls set recording_state = 'running', recording_bytes = null, recording_seconds = null, listed_seq = last_seq - 1",
    )
    expect((await listed(store))[0]?.recording).toEqual({ state: 'ready', bytes: 736_432, seconds: 184.1 })
    expect(await store.differing()).toEqual([])
    // One that says of itself that it is true, and is not, was changed by hand.
    await place.byHand('update calls set listed_seq = last_seq')
    expect(await store.differing()).toEqual(['good'])
  })
}

const recorded: readonly CallFact[] = [
  ...goodCall('good'),
  { type: 'recording.ready', recordingId: 'good-r', path: '2026/03/02/good.mp3', bytes: 736_432, seconds: 184.1, sha256: 'f'.repeat(64) },
]
const arranged: readonly CallFact[] = [
  { type: 'call.placed', kind: 'pifuCallBack', arrangement: 'cb-7', clinician: 'dr-okafor' },
  { type: 'call.ended', ending: 'unanswered' },
]
const quick: readonly CallFact[] = [
  { type: 'call.arrived', kind: 'dialIn', callerNumber: '01632960101', dialledNumber: '01632960001', source: '127.0.0.1:5070/udp' },
  { type: 'call.ended', ending: 'abandonedInMenu' },
]

async function listed(
  store: Store,
  order: 'newest' | 'oldest' | 'longestWait' | 'operationAZ' = 'newest',
): Promise<readonly CallSummary[]> {
  return (await store.calls({ order, ...(order === 'operationAZ' ? { names: { column: 'line', values: ['cardiology'] } } : {}) })).calls
}

function byId(calls: readonly CallSummary[]): readonly CallSummary[] {
  return calls.toSorted((a, b) => (a.callId < b.callId ? -1 : 1))
}

async function unlisted(store: Store): Promise<readonly string[]> {
  const rows = await store.tables.reading
    .selectFrom('calls')
    .select('call_id')
    .where((where) => where.or([where('listed_seq', 'is', null), where('listed_seq', '<>', where.ref('last_seq'))]))
    .orderBy('call_id')
    .execute()
  return rows.map((row) => row.call_id)
}
