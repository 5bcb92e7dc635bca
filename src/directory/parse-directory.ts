import { checkDirectory } from './check-directory.js'
import { Form, shorten, type DirectoryError } from './form.js'
import type { Directory, DirectoryNumber, NumberUse } from './model.js'
import { readArea, readClinician, readOrganisation } from './read-people.js'
import { readLine, readPool, readTimeZone } from './read-line.js'
import { readRota } from './read-rota.js'
import { References } from './references.js'
import { readDialledNumber } from './read-target.js'
import { lineFinder, readYaml, type YamlNode } from './yaml-tree.js'

/**
 * The result: the whole directory, or every error in the file. `advice`: allowed but unlikely to be meant (a line without a rota, fewer
 * than three numbers in a session).
 */
export type ParsedDirectory =
  | { readonly ok: true; readonly directory: Directory; readonly advice: readonly DirectoryError[] }
  | { readonly ok: false; readonly errors: readonly DirectoryError[] }

const sections = ['timeZone', 'areas', 'organisations', 'clinicians', 'lines', 'rotas', 'ncnPools', 'numbers'] as const

/**
 * Reads a directory file (YAML; `docs/directory.md` describes it). All or nothing: with one error anywhere there is no directory, but the
 * list of all errors in the order of the file.
 * @param file its name, for the errors
 */
export function parseDirectory(yamlText: string, file: string): ParsedDirectory {
  const text = yamlText.replace(/^\uFEFF/, '')
  const form = new Form(file, lineFinder(text))
  const tree = readYaml(text)
  if (!tree.ok) {
    form.problem(tree.problem, tree.problem.message, tree.problem.expected)
    return { ok: false, errors: form.errors }
  }
  const directory = readDirectory(form, tree.root)
  if (directory === undefined || form.errors.length > 0) return { ok: false, errors: [...form.errors].sort((a, b) => a.line - b.line) }
  return { ok: true, directory: directory.directory, advice: directory.advice }
}

function readDirectory(
  form: Form,
  root: YamlNode,
): { readonly directory: Directory; readonly advice: readonly DirectoryError[] } | undefined {
  const fields = form.fields(root, 'the directory', sections)
  if (fields === undefined) return undefined
  const references = new References()
  const numbers = new Map<string, DirectoryNumber>()
  /** The place of each entity, for errors found only at the end. */
  const places = new Map<string, number>()
  /** Entities with errors of their own: references to them are valid. */
  const broken = new Set<string>()

  function claim(node: YamlNode, use: NumberUse): void {
    const number = readDialledNumber(form, node)
    if (number === undefined) return
    if (numbers.has(number)) form.problem(node, `the number ${shorten(number)} does something else already`, 'a number of its own')
    else numbers.set(number, { number, use })
  }

  function section<T>(name: (typeof sections)[number], what: string, read: (id: string, node: YamlNode) => T | undefined): Map<string, T> {
    const found = new Map<string, T>()
    const node = fields?.get(name)
    if (node === undefined) return found
    for (const { key, value } of form.map(node, `\`${name}:\``, 'a name for each, with what belongs to it indented below')?.entries ?? []) {
      const id = form.id(key, `the name of ${what}`)
      if (id === undefined) continue
      places.set(`${name} ${id}`, key.at)
      const thing = read(id, value)
      if (thing !== undefined) found.set(id, thing)
      else broken.add(`${name} ${id}`)
    }
    return found
  }
  const zoneNode = fields.get('timeZone')
  const timeZone = zoneNode === undefined ? 'Europe/London' : (readTimeZone(form, zoneNode, 'timeZone') ?? 'Europe/London')
  const areas = section('areas', 'an area', (id, node) => readArea(form, id, node))
  const organisations = section('organisations', 'an organisation', (id, node) => readOrganisation(form, references, id, node, claim))
  const clinicians = section('clinicians', 'a clinician', (id, node) => readClinician(form, references, id, node))
  const lines = section('lines', 'a line', (id, node) => readLine(form, references, id, node, { timeZone, claim }))
  const rotas = section('rotas', 'a line', (id, node) => {
    references.line(id, { at: places.get(`rotas ${id}`) ?? node.at })
    return readRota(form, references, id, node)
  })
  const pools = section('ncnPools', 'an NCN pool', (id, node) => readPool(form, references, id, node))
  const numbersNode = fields.get('numbers')
  for (const { key, value } of numbersNode === undefined
    ? []
    : (form.map(numbersNode, '`numbers:`', 'a number for each, with what it does')?.entries ?? [])) {
    const use = readUse(form, references, value)
    if (use !== undefined) claim(key, use)
  }
  const has = (name: string, found: ReadonlyMap<string, unknown>) => ({ has: (id: string) => found.has(id) || broken.has(`${name} ${id}`) })
  references.check(form, {
    clinician: has('clinicians', clinicians),
    organisation: has('organisations', organisations),
    line: has('lines', lines),
    pool: has('ncnPools', pools),
    area: has('areas', areas),
  })
  const directory: Directory = { areas, organisations, clinicians, lines, rotas, pools, numbers }
  const advice = checkDirectory(form, directory, places)
  return { directory, advice }
}

export function readUse(form: Form, references: References, node: YamlNode): NumberUse | undefined {
  if (node.kind === 'scalar') {
    const kind = form.oneOf(node, 'what the number does', ['callBackCode', 'bypass'])
    return kind === undefined ? undefined : { kind }
  }
  const fields = form.fields(node, 'what the number does', ['dialIn', 'line'])
  const dialIn = fields?.get('dialIn')
  const line = fields?.get('line')
  if (fields === undefined) return undefined
  if ((dialIn === undefined) === (line === undefined))
    return form.problem(node, 'a number does exactly one thing', '`callBackCode`, `bypass`, `{ dialIn: organisation }` or `{ line: line }`')
  if (dialIn !== undefined) {
    const organisation = form.id(dialIn, 'dialIn')
    if (organisation === undefined) return undefined
    references.organisation(organisation, dialIn)
    return { kind: 'dialIn', organisation }
  }
  const id = line === undefined ? undefined : form.id(line, 'line')
  if (id === undefined || line === undefined) return undefined
  references.line(id, line)
  return { kind: 'line', line: id }
}
