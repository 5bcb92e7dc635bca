import { meets, type Identity } from '../../accounts/identity.js'
import { organisationsOf } from '../../directory/device-owner.js'
import type { Directory } from '../../directory/model.js'
import { bypassDirectory } from '../../operations/bypass-directory.js'
import { serviceDirectory, type ServiceDirectoryParts, type ServiceLine } from '../../operations/service-directory.js'
import { notFound } from '../arranging.js'
import { view, type Site } from '../site.js'
import { staffingAt } from '../wallboard/staffing.js'

export interface PhonePageParts extends ServiceDirectoryParts {
  readonly directory: () => Directory
}

const maxPractices = 30

/** A line that they may call, by the engine's rule: for the first of their organisations that may use it. */
interface CallableLine extends ServiceLine {
  readonly on: number
  readonly organisationName: string
}

/** Calls from and to this computer. The script does the work: `assets/phone.js`. docs/browser-calling.md */
export function phonePages(site: Site, parts: PhonePageParts): void {
  const { directory, now } = parts
  site.menu({ href: '/phone', text: 'Phone', needs: 'browserCalls' })

  site.get('/phone', 'browserCalls', async ({ identity, query }) => {
    const known = directory()
    const clinician = clinicianOf(identity)
    const organisations = organisationsOf(known, { kind: 'clinician', id: clinician })
    const lines = new Map<string, CallableLine>()
    const dialIn: { readonly name: string; readonly number: string }[] = []
    for (const { id } of organisations) {
      const found = await serviceDirectory(parts, id)
      if (found.kind === 'refused') return notFound(found)
      if (!found.value) continue
      const { name } = found.value
      for (const number of found.value.dialIn.slice(0, 1)) dialIn.push({ name, number })
      for (const line of found.value.lines)
        if (!lines.has(line.id)) lines.set(line.id, { ...line, on: peopleOn(known, line.id, now()), organisationName: name })
    }
    const search = (query['practice'] ?? '').trim().slice(0, 100)
    const mayBypass = meets(identity, 'bypass')
    const practices = search === '' || !mayBypass ? undefined : bypassDirectory(known, { search, limit: maxPractices })
    return view(
      'phone.njk',
      'Call from this computer',
      {
        organisations: organisations.map(({ name }) => name),
        lines: [...lines.values()].sort((a, b) => Number(b.open) - Number(a.open) || a.name.localeCompare(b.name, 'en-GB')),
        dialIn,
        mayBypass,
        search,
        practices: practices?.practices.filter(({ code }) => code !== null) ?? [],
        morePractices: practices?.more ?? 0,
        rung: known.clinicians.get(clinician)?.numbers.some((one) => one.kind === 'browser' && one.clinician === clinician) ?? false,
        clinician,
      },
      { scripts: ['phone.js'], bodyClass: 'rr-phone-page' },
    )
  })
}

function clinicianOf(identity: Identity): string {
  return identity.kind === 'person' ? (identity.person.clinician ?? '') : ''
}

function peopleOn(directory: Directory, id: string, now: number): number {
  const line = directory.lines.get(id)
  return line === undefined ? 0 : staffingAt(directory, line, now).now.length
}
