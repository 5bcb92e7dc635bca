import { entityOf, isRecord, plainEntity, type Entity, type PlainEntity, type Section } from './entities.js'
import type { RotaChange, RotaSession } from './model.js'

/**
 * The fields of an entity that two people can change independently, by name, in order: `name`, `ring.ringSeconds`, `access.organisations.elm-row`,
 * `hours.exceptions.2026-12-24`, `pattern.mon.Day`, `changes.2026-12-24.Day`.
 */
export type Fields = ReadonlyMap<string, unknown>

/** How a field splits into fields of its own. */
interface Parts {
  split(value: unknown): readonly (readonly [key: string, part: unknown])[]
  join(parts: readonly (readonly [key: string, part: unknown])[]): unknown
  /** The field's value without any parts; undefined: it is absent. */
  readonly none?: unknown
}

const byName: Parts = { split: (value) => Object.entries(value as object), join: (parts) => Object.fromEntries(parts) }

/** A list without duplicates whose order has no meaning. */
const asSet: Parts = {
  split: (value) => (value as readonly string[]).map((item) => [item, true]),
  join: (parts) => parts.map(([item]) => item),
  none: [],
}

const hours: Parts = {
  split: (value) =>
    Object.entries(value as object).flatMap(([name, part]) =>
      name === 'exceptions' && isRecord(part)
        ? Object.entries(part).map(([date, spans]) => [`exceptions.${date}`, spans] as const)
        : [[name, part] as const],
    ),
  join(parts) {
    const exceptions = parts
      .filter(([key]) => key.startsWith('exceptions.'))
      .map(([key, spans]) => [key.slice('exceptions.'.length), spans] as const)
    const { bankHolidays, ...others } = Object.fromEntries(parts.filter(([key]) => !key.startsWith('exceptions.')))
    return { ...others, exceptions: Object.fromEntries(exceptions), ...(bankHolidays === undefined ? {} : { bankHolidays }) }
  },
}

const access: Parts = {
  split(value) {
    const { everyone, organisations, areas } = value as {
      readonly everyone: boolean
      readonly organisations: readonly string[]
      readonly areas: readonly string[]
    }
    return [
      ...(everyone ? [['everyone', true] as const] : []),
      ...organisations.map((id) => [`organisations.${id}`, true] as const),
      ...areas.map((id) => [`areas.${id}`, true] as const),
    ]
  },
  join(parts) {
    const of = (kind: string) => parts.filter(([key]) => key.startsWith(`${kind}.`)).map(([key]) => key.slice(kind.length + 1))
    // `everyone` includes any list.
    return parts.some(([key]) => key === 'everyone')
      ? { everyone: true, organisations: [], areas: [] }
      : { everyone: false, organisations: of('organisations'), areas: of('areas') }
  },
  none: { everyone: false, organisations: [], areas: [] },
}

/** A session of the weekly pattern each. */
const pattern: Parts = {
  split: (value) => (value as readonly RotaSession[]).map((session) => [`${session.day}.${session.name}`, session]),
  join: (parts) => parts.map(([, session]) => session),
  none: [],
}

/** All changes for one session of one date: they apply one after the other. */
const changes: Parts = {
  split(value) {
    const groups = new Map<string, RotaChange[]>()
    for (const change of value as readonly RotaChange[]) {
      const key = `${change.date}.${change.session}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [change])
      else group.push(change)
    }
    return [...groups]
  },
  join: (parts) => parts.flatMap(([, group]) => group as readonly RotaChange[]),
  none: [],
}

const parted: Readonly<Partial<Record<Section, Readonly<Record<string, Parts>>>>> = {
  clinicians: { organisations: asSet },
  lines: { ring: byName, hours, access },
  pools: { ring: byName },
  rotas: { pattern, changes },
}

export function fieldsOf(section: Section, entity: Entity): Fields {
  const fields = new Map<string, unknown>()
  for (const [name, value] of Object.entries(plainEntity(section, entity))) {
    const parts = parted[section]?.[name]
    if (value === undefined) continue
    if (parts === undefined) fields.set(name, value)
    else for (const [key, part] of parts.split(value)) fields.set(`${name}.${key}`, part)
  }
  return fields
}

/** The other way. @param fields all that an entity needs */
export function entityOfFields(section: Section, id: string, fields: Fields): Entity {
  const plain: Record<string, unknown> = {}
  const found = new Map<string, (readonly [string, unknown])[]>()
  for (const [name, { none }] of Object.entries(parted[section] ?? {})) if (none !== undefined) plain[name] = none
  for (const [field, value] of fields) {
    const name = field.split('.', 1)[0] ?? field
    if (parted[section]?.[name] === undefined) {
      plain[field] = value
      continue
    }
    const part = [field.slice(name.length + 1), value] as const
    const list = found.get(name)
    if (list === undefined) found.set(name, [part])
    else list.push(part)
  }
  for (const [name, parts] of found) plain[name] = parted[section]?.[name]?.join(parts)
  return entityOf(section, id, plain satisfies PlainEntity)
}
