import { arrangingReach, seesArrangement } from '../../accounts/arranging.js'
import { actorOfIdentity } from '../../accounts/identity.js'
import { placeInList } from '../../arrangements/arrangement-list.js'
import { callBackOutcomes } from '../../directory/outcomes.js'
import type { CallBack } from '../../facts/arrangement.js'
import { callBackView, wholeCallBack } from '../../operations/arrangement-view.js'
import { asFieldError, callersOf, notFound, stateInWords, triesInWords, whileInProgress, type ArrangingParts } from '../arranging.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose, type Choice } from '../choices.js'
import { dueFields, readDue } from '../due-fields.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

const hourMs = 3_600_000
const callers = 'arrangements/clinicians'
const patientsLines = 'arrangements/patients-lines'

/** Patients' call-backs: who waits, the call itself, and its result. */
export function callBackPages(
  site: Site,
  { operations: { callBacks, outcomes }, arranged, directory, looks, timeZone, now }: ArrangingParts,
): void {
  site.menu({ href: '/call-backs', text: 'Call-backs', needs: 'arrangements' })

  site.get('/call-backs', 'arrangements', ({ identity, query }) => {
    const [reach, known, at] = [arrangingReach(identity), directory(), now()]
    const settled = query['show'] === 'settled'
    const cursor = query['after'] !== undefined && placeInList(query['after']) ? query['after'] : undefined
    const page = arranged.list(
      {
        kind: 'callBack',
        states: settled ? ['done', 'cancelled'] : ['open', 'inProgress'],
        order: settled ? 'newest' : 'oldest',
        ...(cursor === undefined ? {} : { cursor }),
      },
      (one) => seesArrangement(reach, one, known),
    )
    const rows = page.arrangements.flatMap((one) => (one.kind === 'callBack' ? [rowOf(one, at)] : []))
    const overdue = rows.filter((row) => row.overdue).length
    return view('call-backs.njk', settled ? 'Settled call-backs' : 'Call-backs', {
      rows,
      settled,
      summary: `${rows.length}${page.nextCursor === undefined ? '' : ' and more'} to be called back${overdue === 0 ? '' : `, ${overdue} overdue`}`,
      ...(page.nextCursor === undefined
        ? {}
        : { next: `/call-backs?${new URLSearchParams({ ...(settled ? { show: 'settled' } : {}), after: page.nextCursor }).toString()}` }),
    })
  })

  const newForm = (asked: Asked, values: object, errors: readonly FieldError[] = []) => {
    const [lines, clinicians] = [linesOf(asked), callersOf(arrangingReach(asked.identity), directory())]
    return view(
      'new-call-back.njk',
      'New call-back',
      {
        values,
        lines: choiceField(lines, patientsLines),
        noLines: lines.length === 0,
        clinicians: choiceField(clinicians, callers),
        nobody: 'Nobody yet',
      },
      { errors },
    )
  }

  site.get('/call-backs/new', 'arrangements', (asked) => {
    const [first, second] = linesOf(asked)
    return newForm(asked, {
      ...dueFields(Math.ceil((now() + hourMs) / hourMs) * hourMs, timeZone),
      ...(first && !second ? { line: first.id } : {}),
    })
  })

  site.post('/call-backs/new', 'arrangements', async (asked) => {
    const { form, identity } = asked
    const [read, due] = [readFields(asked), readDue(form, timeZone)]
    const line = choose(linesOf(asked), form['line'] ?? '', 'line')
    const errors = [...(line.ok ? [] : [{ field: 'line', message: line.message }]), ...read.errors, ...(due.ok ? [] : due.errors)]
    const patientNumber = (form['patientNumber'] ?? '').trim()
    if (errors.length > 0 || !line.ok || !due.ok) return newForm(asked, form, errors)
    const made = await callBacks.make(actorOfIdentity(identity), {
      line: line.id,
      patientNumber,
      dueAt: new Date(due.at).toISOString(),
      ...given(read.values),
    })
    return made.kind === 'refused' ? newForm(asked, form, [asFieldError(made)]) : goTo(`/call-backs/${made.value.id}`, 'callBackMade')
  })

  site.get('/call-backs/:id', 'arrangements', (asked) => about(asked, (callBack) => shown(asked, callBack)))

  site.post('/call-backs/:id/start', 'arrangements', (asked) =>
    about(asked, async (callBack) => {
      const written = asked.form['clinician'] ?? ''
      const clinician = written === '' ? undefined : choose(callersOf(arrangingReach(asked.identity), directory()), written, 'clinician')
      if (clinician?.ok === false) return shown(asked, callBack, [{ field: 'clinician', message: clinician.message }])
      if (clinician === undefined && callBack.clinician === undefined)
        return shown(asked, callBack, [{ field: 'clinician', message: 'Choose who makes the call' }])
      const started = await callBacks.start(actorOfIdentity(asked.identity), { id: callBack.id, clinician: clinician?.id })
      return started.kind === 'refused'
        ? shown(asked, callBack, [
            started.code === 'noClinician' ? { field: 'clinician', message: started.message } : asFieldError(started),
          ])
        : goTo(`/call-backs/${callBack.id}`, 'callStarted')
    }),
  )

  const changeForm = async (asked: Asked, { id, line }: CallBack, values: object, errors: readonly FieldError[] = []) => {
    await looks.at(asked.request, 'arrangement.seen', id)
    const clinicians = callersOf(arrangingReach(asked.identity), directory())
    return view(
      'change-call-back.njk',
      'Change the call-back',
      {
        id,
        lineName: directory().lines.get(line)?.name ?? line,
        values,
        clinicians: choiceField(clinicians, callers),
        nobody: 'Nobody yet',
      },
      { errors },
    )
  }

  site.get('/call-backs/:id/change', 'arrangements', (asked) =>
    about(asked, (callBack) => {
      const { patientNumber, nhsNumber, note } = wholeCallBack(callBack, directory(), now())
      return changeForm(asked, callBack, {
        ...dueFields(callBack.dueAt, timeZone),
        patientNumber,
        nhsNumber,
        note,
        clinician: callBack.clinician,
      })
    }),
  )

  site.post('/call-backs/:id/change', 'arrangements', (asked) =>
    about(asked, async (callBack) => {
      const { form, identity } = asked
      const [read, due] = [readFields(asked, callBack.clinician), readDue(form, timeZone)]
      const errors = [...read.errors, ...(due.ok ? [] : due.errors)]
      if (errors.length > 0 || !due.ok) return changeForm(asked, callBack, form, errors)
      const { nhsNumber, clinician, note } = read.values
      // A past time cannot be chosen for a call, but may stay.
      const dueAt = Math.abs(due.at - callBack.dueAt) < 60_000 ? {} : { dueAt: new Date(due.at).toISOString() }
      const changed = await callBacks.change(actorOfIdentity(identity), callBack.id, {
        patientNumber: (form['patientNumber'] ?? '').trim(),
        ...dueAt,
        nhsNumber: nhsNumber ?? null,
        clinician: clinician ?? null,
        note: note ?? null,
      })
      return changed.kind === 'refused'
        ? changeForm(asked, callBack, form, [asFieldError(changed)])
        : goTo(`/call-backs/${callBack.id}`, 'callBackChanged')
    }),
  )

  site.post('/call-backs/:id/cancel', 'arrangements', (asked) =>
    about(asked, async (callBack) => {
      const cancelled = await callBacks.cancel(actorOfIdentity(asked.identity), callBack.id)
      return cancelled.kind === 'refused' ? shown(asked, callBack, [asFieldError(cancelled)]) : goTo('/call-backs', 'arrangementCancelled')
    }),
  )

  site.post('/call-backs/:id/close', 'arrangements', (asked) =>
    about(asked, async (callBack) => {
      const closed = await callBacks.change(actorOfIdentity(asked.identity), callBack.id, { state: 'done' })
      return closed.kind === 'refused' ? shown(asked, callBack, [asFieldError(closed)]) : goTo('/call-backs', 'callBackClosed')
    }),
  )

  site.post('/call-backs/:id/outcome', 'arrangements', (asked) =>
    about(asked, async (callBack) => {
      const call = callBack.tries.at(-1)?.callId
      if (call === undefined) return missing
      const outcome = asked.form['outcome'] ?? ''
      if (outcome === '') return shown(asked, callBack, [{ field: 'outcome', message: 'Choose what became of the call' }])
      const left = await outcomes.leave(actorOfIdentity(asked.identity), { call, outcome })
      return left.kind === 'refused'
        ? shown(asked, callBack, [asFieldError(left)])
        : goTo(`/call-backs/${callBack.id}`, 'arrangedOutcomeLeft')
    }),
  )

  /** The call-back in the address, if the reader may see it. */
  async function about({ identity, params }: Asked, work: (callBack: CallBack) => Promise<Answer>): Promise<Answer> {
    const found = await callBacks.find(params['id'] ?? '')
    if (found.kind === 'refused') return notFound(found)
    return seesArrangement(arrangingReach(identity), found.value, directory()) ? work(found.value) : missing
  }

  async function shown(asked: Asked, callBack: CallBack, errors: readonly FieldError[] = []): Promise<Answer> {
    await looks.at(asked.request, 'arrangement.seen', callBack.id)
    const [known, reach] = [directory(), arrangingReach(asked.identity)]
    const whole = wholeCallBack(callBack, known, now())
    return view(
      'call-back.njk',
      'Call-back',
      {
        ...{ whole, state: stateInWords(whole), asked: askedFor(whole), tries: triesInWords(callBack.tries, known, callBack.line) },
        ...{
          clinicians: choiceField(callersOf(reach, known), callers),
          nobody: 'Choose a clinician',
          chosen: asked.form['clinician'] ?? callBack.clinician ?? reach.own,
        },
        outcomes: callBackOutcomes(known, known.lines.get(callBack.line)).map(({ id, label }) => ({ value: id, text: label })),
        lastOutcome: callBack.tries.at(-1)?.outcome,
      },
      { errors, scripts: whileInProgress(whole) },
    )
  }

  /** Patients' lines in whose name the person may call back. */
  function linesOf({ identity }: Asked): readonly Choice[] {
    return choiceList(patientsLines, identity, directory()) ?? []
  }

  /** @param before the clinician named already, who may stay */
  function readFields({ form, identity }: Asked, before?: string) {
    const clinician = (form['clinician'] ?? '').trim()
    const chosen =
      clinician === '' || clinician === before
        ? undefined
        : choose(callersOf(arrangingReach(identity), directory()), clinician, 'clinician')
    const [nhsNumber, note] = [(form['nhsNumber'] ?? '').trim(), (form['note'] ?? '').trim()]
    const errors = [
      ...((form['patientNumber'] ?? '').trim() === '' ? [{ field: 'patientNumber', message: "Enter the patient's telephone number" }] : []),
      ...(chosen?.ok === false ? [{ field: 'clinician', message: chosen.message }] : []),
      ...(note.length > 500 ? [{ field: 'note', message: 'A note has at most 500 characters' }] : []),
    ]
    return {
      errors,
      values: {
        nhsNumber: nhsNumber === '' ? undefined : nhsNumber,
        clinician: chosen?.ok ? chosen.id : clinician === '' ? undefined : before,
        note: note === '' ? undefined : note,
      },
    }
  }

  function rowOf(one: CallBack, at: number) {
    const row = callBackView(one, directory(), at)
    return { ...row, inWords: stateInWords(row), asked: askedFor(row) }
  }
}

/** How the patient asked for it; empty if staff arranged it. */
function askedFor({
  madeBy,
  timesRequested,
  numberKeyed,
  suspicious,
}: {
  readonly madeBy: string
  readonly timesRequested: number
  readonly numberKeyed: boolean
  readonly suspicious: boolean
}): string {
  if (madeBy !== 'patient') return ''
  return [
    timesRequested > 1 ? `asked for it ${timesRequested} times` : 'asked for it',
    ...(numberKeyed ? ['from another number'] : []),
    ...(suspicious ? ['suspicious: one of many numbers of this caller'] : []),
  ].join(', ')
}

/** Only the fields given, for an operation with optional ones. */
function given<T extends object>(values: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: NonNullable<T[K]>
  }
}
