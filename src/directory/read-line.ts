import { shorten, type Form } from './form.js'
import type { Line, LineId, NcnPool, NumberUse, PoolId, RingPolicy } from './model.js'
import { defaultOutcomes } from './outcomes.js'
import { readHours } from './read-hours.js'
import { readOutcomes } from './read-people.js'
import { readEntries } from './read-rota.js'
import type { References } from './references.js'
import { timeZone } from './time-zone.js'
import type { YamlNode } from './yaml-tree.js'

/** The default ring policy of a line. */
export const defaultRing: RingPolicy = { ringSeconds: 20, acceptSeconds: 15, totalSeconds: 180, rounds: 1, order: 'rota' }

const lineFields = [
  'kind',
  'trust',
  'name',
  'spokenName',
  'code',
  'number',
  'blurb',
  'closedMessage',
  'timeZone',
  'hours',
  'access',
  'ring',
  'ncnPool',
  'outcomes',
  'recordFrom',
  'spokenWord',
] as const

export interface LineSurroundings {
  /** The directory's own zone, for lines that name none. */
  readonly timeZone: string
  /** Registers a dialled number and its use. */
  readonly claim: (node: YamlNode, use: NumberUse) => void
}

export function readLine(form: Form, references: References, id: LineId, node: YamlNode, around: LineSurroundings): Line | undefined {
  const what = `line ${id}`
  const fields = form.fields(node, what, lineFields)
  if (fields === undefined) return undefined
  const before = form.errors.length

  function required<T>(name: (typeof lineFields)[number], expected: string, read: (node: YamlNode) => T | undefined): T | undefined {
    const value = fields?.get(name)
    return value === undefined ? form.problem(node, `${what} has no ${name}`, expected) : read(value)
  }
  function optional<T>(name: (typeof lineFields)[number], read: (node: YamlNode) => T | undefined): T | undefined {
    const value = fields?.get(name)
    return value === undefined ? undefined : read(value)
  }

  const kind = optional('kind', (value) => form.oneOf(value, `the kind of ${what}`, ['advice', 'pifuAnswer', 'pifuCallBack'])) ?? 'advice'
  const trust = required('trust', 'the organisation that runs it', (value) =>
    reference(form, value, `the trust of ${what}`, (name) => references.organisation(name, value)),
  )
  const name = form.words(fields.get('name'), `the name of ${what}`, node)
  const spokenName = optional('spokenName', (value) => form.words(value, `the spoken name of ${what}`, value)) ?? name
  const code = required('code', '1 to 4 digits', (value) => form.matching(value, `the code of ${what}`, /^\d{1,4}$/, '1 to 4 digits'))
  const blurb = optional('blurb', (value) => form.words(value, `the blurb of ${what}`, value, 300)) ?? ''
  const closedMessage = optional('closedMessage', (value) => form.words(value, `the closed message of ${what}`, value, 300))
  const zone = optional('timeZone', (value) => readTimeZone(form, value, `the time zone of ${what}`)) ?? around.timeZone
  const hours = required('hours', '`always`, or `week:` with days such as `mon-fri: 09:00-17:00`', (value) =>
    readHours(form, value, `the hours of ${what}`),
  )
  const access = required('access', '`everyone`, or organisations and areas', (value) =>
    readAccess(form, references, value, `access of ${what}`),
  )
  const ring = optional('ring', (value) => readRing(form, value, `ring of ${what}`)) ?? defaultRing
  const ncnPool = optional('ncnPool', (value) => reference(form, value, `the NCN pool of ${what}`, (pool) => references.pool(pool, value)))
  const outcomes = optional('outcomes', (value) => readOutcomes(form, value, `outcomes of ${what}`))
  const recordFrom = optional('recordFrom', (value) => form.oneOf(value, `recordFrom of ${what}`, ['bridge', 'answer'])) ?? 'bridge'
  const spokenWord = optional('spokenWord', (value) => form.oneOf(value, `spokenWord of ${what}`, ['off', 'offers'])) ?? 'off'
  optional('number', (value) => {
    for (const numberNode of form.oneOrMore(value)) around.claim(numberNode, { kind: 'line', line: id })
    return undefined
  })
  if (
    form.errors.length > before ||
    trust === undefined ||
    name === undefined ||
    spokenName === undefined ||
    code === undefined ||
    hours === undefined ||
    access === undefined
  )
    return undefined
  return {
    id,
    kind,
    trust,
    name,
    spokenName,
    code,
    blurb,
    ...(closedMessage === undefined ? {} : { closedMessage }),
    timeZone: zone,
    hours,
    access,
    ring,
    ...(ncnPool === undefined ? {} : { ncnPool }),
    outcomes: outcomes ?? defaultOutcomes[kind],
    ...(outcomes === undefined ? {} : { ownOutcomes: true }),
    recordFrom,
    ...(spokenWord === 'off' ? {} : { spokenWord }),
  }
}

