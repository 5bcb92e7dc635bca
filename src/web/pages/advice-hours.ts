import { stringify } from 'csv-stringify/sync'
import { reachOf } from '../../accounts/identity.js'
import type { Directory } from '../../directory/model.js'
import { adviceInWords } from '../../figures/advice.js'
import { serviceTimeZone } from '../../figures/roll-up.js'
import { count, hours } from '../../figures/words.js'
import { adviceHours } from '../../reports/advice-hours.js'
import type { RecordDocument } from '../../reports/record-pdf.js'
import type { Store } from '../../store/store.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose, writtenAs, type Choice } from '../choices.js'
import { missing, view, type Site } from '../site.js'

export interface AdviceHoursParts {
  readonly store: Pick<Store, 'rollUps'>
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
  /** Makes a PDF on its own thread. */
  readonly pdf: (document: RecordDocument) => Promise<Uint8Array>
}

const list = 'calls/advice-hours'

/** The advice that a specialist gave, month by month: for the specialist, for their job plan, and for service managers. */
export function adviceHoursPages(site: Site, { store, directory, now, pdf }: AdviceHoursParts): void {
  site.menu({ href: '/advice-hours', text: 'Advice hours', needs: 'calls' })

  site.report('/advice-hours', 'calls', async ({ identity, query }) => {
    const known = directory()
    const seen = choiceList(list, identity, known) ?? []
    const own = reachOf(identity, 'calls').clinicians
    const written = (query['clinician'] ?? '').trim()
    const named = written === '' ? undefined : choose(seen, written, 'clinician')
    const field = choiceField(seen, list)
    const several = seen.length > 1
    // In a field a name may be wrong; an address that is none of theirs is one that does not exist.
    if (named?.ok === false)
      return field.source === undefined || query['as'] !== undefined
        ? missing
        : view(
            'advice-hours.njk',
            'Advice hours',
            { field, several, written },
            { errors: [{ field: 'clinician', message: named.message }] },
          )
    const id = named?.id ?? seen.find((one) => own.has(one.id))?.id ?? byName(seen)[0]?.id
    const clinician = seen.find((one) => one.id === id)
    if (id === undefined || clinician === undefined) return view('advice-hours.njk', 'Advice hours', { nobody: true })
    const { monthly: byMonth, whole } = await adviceHours(store, id, now())
    const monthly = byMonth.map((one) => ({ ...one, label: monthName.format(Date.parse(`${one.month}-15T12:00:00Z`)) }))
    if (query['as'] === 'csv') {
      const body = stringify(
        [
          ['month', 'rung', 'answered', 'talk hours'],
          ...monthly.map(({ month, rung, answered, talkMs }) => [month, rung, answered, (talkMs / 3_600_000).toFixed(2)]),
        ],
        { bom: true, record_delimiter: 'windows' },
      )
      return { kind: 'file', name: `advice-hours-${id.replace(/[^\w-]/g, '')}.csv`, type: 'text/csv; charset=utf-8', body }
    }
    const perWeek = (whole.talkMs / 60_000 / weeksShown).toFixed(0)
    const organisations = (known.clinicians.get(id)?.organisations ?? []).map((one) => known.organisations.get(one)?.name ?? one)
    if (query['as'] === 'pdf') {
      const { answered, rung, share, talk, mean } = adviceInWords(whole)
      const body = await pdf({
        title: `Advice given by telephone: ${clinician.name}`,
        lines: [
          { name: 'Role', value: known.clinicians.get(id)?.role ?? '' },
          { name: 'Works for', value: organisations.join(', ') },
          { name: 'Months', value: `${monthly[0]?.label ?? ''} to ${monthly.at(-1)?.label ?? ''} (${serviceTimeZone})` },
          { name: 'Calls answered', value: `${answered}, of ${rung} times rung (${share})` },
          { name: 'Time spoken', value: `${talk}; ${mean} a call, ${perWeek} min a week on average` },
          { name: 'What counts', value: whatCounts },
        ],
        storyTitle: 'By month',
        story: monthly.map((one) => ({
          into: one.label,
          what: `${count(one.answered)} answered of ${count(one.rung)} times rung, ${hours(one.talkMs)}`,
        })),
        foot: `Ringround, as of ${instant.format(now())}`,
        madeAt: now(),
      })
      return { kind: 'file', name: `advice-hours-${id.replace(/[^\w-]/g, '')}.pdf`, type: 'application/pdf', body: Buffer.from(body) }
    }
    return view('advice-hours.njk', 'Advice hours', {
      clinician,
      role: known.clinicians.get(id)?.role,
      organisations,
      field,
      several,
      written: field.source === undefined ? id : writtenAs(seen, id),
      monthly: monthly.map((one) => ({ label: one.label, words: adviceInWords(one) })),
      whole: adviceInWords(whole),
      perWeek,
      whatCounts,
      madeAt: now(),
    })
  })
}

const weeksShown = 52
const whatCounts = `Rung: each time one of their telephones was rung. Answered: calls that they accepted and in which two people talked. Time talking: from then to the end of the conversation; ringing, whisper and writing up afterwards are not included. Months are those of ${serviceTimeZone}.`
const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: serviceTimeZone })
const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: serviceTimeZone })

function byName(some: readonly Choice[]): readonly Choice[] {
  return [...some].sort((a, b) => a.name.localeCompare(b.name, 'en-GB'))
}
