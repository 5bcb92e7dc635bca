import type { Accounts } from '../../accounts/accounts.js'
import { actorOfIdentity } from '../../accounts/identity.js'
import { entitiesIn } from '../../directory/entities.js'
import { sectionInFile } from '../../directory/entity-line.js'
import { entityId, entityInFile, type FileForm } from '../../directory/file-form.js'
import { exportLine } from '../../directory/load-directory.js'
import type { Directory } from '../../directory/model.js'
import { showNumber } from '../../directory/telephone-number.js'
import { writeDirectory } from '../../directory/write-directory.js'
import type { DirectoryOperations } from '../../operations/directory.js'
import type { Refused } from '../../operations/result.js'
import { differs, problemsOf, wrongReason } from '../directory-changes.js'
import type { VersionedDirectory } from '../../store/kept-directory.js'
import type { Store } from '../../store/store.js'
import {
  directoryForms,
  fieldNamed,
  fieldsOf,
  isFormSection,
  resolved,
  shownFields,
  valuesOf,
  type FormSection,
} from '../directory-forms.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

export interface DirectoryPageParts {
  readonly operations: DirectoryOperations
  readonly inForce: { current(): VersionedDirectory }
  readonly store: Pick<Store, 'directory'>
  readonly accounts: Pick<Accounts, 'peopleNamed'>
}

const [maxShown, versionsShown] = [100, 10]
/** Room for a directory of ten thousand clinicians as a form sends it. */
const fileBytes = 32 * 1024 * 1024

