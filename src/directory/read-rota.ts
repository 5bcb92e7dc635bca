import { dayNumber, dayOfWeek } from './calendar.js'
import { shorten, type Form } from './form.js'
import type { LineId, Rota, RotaChange, RotaEntry, RotaSession } from './model.js'
import { readDate, readDays, readSpan } from './read-hours.js'
import type { References } from './references.js'
import { entryKey } from './rota.js'
import { readTarget } from './telephone-number.js'
import type { YamlNode } from './yaml-tree.js'

const expectedEntry = "a clinician's name such as dr-okafor, or a phone as { phone: Ward 7, target: 01632 960123 }"

/** Reads one place on a rota: `dr-okafor`, or `{ phone: Ward 7, target: 01632 960123 }`. */
export function readEntry(form: Form, references: References, node: YamlNode, what: string): RotaEntry | undefined {
  if (node.kind === 'scalar') {
    const clinician = form.matching(node, `an entry of ${what}`, /^[a-z0-9][a-z0-9-]{0,63}$/, expectedEntry)
    if (clinician === undefined) return undefined
    references.clinician(clinician, node)
    return { kind: 'clinician', clinician }
  }
  const fields = form.fields(node, `an entry of ${what}`, ['phone', 'target'])
  if (fields === undefined) return undefined
  const label = form.words(fields.get('phone'), `the phone's name in ${what}`, node)
  const targetNode = fields.get('target')
  const text =
    targetNode === undefined
      ? form.problem(node, `a phone of ${what} has no target`, expectedEntry)
      : form.scalar(targetNode, `a target of ${what}`, expectedEntry)
  if (text === undefined || targetNode === undefined) return undefined
  const reading = readTarget(text)
  if (!reading.ok) return form.problem(targetNode, `a target of ${what} is "${shorten(text)}"`, reading.expected)
  return label === undefined ? undefined : { kind: 'phone', label, target: reading.target }
}

/** Reads a list of entries, none of them twice. */
export function readEntries(
  form: Form,
  references: References,
  node: YamlNode | undefined,
  what: string,
  parent: { readonly at: number },
): readonly RotaEntry[] | undefined {
  if (node === undefined)
    return form.problem(parent, `${what} has no entries`, 'a list of the people to ring, in order: [dr-okafor, dr-lind]')
  const keys = new Set<string>()
  const entries: RotaEntry[] = []
  for (const item of form.list(node, `entries of ${what}`) ?? []) {
    const entry = readEntry(form, references, item, what)
    if (entry === undefined) continue
    if (keys.has(entryKey(entry)))
      form.problem(item, `${entryKey(entry).replace(/^\w+:/, '')} stands twice in ${what}`, 'everyone once a session')
    keys.add(entryKey(entry))
    entries.push(entry)
  }
  return node.kind === 'list' ? entries : undefined
}

/** Reads the rota of a line: `pattern` and `changes`. */
export function readRota(form: Form, references: References, line: LineId, node: YamlNode): Rota | undefined {
  const what = `the rota of ${line}`
  const fields = form.fields(node, what, ['pattern', 'changes'])
  if (fields === undefined) return undefined
  const patternNode = fields.get('pattern')
  const changesNode = fields.get('changes')
  const pattern: RotaSession[] = []
  const known = new Set<string>()
  for (const item of patternNode === undefined ? [] : (form.list(patternNode, `the pattern of ${what}`) ?? [])) {
    for (const session of readSessions(form, references, item, what)) {
      const key = `${session.day} ${session.name}`
      if (known.has(key))
        form.problem(item, `${what} has the session "${session.name}" twice on ${session.day}`, 'session names that differ within a day')
      known.add(key)
      pattern.push(session)
    }
  }
  const changes: RotaChange[] = []
  for (const item of changesNode === undefined ? [] : (form.list(changesNode, `the changes of ${what}`) ?? [])) {
    const change = readChange(form, references, item, `a change of ${what}`)
    if (change === undefined) continue
    const day = dayOfWeek(dayNumber(change.date) ?? 0)
    // A replacement with its own times adds a session for that date alone; later changes may refer to it.
    if (change.kind === 'replace' && change.span !== undefined) known.add(`${change.date} ${change.session}`)
    else if (!known.has(`${day} ${change.session}`) && !known.has(`${change.date} ${change.session}`)) {
      const there = pattern.filter((session) => session.day === day).map((session) => `"${session.name}"`)
      form.problem(
        item,
        `${what} has no session "${change.session}" on ${change.date}, a ${day}`,
        there.length === 0
          ? 'a date on which there is a session, or `replace` with a `time`'
          : `one of ${there.join(', ')}, or \`replace\` with a \`time\``,
      )
    }
    changes.push(change)
  }
  return { line, pattern, changes }
}

