import { actorOfIdentity, reaches, reachOf, type Identity } from '../../accounts/identity.js'
import { dateOf, dayNumber, daysOfWeek, mondayOf, type DayNumber } from '../../directory/calendar.js'
import type { Directory, Line, RotaEntry } from '../../directory/model.js'
import { huntCandidates, sessionPlansOn } from '../../directory/rota.js'
import { showSpan } from '../../directory/write-directory.js'
import { writeTarget } from '../../directory/telephone-number.js'
import { knownTimeZone } from '../../directory/time-zone.js'
import { weekPlan, type PlannedSession } from '../../directory/week-plan.js'
import type { AvailabilityOperations } from '../../operations/availability.js'
import type { RotaEdit, RotaOperations } from '../../operations/rotas.js'
import type { VersionedDirectory } from '../../store/kept-directory.js'
import { choiceField, choose } from '../choices.js'
import { differs, problemsOf, wrongReason } from '../directory-changes.js'
import {
  changesFor,
  placeChoices,
  placeFields,
  placesRead,
  placeValues,
  rotaField,
  rotaInFile,
  sessionRead,
  sessionValues,
  type FileSession,
} from '../rota-forms.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { notNowWords } from '../wallboard/words.js'
import { rotaWeekPages } from './rota-weeks.js'

export interface RotaPageParts {
  readonly rotas: RotaOperations
  readonly inForce: { current(): VersionedDirectory }
  readonly availability: Pick<AvailabilityOperations, 'of'>
  /** Wall-clock ms. */
  readonly now: () => number
}

type Values = Readonly<Record<string, string>>

const dayNames = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const
/** The most lines in the list of rotas; others are found by name. */
const maxShown = 100

