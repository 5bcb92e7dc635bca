import { contradictions } from './contradictions.js'
import { directoryOf, entitiesIn, isRecord, sections, type Entity, type EntityName, type Section } from './entities.js'
import { sectionInFile } from './entity-line.js'
import { Form, shorten } from './form.js'
import type { Directory, DirectoryNumber, NumberUse } from './model.js'
import { readUse } from './parse-directory.js'
import { readArea, readClinician, readOrganisation } from './read-people.js'
import { readLine, readPool } from './read-line.js'
import { readRota } from './read-rota.js'
import { readDialledNumber } from './read-target.js'
import { References } from './references.js'
import { readNumber } from './telephone-number.js'
import { writeDirectory } from './write-directory.js'
import { readYaml, type YamlMap, type YamlNode } from './yaml-tree.js'

/**
 * Entities as in a directory file (docs/directory.md), as JSON: every value is a text, a list or a map. Dialled numbers are with their organisation
 * (`dialIn`) or line (`number`), as in the file. Only outcomes differ: a list of `{ id, label }`, for their order counts.
 */
export type FileForm = Readonly<Record<string, unknown>>

/** An edit of an entity. `set`: fields by name, each as a whole; null removes one. A missing entity is made. */
export interface EntityEdit extends EntityName {
  readonly set?: FileForm
  readonly remove?: boolean
}

/** A problem of an edit: where, and what would be right. */
export interface EditProblem {
  /** `lines.cardiology.ring.ringSeconds` */
  readonly path: string
  readonly message: string
  readonly expected: string
}

export type Edited =
  { readonly ok: true; readonly directory: Directory } | { readonly ok: false; readonly problems: readonly EditProblem[] }

/** @returns undefined: there is no such entity */
export function entityInFile(directory: Directory, { section, id }: EntityName): FileForm | undefined {
  const entity = entitiesIn(directory, section).get(id)
  if (entity === undefined) return undefined
  if (section === 'numbers') return useInFile((entity as DirectoryNumber).use)
  const isIts = ({ use }: DirectoryNumber) => belongsTo(use, { section, id })
  const numbers = section === 'organisations' || section === 'lines' ? [...directory.numbers].filter(([, number]) => isIts(number)) : []
  const reading = readYaml(writeDirectory(directoryOf({ [section]: new Map([[id, entity]]), numbers: new Map(numbers) })))
  const root = reading.ok ? (asJson(reading.root) as Readonly<Record<string, Readonly<Record<string, FileForm>>>>) : {}
  return root[sectionInFile[section]]?.[id] ?? {}
}

/** The directory with edits, all of them or none. */
export function edited(directory: Directory, edits: readonly EntityEdit[]): Edited {
  const parts = Object.fromEntries(sections.map((section) => [section, new Map(entitiesIn(directory, section))])) as Record<
    Section,
    Map<string, Entity>
  >
  const numbers = parts.numbers as Map<string, DirectoryNumber>
  const paths: string[] = []
  const form = new Form('', (at) => at)
  const node = (path: string) => paths.push(path) - 1
  for (const edit of edits) {
    const { section, id, set = {}, remove = false } = edit
    const path = `${sectionInFile[section]}.${id}`
    const current = entityInFile(directoryOf(parts), edit)
    if (remove) {
      if (current === undefined) form.problem({ at: node(path) }, `there is no ${path}`, 'what is there')
      parts[section].delete(id)
      for (const [number, { use }] of numbers) if (belongsTo(use, edit)) numbers.delete(number)
      continue
    }
    const wanted = Object.fromEntries(Object.entries({ ...current, ...set }).filter(([, value]) => value !== null))
    const key: YamlNode = { kind: 'scalar', at: node(path), text: id }
    if (section === 'numbers') {
      const number = readDialledNumber(form, key)
      const use = readUse(form, new References(), asNode('use' in wanted ? wanted['use'] : wanted, path, node))
      if (number !== undefined && use !== undefined) numbers.set(number, { number, use })
      continue
    }
    if (form.id(key, `the name of ${path}`) === undefined) continue
    const claimed = new Set<string>()
    const claim = (at: YamlNode, use: NumberUse) => {
      const number = readDialledNumber(form, at)
      if (number === undefined) return
      const there = numbers.get(number)
      if (claimed.has(number) || (there !== undefined && !belongsTo(there.use, edit)))
        form.problem(at, `the number ${shorten(number)} does something else already`, 'a number of its own')
      else {
        claimed.add(number)
        numbers.set(number, { number, use })
      }
    }
    const entity = readEntity(form, edit, asNode(wanted, path, node), claim)
    for (const [number, { use }] of numbers) if (belongsTo(use, edit) && !claimed.has(number)) numbers.delete(number)
    if (entity !== undefined) parts[section].set(id, entity)
  }
  const result = directoryOf(parts)
  const problems = form.errors.map(({ line, message, expected }) => ({ path: paths[line] ?? '', message, expected }))
  if (problems.length > 0) return { ok: false, problems }
  const wrong = contradictionsByPath(result)
  return wrong.length > 0 ? { ok: false, problems: wrong } : { ok: true, directory: result }
}

