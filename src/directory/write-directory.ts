import { appendTo } from '../common/lists-by-key.js'
import type { Target } from '../switch/port.js'
import { daysOfWeek } from './calendar.js'
import type {
  Area,
  Clinician,
  Directory,
  DirectoryNumber,
  Line,
  NcnPool,
  Organisation,
  OutcomeChoice,
  RingPolicy,
  Rota,
  RotaChange,
  RotaEntry,
  RotaSession,
  TimeSpan,
} from './model.js'
import { showNumber, writeTarget } from './telephone-number.js'

/**
 * Writes a directory as a directory file: `parseDirectory` reads the same directory back. Names are in a fixed order, one entity a block, one
 * session a line, so that two exports can be compared line by line.
 */
export function writeDirectory(directory: Directory): string {
  const dialled = numbersByUse(directory)
  const out: string[] = []
  section(out, 'areas', directory.areas, areaLines)
  section(out, 'organisations', directory.organisations, (organisation) =>
    organisationLines(organisation, dialled.dialIn.get(organisation.id) ?? []),
  )
  section(out, 'clinicians', directory.clinicians, clinicianLines)
  section(out, 'lines', directory.lines, (line) => lineLines(line, dialled.line.get(line.id) ?? []))
  section(out, 'rotas', directory.rotas, rotaLines)
  section(out, 'ncnPools', directory.pools, poolLines)
  if (dialled.others.length > 0) {
    out.push('numbers:', ...dialled.others.map(({ number, use }) => `  ${scalar(showNumber(number))}: ${use.kind}`), '')
  }
  return out.join('\n')
}

/** The body of one rota below the line's name (indented by four). */
export function rotaLines(rota: Rota): readonly string[] {
  const lines: string[] = []
  if (rota.pattern.length === 0) lines.push('pattern: []')
  else lines.push('pattern:')
  for (const { name, days, span, entries } of runs(rota.pattern))
    lines.push(`  - { session: ${scalar(name)}, days: ${days}, time: ${showSpan(span)}, entries: ${entryList(entries)} }`)
  if (rota.changes.length > 0) lines.push('changes:', ...rota.changes.map((change) => `  - ${changeText(change)}`))
  return lines
}

/** One change, as written after its list's dash. */
export function changeText(change: RotaChange): string {
  return `{ date: ${change.date}, session: ${scalar(change.session)}, ${changeEffect(change)} }`
}

interface SessionRun extends Omit<RotaSession, 'day'> {
  /** `mon`, or `mon-fri` for consecutive sessions of the pattern that differ only in the day. */
  readonly days: string
}

function runs(pattern: readonly RotaSession[]): readonly SessionRun[] {
  const found: { readonly first: RotaSession; last: RotaSession }[] = []
  for (const session of pattern) {
    const run = found.at(-1)
    const follows = run !== undefined && daysOfWeek.indexOf(session.day) === daysOfWeek.indexOf(run.last.day) + 1
    const same =
      run !== undefined &&
      run.first.name === session.name &&
      showSpan(run.first.span) === showSpan(session.span) &&
      entryList(run.first.entries) === entryList(session.entries)
    if (follows && same) run.last = session
    else found.push({ first: session, last: session })
  }
  return found.map(({ first, last }) => ({ ...first, days: first === last ? first.day : `${first.day}-${last.day}` }))
}

function changeEffect(change: RotaChange): string {
  switch (change.kind) {
    case 'replace':
      return `replace: ${entryList(change.entries)}${change.span === undefined ? '' : `, time: ${showSpan(change.span)}`}`
    case 'reorder':
      return `reorder: ${entryList(change.entries)}`
    case 'add':
      return `add: ${entryText(change.entry)}${change.position === undefined ? '' : `, position: ${change.position}`}`
    case 'remove':
      return `remove: ${entryText(change.entry)}`
    case 'close':
      return 'close: true'
  }
}

function areaLines(area: Area): readonly string[] {
  return [`name: ${scalar(area.name)}`, ...(area.outcomes === undefined ? [] : outcomeLines(area.outcomes))]
}

function organisationLines(organisation: Organisation, numbers: readonly string[]): readonly string[] {
  return [
    `kind: ${organisation.kind}`,
    ...names(organisation),
    ...field('odsCode', organisation.odsCode),
    `area: ${organisation.area}`,
    ...(numbers.length === 0 ? [] : [`dialIn: ${flow(numbers.map((number) => showNumber(number)))}`]),
    ...field('code', organisation.code),
    ...(organisation.bypass === undefined ? [] : [`bypass: ${target(organisation.bypass)}`]),
    ...(organisation.reception === undefined ? [] : [`reception: ${target(organisation.reception)}`]),
    ...field('keepRecordings', organisation.keepRecordings?.text),
    ...field('keepRecords', organisation.keepRecords?.text),
  ]
}

function clinicianLines(clinician: Clinician): readonly string[] {
  return [
    ...names(clinician),
    `role: ${scalar(clinician.role)}`,
    `numbers: [${clinician.numbers.map(target).join(', ')}]`,
    ...(clinician.organisations.length === 0 ? [] : [`organisations: ${flow(clinician.organisations)}`]),
  ]
}

