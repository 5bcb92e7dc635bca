import { dayNumber, dayOfWeek } from './calendar.js'
import { checkDirectory } from './check-directory.js'
import type { EntityName } from './entities.js'
import { Form } from './form.js'
import type { Directory, Rota, RotaEntry } from './model.js'
import { References } from './references.js'

/** A conflict between one entity and the rest of its directory. */
export interface Contradiction extends EntityName {
  readonly message: string
  readonly expected: string
}

/**
 * Conflicts in a directory whose entities are each valid: unknown names, clashing codes and sessions. Empty for
 * any directory read from one file.
 */
export function contradictions(directory: Directory): readonly Contradiction[] {
  const places: EntityName[] = []
  // The form's places are positions in a text; here they are entities.
  const form = new Form('', (at) => at)
  const references = new References()
  const at = ({ section, id }: EntityName) => ({ at: places.push({ section, id }) - 1 })
  const byName = new Map<string, number>()
  const place = (name: EntityName) => {
    const found = at(name)
    byName.set(`${name.section} ${name.id}`, found.at)
    return found
  }
  const entries = (list: readonly RotaEntry[], where: { readonly at: number }) => {
    for (const entry of list) if (entry.kind === 'clinician') references.clinician(entry.clinician, where)
  }
  for (const { id, area } of directory.organisations.values()) references.area(area, place({ section: 'organisations', id }))
  for (const { id, organisations } of directory.clinicians.values()) {
    if (organisations.length === 0) continue
    const where = at({ section: 'clinicians', id })
    for (const organisation of organisations) references.organisation(organisation, where)
  }
  for (const { id, trust, access, ncnPool } of directory.lines.values()) {
    const where = place({ section: 'lines', id })
    for (const organisation of [trust, ...access.organisations]) references.organisation(organisation, where)
    for (const area of access.areas) references.area(area, where)
    if (ncnPool !== undefined) references.pool(ncnPool, where)
  }
  for (const rota of directory.rotas.values()) {
    const where = place({ section: 'rotas', id: rota.line })
    references.line(rota.line, where)
    for (const session of rota.pattern) entries(session.entries, where)
    for (const change of rota.changes) entries('entries' in change ? change.entries : 'entry' in change ? [change.entry] : [], where)
    checkSessions(form, rota, where)
  }
  for (const { id, entries: list } of directory.pools.values()) entries(list, at({ section: 'pools', id }))
  for (const { number, use } of directory.numbers.values()) {
    if (use.kind === 'dialIn') references.organisation(use.organisation, at({ section: 'numbers', id: number }))
    else if (use.kind === 'line') references.line(use.line, at({ section: 'numbers', id: number }))
  }
  references.check(form, {
    clinician: directory.clinicians,
    organisation: directory.organisations,
    line: directory.lines,
    pool: directory.pools,
    area: directory.areas,
  })
  checkDirectory(form, directory, byName)
  const found = new Map<string, Contradiction>()
  for (const { line, message, expected } of form.errors) {
    const name = places[line]
    // A rota names the same person in many sessions.
    if (name !== undefined) found.set(`${name.section} ${name.id} ${message}`, { ...name, message, expected })
  }
  return [...found.values()]
}

/** A change for a date needs its session: in the pattern, or from an earlier replacement with its own times. */
function checkSessions(form: Form, { line, pattern, changes }: Rota, where: { readonly at: number }): void {
  const known = new Set(pattern.map(({ day, name }) => `${day} ${name}`))
  for (const change of changes) {
    const day = dayOfWeek(dayNumber(change.date) ?? 0)
    if (change.kind === 'replace' && change.span !== undefined) known.add(`${change.date} ${change.session}`)
    else if (!known.has(`${day} ${change.session}`) && !known.has(`${change.date} ${change.session}`))
      form.problem(
        where,
        `the rota of ${line} has no session "${change.session}" on ${change.date}, a ${day}`,
        'a date on which there is a session, or `replace` with a `time`',
      )
  }
}