/** Organisations, lines, people and numbers: viewed, changed one at a time after the differences are shown, and as a file. Each change is a version with its reason. */
export function directoryPages(site: Site, { operations, inForce, store, accounts }: DirectoryPageParts): void {
  site.menu({ href: '/directory', text: 'Directory', needs: 'directory' })

  const overview = async (errors: readonly FieldError[] = [], text = '') => {
    const { version, directory } = inForce.current()
    const versions = await store.directory.versions({ limit: versionsShown })
    const people = await accounts.peopleNamed(versions.flatMap(({ actor }) => actor.id ?? []))
    const sections = Object.entries(directoryForms).map(([name, { title }]) => ({
      name,
      title,
      count: entitiesIn(directory, name as FormSection).size,
    }))
    return view(
      'directory.njk',
      'Directory',
      {
        version,
        sections,
        text,
        versions: versions.map((one) => ({
          ...one,
          by: one.actor.id === undefined ? 'The service' : (people.get(one.actor.id)?.name ?? one.actor.id),
        })),
      },
      { errors, scripts: ['directory-file.js'] },
    )
  }
  site.get('/directory', 'directory', () => overview())

  site.get('/directory/export', 'directory', () => {
    const { version, directory } = inForce.current()
    return {
      kind: 'file',
      name: `directory-${version}.yaml`,
      type: 'application/yaml; charset=utf-8',
      body: `${exportLine(version)}\n${writeDirectory(directory)}`,
    }
  })

  site.post(
    '/directory/file',
    'directory',
    async (asked) => {
      const { text = '', why = '' } = asked.form
      if (text.trim() === '') return overview([{ field: 'text', message: 'Choose a directory file, or paste its text' }])
      const checked = await operations.checkText({ text })
      if (checked.kind === 'refused')
        return overview(
          problemsOf(checked, () => 'text'),
          text,
        )
      if (checked.value.changes.length === 0) return goTo('/directory', 'directorySame')
      const sure = (errors: readonly FieldError[] = []) =>
        differs('/directory/file', '/directory', { text }, checked.value.changes, why, errors)
      if (asked.form['sure'] !== 'yes') return sure()
      const wrong = wrongReason(why)
      if (wrong) return sure([wrong])
      const saved = await operations.apply(actorOfIdentity(asked.identity), { text, why: why.trim() })
      return saved.kind === 'refused'
        ? overview(
            problemsOf(saved, () => 'text'),
            text,
          )
        : goTo('/directory', 'directorySaved')
    },
    { bodyBytes: fileBytes },
  )

  site.get('/directory/:section', 'directory', ({ params, query }) => {
    const section = params['section'] ?? ''
    if (!isFormSection(section)) return missing
    const search = (query['search'] ?? '').trim().slice(0, 100)
    const { directory } = inForce.current()
    const rows = rowsOf(directory, section).filter(({ id, name, about }) =>
      `${id} ${name} ${about}`.toLowerCase().includes(search.toLowerCase()),
    )
    return view('directory-section.njk', directoryForms[section].title, {
      section,
      one: directoryForms[section].one,
      search,
      rows: rows.slice(0, maxShown),
      more: Math.max(0, rows.length - maxShown),
    })
  })

  site.get('/directory/:section/new', 'directory', (asked) => {
    const section = asked.params['section'] ?? ''
    return isFormSection(section) ? form(section, undefined, valuesOf(section, fresh[section])) : missing
  })
  site.post('/directory/:section/new', 'directory', (asked) => {
    const section = asked.params['section'] ?? ''
    if (!isFormSection(section)) return missing
    const { values } = resolved(section, asked.form, asked.all, inForce.current().directory)
    const id = entityId(section, (asked.form['id'] ?? '').trim())
    if (id === '') return form(section, undefined, values, [{ field: 'id', message: `Enter an ID. ${directoryForms[section].idHint}` }])
    if (entitiesIn(inForce.current().directory, section).has(id))
      return form(section, undefined, values, [{ field: 'id', message: 'There is already one with this ID' }])
    return change(asked, section, undefined, id, 'set')
  })

  site.get('/directory/:section/:id', 'directory', (asked) =>
    about(asked, (section, id, entity) => form(section, id, valuesOf(section, entity))),
  )
  site.post('/directory/:section/:id', 'directory', (asked) => about(asked, (section, id) => change(asked, section, id, id, 'set')))
  site.post('/directory/:section/:id/remove', 'directory', (asked) =>
    about(asked, (section, id) => change(asked, section, id, id, 'remove')),
  )

  /** Checks a change, shows the differences, and saves it once they were seen and a reason is given. @param known undefined: a new entity */
  async function change(
    asked: Asked,
    section: FormSection,
    known: string | undefined,
    id: string,
    what: 'set' | 'remove',
  ): Promise<Answer> {
    const { identity } = asked
    const { values, errors } = resolved(section, asked.form, asked.all, inForce.current().directory)
    if (what === 'set' && errors.length > 0) return form(section, known, values, errors)
    const why = values['why'] ?? ''
    const version = /^\d{1,9}$/.test(values['version'] ?? '') ? Number(values['version']) : inForce.current().version
    const edit = {
      version,
      changes: [{ section: sectionInFile[section], id, ...(what === 'set' ? { set: fieldsOf(section, values) } : { remove: true }) }],
    }
    const path = `/directory/${section}/${known === undefined ? 'new' : encodeURIComponent(known)}${what === 'remove' ? '/remove' : ''}`
    const again = (refused: Refused) =>
      form(
        section,
        known,
        what === 'remove' ? valuesOf(section, entityInFile(inForce.current().directory, { section, id }) ?? {}) : values,
        problemsOf(refused, (field) => fieldNamed(section, field.slice(`${sectionInFile[section]}.${id}.`.length))),
        version,
      )
    const checked = await operations.check(edit)
    if (checked.kind === 'refused') return again(checked)
    if (checked.value.changes.length === 0) return goTo(`/directory/${section}`, 'directorySame')
    const sent = {
      ...Object.fromEntries(directoryForms[section].fields.map(({ name }) => [name, values[name] ?? ''])),
      version: String(version),
      ...(known === undefined ? { id } : {}),
    }
    const sure = (errors: readonly FieldError[] = []) =>
      differs(
        path,
        known === undefined ? `/directory/${section}` : `/directory/${section}/${encodeURIComponent(known)}`,
        sent,
        checked.value.changes,
        why,
        errors,
      )
    if (values['sure'] !== 'yes') return sure()
    const wrong = wrongReason(why)
    if (wrong) return sure([wrong])
    const saved = await operations.change(actorOfIdentity(identity), { ...edit, why: why.trim() })
    return saved.kind === 'refused' ? again(saved) : goTo(`/directory/${section}`, 'directorySaved')
  }

  function about(
    { params }: Asked,
    work: (section: FormSection, id: string, entity: FileForm) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    const [section, id] = [params['section'] ?? '', params['id'] ?? '']
    if (!isFormSection(section)) return missing
    const entity = entityInFile(inForce.current().directory, { section, id })
    // A number of an organisation or a line is changed on its page.
    return entity === undefined || (section === 'numbers' && !('use' in entity)) ? missing : work(section, id, entity)
  }

  function form(
    section: FormSection,
    id: string | undefined,
    values: Readonly<Record<string, string>>,
    errors: readonly FieldError[] = [],
    version = inForce.current().version,
  ): Answer {
    const { one, title, idHint } = directoryForms[section]
    return view(
      'directory-entity.njk',
      id === undefined ? `New ${one}` : nameOf(inForce.current().directory, section, id),
      { section, one, sectionTitle: title, id, idHint, fields: shownFields(section, values, inForce.current().directory), values, version },
      { errors },
    )
  }
}