function readSessions(form: Form, references: References, node: YamlNode, what: string): readonly RotaSession[] {
  const fields = form.fields(node, `a session of ${what}`, ['session', 'days', 'time', 'entries'])
  if (fields === undefined) return []
  const name = form.words(fields.get('session'), `the name of a session of ${what}`, node, 60)
  const of = `session "${name ?? ''}" of ${what}`
  const daysNode = fields.get('days')
  const timeNode = fields.get('time')
  const days =
    daysNode === undefined ? form.problem(node, `${of} has no days`, 'days such as mon-fri') : readDays(form, daysNode, `days of ${of}`)
  const span =
    timeNode === undefined
      ? form.problem(node, `${of} has no time`, 'a time span such as 09:00-13:00')
      : readSpan(form, timeNode, `the time of ${of}`)
  const entries = readEntries(form, references, fields.get('entries'), of, node)
  if (name === undefined || days === undefined || span === undefined || entries === undefined) return []
  return days.map((day) => ({ name, day, span, entries }))
}

const changeKinds = ['replace', 'add', 'remove', 'reorder', 'close'] as const

function readChange(form: Form, references: References, node: YamlNode, what: string): RotaChange | undefined {
  const fields = form.fields(node, what, ['date', 'session', ...changeKinds, 'time', 'position'])
  if (fields === undefined) return undefined
  const dateNode = fields.get('date')
  const date =
    dateNode === undefined
      ? form.problem(node, `${what} has no date`, 'a date such as 2026-12-24')
      : readDate(form, dateNode, `the date of ${what}`)
  const session = form.words(fields.get('session'), `the session of ${what}`, node, 60)
  const kinds = changeKinds.filter((kind) => fields.get(kind) !== undefined)
  const [kind] = kinds
  const value = kind === undefined ? undefined : fields.get(kind)
  if (kind === undefined || value === undefined || kinds.length > 1)
    return form.problem(node, `${what} does ${kinds.length === 0 ? 'nothing' : kinds.join(' and ')}`, `one of ${changeKinds.join(', ')}`)
  const timeNode = fields.get('time')
  const positionNode = fields.get('position')
  if (timeNode !== undefined && kind !== 'replace') form.problem(timeNode, `${what} has a time`, '`time` together with `replace` only')
  if (positionNode !== undefined && kind !== 'add')
    form.problem(positionNode, `${what} has a position`, '`position` together with `add` only')
  const span = timeNode === undefined ? undefined : readSpan(form, timeNode, `the time of ${what}`)
  const position = positionNode === undefined ? undefined : form.whole(positionNode, `the position of ${what}`, 1, 100)
  const effect = readEffect(form, references, kind, value, what)
  if (date === undefined || session === undefined || effect === undefined) return undefined
  if (effect.kind === 'replace') return { date, session, ...effect, ...(span === undefined ? {} : { span }) }
  if (effect.kind === 'add') return { date, session, ...effect, ...(position === undefined ? {} : { position }) }
  return { date, session, ...effect }
}

type Effect =
  | { readonly kind: 'replace' | 'reorder'; readonly entries: readonly RotaEntry[] }
  | { readonly kind: 'add' | 'remove'; readonly entry: RotaEntry }
  | { readonly kind: 'close' }

function readEffect(
  form: Form,
  references: References,
  kind: (typeof changeKinds)[number],
  node: YamlNode,
  what: string,
): Effect | undefined {
  switch (kind) {
    case 'replace':
    case 'reorder': {
      const entries = readEntries(form, references, node, what, node)
      return entries === undefined ? undefined : { kind, entries }
    }
    case 'add':
    case 'remove': {
      const entry = readEntry(form, references, node, what)
      return entry === undefined ? undefined : { kind, entry }
    }
    case 'close':
      return form.oneOf(node, `close in ${what}`, ['true']) === undefined ? undefined : { kind }
  }
}