/** Conflicts in a directory, by path. */
export function contradictionsByPath(directory: Directory): readonly EditProblem[] {
  return contradictions(directory).map(({ section, id, message, expected }) => ({
    path: `${sectionInFile[section]}.${id}`,
    message,
    expected,
  }))
}

function readEntity(
  form: Form,
  { section, id }: EntityName,
  value: YamlNode,
  claim: (node: YamlNode, use: NumberUse) => void,
): Entity | undefined {
  // Its references are checked once all edits are made.
  const references = new References()
  switch (section) {
    case 'areas':
      return readArea(form, id, value)
    case 'organisations':
      return readOrganisation(form, references, id, value, claim)
    case 'clinicians':
      return readClinician(form, references, id, value)
    case 'lines':
      return readLine(form, references, id, value, { timeZone: 'Europe/London', claim })
    case 'rotas':
      return readRota(form, references, id, value)
    case 'pools':
      return readPool(form, references, id, value)
    case 'numbers':
      return undefined
  }
}

/** The canonical id of an entity: numbers are written in many ways. */
export function entityId(section: Section, id: string): string {
  if (section !== 'numbers' || /^[1-9]\d{1,7}$/.test(id)) return id
  const reading = readNumber(id)
  return reading.ok ? reading.number : id
}

function belongsTo(use: NumberUse, { section, id }: EntityName): boolean {
  return use.kind === 'dialIn'
    ? section === 'organisations' && use.organisation === id
    : use.kind === 'line' && section === 'lines' && use.line === id
}

function useInFile(use: NumberUse): FileForm {
  switch (use.kind) {
    case 'dialIn':
      return { dialIn: use.organisation }
    case 'line':
      return { line: use.line }
    case 'bypass':
    case 'callBackCode':
      return { use: use.kind }
  }
}

function asJson(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.text
    case 'list':
      return node.items.map(asJson)
    case 'map':
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [
          key.text,
          key.text === 'outcomes' && value.kind === 'map' ? value.entries.map(asOutcome) : asJson(value),
        ]),
      )
  }
}

/** Their order is that of the keys offering them, and JSON does not keep the order of names such as `2`. */
function asOutcome({ key, value }: YamlMap['entries'][number]) {
  return { id: key.text, label: asJson(value) }
}

function outcomesNode(list: readonly unknown[], path: string, place: (path: string) => number): YamlNode {
  return {
    kind: 'map',
    at: place(path),
    entries: list.map((item, index) => {
      const { id, label } = isRecord(item) ? item : { id: item, label: '' }
      const at = `${path}.${index}`
      return {
        key: { kind: 'scalar', at: place(at), text: typeof id === 'string' ? id : JSON.stringify(id ?? '') },
        value: asNode(label, at, place),
      }
    }),
  }
}

/** @param place stores a path, and returns its place */
function asNode(value: unknown, path: string, place: (path: string) => number): YamlNode {
  const at = place(path)
  if (Array.isArray(value)) return { kind: 'list', at, items: value.map((item, index) => asNode(item, `${path}.${index}`, place)) }
  if (typeof value === 'object' && value !== null) {
    return {
      kind: 'map',
      at,
      entries: Object.entries(value).map(([name, part]) => ({
        key: { kind: 'scalar', at: place(`${path}.${name}`), text: name },
        value:
          name === 'outcomes' && Array.isArray(part)
            ? outcomesNode(part, `${path}.${name}`, place)
            : asNode(part, `${path}.${name}`, place),
      })),
    }
  }
  return { kind: 'scalar', at, text: typeof value === 'string' ? value : JSON.stringify(value ?? '') }
}
