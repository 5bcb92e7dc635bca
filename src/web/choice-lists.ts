import { arrangingReach, mayArrangeOn } from '../accounts/arranging.js'
import { meets, reaches, reachOf, type Identity } from '../accounts/identity.js'
import type { Permission } from '../accounts/roles.js'
import { mayUse } from '../directory/access.js'
import type { Directory } from '../directory/model.js'
import { cliniciansOf } from '../directory/rota.js'
import { callersOf } from './arranging.js'
import type { Choice } from './choices.js'

/** What can be chosen from, by what it is chosen for: a permission, and what of the directory. */
type Lists = Readonly<Partial<Record<Permission, Readonly<Record<string, (known: Directory, identity: Identity) => readonly Choice[]>>>>>

const everyClinician = (known: Directory): readonly Choice[] => withRoles([...known.clinicians.values()], known)
const withRoles = (some: readonly Choice[], { clinicians }: Directory): readonly Choice[] =>
  some.map(({ id, name }) => ({ id, name, about: clinicians.get(id)?.role ?? '' }))
const everyOrganisation = ({ organisations }: Directory): readonly Choice[] =>
  [...organisations.values()].map(({ id, name, odsCode }) => ({ id, name, ...(odsCode === undefined ? {} : { about: odsCode }) }))

/** For what a role, a token or a screen is. */
const everyScope = ({ organisations, lines }: Directory): readonly Choice[] => [
  { id: 'everywhere', name: 'Everywhere' },
  ...[...organisations.values()].map(({ id, name }) => ({ id: `organisation:${id}`, name })),
  ...[...lines.values()].map(({ id, name }) => ({ id: `line:${id}`, name: `Line: ${name}` })),
]

const lists: Lists = {
  calls: { lines: linesOfCalls, organisations: everyOrganisation, clinicians: cliniciansOfCalls, 'advice-hours': cliniciansWithHours },
  reports: {
    lines: (known, identity) => [...known.lines.values()].filter(({ id }) => reaches(reachOf(identity, 'reports'), { line: id }, known)),
  },
  assignments: { clinicians: everyClinician },
  arrangements: {
    clinicians: (known, identity) => withRoles(callersOf(arrangingReach(identity), known), known),
    'patients-lines': (known, identity) => arrangedLines(known, identity).filter(({ kind }) => kind !== 'advice'),
    'advice-lines': (known, identity) => arrangedLines(known, identity).filter(({ kind }) => kind === 'advice'),
  },
  availability: { clinicians: onRotas },
  rotas: { clinicians: everyClinician },
  directory: {
    clinicians: everyClinician,
    organisations: everyOrganisation,
    areas: ({ areas }) => [...areas.values()].map(({ id, name }) => ({ id, name })),
    pools: ({ pools }) => [...pools.values()].map(({ id, specialty }) => ({ id, name: specialty })),
  },
  devices: {
    owners: ({ clinicians, organisations }) => [
      ...[...clinicians.values()].map(({ id, name }) => ({ id: `clinician:${id}`, name })),
      ...[...organisations.values()].map(({ id, name }) => ({ id: `organisation:${id}`, name })),
    ],
  },
  people: { clinicians: everyClinician, scopes: everyScope },
  tokens: { scopes: everyScope },
  approvals: { scopes: everyScope },
}

/** All names of such lists: `calls/clinicians`. */
export const choiceListNames: readonly string[] = Object.entries(lists).flatMap(([needs, of]) =>
  Object.keys(of).map((what) => `${needs}/${what}`),
)

/** A person's choices. @param name `calls/clinicians` @returns undefined: no such list, or not theirs */
export function choiceList(name: string, identity: Identity, known: Directory): readonly Choice[] | undefined {
  if (!choiceListNames.includes(name)) return undefined
  const [needs = '', what = ''] = name.split('/')
  // It is one of the names.
  const permission = needs as Permission
  return meets(identity, permission) ? lists[permission]?.[what]?.(known, identity) : undefined
}

function linesOfCalls(known: Directory, identity: Identity): readonly Choice[] {
  const reach = reachOf(identity, 'calls')
  const all = reach.everywhere || reach.clinicians.size > 0
  return [...known.lines.values()].filter(({ id, trust }) => all || reaches(reach, { line: id, organisation: trust }, known))
}

/** Those who may have accepted a call that is seen: of organisations that are reached, and on rotas of lines that are, or that those organisations ring. */
function cliniciansOfCalls(known: Directory, identity: Identity): readonly Choice[] {
  const reach = reachOf(identity, 'calls')
  if (reach.everywhere || reach.clinicians.size > 0) return everyClinician(known)
  const onRota = new Set(
    [...known.lines.values()]
      .filter((line) => reaches(reach, { line: line.id }, known) || [...reach.organisations].some((one) => mayUse(known, line, one)))
      .flatMap(({ id }) => {
        const rota = known.rotas.get(id)
        return rota ? cliniciansOf(rota) : []
      }),
  )
  const theirs = new Set(
    [...known.clinicians.values()].flatMap(({ id, organisations }) =>
      onRota.has(id) || organisations.some((one) => reach.organisations.has(one)) ? [id] : [],
    ),
  )
  return everyClinician(known).filter(({ id }) => theirs.has(id))
}

/** Whose advice hours are seen: one's own; of those who work for an organisation that one reports on; everybody's. */
function cliniciansWithHours(known: Directory, identity: Identity): readonly Choice[] {
  const [reach, reports] = [reachOf(identity, 'calls'), reachOf(identity, 'reports')]
  const seen = [...known.clinicians.values()].filter(
    ({ id, organisations }) =>
      reach.clinicians.has(id) || reports.everywhere || organisations.some((one) => reports.organisations.has(one)),
  )
  return withRoles(seen, known)
}

function arrangedLines(known: Directory, identity: Identity) {
  const reach = arrangingReach(identity)
  return [...known.lines.values()].filter(({ id }) => mayArrangeOn(reach, id, known))
}

/** Clinicians who stand on a rota, as far as they are reached. */
function onRotas(known: Directory, identity: Identity): readonly Choice[] {
  const reach = reachOf(identity, 'availability')
  const rotas = [...known.rotas.values()]
  const there = new Set(rotas.filter(({ line }) => reach.everywhere || reaches(reach, { line }, known)).flatMap(cliniciansOf))
  const own = new Set(reach.clinicians.size === 0 ? [] : rotas.flatMap(cliniciansOf).filter((one) => reach.clinicians.has(one)))
  return everyClinician(known).filter(({ id }) => there.has(id) || own.has(id))
}
