import type { Directory } from '../directory/model.js'
import { reachOf, withoutApprovals, type Identity, type Reach } from './identity.js'
import { isWholePermission, type Permission, type Scope } from './roles.js'

/** How far a person may pass a permission on. Their own things (their calls, their telephones) and rights given by approval stay with the person. */
function givableReach(identity: Identity, permission: Permission): Reach {
  return reachOf(withoutApprovals(identity), permission, isWholePermission(permission) ? 'all' : 'acting')
}

/** Whether they may give it to a program for any part. */
export function mayGive(identity: Identity, permission: Permission): boolean {
  const { everywhere, organisations, lines } = givableReach(identity, permission)
  return everywhere || (!isWholePermission(permission) && organisations.size + lines.size > 0)
}

/** Whether they may give it for all of this part: nobody can make a program see more than they do. */
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
