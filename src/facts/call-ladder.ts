import type { Actor } from './actor.js'
import { onOneLine, printable } from '../text/printable.js'
import { callRecord, type CallRecord } from './call-record.js'
import { callEndings } from './endings.js'
import type { CallEvent } from './events.js'

/**
 * One call as lines of text, to read beside the log of another server: what it was, its SIP Call-IDs, and its facts in order. Pure.
 * @param events of one call, in order
 * @param timeZone IANA name, for the instant of arrival
 * @returns undefined where there are no facts
 */
export function callLadder(events: readonly CallEvent[], timeZone: string): readonly string[] | undefined {
  const record = callRecord(events)
  if (record === undefined) return undefined
  const rows = events.map((event) => [secondsInto(record, event), nameOf(event.actor), event.type, detailsOf(event)] as const)
  const widest = (column: 1 | 2) => Math.max(...rows.map((row) => row[column].length))
  const [actors, types] = [widest(1), widest(2)]
  return [
    ...heading(record, timeZone).map(onOneLine),
    '',
    ...rows.map(([at, actor, type, details]) =>
      `${at.padStart(9)} s  ${actor.padEnd(actors)}  ${type.padEnd(types)}  ${details}`.trimEnd(),
    ),
  ]
}

function heading(record: CallRecord, timeZone: string): readonly string[] {
  const { callId, kind, line, ending, endingDetail, node, trunk, sipCallId, attempts } = record
  const via = [...(node === '' ? [] : [`engine ${node}`]), ...(trunk === undefined ? [] : [`trunk ${trunk}`])]
  return [
    `Call ${callId}: ${kind}${line === undefined ? '' : `, line ${line}`}`,
    `Arrived ${instant(record.arrivedAt, timeZone)} from ${record.callerNumber || 'a withheld number'} to ${record.dialledNumber || 'nobody'} (${[record.source, ...via].filter((part) => part !== '').join(', ')})`,
    ending === undefined ? 'It runs.' : `Ended: ${callEndings[ending].why}${endingDetail === undefined ? '' : ` (${endingDetail})`}`,
    ...(sipCallId === undefined ? [] : [`SIP Call-ID of the caller: ${sipCallId}`]),
    ...attempts.flatMap((attempt) =>
      attempt.sipCallId === undefined
        ? []
        : [`SIP Call-ID of ${attempt.label}: ${attempt.sipCallId}${attempt.trunk === undefined ? '' : ` (trunk ${attempt.trunk})`}`],
    ),
  ]
}

/** Into the call. A fact without the monotonic time of the call is placed by the wall clock. */
function secondsInto(record: CallRecord, event: CallEvent): string {
  return ((event.elapsedMs ?? event.at - record.arrivedAt) / 1_000).toFixed(3)
}

function nameOf({ kind, id }: Actor): string {
  return id === undefined ? kind : `${kind} ${id}`
}

/** Where files lie on the disk, and the account that counts a withheld number, are internal; an NHS number is only for people who may see patient data. */
const unsaid: ReadonlySet<string> = new Set([
  'callId',
  'seq',
  'at',
  'elapsedMs',
  'actor',
  'node',
  'type',
  'callerAccount',
  'spoolPath',
  'path',
  'sha256',
  'nhsNumber',
])

function detailsOf(event: CallEvent): string {
  return Object.entries(event)
    .filter(([name, value]) => !unsaid.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? quoted(value) : printable(JSON.stringify(value))}`)
    .join(' ')
}

/** The far end may have written text in a fact: it stays on its line, and no terminal obeys it. */
function quoted(text: string): string {
  return /^[\w@.+:;=/*#-]*$/.test(text) ? text : printable(JSON.stringify(text))
}

function instant(at: number, timeZone: string): string {
  const date = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(at)
  return date.replaceAll(',', '')
}