/** Who is on, week by week, and who is on every week: viewed and changed by the keepers of a line's rotas. The differences are shown before saving. */
export function rotaPages(site: Site, { rotas, inForce, availability, now }: RotaPageParts): void {
  site.menu({ href: '/rotas', text: 'Rotas', needs: 'rotas', firstFor: ['rotaKeeper'] })

  site.get('/rotas', 'rotas', ({ identity, query }) => {
    const { directory } = inForce.current()
    const search = (query['search'] ?? '').trim().slice(0, 100)
    const lines = linesOf(identity, directory).filter(({ name, id }) => `${name} ${id}`.toLowerCase().includes(search.toLowerCase()))
    const rows = lines.slice(0, maxShown).map((line) => ({
      id: line.id,
      name: line.name,
      trust: directory.organisations.get(line.trust)?.name ?? line.trust,
      gaps: gapsIn(directory, line),
      notNow: notNowOn(directory, line),
    }))
    return view('rotas.njk', 'Rotas', { rows, search, more: Math.max(0, lines.length - maxShown) })
  })

  site.get('/rotas/:line', 'rotas', (asked) =>
    about(asked, (line, at) => week(line, at, mondayOf(dayNumber(asked.query['week'] ?? '') ?? today(line)))),
  )

  rotaWeekPages(site, {
    about,
    today,
    shown: week,
    save: (asked, line, values, changes, more) => save(asked, line, values, { changes }, more),
  })

  const withLine = (path: string, answer: (asked: Asked, line: Line, at: VersionedDirectory) => Answer | Promise<Answer>) => {
    site.get(`/rotas/:line/${path}`, 'rotas', (asked) => about(asked, (line, at) => answer(asked, line, at)))
    site.post(`/rotas/:line/${path}`, 'rotas', (asked) => about(asked, (line, at) => answer(asked, line, at)))
  }

  // A session of every week

  withLine('sessions/new', (asked, line, at) => {
    const back = `/rotas/${line.id}`
    const form = (values: Values, errors: readonly FieldError[] = []) =>
      sessionForm(line, at, values, errors, { title: 'New session', isNew: true })
    if (asked.request.method === 'GET')
      return form({ ...sessionValues({ session: '', days: 'mon-fri', time: '09:00-17:00', entries: [] }), version: String(at.version) })
    const read = chosen(asked, line, at.directory)
    return read.kind === 'wrong'
      ? form(read.values, read.errors)
      : save(
          asked,
          line,
          read.values,
          { pattern: [...rotaInFile(at.directory, line.id).pattern, sessionRead(read.values)] },
          { back, form },
        )
  })

  withLine('sessions/:index', (asked, line, at) => {
    const { pattern } = rotaInFile(at.directory, line.id)
    const back = `/rotas/${line.id}`
    const shown = pattern[Number(asked.params['index'])]
    const was = asked.form['was'] ?? (shown && JSON.stringify(shown))
    const title = 'A session of every week'
    const form = (values: Values, errors: readonly FieldError[] = []) =>
      sessionForm(line, at, { ...values, was: was ?? '' }, errors, { title, isNew: false })
    if (was === undefined) return missing
    if (asked.request.method === 'GET') return shown ? form({ ...sessionValues(shown), version: String(at.version) }) : missing
    const place = pattern.findIndex((one) => JSON.stringify(one) === was)
    const read = chosen(asked, line, at.directory)
    if (place < 0)
      return form(read.values, [
        { field: '', message: 'Someone else has changed this session in the meantime. Go back to the rota and look at it again' },
      ])
    if (asked.form['remove'] === 'yes')
      return save(
        asked,
        line,
        { ...read.values, remove: 'yes', was },
        { pattern: pattern.filter((_, index) => index !== place) },
        { back, form },
      )
    return read.kind === 'wrong'
      ? form(read.values, read.errors)
      : save(
          asked,
          line,
          { ...read.values, was },
          { pattern: pattern.map((one, index) => (index === place ? sessionRead(read.values) : one)) },
          { back, form },
        )
  })

  // A session on one date

  withLine('dates/:date', (asked, line, at) => {
    const date = asked.params['date'] ?? ''
    const day = dayNumber(date)
    const rota = at.directory.rotas.get(line.id)
    if (day === undefined) return missing
    const session = (asked.request.method === 'GET' ? asked.query['session'] : asked.form['session'])?.trim() ?? ''
    const planned = rota && sessionPlansOn(rota, day).find(({ name }) => name === session)
    const isPast = day < today(line)
    const back = `/rotas/${line.id}?week=${dateOf(mondayOf(day))}`
    const form = (values: Values, errors: readonly FieldError[] = []) =>
      view(
        'rota-date.njk',
        `${planned ? session : 'Another session'}, ${dayInWords(date)}`,
        {
          line,
          values,
          back,
          isPast,
          known: planned !== undefined,
          everyWeek:
            planned !== undefined &&
            rota !== undefined &&
            sessionPlansOn({ ...rota, changes: [] }, day).some(({ name }) => name === session),
          ...fields(line, at.directory, values),
        },
        { errors },
      )
    if (asked.request.method === 'GET') {
      const kind = planned?.closed === true ? 'closed' : planned?.changed === true || !planned ? 'these' : 'pattern'
      return form({
        session,
        kind,
        time: planned ? showSpan(planned.span) : '',
        ...placeValues(planned ? placesOf(planned.entries) : []),
        version: String(at.version),
      })
    }
    const read = chosen(asked, line, at.directory)
    if (isPast) return form(read.values, [{ field: '', message: 'This day is over and can no longer be changed' }])
    if (read.kind === 'wrong') return form(read.values, read.errors)
    const kind = asked.form['kind'] ?? ''
    if (session === '') return form(read.values, [{ field: 'session', message: 'Enter the name of the session' }])
    if (kind !== 'pattern' && kind !== 'closed' && kind !== 'these')
      return form(read.values, [{ field: 'kind', message: 'Choose who is rung' }])
    const time = (read.values['time'] ?? '').replaceAll(/\s/g, '')
    const entries = placesRead(read.values)
    if (kind === 'these' && entries.length === 0)
      return form(read.values, [{ field: 'place0', message: 'Choose someone, or choose that nobody is rung' }])
    const { changes } = rotaInFile(at.directory, line.id)
    const wanted =
      kind === 'these'
        ? {
            kind: 'these' as const,
            entries,
            ...(time === '' || (planned && time === showSpan(planned.span) && !hasOwnTime(changes, date, session)) ? {} : { time }),
          }
        : { kind: kind === 'closed' ? ('closed' as const) : ('pattern' as const) }
    return save(asked, line, { ...read.values, kind }, { changes: changesFor(changes, { date, session }, wanted) }, { back, form })
  })

  /** Checks a change, shows the differences, and saves it once they were seen and a reason is given. */
  async function save(
    asked: Asked,
    line: Line,
    values: Values,
    set: Pick<RotaEdit, 'pattern' | 'changes'>,
    { back, form }: { readonly back: string; readonly form: (values: Values, errors: readonly FieldError[]) => Answer },
  ): Promise<Answer> {
    const why = asked.form['why'] ?? ''
    const version = /^\d{1,9}$/.test(values['version'] ?? '') ? Number(values['version']) : inForce.current().version
    const checked = await rotas.check(line.id, { version, ...set })
    if (checked.kind === 'refused') return form(values, problemsOf(checked, rotaField))
    if (checked.value.changes.length === 0) return goTo(back, 'directorySame')
    const sure = (errors: readonly FieldError[] = []) =>
      differs(asked.request.url.split('?')[0] ?? '', back, values, checked.value.changes, why, errors)
    if (asked.form['sure'] !== 'yes') return sure()
    const wrong = wrongReason(why)
    if (wrong) return sure([wrong])
    const saved = await rotas.change(actorOfIdentity(asked.identity), line.id, { version, ...set, why: why.trim() })
    return saved.kind === 'refused' ? form(values, problemsOf(saved, rotaField)) : goTo(back, 'directorySaved')
  }

  function about(
    { params, identity }: Asked,
    work: (line: Line, at: VersionedDirectory) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    const at = inForce.current()
    const line = at.directory.lines.get(params['line'] ?? '')
    return line && reaches(reachOf(identity, 'rotas'), { line: line.id }, at.directory) ? work(line, at) : missing
  }

  function week(
    line: Line,
    { directory, version }: VersionedDirectory,
    monday: DayNumber,
    errors: readonly FieldError[] = [],
    values: Values = {},
  ): Answer {
    const rota = directory.rotas.get(line.id) ?? { line: line.id, pattern: [], changes: [] }
    const planned = weekPlan(rota, line.timeZone, monday)
    const names = [
      ...new Set([...planned].sort((a, b) => clock(line).format(a.from).localeCompare(clock(line).format(b.from))).map(({ name }) => name)),
    ]
    const days = Array.from({ length: 7 }, (_, index) => dateOf(monday + index))
    const rows = names.map((name) => ({
      name,
      cells: days.map(
        (date) =>
          planned.filter((one) => one.name === name && one.date === date).map((one) => cell(line, directory, one))[0] ?? {
            date,
            isNone: true,
          },
      ),
    }))
    const about = {
      line,
      trust: directory.organisations.get(line.trust)?.name ?? line.trust,
      monday: dateOf(monday),
      earlier: dateOf(monday - 7),
      later: dateOf(monday + 7),
      isThisWeek: mondayOf(today(line)) === monday,
      days: days.map((date) => ({ date, text: dayInWords(date), isOver: (dayNumber(date) ?? 0) < today(line) })),
      rows,
      sessions: rotaInFile(directory, line.id).pattern.map((one, index) => ({
        index,
        name: one.session,
        days: [one.days].flat().join(', '),
        time: one.time,
        people: peopleIn(directory, one),
      })),
      version,
      values,
      isOver: monday < mondayOf(today(line)),
    }
    return view('rota.njk', `Rota of ${line.name}`, about, { errors, scripts: about.isOver ? [] : ['directory-file.js'] })
  }

  function cell(line: Line, directory: Directory, { name, date, from, to, entries, closed, changed }: PlannedSession) {
    const mayChange = (dayNumber(date) ?? 0) >= today(line)
    return {
      name,
      date,
      time: `${clock(line).format(from)} to ${clock(line).format(to)}`,
      // Clinicians who have said "not now" in the current session.
      people: entries.map((entry) =>
        [nameOf(directory, entry), from <= now() && now() < to ? notNowOf(line, entry) : ''].filter(Boolean).join(': '),
      ),
      closed,
      changed,
      ...(mayChange ? { href: `/rotas/${line.id}/dates/${date}?session=${encodeURIComponent(name)}` } : {}),
    }
  }

  function today(line: Line): number {
    return knownTimeZone(line.timeZone).dayAt(now())
  }

  function notNowOf(line: Line, entry: RotaEntry): string {
    return entry.kind === 'clinician' ? notNowWords(availability.of(entry.clinician)?.until, line.timeZone) : ''
  }

  /** Clinicians on now who have said "not now". */
  function notNowOn(directory: Directory, line: Line): readonly string[] {
    return huntCandidates(directory, line, now()).flatMap(({ clinician }) => {
      const words = clinician === undefined ? '' : notNowWords(availability.of(clinician)?.until, line.timeZone)
      return words === '' ? [] : [`${directory.clinicians.get(clinician ?? '')?.name ?? ''}: ${words}`]
    })
  }

  /** Sessions of the next seven days in which nobody is rung. */
  function gapsIn(directory: Directory, line: Line): number {
    const rota = directory.rotas.get(line.id)
    if (!rota) return 0
    return Array.from({ length: 7 }, (_, index) => sessionPlansOn(rota, today(line) + index))
      .flat()
      .filter(({ entries }) => entries.length === 0).length
  }

  function sessionForm(
    line: Line,
    { directory }: VersionedDirectory,
    values: Values,
    errors: readonly FieldError[],
    more: { readonly title: string; readonly isNew: boolean },
  ): Answer {
    const on = new Set((values['days'] ?? '').split(','))
    const days = daysOfWeek.map((day) => ({ value: day, text: dayNames[day], checked: on.has(day) }))
    return view(
      'rota-session.njk',
      more.title,
      { line, values, days, isNew: more.isNew, back: `/rotas/${line.id}`, ...fields(line, directory, values) },
      { errors },
    )
  }

  /** The choices, with people written by name replaced by their ids. */
  function chosen(
    asked: Asked,
    line: Line,
    directory: Directory,
  ): { readonly kind: 'read' | 'wrong'; readonly values: Values; readonly errors: readonly FieldError[] } {
    const choices = placeChoices(directory, line)
    const errors: FieldError[] = []
    const days = asked.all('day')
    const values: Record<string, string> = { ...asked.form, days: days.length > 0 ? days.join(',') : (asked.form['days'] ?? '') }
    for (const name of ['token', 'sure', 'why', 'day']) Reflect.deleteProperty(values, name)
    for (const name of placeFields(values)) {
      const written = values[name] ?? ''
      if (written.trim() === '' || written.startsWith('{')) continue
      const found = choose(choices, written, 'clinician')
      if (found.ok) values[name] = found.id
      else errors.push({ field: name, message: found.message })
    }
    return { kind: errors.length > 0 ? 'wrong' : 'read', values, errors }
  }
}

