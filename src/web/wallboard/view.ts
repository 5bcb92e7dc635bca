import { meets, reaches, reachOf, type Belongs, type Identity, type Reach } from '../../accounts/identity.js'
import type { Directory, LineId } from '../../directory/model.js'

/** What a viewer sees of the wallboard. Viewers with the same `key` see the same. */
export interface View {
  readonly key: string
  /** Current calls: to their lines, and from their organisation. */
  readonly sees: (what: Belongs) => boolean
  readonly seesLine: (line: LineId) => boolean
  /** Whether the people of a line's rota are named; otherwise their role is shown. */
  readonly names: (line: LineId | undefined) => boolean
  /** Whether the calling organisation is shown. */
  readonly callers: boolean
  /** Whether a call leads to its page. */
  readonly opens: (what: Belongs) => boolean
  /** Whether an alarm is shown in full, with lines and telephones named. */
  readonly details: boolean
}

/** @param screen on a wall, in public view: no names, even with a signed-in user */
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
