import { arrangingReach, seesArrangement } from '../../accounts/arranging.js'
import { actorOfIdentity } from '../../accounts/identity.js'
import { placeInList } from '../../arrangements/arrangement-list.js'
import { patientConnectOutcomes } from '../../directory/outcomes.js'
import type { PatientConnect } from '../../facts/arrangement.js'
import { patientConnectView, pinNumbers, wholePatientConnect } from '../../operations/arrangement-view.js'
import { asFieldError, callersOf, notFound, stateInWords, triesInWords, whileInProgress, type ArrangingParts } from '../arranging.js'
import { choiceField, choose } from '../choices.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

/** Possible lifetimes of a PIN, minutes. */
const validities = [
  { value: '15', text: '15 minutes' },
  { value: '60', text: '1 hour' },
  { value: '240', text: '4 hours' },
  { value: '1440', text: '24 hours' },
]

/** Patient Connect, "Follow up": a clinician calls a patient, with a PIN from any telephone, or by being rung. */
export function patientConnectPages(
  site: Site,
  { operations: { patientConnects, outcomes }, arranged, directory, looks, now }: ArrangingParts,
): void {
  site.menu({ href: '/patient-connect', text: 'Follow up', needs: 'arrangements' })

  const page = (asked: Asked, errors: readonly FieldError[] = []) => {
    const { identity, query, form } = asked
    const [reach, known, at] = [arrangingReach(identity), directory(), now()]
    const cursor = query['after'] !== undefined && placeInList(query['after']) ? query['after'] : undefined
    const open = arranged.list(
      { kind: 'patientConnect', states: ['open', 'inProgress'], order: 'newest', ...(cursor === undefined ? {} : { cursor }) },
      (one) => seesArrangement(reach, one, known),
    )
    const callers = callersOf(reach, known)
    return view(
      'patient-connect.njk',
      'Follow up',
      {
        rows: open.arrangements.flatMap((one) => (one.kind === 'patientConnect' ? [rowOf(one, at)] : [])),
        ...(open.nextCursor === undefined ? {} : { next: `/patient-connect?after=${encodeURIComponent(open.nextCursor)}` }),
        ...{ clinicians: choiceField(callers, 'arrangements/clinicians'), choose: 'Choose a clinician', validities },
        // A clinician who calls their own patients names no clinician.
        values: { clinician: callers.some(({ id }) => id === reach.own) ? reach.own : undefined, how: 'pin', validMinutes: '60', ...form },
      },
      { errors },
    )
  }

  site.get('/patient-connect', 'arrangements', (asked) => page(asked))

  site.post('/patient-connect', 'arrangements', async (asked) => {
    const { form, identity } = asked
    const clinician = choose(callersOf(arrangingReach(identity), directory()), form['clinician'] ?? '', 'clinician')
    const [nhsNumber, patientNumber] = [(form['nhsNumber'] ?? '').trim(), (form['patientNumber'] ?? '').trim()]
    const validMinutes = Number(validities.find(({ value }) => value === form['validMinutes'])?.value ?? 60)
    const errors = [
      ...(nhsNumber === '' ? [{ field: 'nhsNumber', message: "Enter the patient's NHS number" }] : []),
      ...(patientNumber === '' ? [{ field: 'patientNumber', message: "Enter the patient's telephone number" }] : []),
      ...(clinician.ok
        ? []
        : [{ field: 'clinician', message: (form['clinician'] ?? '') === '' ? 'Choose who calls the patient' : clinician.message }]),
    ]
    if (errors.length > 0 || !clinician.ok) return page(asked, errors)
    const made = await patientConnects.make(actorOfIdentity(identity), { nhsNumber, patientNumber, clinician: clinician.id, validMinutes })
    if (made.kind === 'refused') return page(asked, [asFieldError(made)])
    if (form['how'] === 'ring') return ring(asked, made.value.id)
    const { id, pin, expiresAt } = made.value
    const known = directory()
    return view('patient-connect-pin.njk', 'Your PIN', {
      id,
      pin,
      expiresAt,
      dialIns: pinNumbers(known, clinician.id),
      clinician: known.clinicians.get(clinician.id)?.name,
    })
  })

  site.get('/patient-connect/:id', 'arrangements', (asked) => about(asked, (one) => shown(asked, one)))
  site.post('/patient-connect/:id/start', 'arrangements', (asked) => about(asked, (one) => ring(asked, one.id)))

  site.post('/patient-connect/:id/cancel', 'arrangements', (asked) =>
    about(asked, async (one) => {
      const cancelled = await patientConnects.cancel(actorOfIdentity(asked.identity), one.id)
      return cancelled.kind === 'refused' ? shown(asked, one, [asFieldError(cancelled)]) : goTo('/patient-connect', 'arrangementCancelled')
    }),
  )

  site.post('/patient-connect/:id/outcome', 'arrangements', (asked) =>
    about(asked, async (one) => {
      const call = one.tries.at(-1)?.callId
      if (call === undefined) return missing
      const outcome = asked.form['outcome'] ?? ''
      if (outcome === '') return shown(asked, one, [{ field: 'outcome', message: 'Choose what became of the call' }])
      const left = await outcomes.leave(actorOfIdentity(asked.identity), { call, outcome })
      return left.kind === 'refused' ? shown(asked, one, [asFieldError(left)]) : goTo(`/patient-connect/${one.id}`, 'arrangedOutcomeLeft')
    }),
  )

  async function ring(asked: Asked, id: string): Promise<Answer> {
    const started = await patientConnects.start(actorOfIdentity(asked.identity), { id })
    if (started.kind === 'done') return goTo(`/patient-connect/${id}`, 'callStarted')
    const one = await patientConnects.find(id)
    return one.kind === 'refused' ? notFound(one) : shown(asked, one.value, [{ field: '', message: started.message }])
  }

  /** The one in the address, if the reader may see it. */
  async function about({ identity, params }: Asked, work: (one: PatientConnect) => Promise<Answer>): Promise<Answer> {
    const found = await patientConnects.find(params['id'] ?? '')
    if (found.kind === 'refused') return notFound(found)
    return seesArrangement(arrangingReach(identity), found.value, directory()) ? work(found.value) : missing
  }

  async function shown(asked: Asked, one: PatientConnect, errors: readonly FieldError[] = []): Promise<Answer> {
    await looks.at(asked.request, 'arrangement.seen', one.id)
    const known = directory()
    const whole = wholePatientConnect(one, known, now())
    return view(
      'patient-connect-one.njk',
      'Follow-up call',
      {
        whole,
        state: stateInWords(whole),
        tries: triesInWords(one.tries, known),
        outcomes: patientConnectOutcomes.map(({ id, label }) => ({ value: id, text: label })),
        lastOutcome: one.tries.at(-1)?.outcome,
      },
      { errors, scripts: whileInProgress(whole) },
    )
  }

  function rowOf(one: PatientConnect, at: number) {
    const row = patientConnectView(one, directory(), at)
    const last = one.tries.at(-1)
    // They have spoken, and the outcome is open.
    const isMissing = last?.ended === true && last.talked && last.outcome === undefined
    return { ...row, inWords: isMissing ? { text: 'Outcome missing', colour: 'orange' } : stateInWords(row) }
  }
}
