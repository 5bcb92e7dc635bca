import type { Directory } from '../directory/model.js'
import { choiceField, choose, type Choice } from './choices.js'
import { placeRead, placeValue, type FilePlace } from './rota-forms.js'
import type { FieldError } from './render.js'
import type { FileForm } from '../directory/file-form.js'

/** Forms of the directory's entities: each field of an entity, in the words of the directory file, as a field that people can fill in. */

/** An entity of the directory file, and how it is shown. */
interface Field {
  /** `name`, `ring.ringSeconds`: its path in the entity. */
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly optional?: true
  /** For `reference` and `references`: the kind of entity named. */
  readonly of?: ReferenceSection
}

type ReferenceSection = 'organisations' | 'areas' | 'clinicians' | 'pools'

/**
 * `text`: one value. `choice`: one of these. `list`: one value a line. `map`: a line each, `mon-fri: 09:00-12:30, 13:30-17:00`, or one word for all of it. `pairs`: a line each, `id: label`, whose order
 * counts. `reference`: one entity, chosen from a list. `references`: several, in order; those of a pool may be telephones as well.
 */
export type FormField = Field &
  (
    | { readonly kind: 'text' }
    | { readonly kind: 'choice'; readonly values: readonly { readonly value: string; readonly text: string }[] }
    | { readonly kind: 'list' | 'map' | 'pairs' }
    | { readonly kind: 'reference' | 'references'; readonly of: ReferenceSection }
  )

export type FormSection = 'organisations' | 'lines' | 'clinicians' | 'pools' | 'numbers' | 'areas'

const text = (name: string, label: string, hint?: string): FormField => ({
  kind: 'text',
  name,
  label,
  ...(hint === undefined ? {} : { hint }),
})
const optional = (field: FormField): FormField => ({ ...field, optional: true })
const choice = (name: string, label: string, values: Readonly<Record<string, string>>, hint?: string): FormField => ({
  kind: 'choice',
  name,
  label,
  ...(hint === undefined ? {} : { hint }),
  values: Object.entries(values).map(([value, shown]) => ({ value, text: shown })),
})
const many = (kind: 'list' | 'map' | 'pairs', name: string, label: string, hint: string): FormField => ({
  kind,
  name,
  label,
  hint,
  optional: true,
})

const reference = (name: string, label: string, of: ReferenceSection): FormField => ({ kind: 'reference', name, label, of })
const references = (name: string, label: string, of: ReferenceSection, hint?: string): FormField => ({
  kind: 'references',
  name,
  label,
  of,
  optional: true,
  ...(hint === undefined ? {} : { hint }),
})

const spoken = optional(text('spokenName', 'As it is spoken', 'Where the written name reads badly'))
const telephone = 'A telephone number, a SIP address, or device: and the name of a telephone'

export const directoryForms: Readonly<
  Record<FormSection, { readonly title: string; readonly one: string; readonly idHint: string; readonly fields: readonly FormField[] }>
