import type { Directory } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import { carries, isApproved, isWholePermission, type Need, type Permission, type RoleName, type Scope } from './roles.js'

export interface Person {
  readonly id: string
  readonly name: string
  readonly email?: string
  /** Their clinician entry in the directory, which owns their calls. */
  readonly clinician?: string
  /** Wall-clock ms. */
  readonly createdAt: number
  readonly disabledAt?: number
}

/** A role of a person, for all or a part, in force from `grantedAt` to the earlier of `until` and `endedAt` (wall-clock ms). */
export interface Grant {
  readonly id: string
  readonly role: RoleName
  readonly scope: Scope
  readonly reason?: string
  /** Id of a person; `system` for what no person did. */
  readonly grantedBy: string
  readonly grantedAt: number
  readonly until?: number
  readonly endedAt?: number
}

/** The way of signing in. */
export type SignInMethod = 'link' | 'demo' | 'password' | 'passkey' | 'openId' | 'kiosk'

export interface Session {
  readonly id: string
  readonly method: SignInMethod
  readonly createdAt: number
  readonly seenAt: number
  /** When it ends at the latest. */
  readonly expiresAt: number
  /** When a second factor was last shown in it. */
  readonly secondFactorAt?: number
  /** The part they act for now; undefined: all of theirs. */
  readonly acting?: Scope
  readonly address: string
  readonly userAgent: string
}

/** A token for a program (`api`), or for a screen on a wall (`kiosk`). */
export interface Token {
  readonly id: string
  readonly kind: 'api' | 'kiosk' | 'public'
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly scope: Scope
  /** Further lines, for a screen that shows several. */
  readonly also?: readonly Scope[]
  readonly madeBy: string
  readonly createdAt: number
  readonly expiresAt?: number
  readonly usedAt?: number
  readonly endedAt?: number
}

/** Who asks. */
export type Identity =
  | { readonly kind: 'nobody' }
  | {
      readonly kind: 'person'
      readonly person: Person
      readonly session: Session
      /** Whether a second factor was shown a short while ago. */
      readonly confirmed: boolean
      /** In force now. */
      readonly grants: readonly Grant[]
      /** Given by approval; usable once the second factor is shown again. */
      readonly asleep: readonly Grant[]
      /** One of their roles requires a second factor, and this session has shown none: they may only set one up, or show it. */
      readonly needsSecondFactor: boolean
    }
  | { readonly kind: 'token'; readonly token: Token }

export const nobody: Identity = { kind: 'nobody' }

/** What a person sees through a permission. */
export interface Reach {
  readonly everywhere: boolean
  readonly organisations: ReadonlySet<string>
  readonly lines: ReadonlySet<string>
  /** The owner of `own` calls. */
  readonly clinicians: ReadonlySet<string>
}

/** As facts and the ledger name them. */
export function actorOfIdentity(identity: Identity): Actor {
  switch (identity.kind) {
    case 'nobody':
      return { kind: 'system' }
    case 'person':
      return { kind: 'staff', id: identity.person.id }
    case 'token':
      return { kind: 'staff', id: identity.token.id }
  }
}

/** Whether they get in at all. {@link reachOf} decides what they see there. */
export function meets(identity: Identity, need: Need): boolean {
  if (need === 'anyone') return true
  if (identity.kind === 'nobody') return false
  if (need === 'signedIn') return identity.kind === 'person'
  if (need === 'known') return identity.kind === 'person' || identity.token.kind === 'api'
  const { everywhere, organisations, lines, clinicians } = reachOf(identity, need, isWholePermission(need) ? 'all' : 'acting')
  return everywhere || (!isWholePermission(need) && organisations.size + lines.size + clinicians.size > 0)
}

/** @param which `acting`: as far as they act at the moment; `all`: all that they have */
export function reachOf(identity: Identity, permission: Permission, which: 'acting' | 'all' = 'acting'): Reach {
  switch (identity.kind) {
    case 'nobody':
      return reachOfScopes([])
    case 'token':
      return reachOfScopes(identity.token.permissions.includes(permission) ? [identity.token.scope, ...(identity.token.also ?? [])] : [])
    case 'person':
      return reachOfGrants(identity, permission, which === 'acting' ? identity.session.acting : undefined)
  }
}

/** What grants open, for people who have signed in and for those who have not. @param acting for which part alone; undefined: for all of theirs */
export function reachOfGrants(
  { person, grants }: { readonly person: Person; readonly grants: readonly Grant[] },
  permission: Permission,
  acting?: Scope,
): Reach {
  const carried = grants.flatMap(({ role, scope }) => ({ how: carries(role, permission), scope: narrowed(scope, acting) }))
  const own = carried.some(({ how }) => how === 'own') && person.clinician !== undefined
  return reachOfScopes(
    carried.flatMap(({ how, scope }) => (how === 'granted' && scope ? [scope] : [])),
    own ? person.clinician : undefined,
  )
}

function reachOfScopes(scopes: readonly Scope[], clinician?: string): Reach {
  const of = (kind: 'organisation' | 'line') => new Set(scopes.flatMap((scope) => (scope.kind === kind ? [scope.id] : [])))
  return {
    everywhere: scopes.some(({ kind }) => kind === 'everywhere'),
    organisations: of('organisation'),
    lines: of('line'),
    clinicians: new Set(clinician === undefined ? [] : [clinician]),
  }
}

/** The identity without grants by approval: what they see only through those needs a reason. */
export function withoutApprovals(identity: Identity): Identity {
  return identity.kind === 'person' ? { ...identity, grants: identity.grants.filter(({ role }) => !isApproved(role)) } : identity
}

/** The rest of a grant while they act for one part; undefined: nothing. */
function narrowed(granted: Scope, acting: Scope | undefined): Scope | undefined {
  if (acting === undefined || acting.kind === 'everywhere') return granted
  if (granted.kind === 'everywhere') return acting
  return granted.kind === acting.kind && granted.id === acting.id ? granted : undefined
}

/** The owners of a call, an arrangement or a telephone. */
export interface Belongs {
  readonly organisation?: string | undefined
  readonly line?: string | undefined
  /** Clinicians who took part. */
  readonly clinicians?: readonly string[]
}

/** Whether a permission reaches it: an organisation reaches what it asked for and what its own lines answered. */
export function reaches(reach: Reach, { organisation, line, clinicians = [] }: Belongs, directory: Directory): boolean {
  if (reach.everywhere) return true
  if (organisation !== undefined && reach.organisations.has(organisation)) return true
  if (line !== undefined) {
    if (reach.lines.has(line)) return true
    const trust = directory.lines.get(line)?.trust
    if (trust !== undefined && reach.organisations.has(trust)) return true
  }
  return clinicians.some((one) => reach.clinicians.has(one))
}

/** The parts that a person can act for, in the order of their grants. */
export function scopesOf(grants: readonly Grant[]): readonly Scope[] {
  const seen = new Map<string, Scope>()
  for (const { scope } of grants) seen.set(scope.kind === 'everywhere' ? '' : `${scope.kind}:${scope.id}`, scope)
  return [...seen.values()]
}
