import type { LiveEsl } from './esl-reader.js'
import type { EslMessage } from './transcript.js'

/** Something that came otherwise than it came from the real servers. */
export interface Difference {
  readonly step: number
  readonly on: string
  readonly what: string
  readonly recorded: string
  readonly live: string
}

export type Note = (what: string, recorded: unknown, live: unknown) => void

/** The SIP part of a frame. */
export function sipOf(frame: string): string | undefined {
  const end = frame.search(/\r?\n/)
  return end < 0 ? undefined : frame.slice(end).replace(/^\r?\n/, '')
}

/** A field with everything taken out that is made again each time. */
function normal(field: string): string {
  return field
    .replace(/^[0-9a-f]{8}-[0-9a-f-]{27}$/, '<uuid>')
    .replace(/^\d\d:\d\d:\d\d\.\d{6}$/, '<time>')
    .replace(/^\d+$/, '<number>')
    .replace(/^.*;from-tag=.*$/, '<dialog>')
    .replace(/\b127\.0\.0\.1:\d+/g, '<address>')
}

export function compareFrames(recorded: string, live: string, note: Note): void {
  const then = recorded.split(/\r?\n/, 1)[0]?.split('|').map(normal) ?? []
  const now = live.split(/\r?\n/, 1)[0]?.split('|').map(normal) ?? []
  if (then.join('|') !== now.join('|')) note('first line', then.join('|'), now.join('|'))
  const a = sipOf(recorded)
  const b = sipOf(live)
  if ((a === undefined || a === '') !== (b === undefined || b === '')) note('SIP part', a !== undefined, b !== undefined)
  if (a !== undefined && b !== undefined && a !== '' && b !== '') compareSip(a, b, note)
}

export function compareSip(recorded: string, live: string, note: Note): void {
  const then = head(recorded)
  const now = head(live)
  const lineThen = then.start.replace(/sip:\S+/, '<uri>')
  const lineNow = now.start.replace(/sip:\S+/, '<uri>')
  if (lineThen !== lineNow) note('start line', lineThen, lineNow)
  if (then.names.join(' ') !== now.names.join(' ')) note(`headers of ${lineThen}`, then.names.join(' '), now.names.join(' '))
  if (then.hasBody !== now.hasBody) note(`body of ${lineThen}`, then.hasBody, now.hasBody)
  if (then.hasBody && now.hasBody && then.sdp.join(' ') !== now.sdp.join(' '))
    note(`SDP of ${lineThen}`, then.sdp.join(' '), now.sdp.join(' '))
}

function head(text: string): { start: string; names: string[]; hasBody: boolean; sdp: string[] } {
  const [top = '', ...rest] = text.split(/\r?\n\r?\n/)
  const [start = '', ...lines] = top.split(/\r?\n/)
  const body = rest.join('\n').trim()
  // The description's lines by kind: `m`, `a=rtpmap`; what they say differs with the codecs that are spoken.
  const sdp = body.split(/\r?\n/).map((line) => /^a=([a-z]+)/.exec(line)?.[0] ?? line.slice(0, 1))
  return {
    start: start.trim(),
    names: lines.map((line) => line.slice(0, line.indexOf(':')).trim().toLowerCase()),
    hasBody: body !== '',
    sdp,
  }
}

const COMPARED = [
  'Event-Name',
  'Application',
  'Application-Response',
  'Channel-State',
  'Channel-Call-State',
  'Original-Channel-Call-State',
  'Answer-State',
  'Hangup-Cause',
  'Playback-Status',
  'Playback-File-Type',
  'DTMF-Digit',
  'DTMF-Source',
  'Other-Type',
  'variable_read_result',
  'variable_myDigitBuffer',
]

export function compareEsl(recorded: EslMessage, live: LiveEsl, shapes: readonly (readonly string[])[], note: Note): void {
  if (recorded.kind !== live.kind) {
    note('kind of message', brief(recorded), brief(live))
    return
  }
  if ((recorded.kind === 'event' || recorded.kind === 'connect') && (live.kind === 'event' || live.kind === 'connect')) {
    const name = `${recorded.values['Event-Name'] ?? ''} ${recorded.values.Application ?? ''}`.trim()
    for (const field of COMPARED) {
      const a = recorded.values[field] ?? '(absent)'
      const b = live.values[field] ?? '(absent)'
      if (a !== b) note(`${field} of ${name}`, a, b)
    }
    compareNames(name, shapes[recorded.shape] ?? [], live.names, note)
  } else if (recorded.kind === 'reply' && live.kind === 'reply') {
    const a = JSON.stringify(recorded.head).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
    const b = JSON.stringify(live.head).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
    if (a !== b) note('reply', a, b)
  } else if (recorded.kind === 'api' && live.kind === 'api') {
    if (recorded.dump !== undefined)
      compareNames(
        'uuid_dump',
        shapes[recorded.dump] ?? [],
        live.body
          .trim()
          .split('\n')
          .map((line) => line.split(': ', 1)[0] ?? ''),
        note,
      )
    else {
      const a = withoutNames(recorded.body ?? '')
      const b = withoutNames(live.body)
      if (a !== b) note('api reply', a, b)
    }
  } else if (recorded.kind === 'disconnect' && live.kind === 'disconnect' && recorded.headers.join(' ') !== live.headers.join(' ')) {
    note('headers of disconnect notice', recorded.headers.join(' '), live.headers.join(' '))
  }
}

/** A reply with everything taken out that is made again each time: numbers of channels, folders. */
function withoutNames(reply: string): string {
  return reply
    .trim()
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
    .replace(/>\/\S*\//g, '><folder>/')
}

function compareNames(event: string, then: readonly string[], now: readonly string[], note: Note): void {
  const has = new Set(now)
  const had = new Set(then)
  const missing = then.filter((name) => !has.has(name))
  const extra = now.filter((name) => !had.has(name))
  if (missing.length > 0) note(`missing headers of ${event}`, missing.join(' '), '')
  if (extra.length > 0) note(`extra headers of ${event}`, '', extra.join(' '))
  const order = (names: readonly string[]): string =>
    names.filter((name) => has.has(name) && had.has(name) && !name.startsWith('variable_')).join(' ')
  if (order(then) !== order(now)) note(`order of headers of ${event}`, order(then), order(now))
}

function brief(message: EslMessage | LiveEsl): string {
  if (message.kind === 'event' || message.kind === 'connect')
    return `${message.values['Event-Name'] ?? ''} ${message.values.Application ?? ''}`
  return JSON.stringify(message).slice(0, 200)
}