> = {
  organisations: {
    title: 'Organisations',
    one: 'organisation',
    idHint: 'Small letters, digits and hyphens, such as elm-row. It cannot be changed later',
    fields: [
      choice('kind', 'What it is', {
        gpPractice: 'GP practice',
        trust: 'Trust',
        ambulance: 'Ambulance service',
        icb: 'ICB',
        pharmacy: 'Pharmacy',
        other: 'Other',
      }),
      text('name', 'Name'),
      spoken,
      optional(text('odsCode', 'ODS code', 'Such as E81001')),
      reference('area', 'Area', 'areas'),
      many('list', 'dialIn', 'Dial-In numbers', 'One a line'),
      optional(text('code', 'Code', '1 to 6 digits, by which clinicians reach it on a bypass number')),
      optional(text('bypass', 'Bypass number', telephone)),
      optional(text('reception', 'Reception', telephone)),
      optional(text('keepRecordings', 'How long recordings are kept', 'Such as 3 years. If empty: as in the settings')),
      optional(text('keepRecords', 'How long records of calls are kept', 'Such as 1 year; never less than their recordings')),
    ],
  },
  lines: {
    title: 'Lines',
    one: 'line',
    idHint: 'Small letters, digits and hyphens, such as cardiology. It cannot be changed later',
    fields: [
      choice('kind', 'What it is', {
        advice: 'Advice line',
        pifuAnswer: 'Patients call, clinicians answer',
        pifuCallBack: 'Patients call, clinicians call back',
      }),
      reference('trust', 'Run by', 'organisations'),
      text('name', 'Name'),
      spoken,
      text('code', 'Code', '1 to 4 digits, keyed in a menu'),
      many('list', 'number', 'Direct numbers', 'One a line'),
      optional(text('blurb', 'Blurb', 'For callers, such as: If no response try again after 15 minutes.')),
      optional(text('closedMessage', 'Said when nobody accepts', 'If empty: the blurb')),
      optional(text('timeZone', 'Time zone', 'Such as Europe/London')),
      many(
        'map',
        'hours.week',
        'Open',
        'The word always; or a line each, such as mon-fri: 09:00-12:30, 13:30-17:00. Empty: closed every day',
      ),
      many('map', 'hours.exceptions', 'Dates that are otherwise', 'A line each, such as 2026-12-24: 09:00-12:00, or 2026-12-27: closed'),
      optional(
        choice('hours.bankHolidays.nation', 'Bank holidays of', {
          '': 'As on any day',
          england: 'England',
          scotland: 'Scotland',
          wales: 'Wales',
        }),
      ),
      many('list', 'hours.bankHolidays.spans', 'Open on bank holidays', 'One a line, such as 09:00-13:00; or the word closed'),
      choice('access.who', 'Who may call it', { some: 'The organisations and areas below', everyone: 'Every organisation' }),
      references('access.organisations', 'Organisations', 'organisations'),
      references('access.areas', 'Areas', 'areas'),
      text('ring.ringSeconds', 'Seconds that each is rung'),
      text('ring.acceptSeconds', 'Seconds to accept'),
      text('ring.totalSeconds', 'Seconds of the whole hunt'),
      text('ring.rounds', 'Rounds', 'How many times the rota is gone through'),
      choice('ring.order', 'Order', { rota: 'That of the rota', leastRecentlyRung: 'The person rung longest ago' }),
      optional(reference('ncnPool', 'National Consultant Network', 'pools')),
      many('pairs', 'outcomes', 'Outcomes', 'A line each, such as referral-avoided: Referral avoided; else those of the area'),
      choice('recordFrom', 'Recorded from', { bridge: 'The conversation', answer: 'The answer of the call' }),
      choice('spokenWord', 'Specialists may say “one”', { off: 'No: they press 1', offers: 'They are then asked to press 1' }),
    ],
  },
  clinicians: {
    title: 'Clinicians',
    one: 'clinician',
    idHint: 'Small letters, digits and hyphens, such as dr-okafor. It cannot be changed later',
    fields: [
      text('name', 'Name'),
      spoken,
      text('role', 'Role', 'Such as Consultant cardiologist'),
      { ...many('list', 'numbers', 'Telephones', `One a line, rung in this order. ${telephone}`) },
      references('organisations', 'Organisations', 'organisations'),
    ],
  },
  pools: {
    title: 'National Consultant Network',
    one: 'pool',
    idHint: 'Small letters, digits and hyphens, such as cardiology. It cannot be changed later',
    fields: [
      text('specialty', 'Specialty', 'Such as Cardiology'),
      spoken,
      references('entries', 'Rung, in this order', 'clinicians', 'After nobody local has accepted'),
      optional(text('ring.ringSeconds', 'Seconds that each is rung')),
      optional(text('ring.acceptSeconds', 'Seconds to accept')),
      optional(text('ring.totalSeconds', 'Seconds of the whole hunt')),
      optional(text('ring.rounds', 'Rounds', 'How many times the pool is gone through')),
      optional(choice('ring.order', 'Order', { rota: 'That of the list', leastRecentlyRung: 'The person rung longest ago' })),
    ],
  },
  numbers: {
    title: 'Numbers',
    one: 'number',
    idHint: 'A telephone number, or the digits of a private network',
    fields: [choice('use', 'What it does', { callBackCode: 'Takes the codes of arranged calls', bypass: 'Asks for a practice’s code' })],
  },
  areas: {
    title: 'Areas',
    one: 'area',
    idHint: 'Small letters, digits and hyphens, such as saltmarsh. It cannot be changed later',
    fields: [
      text('name', 'Name'),
      many('pairs', 'outcomes', 'Outcomes', 'A line each, such as referral-avoided: Referral avoided; else the usual ones'),
    ],
  },
}

