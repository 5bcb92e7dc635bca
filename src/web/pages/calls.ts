import { keepView, removeView, viewsOf } from '../../accounts/saved-views.js'
import { meets, type Identity } from '../../accounts/identity.js'
import type { Accounts } from '../../accounts/accounts.js'
import type { Directory } from '../../directory/model.js'
import { knownOutcomes } from '../../directory/outcomes.js'
import { knownTimeZone } from '../../directory/time-zone.js'
import { callEndings } from '../../facts/endings.js'
import type { CallEnding } from '../../facts/events.js'
import type { PatientParts } from '../../reports/arranged-patients.js'
import { filterOf, type AskedCalls } from '../../reports/asked-calls.js'
import { rowsOf } from '../../reports/calls-report.js'
import { callsColumns, cellsOf, writtenCell } from '../../reports/columns.js'
import { askedNames, askedString } from '../../reports/query-string.js'
import type { ReportRow } from '../../reports/report-row.js'
import { callOrders, type CallFilter, type CallOrder, type CallPage } from '../../store/call-filter.js'
import type { Store } from '../../store/store.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose, writtenAs } from '../choices.js'
import { openCalls } from '../open-calls.js'
import { goTo, missing, view, type Asked, type FieldError, type Site } from '../site.js'
import type { LooksAt } from './call.js'

export interface CallsParts {
  readonly store: Pick<Store, 'calls'>
  readonly arranged: PatientParts['arranged']
  readonly accounts: Accounts
  readonly directory: () => Directory
  readonly looks: LooksAt
  readonly timeZone: string
  /** Wall-clock ms. */
  readonly now: () => number
}

const perPage = 50
/** Calls with an open outcome, above the list. */
const maxOpen = 5

/** The calls report: its columns, filters, views, and links to a call and to a spreadsheet. Above it, for clinicians, their own calls with an open outcome. */
export function callsPages(site: Site, { store, arranged, accounts, directory, looks, timeZone, now }: CallsParts): void {
  const zone = knownTimeZone(timeZone)
  site.menu({ href: '/calls', text: 'Calls', needs: 'calls' })

  site.report('/calls', 'calls', (asked) => page(asked, []))
  // By POST: a patient's number is in no address, and so in no history.
  site.post('/calls/find', 'calls', (asked) => page({ ...asked, query: {} }, [], (asked.form['number'] ?? '').trim()), {
    fromReports: true,
  })

  site.post('/calls/views', 'calls', async (asked) => {
    const { form, by } = asked
    const name = (form['name'] ?? '').trim().slice(0, 80)
    const query = askedString(Object.fromEntries(new URLSearchParams(form['query'] ?? '')), ['number'])
    if (name === '')
      return page({ ...asked, query: Object.fromEntries(new URLSearchParams(query)) }, [
        { field: 'name', message: 'Enter a name for this view' },
      ])
    const kept = await keepView(accounts.writing, by.actor, { name, query }, now())
    if (!kept)
      return page({ ...asked, query: Object.fromEntries(new URLSearchParams(query)) }, [
        { field: 'name', message: 'You have 100 views, which is the most. Remove one first' },
      ])
    return goTo(addressOf(query), 'viewSaved')
  })

  site.post('/calls/views/:view/remove', 'calls', async ({ params, by }) =>
    (await removeView(accounts.writing, by.actor, params['view'] ?? '')) ? goTo('/calls', 'viewRemoved') : missing,
  )

  /** @param number to search for; empty: any */
  async function page(asked: Asked, errors: readonly FieldError[], number = '') {
    const { identity, by, request } = asked
    const { number: _inAddress, ...inAddress } = asked.query
    const known = directory()
    const { query, wrong: misread, fields } = chosen(identity, known, inAddress)
    const read = filterOf(
      identity,
      { ...askedOf({ ...query, number }), limit: perPage, ...(query['cursor'] === undefined ? {} : { cursor: query['cursor'] }) },
      { directory: known, timeZone, now: now() },
    )
    const wrong = read.kind === 'refused' ? [{ field: read.field ?? '', message: read.message }] : []
    const filter: CallFilter | undefined = read.kind === 'done' && misread.length === 0 ? read.value : undefined
    if (filter && number !== '') await looks.atList(request, 'calls.searched', askedOf({ ...query, number }))
    const [found, open, views] = await Promise.all([
      filter ? store.calls(filter) : nothing,
      openCalls({ store, arranged }, identity, known, maxOpen + 1),
      viewsOf(accounts.reading, by.actor),
    ])
    const rows = await rowsOf({ arranged }, found.calls, identity, known)
    await looks.atEach(
      request,
      rows.filter(({ nhsNumber }) => nhsNumber !== null).map(({ callId }) => callId),
    )
    const current = askedString(query)
    return view(
      'calls.njk',
      'Calls',
      {
        columns: callsColumns.map(({ name, meaning }) => ({ name, meaning, ...sortOf(name, query) })),
        rows: rows.map((row) => ({
          ...row,
          cells: cellsOf(row, zone, () => '').map(writtenCell),
          href: `/calls/${encodeURIComponent(row.callId)}`,
          listen: heardAs(row),
          mayLeave: row.isOutcomeOpen && meets(identity, 'outcomes'),
        })),
        open: open.slice(0, maxOpen),
        moreOpen: open.length > maxOpen,
        views: views.map(({ id, name, query: of }) => ({ id, name, href: addressOf(of), isCurrent: of === current })),
        query,
        number,
        current,
        filtered: askedNames.some((name) => name !== 'order' && (query[name] ?? '') !== ''),
        ...fields,
        outcomes: outcomesIn(known),
        numbersMayBeAsked: meets(identity, 'recordings'),
        isFirst: query['cursor'] === undefined,
        first: addressOf(current),
        // A number with more than a page of calls is searched by day.
        ...(found.nextCursor === undefined || number !== ''
          ? {}
          : { next: `/calls?${new URLSearchParams([...new URLSearchParams(current), ['cursor', found.nextCursor]]).toString()}` }),
      },
      { errors: [...errors, ...misread, ...wrong] },
    )
  }
}

