import { daysOfWeek } from '../directory/calendar.js'
import { entityInFile } from '../directory/file-form.js'
import type { DayOfWeek, Directory, Line } from '../directory/model.js'
import type { Choice } from './choices.js'

/** Forms of a rota: a session of the weekly pattern, and a session on one date, in the words of the directory file. */

/** A clinician's id, or a telephone. */
export type FilePlace = string | { readonly phone: string; readonly target: string }

export interface FileSession {
  readonly session: string
  readonly days: string | readonly string[]
  readonly time: string
  readonly entries: readonly FilePlace[]
}

/** A change for one date. */
export type FileChange = Readonly<Record<string, unknown>> & { readonly date: string; readonly session: string }

export interface FileRota {
  readonly pattern: readonly FileSession[]
  readonly changes: readonly FileChange[]
}

type Values = Readonly<Record<string, string>>

/** Empty places on a form beyond those taken. */
const roomFor = 2
const minPlaces = 4

export function rotaInFile(directory: Directory, line: string): FileRota {
  const { pattern = [], changes = [] } = (entityInFile(directory, { section: 'rotas', id: line }) ?? {}) as Partial<FileRota>
  return { pattern, changes }
}

/** The choices on a form: the clinicians of the line's trust, those on the rota, and its telephones; if that is none, every clinician. */
export function placeChoices(directory: Directory, { id, trust }: Pick<Line, 'id' | 'trust'>): readonly Choice[] {
  const { pattern, changes } = rotaInFile(directory, id)
  const known = [...pattern.flatMap(({ entries }) => entries), ...changes.flatMap(placesIn)]
  const onIt = new Set(known.filter((place) => typeof place === 'string'))
  const phones = new Map(known.flatMap((place) => (typeof place === 'string' ? [] : [[placeValue(place), place] as const])))
  const all = [...directory.clinicians.values()]
  const near = all.filter((one) => one.organisations.includes(trust) || onIt.has(one.id))
  return [
    ...(near.length > 0 ? near : all).map((one) => ({ id: one.id, name: one.name })),
    ...[...phones].map(([value, { phone, target }]) => ({ id: value, name: `${phone} (${target})` })),
  ]
}

function placesIn(change: FileChange): readonly FilePlace[] {
  return ['replace', 'reorder', 'add', 'remove'].flatMap((kind) =>
    change[kind] === undefined ? [] : ([change[kind]].flat() as FilePlace[]),
  )
}

/** A place as a form shows it. */
export function placeValue(place: FilePlace): string {
  return typeof place === 'string' ? place : JSON.stringify({ phone: place.phone, target: place.target })
}

/** Fields of a form for those who are rung, in order, with room for more. */
export function placeValues(entries: readonly FilePlace[]): Values {
  return Object.fromEntries(
    Array.from({ length: Math.max(minPlaces, entries.length + roomFor) }, (_, place) => [
      `place${place}`,
      entries[place] === undefined ? '' : placeValue(entries[place]),
    ]),
  )
}

/** The rota that a form describes: those chosen, in order, and a telephone written in. */
export function placesRead(values: Values): readonly FilePlace[] {
  const chosen = placeFields(values).flatMap((name): FilePlace[] => {
    const value = (values[name] ?? '').trim()
    if (value === '') return []
    return [placeRead(value)]
  })
  const [phone, target] = [(values['phone'] ?? '').trim(), (values['target'] ?? '').trim()]
  return phone === '' && target === '' ? chosen : [...chosen, { phone, target }]
}

/** The names of the fields with a choice, in order. */
export function placeFields(values: Values): readonly string[] {
  return Object.keys(values)
    .filter((name) => /^place\d{1,2}$/.test(name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
}

/** A form's field as a place. */
export function placeRead(value: string): FilePlace {
  if (!value.startsWith('{')) return value
  try {
    const { phone, target } = JSON.parse(value) as { readonly phone?: unknown; readonly target?: unknown }
    if (typeof phone === 'string' && typeof target === 'string') return { phone, target }
  } catch {
    // It matches no name, and the form says so.
  }
  return value
}

/** `mon-fri` as days, for checkboxes. */
export function daysIn(days: FileSession['days']): readonly DayOfWeek[] {
  return [days].flat().flatMap((part) => {
    const [from = '', to = from] = part.split('-')
    const [first, last] = [daysOfWeek.indexOf(from as DayOfWeek), daysOfWeek.indexOf(to as DayOfWeek)]
    return first < 0 || last < 0
      ? []
      : first <= last
        ? daysOfWeek.slice(first, last + 1)
        : [...daysOfWeek.slice(first), ...daysOfWeek.slice(0, last + 1)]
  })
}

export function sessionValues({ session, days, time, entries }: FileSession): Values {
  return { session, days: daysIn(days).join(','), time, ...placeValues(entries) }
}

export function sessionRead(values: Values): FileSession {
  return {
    session: (values['session'] ?? '').trim(),
    days: (values['days'] ?? '').split(',').filter((day) => day !== ''),
    time: (values['time'] ?? '').replaceAll(/\s/g, '').replace('–', '-'),
    entries: placesRead(values),
  }
}

/**
 * The changes of a rota once one date's session is as wanted. Nothing else of that date changes.
 * @param wanted `pattern`: as every week. `closed`: nobody is rung. `these`: those chosen; with a time for a session that the week does not have
 */
export function changesFor(
  changes: readonly FileChange[],
  { date, session }: { readonly date: string; readonly session: string },
  wanted:
    { readonly kind: 'pattern' | 'closed' } | { readonly kind: 'these'; readonly entries: readonly FilePlace[]; readonly time?: string },
): readonly FileChange[] {
  const others = changes.filter((one) => one.date !== date || one.session !== session)
  switch (wanted.kind) {
    case 'pattern':
      return others
    case 'closed':
      return [...others, { date, session, close: 'true' }]
    case 'these':
      return [...others, { date, session, replace: wanted.entries, ...(wanted.time === undefined ? {} : { time: wanted.time }) }]
  }
}

/** The form field beside which to show a rota problem, by its path. */
export function rotaField(path: string): string {
  const place = /\.(?:entries|replace)\.(\d+)/.exec(path)?.[1]
  if (place !== undefined) return `place${place}`
  return ['time', 'days', 'session'].find((name) => path.includes(`.${name}`)) ?? (/\.(entries|replace)$/.test(path) ? 'place0' : '')
}
