import { meets, reaches, reachOf, type Belongs, type Identity, type Reach } from '../../accounts/identity.js'
import type { Directory, LineId } from '../../directory/model.js'

/** What one who looks at the wallboard sees of it. Those with the same `key` see the same. */
export interface View {
  readonly key: string
  /** Calls now: those to their lines, and those of their organisation. */
  readonly sees: (what: Belongs) => boolean
  readonly seesLine: (line: LineId) => boolean
  /** Whether the people of a line's rota are named; otherwise their role is said. */
  readonly names: (line: LineId | undefined) => boolean
  /** Whether it is said which organisation calls. */
  readonly callers: boolean
  /** Whether a call leads to its page. */
  readonly opens: (what: Belongs) => boolean
  /** Whether an alarm is told in full: lines and telephones are named in it. */
  readonly details: boolean
}

/** @param screen on a wall, where anybody passes by: no names, whoever is signed in there */
export function viewOf(identity: Identity, { screen }: { readonly screen: boolean }, directory: () => Directory): View {
  const reach = reachOf(identity, 'wallboard')
  const bare = screen || identity.kind !== 'person'
  const named = bare ? nothing : reachOf(identity, 'rotas')
  const opened = bare ? nothing : reachOf(identity, 'calls')
  const details = !bare && meets(identity, 'health')
  const callers = !bare && meets(identity, 'live')
  return {
    key: JSON.stringify([written(reach), written(named), written(opened), callers, details]),
    sees: (what) => reaches(reach, what, directory()),
    seesLine: (line) => reaches(reach, { line }, directory()),
    names: (line) => line !== undefined && reaches(named, { line }, directory()),
    callers,
    opens: (what) => reaches(opened, what, directory()),
    details,
  }
}

const nothing: Reach = { everywhere: false, organisations: new Set(), lines: new Set(), clinicians: new Set() }

function written({ everywhere, organisations, lines }: Reach): readonly unknown[] {
  return everywhere ? ['everywhere'] : [[...organisations].sort(), [...lines].sort()]
}
