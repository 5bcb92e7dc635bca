/**
 * The one table of permissions. Each API route and page states the permission it needs (`needs`); a person who has it through a role, by a current grant, gets in, and sees
 * what that grant reaches. docs/accounts.md
 */

/** The permissions. */
export const permissions = {
  wallboard: 'See the wallboard: what is happening now, without callers’ numbers or names',
  live: 'See every call as it happens with the number it comes from',
  alarms: 'See the alarms, and what to do about each',
  calls: 'See the records of calls: who called, who accepted, how long it took',
  recordings: 'See patient data of calls: hear their recordings, see NHS numbers',
  outcomes: 'Leave the outcome of a call and the NHS number of its patient, and change them later',
  assignments: 'Say which clinician made a call that came from a Dial-In number',
  arrangements: 'Arrange call-backs, Patient Connect and call-back codes',
  bypass: 'See the bypass numbers of practices',
  browserCalls: 'Call from the browser, and be rung there',
  availability: 'See who takes no calls for a while, and say so for them',
  pocket: 'Use the clinician’s page on a telephone: own lines, colleagues who are on, own calls without an outcome',
  services: 'See the Service Directory of an organisation',
  reports: 'See figures and export reports',
  rotas: 'See and change rotas',
  directory: 'See and change organisations, lines, people and numbers of the directory',
  watchList: 'See the telephones that fail, and take one off the list',
  devices: 'Make and remove the credentials of SIP telephones',
  documentation: 'Read the documentation of the API, and try it',
  health: 'See why the engine cannot take calls, and what to do about it',
  metrics: 'Read the figures for monitoring',
  people: 'Invite people, give and end roles, end their sessions',
  tokens: 'Make and end tokens for programs and wallboards',
  outbox: 'See the messages that go out by themselves, stop one or send it again',
  approvals: 'Approve people to see patient-identifiable data',
  audit: 'See who saw or changed what',
  retention: 'See what is due for deletion and what was deleted, place and release legal holds',
} as const satisfies Readonly<Record<string, string>>

export type Permission = keyof typeof permissions

/** `granted`: what the grant reaches, an organisation, a line, or everything. `own`: calls that the person was in themselves. */
type Reaches = 'granted' | 'own'

interface Role {
  readonly name: string
  readonly what: string
  readonly may: Readonly<Partial<Record<Permission, Reaches>>>
  /** Granted for everything, or not at all. */
  readonly whole?: true
  /** Granted by approval: it needs another person as approver, a reason and an end, and the second factor again before it is used. */
  readonly approved?: true
}

export const roles = {
  clinician: {
    name: 'Clinician',
    what: 'Own calls with their recordings and outcomes; calls from the browser; arranges calls to patients',
    may: {
      calls: 'own',
      recordings: 'own',
      outcomes: 'own',
      arrangements: 'granted',
      bypass: 'granted',
      browserCalls: 'own',
      services: 'granted',
      pocket: 'own',
      availability: 'own',
    },
  },
  rotaKeeper: {
    name: 'Rota keeper',
    what: 'Keeps the rotas of the lines, and sees which telephones fail',
    may: { rotas: 'granted', watchList: 'granted', availability: 'granted', services: 'granted' },
  },
  operations: {
    name: 'Operations',
    what: 'Watches what happens now; sees no patient-identifiable data',
    may: {
      wallboard: 'granted',
      live: 'granted',
      alarms: 'granted',
      health: 'granted',
      watchList: 'granted',
      rotas: 'granted',
      availability: 'granted',
      services: 'granted',
    },
  },
  serviceManager: {
    name: 'Service manager',
    what: 'Reports, calls and call-backs of their lines',
    may: {
      wallboard: 'granted',
      live: 'granted',
      alarms: 'granted',
      calls: 'granted',
      outcomes: 'granted',
      assignments: 'granted',
      arrangements: 'granted',
      reports: 'granted',
      rotas: 'granted',
      watchList: 'granted',
      bypass: 'granted',
      availability: 'granted',
      services: 'granted',
    },
  },
  pidApproved: {
    name: 'Approved for patient data',
    what: 'Recordings and NHS numbers of calls they had no part in, each look with its reason',
    may: { calls: 'granted', recordings: 'granted', outcomes: 'granted' },
    approved: true,
  },
  privacyOfficer: {
    name: 'Privacy officer',
    what: 'Sees who saw or changed what, approves who may see patient data, places and releases legal holds',
    may: { audit: 'granted', approvals: 'granted', retention: 'granted' },
    whole: true,
  },
  administrator: {
    name: 'Administrator',
    what: 'People, roles, the directory, telephones and tokens',
    may: {
      people: 'granted',
      tokens: 'granted',
      outbox: 'granted',
      directory: 'granted',
      rotas: 'granted',
      devices: 'granted',
      watchList: 'granted',
      documentation: 'granted',
      wallboard: 'granted',
      live: 'granted',
      alarms: 'granted',
      health: 'granted',
      metrics: 'granted',
      services: 'granted',
    },
    whole: true,
  },
} as const satisfies Readonly<Record<string, Role>>

export type RoleName = keyof typeof roles

export const roleNames = Object.keys(roles) as readonly RoleName[]
export const permissionNames = Object.keys(permissions) as readonly Permission[]

export function isRole(text: string): text is RoleName {
  return Object.hasOwn(roles, text)
}

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(permissions, text)
}

/** Roles that need a second factor by default: they reach the whole service, or what patients said. */
export const defaultSecondFactorRoles: readonly RoleName[] = ['pidApproved', 'privacyOfficer', 'administrator']

/** How far a role carries a permission; undefined: not at all. */
export function carries(role: RoleName, permission: Permission): Reaches | undefined {
  const { may }: Role = roles[role]
  return may[permission]
}

/** Whether it is only granted for everything. */
export function isWhole(role: RoleName): boolean {
  return 'whole' in roles[role]
}

/** Permissions that cannot be divided by organisation or line: a person who has one for a part sees nothing by it. */
const wholePermissions: ReadonlySet<Permission> = new Set([
  'directory',
  'watchList',
  'devices',
  'documentation',
  'health',
  'metrics',
  'people',
  'tokens',
  'outbox',
  'approvals',
  'audit',
  'retention',
])

export function isWholePermission(permission: Permission): boolean {
  return wholePermissions.has(permission)
}

/** Whether it is given by approval. */
export function isApproved(role: RoleName): boolean {
  return 'approved' in roles[role]
}

/**
 * What a route or a page needs. `anyone`: no sign-in. `signedIn`: a signed-in person with any roles. `known`: such a person, or a program with a token. A permission: people who have it.
 */
export type Need = 'anyone' | 'signedIn' | 'known' | Permission

/** The scope of a grant. */
export type Scope = { readonly kind: 'everywhere' } | { readonly kind: 'organisation' | 'line'; readonly id: string }

/** Written as one word: `everywhere`, `organisation:elm-row`, `line:cardiology`. */
export function scopeName(scope: Scope): string {
  return scope.kind === 'everywhere' ? scope.kind : `${scope.kind}:${scope.id}`
}

export function scopeNamed(text: string): Scope | undefined {
  if (text === 'everywhere') return { kind: 'everywhere' }
  const [, kind, id] = /^(organisation|line):([a-z0-9][a-z0-9-]{0,99})$/.exec(text) ?? []
  return kind === undefined || id === undefined ? undefined : { kind: kind as 'organisation' | 'line', id }
}
