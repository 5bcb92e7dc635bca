import type { EntityName, Section } from './entities.js'
import { Form } from './form.js'
import { readDays } from './read-hours.js'
import { readNumber } from './telephone-number.js'
import { lineFinder, readYaml, type YamlMap, type YamlNode } from './yaml-tree.js'

/** The sections' names in a directory file. */
export const sectionInFile: Readonly<Record<Section, string>> = {
  areas: 'areas',
  organisations: 'organisations',
  clinicians: 'clinicians',
  lines: 'lines',
  rotas: 'rotas',
  pools: 'ncnPools',
  numbers: 'numbers',
}

/**
 * The lines of fields in a directory file: the field's; if absent, the entity's, its section's, or the first.
 * @param text a valid file
 * @returns looks up a field, as `fieldsOf` names it; without one, the entity
 */
export function entityLines(text: string): (name: EntityName, field?: string) => number {
  const reading = readYaml(text)
  const lineOf = lineFinder(text)
  const root = reading.ok ? reading.root : undefined
  return ({ section, id }, field) => {
    const number = section === 'numbers' ? numberPlace(root, id) : undefined
    if (number !== undefined) return lineOf(number)
    const [sectionNode, sectionAt] = valueOf(root, sectionInFile[section])
    const [entityNode, entityAt] = valueOf(sectionNode, id)
    return lineOf((field === undefined ? undefined : fieldPlace(entityNode, field)) ?? entityAt ?? sectionAt ?? 0)
  }
}

function fieldPlace(entity: YamlNode | undefined, field: string): number | undefined {
  const [name, ...rest] = field.split('.')
  const [value, at] = valueOf(entity, name ?? '')
  if (value?.kind === 'list' && (name === 'pattern' || name === 'changes')) {
    const [first, session] = [rest[0] ?? '', rest.slice(1).join('.')]
    const item = value.items.findLast(
      (one) => textOf(one, 'session') === session && (name === 'changes' ? textOf(one, 'date') === first : daysOf(one).includes(first)),
    )
    return item?.at ?? at
  }
  return rest.length === 0 ? at : (fieldPlace(value, rest.join('.')) ?? at)
}

function daysOf(session: YamlNode): readonly string[] {
  const [days] = valueOf(session, 'days')
  return days === undefined ? [] : (readDays(new Form('', () => 1), days, '') ?? [])
}

/** A dialled number is listed with its use: at its organisation, at its line, or by itself. */
function numberPlace(root: YamlNode | undefined, id: string): number | undefined {
  const isIt = (node: YamlNode) =>
    node.kind === 'scalar' && (node.text.trim() === id || (readNumber(node.text) as { readonly number?: string }).number === id)
  for (const [section, field] of [
    ['organisations', 'dialIn'],
    ['lines', 'number'],
  ] as const) {
    for (const { value } of entriesOf(valueOf(root, section)[0])) {
      const [numbers] = valueOf(value, field)
      const found = numbers === undefined ? undefined : (numbers.kind === 'list' ? numbers.items : [numbers]).find(isIt)
      if (found !== undefined) return found.at
    }
  }
  return entriesOf(valueOf(root, 'numbers')[0]).find(({ key }) => isIt(key))?.key.at
}

function entriesOf(node: YamlNode | undefined): YamlMap['entries'] {
  return node?.kind === 'map' ? node.entries : []
}

/** @returns the value of a name, and where the name stands */
function valueOf(node: YamlNode | undefined, name: string): readonly [YamlNode | undefined, number | undefined] {
  const entry = entriesOf(node).find(({ key }) => key.text === name)
  return [entry?.value, entry?.key.at]
}

function textOf(node: YamlNode, name: string): string | undefined {
  const [value] = valueOf(node, name)
  return value?.kind === 'scalar' ? value.text.replaceAll(/\s+/g, ' ').trim() : undefined
}
