import { isRecord, same, sections, type Section } from './entities.js'
import { showSpan } from './write-directory.js'
import { showTarget } from './telephone-number.js'
import type { Directory, RotaEntry, TimeSpan } from './model.js'

/** One thing that differs between two directories. */
export interface DirectoryChange {
  readonly section: Section
  readonly id: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** The differences, a line each: `ring.ringSeconds: 20 -> 15`. Empty for an entity added or removed as a whole. */
  readonly details: readonly string[]
}

/** The differences, section by section. The order of lines is part of the directory (menus follow it), so a change of it is included. */
export function diffDirectories(before: Directory, after: Directory): readonly DirectoryChange[] {
  const changes: DirectoryChange[] = []
  for (const section of sections) {
    const [old, fresh] = [before[section] as ReadonlyMap<string, unknown>, after[section] as ReadonlyMap<string, unknown>]
    for (const id of old.keys()) if (!fresh.has(id)) changes.push({ section, id, kind: 'removed', details: [] })
    for (const [id, thing] of fresh) {
      if (!old.has(id)) changes.push({ section, id, kind: 'added', details: [] })
      // After a change of one rota nearly everything is the same: compare first without making texts.
      else if (!same(old.get(id), thing)) {
        const details = differences('', old.get(id), thing)
        if (details.length > 0) changes.push({ section, id, kind: 'changed', details })
      }
    }
  }
  const order = (directory: Directory, other: Directory) => [...directory.lines.keys()].filter((id) => other.lines.has(id))
  const [orderBefore, orderAfter] = [order(before, after), order(after, before)]
  const moved = orderAfter.find((id, index) => orderBefore[index] !== id)
  if (moved !== undefined)
    changes.push({
      section: 'lines',
      id: moved,
      kind: 'changed',
      details: [`order in the menu: ${orderBefore.join(', ')} -> ${orderAfter.join(', ')}`],
    })
  return changes
}

/** The changes as text, one entity a paragraph; `no changes` if there are none. */
export function showDiff(changes: readonly DirectoryChange[]): string {
  if (changes.length === 0) return 'no changes'
  const signs = { added: '+', removed: '-', changed: '~' } as const
  return changes
    .flatMap(({ section, id, kind, details }) => [`${signs[kind]} ${section} ${id}`, ...details.map((detail) => `    ${detail}`)])
    .join('\n')
}

/** The most changes named in one line; a single change shows its fields. */
const maxInOneLine = 4

/** The changes in one line, for a terminal: `rotas cardiology (pattern Day ...), clinicians dr-x added`. */
export function summariseChanges(changes: readonly DirectoryChange[]): string {
  const told = changes.slice(0, maxInOneLine).map(({ section, id, kind, details }) => {
    if (kind !== 'changed') return `${section} ${id} ${kind}`
    const more = details.length > 1 ? ` and ${details.length - 1} more` : ''
    return `${section} ${id} (${details[0] ?? 'changed'}${more})`
  })
  if (changes.length > told.length) told.push(`${changes.length - told.length} more`)
  return told.join(', ')
}

function differences(path: string, before: unknown, after: unknown): readonly string[] {
  if (before === after) return []
  if (Array.isArray(before) && Array.isArray(after) && (asText(before) === undefined || asText(after) === undefined))
    return listDifferences(path, before, after)
  const [a, b] = [asText(before), asText(after)]
  if (a !== undefined || b !== undefined)
    return a === b ? [] : [`${path === '' ? 'value' : path}: ${a ?? 'none'} -> ${b ?? (after === undefined ? 'none' : 'several')}`]
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].flatMap((name) => differences(path === '' ? name : `${path}.${name}`, before[name], after[name]))
  }
  return [`${path}: ${before === undefined ? 'none' : JSON.stringify(before)} -> ${after === undefined ? 'none' : JSON.stringify(after)}`]
}