function fields(line: Line, directory: Directory, values: Values) {
  const { items, source } = choiceField(placeChoices(directory, line), 'rotas/clinicians')
  return { places: placeFields(values), ...(items ? { items: [{ value: '', text: 'Nobody' }, ...items] } : { source }) }
}

function linesOf(identity: Identity, directory: Directory): readonly Line[] {
  const reach = reachOf(identity, 'rotas')
  return [...directory.lines.values()]
    .filter(({ id }) => reaches(reach, { line: id }, directory))
    .sort((a, b) => a.name.localeCompare(b.name, 'en-GB'))
}

function hasOwnTime(changes: readonly Readonly<Record<string, unknown>>[], date: string, session: string): boolean {
  return changes.some((one) => one['date'] === date && one['session'] === session && one['time'] !== undefined)
}

function placesOf(entries: readonly RotaEntry[]) {
  return entries.map((entry) => (entry.kind === 'clinician' ? entry.clinician : { phone: entry.label, target: writeTarget(entry.target) }))
}

function nameOf({ clinicians }: Directory, entry: RotaEntry): string {
  return entry.kind === 'clinician' ? (clinicians.get(entry.clinician)?.name ?? entry.clinician) : entry.label
}

function peopleIn({ clinicians }: Directory, { entries }: FileSession): readonly string[] {
  return entries.map((place) => (typeof place === 'string' ? (clinicians.get(place)?.name ?? place) : place.phone))
}

function clock({ timeZone }: Line): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone })
}

const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })

function dayInWords(date: string): string {
  return day.format(Date.parse(`${date}T12:00:00Z`))
}
