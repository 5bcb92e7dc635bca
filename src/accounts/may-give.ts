import type { Directory } from '../directory/model.js'
import { reachOf, withoutApprovals, type Identity, type Reach } from './identity.js'
import { isWholePermission, type Permission, type Scope } from './roles.js'

/** How far somebody may hand a permission on. What is one's own (calls of one's own, one's own telephones) and what was given by approval stays with the person. */
function givableReach(identity: Identity, permission: Permission): Reach {
  return reachOf(withoutApprovals(identity), permission, isWholePermission(permission) ? 'all' : 'acting')
}

/** Whether there is a part for which they may give it to a program. */
export function mayGive(identity: Identity, permission: Permission): boolean {
  const { everywhere, organisations, lines } = givableReach(identity, permission)
  return everywhere || (!isWholePermission(permission) && organisations.size + lines.size > 0)
}

/** Whether they may give it for all of this part: nobody makes a program see more than they do themselves. */
export function mayGiveFor(identity: Identity, permission: Permission, scope: Scope, directory: Directory): boolean {
  const { everywhere, organisations, lines } = givableReach(identity, permission)
  if (everywhere) return true
  switch (scope.kind) {
    case 'everywhere':
      return false
    case 'organisation':
      return organisations.has(scope.id)
    case 'line':
      return lines.has(scope.id) || organisations.has(directory.lines.get(scope.id)?.trust ?? '')
  }
}