function lineLines(line: Line, numbers: readonly string[]): readonly string[] {
  const { access, hours } = line
  const exceptions = Object.entries(hours.exceptions)
  return [
    `kind: ${line.kind}`,
    `trust: ${line.trust}`,
    ...names(line),
    `code: ${scalar(line.code)}`,
    ...(numbers.length === 0 ? [] : [`number: ${flow(numbers.map((number) => showNumber(number)))}`]),
    ...(line.blurb === '' ? [] : [`blurb: ${scalar(line.blurb)}`]),
    ...field('closedMessage', line.closedMessage),
    `timeZone: ${line.timeZone}`,
    'hours:',
    ...weekLines(hours.week),
    ...(exceptions.length === 0 ? [] : ['  exceptions:', ...exceptions.map(([date, spans]) => `    ${date}: ${spanList(spans)}`)]),
    ...(hours.bankHolidays === undefined
      ? []
      : [`  bankHolidays: { nation: ${hours.bankHolidays.nation}, spans: ${spanList(hours.bankHolidays.spans)} }`]),
    `access: ${access.everyone ? 'everyone' : `{ organisations: ${flow(access.organisations)}, areas: ${flow(access.areas)} }`}`,
    ringLine(line.ring),
    ...field('ncnPool', line.ncnPool),
    ...(line.ownOutcomes === true ? outcomeLines(line.outcomes) : []),
    `recordFrom: ${line.recordFrom}`,
    ...field('spokenWord', line.spokenWord),
  ]
}

function weekLines(week: Line['hours']['week']): readonly string[] {
  if (week === 'always') return ['  week: always']
  const days = daysOfWeek.filter((day) => week[day] !== undefined)
  return days.length === 0 ? ['  week: {}'] : ['  week:', ...days.map((day) => `    ${day}: ${spanList(week[day] ?? [])}`)]
}

function poolLines(pool: NcnPool): readonly string[] {
  return [
    `specialty: ${scalar(pool.specialty)}`,
    ...(pool.spokenName === pool.specialty ? [] : [`spokenName: ${scalar(pool.spokenName)}`]),
    `entries: ${entryList(pool.entries)}`,
    ringLine(pool.ring),
  ]
}

function ringLine(ring: RingPolicy): string {
  return `ring: { ringSeconds: ${ring.ringSeconds}, acceptSeconds: ${ring.acceptSeconds}, totalSeconds: ${ring.totalSeconds}, rounds: ${ring.rounds}, order: ${ring.order} }`
}

function outcomeLines(outcomes: readonly OutcomeChoice[]): readonly string[] {
  return ['outcomes:', ...outcomes.map(({ id, label }) => `  ${id}: ${scalar(label)}`)]
}

function names({ name, spokenName }: { readonly name: string; readonly spokenName: string }): readonly string[] {
  return [`name: ${scalar(name)}`, ...(spokenName === name ? [] : [`spokenName: ${scalar(spokenName)}`])]
}

function field(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${name}: ${scalar(value)}`]
}

function section<T>(out: string[], name: string, things: ReadonlyMap<string, T>, lines: (thing: T) => readonly string[]): void {
  if (things.size === 0) return
  out.push(`${name}:`)
  for (const [id, thing] of things) out.push(`  ${id}:`, ...lines(thing).map((line) => `    ${line}`))
  out.push('')
}

function entryList(entries: readonly RotaEntry[]): string {
  return `[${entries.map(entryText).join(', ')}]`
}

function entryText(entry: RotaEntry): string {
  return entry.kind === 'clinician' ? entry.clinician : `{ phone: ${scalar(entry.label)}, target: ${target(entry.target)} }`
}

function target(value: Target): string {
  return scalar(writeTarget(value))
}

export function showSpan(span: TimeSpan): string {
  return `${span.from}-${span.to}`
}

function spanList(spans: readonly TimeSpan[]): string {
  const [first, ...others] = spans.map(showSpan)
  if (first === undefined) return 'closed'
  return others.length === 0 ? first : `[${[first, ...others].join(', ')}]`
}

function flow(values: readonly string[]): string {
  return `[${values.map(scalar).join(', ')}]`
}

/** Text as a YAML scalar: bare if it can only be read as that text, in double quotes otherwise (JSON's escapes are YAML's). */
function scalar(text: string): string {
  return /^[\p{L}\p{N}](?:[\p{L}\p{N} .'/()+_&-]*[\p{L}\p{N}.)])?$/u.test(text) ? text : JSON.stringify(text)
}

interface DialledNumbers {
  readonly dialIn: ReadonlyMap<string, readonly string[]>
  readonly line: ReadonlyMap<string, readonly string[]>
  /** Numbers that belong to no organisation or line. */
  readonly others: readonly DirectoryNumber[]
}

function numbersByUse(directory: Directory): DialledNumbers {
  const dialIn = new Map<string, string[]>()
  const line = new Map<string, string[]>()
  const others: DirectoryNumber[] = []
  const put = (map: Map<string, string[]>, id: string, number: string) => appendTo(map, id, number)
  for (const entry of directory.numbers.values()) {
    const { number, use } = entry
    switch (use.kind) {
      case 'dialIn':
        put(dialIn, use.organisation, number)
        break
      case 'line':
        put(line, use.line, number)
        break
      case 'callBackCode':
      case 'bypass':
        others.push(entry)
    }
  }
  return { dialIn, line, others }
}