export function isFormSection(name: string): name is FormSection {
  return Object.hasOwn(directoryForms, name)
}

/** The field values for an entity. */
export function valuesOf(section: FormSection, entity: FileForm): Readonly<Record<string, string>> {
  const access = entity['access']
  const shown =
    section !== 'lines'
      ? entity
      : {
          ...entity,
          access:
            typeof access === 'string'
              ? { who: access === 'everyone' ? 'everyone' : 'some' }
              : { who: 'some', ...(access as object | undefined) },
        }
  return Object.fromEntries(directoryForms[section].fields.map((field) => [field.name, shownValue(field, at(shown, field.name))]))
}

/** A change of the directory from the fields: empty ones are removed. */
export function fieldsOf(section: FormSection, values: Readonly<Record<string, string>>): FileForm {
  const set: Record<string, unknown> = {}
  for (const field of directoryForms[section].fields) {
    const value = readValue(field, values[field.name] ?? '')
    const [name = '', ...rest] = field.name.split('.')
    if (rest.length === 0) set[name] = value ?? null
    else if (value !== undefined) put((set[name] ??= {}) as Record<string, unknown>, rest, value)
  }
  if (section === 'pools') {
    set['entries'] ??= []
    set['ring'] ??= null
  }
  if (section === 'lines') {
    const { who, ...some } = (set['access'] ?? {}) as Readonly<Record<string, unknown>>
    set['access'] = who === 'everyone' ? 'everyone' : Object.keys(some).length === 0 ? 'nobody' : some
    // Emptied means none, not the previous ones.
    const hours = (set['hours'] ??= {}) as Record<string, unknown>
    hours['week'] ??= {}
    const { nation, spans } = (hours['bankHolidays'] ?? {}) as Readonly<Record<string, unknown>>
    // Without a nation there are no bank holidays.
    if (nation === undefined && spans === undefined) delete hours['bankHolidays']
  }
  return set
}

/** Fields as shown: those that name other entities have lists to choose from, one field for each chosen, and room for more. */
export function shownFields(section: FormSection, values: Readonly<Record<string, string>>, directory: Directory): readonly object[] {
  return directoryForms[section].fields.map((field) => {
    if (field.kind !== 'reference' && field.kind !== 'references') return field
    const chosen = (values[field.name] ?? '').split('\n').filter((one) => one !== '')
    const { items, source } = choiceField(choicesOf(field.of, directory, chosen), `directory/${field.of}`)
    return {
      ...field,
      ...(items ? { items: [{ value: '', text: 'None' }, ...items] } : { source }),
      ...(field.kind === 'references' ? { chosen: [...chosen, ...Array.from({ length: roomFor }, () => '')] } : {}),
    }
  })
}