/** The defaults of a new entity. */
const fresh: Readonly<Record<FormSection, FileForm>> = {
  organisations: { kind: 'gpPractice' },
  lines: {
    kind: 'advice',
    hours: { week: 'always' },
    access: 'nobody',
    ring: { ringSeconds: '20', acceptSeconds: '15', totalSeconds: '180', rounds: '1', order: 'rota' },
    recordFrom: 'bridge',
    spokenWord: 'off',
  },
  clinicians: {},
  pools: {},
  numbers: {},
  areas: {},
}

interface Row {
  readonly id: string
  readonly name: string
  readonly about: string
  /** The page to change it on. */
  readonly href: string
}

function rowsOf(directory: Directory, section: FormSection): readonly Row[] {
  const { organisations, lines, clinicians, pools, numbers, areas } = directory
  const href = (id: string) => `/directory/${section}/${encodeURIComponent(id)}`
  const named = (all: Iterable<{ readonly id: string; readonly name: string }>, aboutOf: (id: string) => string) =>
    [...all]
      .map(({ id, name }) => ({ id, name, about: aboutOf(id), href: href(id) }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en-GB') || (a.id < b.id ? -1 : 1))
  switch (section) {
    case 'organisations':
      return named(organisations.values(), (id) => areas.get(organisations.get(id)?.area ?? '')?.name ?? '')
    case 'lines':
      return named(lines.values(), (id) => organisations.get(lines.get(id)?.trust ?? '')?.name ?? '')
    case 'clinicians':
      return named(clinicians.values(), (id) => clinicians.get(id)?.role ?? '')
    case 'pools':
      return named(
        [...pools.values()].map(({ id, specialty }) => ({ id, name: specialty })),
        (id) => String(pools.get(id)?.entries.length ?? 0) + ' on it',
      )
    case 'areas':
      return named(areas.values(), () => '')
    case 'numbers':
      return [...numbers.values()].map(({ number, use }) => ({
        id: number,
        name: showNumber(number),
        ...usedFor(directory, use, href(number)),
      }))
  }
}

function usedFor(
  { organisations, lines }: Directory,
  use: { readonly kind: string; readonly organisation?: string; readonly line?: string },
  own: string,
): Pick<Row, 'about' | 'href'> {
  if (use.organisation !== undefined)
    return {
      about: `Dial-In number of ${organisations.get(use.organisation)?.name ?? use.organisation}`,
      href: `/directory/organisations/${use.organisation}`,
    }
  if (use.line !== undefined)
    return { about: `Direct number of ${lines.get(use.line)?.name ?? use.line}`, href: `/directory/lines/${use.line}` }
  return { about: use.kind === 'bypass' ? 'Asks for a practice’s code' : 'Takes the codes of arranged calls', href: own }
}

function nameOf(directory: Directory, section: FormSection, id: string): string {
  if (section === 'numbers') return showNumber(id)
  if (section === 'pools') return directory.pools.get(id)?.specialty ?? id
  return directory[section].get(id)?.name ?? id
}
