/** `cis2`: NHS CIS2 Authentication. `entra`: Microsoft Entra ID, such as that of NHSmail or of a trust. `openId`: any other. */
export type ProviderKind = 'cis2' | 'entra' | 'openId'

/** A sign-in provider. */
export interface ProviderSetting {
  /** Used in URLs: `cis2`. */
  readonly id: string
  /** For people: `NHS CIS2`. */
  readonly name: string
  readonly kind: ProviderKind
  /** Compared letter by letter. */
  readonly issuer: string
  readonly clientId: string
  /** One of both: a shared secret, or the file of a private key (PEM, PKCS #8). */
  readonly clientSecret?: string
  readonly privateKeyFile?: string
  /** The key's id at the provider. */
  readonly keyId?: string
  readonly keyAlgorithm: 'RS256' | 'RS512' | 'PS256' | 'ES256'
  /** Separated by spaces. */
  readonly scopes: string
  /** The level requested, in the provider's terms: `AAL2_OR_AAL3_ANY`. */
  readonly acrValues?: string
  /** The answer has to contain one of these. */
  readonly requiredAcr?: readonly string[]
}

/** A person's identity, as a provider says. */
export interface ProvedIdentity {
  readonly provider: Pick<ProviderSetting, 'id' | 'name' | 'issuer'>
  /** The provider's permanent id of the person: never an address. */
  readonly subject: string
  /** For display: a name, if one was given. */
  readonly name?: string
  /** Whether the person showed a second factor there. */
  readonly secondFactor: boolean
  /** The role chosen there (CIS2). It grants nothing: a person's rights here are in their grants. */
  readonly chosenRole?: { readonly organisation: string; readonly name: string }
}

/** A provider's claims, after signatures, issuer, audience, nonce and times were checked. */
export type Claims = Readonly<Record<string, unknown>>

/** Why an identity is refused. `acr`: assurance too low. `tenant`: of another tenant. `subject`: the provider names nobody. `role`: the chosen role is not one of theirs. */
export type IdentityRefusal = 'acr' | 'tenant' | 'subject' | 'role'

/** Reads an identity from the claims of the ID token and the user information. */
export function identityIn(provider: ProviderSetting, token: Claims, user: Claims): ProvedIdentity | IdentityRefusal {
  if (provider.requiredAcr && !provider.requiredAcr.includes(textOf(token['acr']) ?? '')) return 'acr'
  const { id, name, issuer } = provider
  const about = { provider: { id, name, issuer }, ...optional('name', textOf(user['name']) ?? textOf(token['name'])) }
  switch (provider.kind) {
    case 'cis2': {
      const subject = textOf(user['nhsid_useruid']) ?? textOf(token['nhsid_useruid'])
      if (subject === undefined) return 'subject'
      const role = chosenRole(token, user)
      if (role === 'none of theirs') return 'role'
      // Assurance levels 2 and 3 both need something besides a password.
      return { ...about, subject, secondFactor: Number(token['authentication_assurance_level']) >= 2, ...optional('chosenRole', role) }
    }
    case 'entra': {
      const [oid, tid] = [textOf(token['oid']), textOf(token['tid'])]
      if (oid === undefined || tid === undefined) return 'subject'
      if (tid !== tenantIn(issuer)) return 'tenant'
      return { ...about, subject: `${tid}/${oid}`, secondFactor: listOf(token['amr']).includes('mfa') }
    }
    case 'openId': {
      const subject = textOf(token['sub'])
      if (subject === undefined) return 'subject'
      return { ...about, subject, secondFactor: listOf(token['amr']).includes('mfa') }
    }
  }
}

/** The entry of which `person_roleid` is the one that was chosen; a user may have no role at all. */
function chosenRole(token: Claims, user: Claims): ProvedIdentity['chosenRole'] | 'none of theirs' {
  const chosen = textOf(token['selected_roleid']) ?? textOf(user['selected_roleid'])
  if (chosen === undefined) return undefined
  const roles = Array.isArray(user['nhsid_nrbac_roles']) ? (user['nhsid_nrbac_roles'] as readonly unknown[]) : []
  const role = roles.find((one): one is Claims => typeof one === 'object' && one !== null && (one as Claims)['person_roleid'] === chosen)
  if (!role) return 'none of theirs'
  return { organisation: textOf(role['org_code']) ?? '', name: textOf(role['role_name']) ?? '' }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>)
}

/** The tenant that an issuer of Entra ID names. */
export function tenantIn(issuer: string): string | undefined {
  return /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/.exec(issuer)?.[1]
}
