import type { FastifyRequest } from 'fastify'
import type { Accounts } from '../../accounts/accounts.js'
import { actorOfIdentity, meets, reaches, reachOf, type Identity } from '../../accounts/identity.js'
import type { Directory } from '../../directory/model.js'
import { showNhsNumber } from '../../directory/nhs-number.js'
import type { Actor } from '../../facts/actor.js'
import { callRecord, type CallRecord } from '../../facts/call-record.js'
import type { CallEvent } from '../../facts/events.js'
import type { Operations } from '../../operations/operations.js'
import { outcomesOfCall } from '../../operations/outcomes.js'
import type { Refused } from '../../operations/result.js'
import { withPatient, type PatientParts } from '../../reports/arranged-patients.js'
import type { AskedCalls } from '../../reports/asked-calls.js'
import { parties, storyOf } from '../../reports/call-story.js'
import { clockInto, durationInWords } from '../../reports/durations.js'
import { ofCall, seesPatient } from '../../accounts/reach-of-calls.js'
import { recordLines, recordText } from '../../reports/record-text.js'
import { outcomeLabel } from '../../reports/report-row.js'
import type { Store } from '../../store/store.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose, writtenAs } from '../choices.js'
import type { Notice } from '../notices.js'
import { canBeRungBack } from './call-back-codes.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

/** Each look at patient data is in the audit before it is shown. */
export interface LooksAt {
  /** Resolves once it is written. */
  at(request: FastifyRequest, action: 'call.seen', call: string): Promise<void>
  atEach(request: FastifyRequest, calls: readonly string[]): Promise<void>
  atList(request: FastifyRequest, action: 'calls.searched', asked: AskedCalls): Promise<void>
  /** Whether the permission reaches this call only by an approval, and the reader has not yet given a reason. */
  needsReason(request: FastifyRequest, call: string, permission: 'calls' | 'recordings'): Promise<boolean>
}

export interface CallParts {
  readonly store: Pick<Store, 'events'>
  readonly arranged: PatientParts['arranged']
  readonly accounts: Accounts
  readonly directory: () => Directory
  readonly looks: LooksAt
  readonly operations: Pick<Operations, 'outcomes' | 'nhsNumbers' | 'assignments'>
}

/** One call: its story, its recording, and what staff add later. */
export function callPages(site: Site, { store, arranged, accounts, directory, looks, operations }: CallParts): void {
  site.get('/calls/:id', 'calls', (asked) => page(asked, []))

  site.post('/calls/:id/outcome', 'outcomes', (asked) =>
    change(asked, 'outcomes', async (call) =>
      told(await operations.outcomes.leave(actorOfIdentity(asked.identity), { call, outcome: asked.form['outcome'] ?? '' }), 'outcomeLeft'),
    ),
  )

  site.post('/calls/:id/nhs-number', 'outcomes', (asked) =>
    change(asked, 'outcomes', async (call) => {
      const nhsNumber = (asked.form['nhsNumber'] ?? '').trim()
      return told(
        await operations.nhsNumbers.leave(actorOfIdentity(asked.identity), { call, nhsNumber: nhsNumber === '' ? null : nhsNumber }),
        nhsNumber === '' ? 'nhsNumberTaken' : 'nhsNumberLeft',
      )
    }),
  )

  site.post('/calls/:id/clinician', 'assignments', (asked) =>
    change(asked, 'assignments', async (call) => {
      const written = (asked.form['clinician'] ?? '').trim()
      const clinician = written === '' ? undefined : choose(choiceList(assignable, asked.identity, directory()) ?? [], written, 'clinician')
      if (clinician?.ok === false) return { field: 'clinician', message: clinician.message }
      return told(
        await operations.assignments.assign(actorOfIdentity(asked.identity), { call, clinician: clinician?.id ?? null }),
        clinician === undefined ? 'callAssignedToNobody' : 'callAssigned',
      )
    }),
  )

  site.post('/calls/:id/reason', 'calls', async (asked) => {
    const { identity, params, form, by } = asked
    const id = params['id'] ?? ''
    const record = callRecord(await store.events(id))
    if (!record || identity.kind !== 'person' || !reaches(reachOf(identity, 'calls'), ofCall(record), directory())) return missing
    const why = (form['why'] ?? '').trim().slice(0, 500)
    if (why === '') return page(asked, [{ field: 'why', message: 'Enter why you are looking at this call' }])
    await accounts.giveReason(by, identity.session, id, why)
    return goTo(`/calls/${encodeURIComponent(id)}`)
  })

  /** Does it if the reader may see the call, and returns to where they came from. */
  async function change(
    asked: Asked,
    permission: 'outcomes' | 'assignments',
    act: (call: string) => Promise<Notice | FieldError>,
  ): Promise<Answer> {
    const call = asked.params['id'] ?? ''
    const record = callRecord(await store.events(call))
    if (!record || !reaches(reachOf(asked.identity, permission), ofCall(record), directory())) return missing
    const found = await act(call)
    if (typeof found !== 'string') return page(asked, [found])
    return goTo(asked.form['back'] === '/calls' ? '/calls' : `/calls/${encodeURIComponent(call)}`, found)
  }

  async function page({ identity, params, request, form }: Asked, errors: readonly FieldError[]): Promise<Answer> {
    const id = params['id'] ?? ''
    const events = await store.events(id)
    const kept = callRecord(events)
    const known = directory()
    if (!kept || !reaches(reachOf(identity, 'calls'), ofCall(kept), known)) return missing
    const path = `/calls/${encodeURIComponent(id)}`
    // Nothing is shown before that.
    if (await looks.needsReason(request, id, 'calls'))
      return view('reason.njk', 'Why are you looking at this call?', { href: path }, { errors })
    await looks.at(request, 'call.seen', id)
    const reached = seesPatient(identity, ofCall(kept), known)
    const reasonNeeded = reached && (await looks.needsReason(request, id, 'recordings'))
    const patient = reached && !reasonNeeded
    const record = patient ? await withPatient({ arranged }, kept) : kept
    const may = (permission: 'outcomes' | 'assignments') => reaches(reachOf(identity, permission), ofCall(record), known)
    const nameOf = await namer(events, known)
    const line = record.line === undefined ? undefined : known.lines.get(record.line)?.name
    return view(
      'call.njk',
      `${line ?? 'Call'}, ${instant.format(record.arrivedAt)}`,
      {
        id,
        href: path,
        api: `/api${path}`,
        lines: recordLines(record, known, patient),
        text: recordText(record, known, patient),
        story: storyOf(events, known).map((moment) => ({
          ...moment,
          who: nameOf(moment.by),
          into: moment.afterMs === undefined ? undefined : clockInto(moment.afterMs),
          lasts: moment.lastsMs === undefined ? undefined : durationInWords(moment.lastsMs),
        })),
        outcome: {
          ...outcomeOf(record, known),
          mayLeave: may('outcomes'),
          choices: outcomesOfCall(record, known),
          history: history(
            events,
            'outcome.left',
            nameOf,
            ({ outcome, by }) => `${outcomeLabel(known, record.line ?? null, outcome) ?? outcome}, left by ${parties[by]}`,
          ),
        },
        nhsNumber: {
          mayLeave: may('outcomes'),
          isLeft: record.nhsNumber !== undefined,
          maySee: patient,
          value: form['nhsNumber'] ?? (patient && record.nhsNumber !== undefined ? showNhsNumber(record.nhsNumber) : ''),
          history: history(events, 'nhsNumber.left', nameOf, ({ nhsNumber }) =>
            nhsNumber === undefined ? 'taken away' : patient ? showNhsNumber(nhsNumber) : 'left',
          ),
        },
        assignment: {
          may: may('assignments') && record.kind === 'dialIn' && record.organisation !== undefined,
          ...assigned(identity, record, known, form['clinician']),
        },
        recordings: patient ? recordingsOf(record, path) : [],
        recorded: record.recordings.length > 0,
        reasonNeeded,
        ringBack: meets(identity, 'arrangements') && canBeRungBack(record, known),
      },
      { errors, scripts: ['call.js', 'player.js'] },
    )
  }

  /** The actor of a fact, by name; undefined: the service. */
  async function namer(events: readonly CallEvent[], known: Directory): Promise<(actor: Actor) => string | undefined> {
    const people = await accounts.peopleNamed([
      ...new Set(events.flatMap(({ actor }) => (actor.kind === 'staff' && actor.id !== undefined ? [actor.id] : []))),
    ])
    return ({ kind, id }) => {
      if (kind === 'staff') return (id === undefined ? undefined : people.get(id)?.name) ?? 'Staff'
      return kind === 'clinician' && id !== undefined ? (known.clinicians.get(id)?.name ?? id) : undefined
    }
  }
}