const nothing: CallPage = { calls: [] }

/** The readable part of a query; a form sends empty fields as well. */
function askedOf(query: Readonly<Record<string, string>>): AskedCalls {
  const given = (name: string) => (query[name]?.trim() ?? '') || undefined
  const [days, answered, order, ending] = [given('days'), given('answered'), given('order'), given('ending')]
  return {
    ...defined('from', given('from')),
    ...defined('to', given('to')),
    ...defined('line', given('line')),
    ...defined('organisation', given('organisation')),
    ...defined('clinician', given('clinician')),
    ...defined('outcome', given('outcome')),
    ...defined('number', given('number')),
    ...defined('sipCallId', given('sipCallId')),
    ...(days !== undefined && /^\d{1,4}$/.test(days) && Number(days) > 0 ? { days: Number(days) } : {}),
    ...(answered === 'true' || answered === 'false' ? { answered: answered === 'true' } : {}),
    ...(isOrder(order) ? { order } : {}),
    ...(ending !== undefined && Object.hasOwn(callEndings, ending) ? { ending: ending as CallEnding } : {}),
  }
}

function defined<K extends string>(name: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]: string })
}

function isOrder(text: string | undefined): text is CallOrder {
  return callOrders.some((order) => order === text)
}

/** The sortable columns, both ways. */
const orders: Readonly<Record<string, readonly [CallOrder, CallOrder]>> = {
  Date: ['newest', 'oldest'],
  Time: ['newest', 'oldest'],
  Surgery: ['surgeryAZ', 'surgeryZA'],
  CCS: ['areaAZ', 'areaZA'],
  Operation: ['operationAZ', 'operationZA'],
  Consultant: ['consultantAZ', 'consultantZA'],
  Trust: ['trustAZ', 'trustZA'],
  Outcome: ['outcomeAZ', 'outcomeZA'],
  Refs: ['mostRefs', 'fewestRefs'],
  'Wait time (secs)': ['longestWait', 'shortestWait'],
  'Talk time (secs)': ['longestTalk', 'shortestTalk'],
}

function sortOf(
  column: string,
  query: Readonly<Record<string, string>>,
): { readonly sort?: { readonly href: string; readonly now: 'ascending' | 'descending' | undefined } } {
  const pair = orders[column]
  if (!pair) return {}
  const [first, second] = pair
  const named = first.endsWith('AZ')
  const order = query['order'] ?? 'newest'
  const rest = askedString(query, ['order'])
  const next = order === first ? second : first
  return {
    sort: {
      href: addressOf(`${rest}${rest === '' ? '' : '&'}order=${next}`),
      now: order === first ? (named ? 'ascending' : 'descending') : order === second ? (named ? 'descending' : 'ascending') : undefined,
    },
  }
}

/** By what of the directory the list can be filtered, and what a field of it is called. */
const filters = [
  ['line', 'lines', 'line'],
  ['organisation', 'organisations', 'organisation'],
  ['clinician', 'clinicians', 'clinician'],
] as const

/** The choices, by id: if there are too many for a list, they are typed by name. Offers come from the current directory, as far as the reader sees it. */
function chosen(identity: Identity, known: Directory, query: Readonly<Record<string, string>>) {
  const read: Record<string, string> = { ...query }
  const wrong: FieldError[] = []
  const fields: Record<string, object> = {}
  for (const [name, kind, what] of filters) {
    const list = `calls/${kind}`
    const choices = choiceList(list, identity, known) ?? []
    const field = choiceField(choices, list)
    const written = (query[name] ?? '').trim()
    const found = written === '' ? undefined : choose(choices, written, what)
    if (found?.ok) read[name] = found.id
    else if (found && field.source !== undefined) wrong.push({ field: name, message: found.message })
    fields[name] = { ...field, value: field.source === undefined ? (read[name] ?? '') : writtenAs(choices, read[name] ?? '') }
  }
  return { query: read, wrong, fields: { fields } }
}

/** All that can be left, of any line. */
function outcomesIn(known: Directory) {
  const labels = new Map(
    [undefined, ...known.lines.keys()].flatMap((line) => knownOutcomes(known, line)).map(({ id, label }) => [id, label]),
  )
  return [...labels].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name, 'en-GB'))
}

function heardAs({ recording }: ReportRow): string {
  if (!recording) return ''
  switch (recording.state) {
    case 'ready':
      return recording.mayHear ? `Listen${recording.seconds === null ? '' : `, ${minutes(recording.seconds)}`}` : 'Recorded'
    case 'failed':
      return 'Failed'
    case 'deleted':
      return 'Deleted'
    default:
      return 'Not ready yet'
  }
}

/** `3:04` */
function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, '0')}`
}

function addressOf(query: string): string {
  return query === '' ? '/calls' : `/calls?${query}`
}
