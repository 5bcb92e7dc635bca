import { randomUUID } from 'node:crypto'
import { actorOfIdentity, meets, reaches, reachOf } from '../../accounts/identity.js'
import { ofCall } from '../../accounts/reach-of-calls.js'
import { notNowReasons } from '../../availability/not-now.js'
import type { Clinician } from '../../directory/model.js'
import { callRecord } from '../../facts/call-record.js'
import { bypassDirectory } from '../../operations/bypass-directory.js'
import type { Operations } from '../../operations/operations.js'
import type { NotRung } from '../../operations/own-calls.js'
import { pocketState, type PocketParts } from '../pocket/state.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import type { Store } from '../../store/store.js'
import { signed } from './account.js'

export interface PocketPageParts extends Omit<PocketParts, 'availability'> {
  readonly store: PocketParts['store'] & Pick<Store, 'events'>
  /** Whether browsers can get notices. */
  readonly notices: boolean
  readonly operations: Pick<Operations, 'outcomes' | 'once' | 'ownCalls' | 'availability'>
}

const maxFound = 5

/** A clinician's start page, made for a mobile in one hand: docs/pocket.md. */
export function pocketPages(site: Site, given: PocketPageParts): void {
  const { operations, directory, store } = given
  const parts: PocketParts = { ...given, availability: operations.availability }
  site.menu({ href: '/pocket', text: 'My lines', needs: 'pocket', firstFor: ['clinician'] })

  site.get('/pocket', 'pocket', (asked) => page(asked))

  // What is shown offline; a script keeps it.
  site.get('/pocket/state', 'pocket', (asked) =>
    asClinician(asked, async (clinician) => {
      const state = await pocketState(parts, signed(asked), clinician)
      return state.kind === 'refused'
        ? unavailable
        : { kind: 'file', name: 'pocket.json', type: 'application/json', body: JSON.stringify(state.value) }
    }),
  )

  site.post('/pocket/calls/:id/outcome', 'outcomes', async (asked) => {
    const call = asked.params['id'] ?? ''
    const record = callRecord(await store.events(call))
    if (!record || !reaches(reachOf(asked.identity, 'outcomes'), ofCall(record), directory())) return missing
    const actor = actorOfIdentity(asked.identity)
    const left = await operations.once.ask(asked.by.actor, asked.form['once'] ?? '', () =>
      operations.outcomes.leave(actor, { call, outcome: asked.form['outcome'] ?? '' }),
    )
    return left.kind === 'refused' ? page(asked, [{ field: '', message: left.message }]) : goTo('/pocket', 'outcomeLeft')
  })

  site.post('/pocket/lines/:line/ring', 'pocket', (asked) =>
    asClinician(asked, async ({ id }) => {
      const at = asked.form['pressedAt']
      const rung = await operations.ownCalls.start(actorOfIdentity(asked.identity), asked.by.actor, {
        clinician: id,
        line: asked.params['line'] ?? '',
        once: asked.form['once'] ?? '',
        ...(at === undefined || at === '' ? {} : { pressedAt: Number(at) }),
      })
      return rung.kind === 'refused' ? page(asked, [{ field: '', message: whyNot[rung.code] }]) : goTo('/pocket', 'ringing')
    }),
  )

  site.post('/pocket/not-now', 'pocket', (asked) =>
    asClinician(asked, async ({ id }) => {
      const { minutes = '', why = '' } = asked.form
      const said = await operations.availability.notNow(actorOfIdentity(asked.identity), {
        clinician: id,
        minutes: Number(minutes),
        why: why === '' ? 'other' : why,
      })
      return said.kind === 'refused' ? page(asked, [{ field: said.field ?? '', message: said.message }]) : goTo('/pocket', 'notNow')
    }),
  )

  site.post('/pocket/on', 'pocket', (asked) =>
    asClinician(asked, async ({ id }) => {
      const said = await operations.availability.on(actorOfIdentity(asked.identity), { clinician: id })
      return said.kind === 'refused' ? page(asked, [{ field: '', message: said.message }]) : goTo('/pocket', 'onAgain')
    }),
  )

  function page(asked: Asked, errors: readonly FieldError[] = []): Promise<Answer> | Answer {
    return asClinician(asked, async (clinician) => {
      const state = await pocketState(parts, signed(asked), clinician)
      if (state.kind === 'refused') return unavailable
      const search = (asked.query['search'] ?? '').trim().slice(0, 100)
      const found = search === '' ? undefined : bypassDirectory(directory(), { search, limit: maxFound })
      return view(
        'pocket.njk',
        'My lines',
        {
          state: state.value,
          search,
          found,
          bypassNumbers: state.value.bypass.numbers,
          reasons: notNowReasons,
          notices: given.notices,
          mayBeRung: clinician.numbers.some(({ kind }) => kind !== 'browser'),
          mayPhone: meets(asked.identity, 'browserCalls'),
          key: () => randomUUID(),
        },
        { errors, scripts: ['pocket.js'] },
      )
    })
  }

  /** A person who is no longer a clinician of the directory has nothing here. */
  function asClinician({ identity }: Asked, work: (clinician: Clinician) => Promise<Answer>): Promise<Answer> | Answer {
    const [own = ''] = reachOf(identity, 'pocket').clinicians
    const clinician = directory().clinicians.get(own)
    return clinician ? work(clinician) : view('pocket-unknown.njk', 'My lines')
  }
}

const unavailable = view('fault.njk', 'The data cannot be read at the moment', {}, { status: 503 })

const notNow = 'No call can be started at the moment. Try again in a minute'
const noNumber = 'The directory has no number to ring you on. Ask the person who looks after it'
const whyNot: Readonly<Record<NotRung, string>> = {
  tooLate: 'Your press took too long to reach us, and nobody was rung. Press again if you still want to call',
  lineNotFound: 'Your organisation may no longer ring this line',
  lineClosed: 'This line is closed now',
  clinicianNotFound: noNumber,
  noTelephone: noNumber,
  badInput: 'Something went wrong with this press. Reload the page and try again',
  closingDown: notNow,
  storeUnavailable: notNow,
}