function told(result: { readonly kind: 'done' } | Refused, notice: Notice): Notice | FieldError {
  return result.kind === 'done' ? notice : { field: result.field ?? '', message: result.message }
}

function outcomeOf({ outcome, line }: CallRecord, known: Directory): { readonly chosen?: string; readonly label?: string } {
  return outcome === undefined
    ? {}
    : { chosen: outcome.outcome, label: outcomeLabel(known, line ?? null, outcome.outcome) ?? outcome.outcome }
}

/** Every value ever given, the latest first. */
function history<T extends CallEvent['type']>(
  events: readonly CallEvent[],
  type: T,
  nameOf: (actor: Actor) => string | undefined,
  say: (event: Extract<CallEvent, { type: T }>) => string,
) {
  return events
    .filter((event): event is Extract<CallEvent, { type: T }> => event.type === type)
    .map((event) => ({ at: event.at, what: say(event), who: nameOf(event.actor) }))
    .reverse()
}

const assignable = 'assignments/clinicians'

/** Who may have made it: of the organisation that called first. Where there are too many for a list, their name is typed. */
function assigned(identity: Identity, { organisation = '', assigned: id }: CallRecord, known: Directory, written?: string) {
  const all = choiceList(assignable, identity, known) ?? []
  const field = choiceField(all, assignable)
  if (!field.items) return { field, value: written ?? (id === undefined ? '' : writtenAs(all, id)) }
  const isTheirs = (one: string) => known.clinicians.get(one)?.organisations.includes(organisation) ?? false
  const about = (one: string) => known.clinicians.get(one)?.role ?? ''
  const items = field.items.map(({ value, text }) => ({ value, text: `${text}, ${about(value)}` }))
  return {
    field: { items: [...items.filter(({ value }) => isTheirs(value)), ...items.filter(({ value }) => !isTheirs(value))] },
    value: written ?? id ?? '',
  }
}

function recordingsOf({ recordings }: CallRecord, path: string) {
  return recordings.map(({ state, seconds, deleted }, index) => ({
    number: index + 1,
    state,
    seconds,
    length: seconds === undefined ? undefined : clockInto(seconds * 1_000),
    rule: deleted?.rule,
    mp3: `/api${path}/recording.mp3?number=${index + 1}`,
    waveform: `/api${path}/waveform.svg?number=${index + 1}`,
  }))
}

const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/London' })