export function readPool(form: Form, references: References, id: PoolId, node: YamlNode): NcnPool | undefined {
  const what = `NCN pool ${id}`
  const fields = form.fields(node, what, ['specialty', 'spokenName', 'entries', 'ring'])
  if (fields === undefined) return undefined
  const specialty = form.words(fields.get('specialty'), `the specialty of ${what}`, node)
  const spokenNode = fields.get('spokenName')
  const spokenName = spokenNode === undefined ? specialty : form.words(spokenNode, `the spoken name of ${what}`, node)
  const entries = readEntries(form, references, fields.get('entries'), what, node)
  const ringNode = fields.get('ring')
  const ring = ringNode === undefined ? defaultRing : readRing(form, ringNode, `ring of ${what}`)
  if (specialty === undefined || spokenName === undefined || entries === undefined || ring === undefined) return undefined
  return { id, specialty, spokenName, entries, ring }
}

export function readTimeZone(form: Form, node: YamlNode, what: string): string | undefined {
  const expected = 'an IANA time zone such as Europe/London'
  const text = form.scalar(node, what, expected)
  if (text === undefined) return undefined
  return timeZone(text) === undefined ? form.problem(node, `${what} is "${shorten(text)}"`, expected) : text
}

function readRing(form: Form, node: YamlNode, what: string): RingPolicy | undefined {
  const before = form.errors.length
  const fields = form.fields(node, what, ['ringSeconds', 'acceptSeconds', 'totalSeconds', 'rounds', 'order'])
  if (fields === undefined) return undefined
  const whole = (name: 'ringSeconds' | 'acceptSeconds' | 'totalSeconds' | 'rounds', least: number, most: number) => {
    const value = fields.get(name)
    return (value === undefined ? undefined : form.whole(value, `${name} of ${what}`, least, most)) ?? defaultRing[name]
  }
  const orderNode = fields.get('order')
  const ring: RingPolicy = {
    ringSeconds: whole('ringSeconds', 5, 120),
    acceptSeconds: whole('acceptSeconds', 5, 60),
    totalSeconds: whole('totalSeconds', 10, 1_800),
    rounds: whole('rounds', 1, 10),
    order:
      (orderNode === undefined ? undefined : form.oneOf(orderNode, `order of ${what}`, ['rota', 'leastRecentlyRung'])) ?? defaultRing.order,
  }
  return form.errors.length > before ? undefined : ring
}

function readAccess(form: Form, references: References, node: YamlNode, what: string): Line['access'] | undefined {
  if (node.kind === 'scalar')
    return form.oneOf(node, what, ['everyone', 'nobody']) === undefined
      ? undefined
      : { everyone: node.text.trim() === 'everyone', organisations: [], areas: [] }
  const fields = form.fields(node, what, ['organisations', 'areas'])
  if (fields === undefined) return undefined
  const names = (name: 'organisations' | 'areas', refer: (id: string, at: YamlNode) => void) => {
    const list = fields.get(name)
    return (list === undefined ? [] : form.oneOrMore(list))
      .map((item) => reference(form, item, `${name} in ${what}`, (id) => refer(id, item)))
      .filter((id) => id !== undefined)
  }
  return {
    everyone: false,
    organisations: names('organisations', (id, at) => references.organisation(id, at)),
    areas: names('areas', (id, at) => references.area(id, at)),
  }
}

function reference(form: Form, node: YamlNode, what: string, refer: (id: string) => void): string | undefined {
  const id = form.id(node, what)
  if (id !== undefined) refer(id)
  return id
}