/** Lists of things with a name of their own (sessions, changes, outcomes) are compared by that name, others as a whole. */
function listDifferences(path: string, before: readonly unknown[], after: readonly unknown[]): readonly string[] {
  const [old, fresh] = [byName(before), byName(after)]
  if (old === undefined || fresh === undefined) return [`${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`]
  const details: string[] = []
  for (const [name, thing] of old) if (!fresh.has(name)) details.push(`${path}: - ${name}${asSentence(thing)}`)
  for (const [name, thing] of fresh) {
    if (!old.has(name)) details.push(`${path}: + ${name}${asSentence(thing)}`)
    else details.push(...differences(`${path} ${name}`, old.get(name), thing))
  }
  const shared = (names: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>) =>
    [...names.keys()].filter((name) => other.has(name)).join(', ')
  if (shared(old, fresh) !== shared(fresh, old)) details.push(`${path}: the order is now ${shared(fresh, old)}`)
  return details
}

function byName(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const named = new Map<string, unknown>()
  for (const item of list) {
    if (!isRecord(item)) return undefined
    const { name, day, date, session, id, kind } = item
    const parts = day !== undefined ? [day, name] : date !== undefined ? [date, session, kind] : [id]
    if (!parts.every((part) => typeof part === 'string')) return undefined
    // One session may have several changes of one kind; their position tells them apart.
    let key = parts.join(' ')
    for (let nth = 2; named.has(key); nth++) key = `${parts.join(' ')} (${nth})`
    named.set(key, item)
  }
  return named
}

/** An item's fields besides its name, in brackets. */
function asSentence(value: unknown): string {
  if (!isRecord(value)) return ` (${asText(value) ?? JSON.stringify(value)})`
  const parts = Object.entries(value)
    .filter(([name]) => !['name', 'day', 'date', 'session', 'id', 'kind'].includes(name))
    .map(([name, part]) => `${name} ${asText(part) ?? JSON.stringify(part)}`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** Any value of a field (`fieldsOf`), in a few words. */
export function showValue(value: unknown): string {
  const text = asText(value) ?? inWords(value)
  return text === '' ? 'empty' : text.length > 200 ? `${text.slice(0, 197)}...` : text
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join('; ') || 'none'
  if (!isRecord(value)) return JSON.stringify(value)
  return Object.values(value)
    .map((part) => asText(part) ?? inWords(part))
    .join(' ')
}

/** What can be shown in a few words: scalars, times, targets, people and lists of them. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) {
    const parts = value.map((item) => (isRecord(item) && ('day' in item || 'date' in item || 'id' in item) ? undefined : asText(item)))
    return parts.every((part) => part !== undefined) ? `[${parts.join(', ')}]` : undefined
  }
  if (!isRecord(value)) return undefined
  if (isEntry(value)) return value.kind === 'clinician' ? value.clinician : `${value.label} (${showTarget(value.target)})`
  if (value['kind'] === 'number' && typeof value['number'] === 'string') return showTarget({ kind: 'number', number: value['number'] })
  if (value['kind'] === 'uri' && typeof value['uri'] === 'string') return value['uri']
  if (value['kind'] === 'device' && typeof value['user'] === 'string') return showTarget({ kind: 'device', user: value['user'] })
  if (value['kind'] === 'browser' && typeof value['clinician'] === 'string')
    return showTarget({ kind: 'browser', clinician: value['clinician'] })
  if (isSpan(value)) return showSpan(value)
  return undefined
}

function isEntry(value: Record<string, unknown>): value is Record<string, unknown> & RotaEntry {
  return (
    (value['kind'] === 'clinician' && typeof value['clinician'] === 'string') ||
    (value['kind'] === 'phone' && typeof value['label'] === 'string' && 'target' in value)
  )
}

function isSpan(value: Record<string, unknown>): value is Record<string, unknown> & TimeSpan {
  return typeof value['from'] === 'string' && typeof value['to'] === 'string'
}
