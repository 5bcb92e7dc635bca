import { callRecord } from '../../facts/call-record.js'
import type { Selectable } from 'kysely'
import { isListed, listColumns } from '../list-columns.js'
import { project, type ProjectedCall } from '../projection.js'
import type { CallsTable } from '../schema.js'
import type { Db } from '../statements.js'
import { rowOfTarget } from '../target-rows.js'
import { allTargets } from './all-targets.js'
import { callIds } from './call-ids.js'
import { eventsOf } from './events-of.js'
import { targetFromRecord } from './target-from-record.js'

/** Holds every call's rows against its facts. @returns the calls whose rows are not what the facts say */
export async function differing(db: Db): Promise<readonly string[]> {
  const wrong: string[] = []
  const stored = new Set((await db.selectFrom('calls').select('call_id').execute()).map((row) => row.call_id))
  for await (const callId of callIds(db)) {
    const record = callRecord(await eventsOf(db, callId))
    stored.delete(callId)
    if (!record) continue
    const { rolledUp, ...rows } = await rowsOf(db, callId)
    const said = saidOf(project(record), rows.call)
    const stands = JSON.stringify(plain(rows))
    // A row from before there were sums gets the columns that came with them when it is counted; one waiting to be counted again has them.
    const may = rolledUp ? [said] : [said, { ...said, call: { ...said.call, ...withSums } }]
    if (!may.some((one) => JSON.stringify(plain(one)) === stands)) wrong.push(callId)
  }
  return [...wrong, ...stored]
}

/** Holds the figures of every telephone against the record of its ringings. @returns the telephones whose figures are not what the record says */
export async function differingTargets(db: Db): Promise<readonly string[]> {
  const wrong: string[] = []
  const stored = new Map(
    (await db.selectFrom('targets').selectAll().execute()).map(({ id: _id, version: _version, ...row }) => [row.target, row]),
  )
  for await (const target of allTargets(db)) {
    const { figures } = await targetFromRecord(db, target)
    const row = stored.get(target)
    stored.delete(target)
    if (JSON.stringify(sorted(figures ? rowOfTarget(figures) : {})) !== JSON.stringify(sorted(row ?? {}))) wrong.push(target)
  }
  return [...wrong, ...stored.keys()]
}

/** What the row has to say. What a list shows of a call, in a row that an older version wrote, is not read before it is filled in. */
function saidOf(said: ProjectedCall, stored: Selectable<CallsTable> | undefined): ProjectedCall {
  if (stored === undefined || isListed(stored)) return said
  return { ...said, call: { ...said.call, ...Object.fromEntries(listColumns.map((column) => [column, stored[column]])) } }
}

/** Columns of a call that came with the sums. */
const withSums = { line_chosen_after_ms: null, talk_started_after_ms: null, clinician: null, pool: null }

async function rowsOf(db: Db, callId: string) {
  const [call, attempts, recordings] = await Promise.all([
    db.selectFrom('calls').selectAll().where('call_id', '=', callId).executeTakeFirst(),
    db.selectFrom('attempts').selectAll().where('call_id', '=', callId).orderBy('position').execute(),
    db.selectFrom('recordings').selectAll().where('call_id', '=', callId).orderBy('started_at').orderBy('recording_id').execute(),
  ])
  return { call, attempts, recordings, rolledUp: call?.rolled_up != null }
}

/** Rows in a form that can be compared: columns in one order, numbers as numbers whatever the driver made of them. */
function plain(rows: {
  readonly call: object | undefined
  readonly attempts: readonly object[]
  readonly recordings: readonly object[]
}): unknown {
  const { rolled_up: _rolledUp, owner: _owner, ...call }: Readonly<Record<string, unknown>> = { ...rows.call }
  return [sorted(call), rows.attempts.map(sorted), rows.recordings.map(sorted).sort()]
}

function sorted(row: object): readonly string[] {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
}
