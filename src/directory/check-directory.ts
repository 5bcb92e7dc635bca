import type { DirectoryError, Form } from './form.js'
import type { Directory, Line } from './model.js'

/** Good practice: with three numbers in a session, one answers. */
const wantedEntries = 3

/**
 * Rules that hold between the parts of a directory: errors go to the form.
 * @param places where each entity is in the file, by section and name
 * @returns advice: what is allowed but unlikely to be meant
 */
export function checkDirectory(form: Form, directory: Directory, places: ReadonlyMap<string, number>): readonly DirectoryError[] {
  const place = (section: string, id: string) => ({ at: places.get(`${section} ${id}`) ?? 0 })
  checkLineCodes(form, directory, (line) => place('lines', line.id))
  checkPracticeCodes(form, directory, (id) => place('organisations', id))

  const advice: DirectoryError[] = []
  const note = (at: { readonly at: number }, message: string, expected: string) =>
    advice.push({ file: form.file, line: form.lineOf(at.at), message, expected })
  for (const line of directory.lines.values()) {
    const rota = directory.rotas.get(line.id)
    if (rota === undefined || rota.pattern.length + rota.changes.length === 0) {
      note(
        place('lines', line.id),
        `line ${line.id} has no rota: its callers will hear that nobody is on`,
        `sessions under \`rotas: ${line.id}:\``,
      )
      continue
    }
    const thin = rota.pattern
      .filter((session) => session.entries.length < wantedEntries)
      .map((session) => `"${session.name}" on ${session.day}`)
    if (thin.length > 0)
      note(
        place('rotas', line.id),
        `the rota of ${line.id} has few numbers in ${thin.slice(0, 3).join(', ')}${thin.length > 3 ? ` and ${thin.length - 3} more` : ''}`,
        `${wantedEntries} or more a session`,
      )
  }
  return advice
}

/** A code may choose at most one line in any organisation's menu. */
function checkLineCodes(form: Form, directory: Directory, place: (line: Line) => { readonly at: number }): void {
  const byCode = new Map<string, Line[]>()
  for (const line of directory.lines.values()) {
    const others = byCode.get(line.code) ?? []
    const clash = others.find((other) => shareCallers(directory, line, other))
    if (clash !== undefined)
      form.problem(
        place(line),
        `line ${line.id} has the code ${line.code}, which chooses ${clash.id} for some of the same callers`,
        'a code of its own',
      )
    others.push(line)
    byCode.set(line.code, others)
  }
}

/** Whether some organisation may use both lines. */
function shareCallers(directory: Directory, a: Line, b: Line): boolean {
  if (a.access.everyone && b.access.everyone) return true
  return reach(directory, a, b) || reach(directory, b, a)
}

/** Whether an organisation that `a` names may use `b`. */
function reach(directory: Directory, a: Line, b: Line): boolean {
  const { organisations, areas } = a.access
  if (b.access.everyone) return organisations.length + areas.length > 0
  if (areas.some((area) => b.access.areas.includes(area))) return true
  return organisations.some(
    (id) => b.access.organisations.includes(id) || b.access.areas.includes(directory.organisations.get(id)?.area ?? ''),
  )
}

function checkPracticeCodes(form: Form, directory: Directory, place: (id: string) => { readonly at: number }): void {
  const byCode = new Map<string, string>()
  for (const { id, code } of directory.organisations.values()) {
    if (code === undefined) continue
    const other = byCode.get(code)
    if (other !== undefined)
      form.problem(place(id), `organisation ${id} has the code ${code}, which is that of ${other}`, 'a code of its own')
    else byCode.set(code, id)
  }
}