/** What a form has sent, with people written by name replaced by their ids. */
export function resolved(
  section: FormSection,
  form: Readonly<Record<string, string>>,
  all: (name: string) => readonly string[],
  directory: Directory,
): { readonly values: Readonly<Record<string, string>>; readonly errors: readonly FieldError[] } {
  const values: Record<string, string> = { ...form }
  const errors: FieldError[] = []
  for (const field of directoryForms[section].fields) {
    if (field.kind !== 'reference' && field.kind !== 'references') continue
    const written = all(field.name)
      .flatMap((one) => one.split(/\r?\n/))
      .map((one) => one.trim())
      .filter((one) => one !== '')
    const choices = choicesOf(field.of, directory, written)
    const found = written.map((one) => choose(choices, one, oneOf[field.of]))
    values[field.name] = found.map((one, place) => (one.ok ? one.id : (written[place] ?? ''))).join('\n')
    errors.push(...found.flatMap((one) => (one.ok ? [] : [{ field: field.name, message: one.message }])).slice(0, 1))
  }
  return { values, errors }
}

const oneOf: Readonly<Record<ReferenceSection, string>> = {
  organisations: 'organisation',
  areas: 'area',
  clinicians: 'clinician',
  pools: 'pool',
}
/** Empty fields for more of them. */
const roomFor = 2

/** @param chosen telephones among these are offered as they are */
function choicesOf(of: ReferenceSection, directory: Directory, chosen: readonly string[]): readonly Choice[] {
  const phones = chosen.filter((one) => one.startsWith('{')).map((value) => ({ id: value, name: phoneName(placeRead(value)) }))
  switch (of) {
    case 'pools':
      return [...directory.pools.values()].map(({ id, specialty }) => ({ id, name: specialty }))
    case 'clinicians':
      return [...[...directory.clinicians.values()].map(({ id, name }) => ({ id, name })), ...phones]
    default:
      return [...directory[of].values()].map(({ id, name }) => ({ id, name }))
  }
}

function phoneName(place: FilePlace): string {
  return typeof place === 'string' ? place : `${place.phone} (${place.target})`
}

/** The field beside which to show a problem: the one with its path, or with a path that starts with it. */
export function fieldNamed(section: FormSection, path: string): string {
  const { fields } = directoryForms[section]
  const found =
    fields.find(({ name }) => name === path) ??
    fields.find(({ name }) => path.startsWith(`${name}.`)) ??
    fields.find(({ name }) => name.startsWith(`${path}.`))
  return found?.name ?? (path === 'access' ? 'access.who' : '')
}

function at(entity: unknown, name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) => (typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[part] : undefined),
      entity,
    )
}

function put(into: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[name] = value
  else put((into[name] ??= {}) as Record<string, unknown>, rest, value)
}

function shownValue({ kind }: FormField, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (kind === 'list') return listOf(value).join('\n')
  if (kind === 'references')
    return [value]
      .flat()
      .map((one) => placeValue(one as FilePlace))
      .join('\n')
  if (kind === 'map' && typeof value === 'object')
    return Object.entries(value)
      .map(([name, one]) => `${name}: ${listOf(one).join(', ')}`)
      .join('\n')
  if (kind === 'pairs')
    return (value as readonly { readonly id: string; readonly label: string }[]).map(({ id, label }) => `${id}: ${label}`).join('\n')
  return listOf(value).join(', ')
}

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

/** @returns undefined if empty */
function readValue({ kind }: FormField, written: string): unknown {
  const lines = written
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0) return undefined
  if (kind === 'list') return lines.length === 1 ? lines[0] : lines
  if (kind === 'references') return lines.map(placeRead)
  if (kind === 'map') {
    if (lines.length === 1 && !lines[0]?.includes(':')) return lines[0]
    return Object.fromEntries(
      lines.map((line) => parted(line)).map(([name, rest]) => [name, rest.includes(',') ? rest.split(',').map((one) => one.trim()) : rest]),
    )
  }
  if (kind === 'pairs') return lines.map((line) => parted(line)).map(([id, label]) => ({ id, label }))
  return lines.join(' ')
}

function parted(line: string): readonly [string, string] {
  const place = line.indexOf(':')
  return place < 0 ? [line, ''] : [line.slice(0, place).trim(), line.slice(place + 1).trim()]
}
