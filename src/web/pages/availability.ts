import { actorOfIdentity, reachOf } from '../../accounts/identity.js'
import { notNowReasons } from '../../availability/not-now.js'
import type { Directory } from '../../directory/model.js'
import { notNowMinutes } from '../../operations/availability.js'
import type { Operations } from '../../operations/operations.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose, type Choice } from '../choices.js'
import { reachesClinician } from '../reached-clinicians.js'
import { goTo, missing, view, type Asked, type FieldError, type Site } from '../site.js'

const clinicians = 'availability/clinicians'

export interface AvailabilityPageParts {
  readonly operations: Pick<Operations, 'availability'>
  readonly directory: () => Directory
}

/** The clinicians who have said "not now", and a form to set or clear it for a clinician. */
export function availabilityPages(site: Site, { operations: { availability }, directory }: AvailabilityPageParts): void {
  site.menu({ href: '/availability', text: 'Availability', needs: 'availability' })

  site.get('/availability', 'availability', (asked) => page(asked))

  site.post('/availability', 'availability', async (asked) => {
    const { form, identity } = asked
    const chosen = choose(choicesOf(asked), form['clinician'] ?? '', 'clinician')
    if (!chosen.ok) return page(asked, [{ field: 'clinician', message: chosen.message }])
    const minutes = Number(form['minutes'] ?? '')
    if (!Number.isInteger(minutes) || minutes < notNowMinutes.least || minutes > notNowMinutes.most)
      return page(asked, [
        { field: 'minutes', message: `Enter a whole number of minutes from ${notNowMinutes.least} to ${notNowMinutes.most}` },
      ])
    const said = await availability.notNow(actorOfIdentity(identity), { clinician: chosen.id, minutes, why: form['why'] ?? 'other' })
    return said.kind === 'refused' ? page(asked, [{ field: said.field ?? '', message: said.message }]) : goTo('/availability', 'notNowFor')
  })

  site.post('/availability/:clinician/on', 'availability', async (asked) => {
    const clinician = asked.params['clinician'] ?? ''
    if (!reachesClinician(reachOf(asked.identity, 'availability'), clinician, directory())) return missing
    const said = await availability.on(actorOfIdentity(asked.identity), { clinician })
    return said.kind === 'refused' ? page(asked, [{ field: '', message: said.message }]) : goTo('/availability', 'onAgainFor')
  })

  function page(asked: Asked, errors: readonly FieldError[] = []) {
    const reach = reachOf(asked.identity, 'availability')
    const rows = availability.list().filter(({ clinician }) => reachesClinician(reach, clinician, directory()))
    return view(
      'availability.njk',
      'Availability',
      {
        rows,
        reasons: notNowReasons,
        values: { minutes: String(notNowMinutes.usual), ...asked.form },
        clinicians: choiceField(choicesOf(asked), clinicians),
      },
      { errors },
    )
  }

  /** Clinicians on a rota whom the reader reaches. */
  function choicesOf({ identity }: Asked): readonly Choice[] {
    return choiceList(clinicians, identity, directory()) ?? []
  }
}
