import type { AlarmAbout } from '../alarms/alarms.js'
import type { Directory, RotaEntry } from '../directory/model.js'
import { cliniciansOf } from '../directory/rota.js'
import { reaches, type Belongs, type Reach } from './identity.js'

/** An alarm with its owners. */
interface Whose {
  readonly detail: string
  readonly about?: readonly AlarmAbout[]
  readonly lately?: readonly AlarmAbout[]
}

/** Replaces details about others. */
const elsewhere = 'it was raised again elsewhere since'

/** The alarms that a person sees: all for people who see the whole service; for others those of their lines and organisations, with details of these alone. */
export function alarmsWithin<T extends Whose>(active: readonly T[], reach: Reach, directory: Directory): readonly T[] {
  if (reach.everywhere) return active
  const theirs = (about: readonly AlarmAbout[]) =>
    about.some((one) => belongs(one, directory).some((what) => reaches(reach, what, directory)))
  return active.flatMap((one) => {
    if (one.about === undefined || !theirs(one.about)) return []
    return [one.lately === undefined || theirs(one.lately) ? one : { ...one, detail: elsewhere }]
  })
}

/** A clinician's alarm belongs to their organisations and to the lines whose rotas they are on; a telephone's to the lines that ring it, and to the clinician it is named after. */
function belongs(about: AlarmAbout, directory: Directory): readonly Belongs[] {
  if ('line' in about || 'organisation' in about) return [about]
  if ('clinician' in about) return ofClinician(about.clinician, directory)
  const label = about.telephone
  const ofLines = [...directory.rotas.values()].filter(({ pattern, changes }) =>
    [...pattern, ...changes].some((part) => entriesIn(part).some((entry) => entry.kind === 'phone' && entry.label === label)),
  )
  return [
    ...ofLines.map(({ line }) => ({ line })),
    ...[...directory.clinicians.values()].filter(({ name }) => name === label).flatMap(({ id }) => ofClinician(id, directory)),
  ]
}

function ofClinician(id: string, directory: Directory): readonly Belongs[] {
  const organisations = directory.clinicians.get(id)?.organisations ?? []
  const lines = [...directory.rotas.values()].filter((rota) => cliniciansOf(rota).includes(id)).map(({ line }) => line)
  return [...organisations.map((organisation) => ({ organisation })), ...lines.map((line) => ({ line }))]
}

function entriesIn(part: object): readonly RotaEntry[] {
  const { entries = [], entry } = part as { readonly entries?: readonly RotaEntry[]; readonly entry?: RotaEntry }
  return entry === undefined ? entries : [...entries, entry]
}
