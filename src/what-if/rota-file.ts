import { Form, type DirectoryError } from '../directory/form.js'
import type { Clinician, Directory, Line, Rota } from '../directory/model.js'
import { emptyRota } from '../directory/empty-directory.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { readClinician } from '../directory/read-people.js'
import { readRota } from '../directory/read-rota.js'
import { References } from '../directory/references.js'
import { lineFinder, readYaml, type YamlNode } from '../directory/yaml-tree.js'
import type { Change } from './what-if.js'

export type RotaFile =
  | { readonly ok: true; readonly change: Pick<Change, 'rota' | 'clinicians' | 'line'> }
  | { readonly ok: false; readonly errors: readonly DirectoryError[] }

const expectedForm = "`pattern:` and `changes:` of the line's rota, `rotas:` with the line's below it, or a whole directory file"

/**
 * Reads the rota to try, with the directory's own readers. Forms: a whole directory file (it has `lines:`; the line's ring policy, its
 * pool and the clinicians then come from it as well); `rotas:` with the line's rota, and `clinicians:` with new people; the line's
 * rota under its name; or the rota alone.
 * @param file its name, for the errors
 */
export function readRotaFile(yamlText: string, file: string, directory: Directory, line: Line): RotaFile {
  const text = yamlText.replace(/^\uFEFF/, '')
  const form = new Form(file, lineFinder(text))
  const tree = readYaml(text)
  if (!tree.ok) {
    form.problem(tree.problem, tree.problem.message, tree.problem.expected)
    return { ok: false, errors: form.errors }
  }
  if (valueOf(tree.root, 'lines') !== undefined) return fromDirectory(text, file, line)
  const references = new References()
  const clinicians = new Map<string, Clinician>()
  const node = rotaNode(form, references, tree.root, line, clinicians)
  const rota = node === undefined ? undefined : readRota(form, references, line.id, node)
  references.check(form, {
    clinician: { has: (id) => clinicians.has(id) || directory.clinicians.has(id) },
    organisation: directory.organisations,
    line: directory.lines,
    pool: directory.pools,
    area: directory.areas,
  })
  if (rota === undefined || form.errors.length > 0) return { ok: false, errors: [...form.errors].sort((a, b) => a.line - b.line) }
  return { ok: true, change: { ...rotaOf(rota, line.timeZone, file), ...(clinicians.size === 0 ? {} : { clinicians }) } }
}

function fromDirectory(text: string, file: string, { id }: Line): RotaFile {
  const parsed = parseDirectory(text, file)
  if (!parsed.ok) return parsed
  const { lines, rotas, clinicians, pools } = parsed.directory
  const line = lines.get(id)
  if (line === undefined)
    return { ok: false, errors: [{ file, line: 1, message: `this directory has no line "${id}"`, expected: 'the line that --line names' }] }
  return {
    ok: true,
    change: {
      ...rotaOf(rotas.get(id) ?? emptyRota(id), line.timeZone, file),
      clinicians,
      line: { ring: line.ring, ncnPool: line.ncnPool === undefined ? undefined : pools.get(line.ncnPool) },
    },
  }
}

function rotaOf(rota: Rota, timeZone: string, from: string): Pick<Change, 'rota'> {
  return { rota: { rota, timeZone, from } }
}

/** The node of the line's rota, in any of the short forms. */
function rotaNode(
  form: Form,
  references: References,
  root: YamlNode,
  line: Line,
  clinicians: Map<string, Clinician>,
): YamlNode | undefined {
  if (root.kind !== 'map' || root.entries.length === 0) return form.problem(root, 'this is no rota', expectedForm)
  if (valueOf(root, 'pattern') !== undefined || valueOf(root, 'changes') !== undefined) return root
  const named = valueOf(root, line.id)
  if (named !== undefined && root.entries.length === 1) return named
  const fields = form.fields(root, 'a file with a rota', ['rotas', 'clinicians'])
  const people = fields?.get('clinicians')
  for (const { key, value } of people === undefined
    ? []
    : (form.map(people, '`clinicians:`', 'a name for each, with what belongs to it indented below')?.entries ?? [])) {
    const id = form.id(key, 'the name of a clinician')
    const clinician = id === undefined ? undefined : readClinician(form, references, id, value)
    if (clinician !== undefined) clinicians.set(clinician.id, clinician)
  }
  const rotas = fields?.get('rotas')
  if (rotas === undefined) return form.errors.length > 0 ? undefined : form.problem(root, 'this file has no rota', expectedForm)
  return valueOf(rotas, line.id) ?? form.problem(rotas, `there is no rota of ${line.id} here`, `\`${line.id}:\` below \`rotas:\``)
}

function valueOf(node: YamlNode, name: string): YamlNode | undefined {
  return node.kind === 'map' ? node.entries.find(({ key }) => key.text === name)?.value : undefined
}
