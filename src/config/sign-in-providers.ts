import { tenantIn, type ProviderKind, type ProviderSetting } from '../accounts/open-id-provider.js'

const fields = [
  'id',
  'name',
  'kind',
  'issuer',
  'clientId',
  'clientSecret',
  'privateKeyFile',
  'keyId',
  'keyAlgorithm',
  'scopes',
  'acrValues',
  'requiredAcr',
] as const
const expected = `a list of sign-in providers, each with ${fields.join(', ')}`
const kinds: readonly ProviderKind[] = ['cis2', 'entra', 'openId']
const keyAlgorithms = ['RS256', 'RS512', 'PS256', 'ES256'] as const

/** The default requests to each kind. */
const scopesOf: Readonly<Record<ProviderKind, string>> = {
  cis2: 'openid profile nhsperson nationalrbacaccess associatedorgs selectedrole',
  entra: 'openid profile',
  openId: 'openid profile',
}

/**
 * Reads the list in one text, as JSON: for the environment.
 * @throws Error that says what would be right; never with the value, which may hold a secret
 */
export function readProviderText(text: string): readonly ProviderSetting[] {
  if (text === '') return []
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw new Error(`${expected}, as JSON; in the settings file as a list`)
  }
  if (!Array.isArray(list)) throw new Error(`${expected}, as a JSON list`)
  return readProviderList(list)
}

/** @throws Error that says what would be right */
export function readProviderList(list: readonly unknown[]): readonly ProviderSetting[] {
  const providers = list.map((entry, index) => providerOf(entry, `provider ${index + 1}`))
  const twice = providers.find(({ id }, index) => providers.findIndex((other) => other.id === id) !== index)
  if (twice) throw new Error(`${expected}; two are called "${twice.id}"`)
  return providers
}

function providerOf(entry: unknown, which: string): ProviderSetting {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new Error(`${expected}; ${which} is none`)
  const stray = Object.keys(entry).find((key) => !fields.some((field) => field === key))
  if (stray !== undefined) throw new Error(`${expected}; ${which} has "${stray}"`)
  const written = entry as Readonly<Partial<Record<(typeof fields)[number], unknown>>>
  const optional = (field: (typeof fields)[number]): string | undefined => {
    const value = written[field]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string' || value === '') throw new Error(`${expected}; ${field} of ${which} is no text`)
    return value
  }
  const needed = (field: (typeof fields)[number]): string => {
    const value = optional(field)
    if (value === undefined) throw new Error(`${expected}; ${which} needs "${field}"`)
    return value
  }
  const id = needed('id')
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(id))
    throw new Error(`${expected}; the id of ${which} has other characters than small letters, digits and hyphens`)
  const kind = kinds.find((one) => one === needed('kind'))
  if (kind === undefined) throw new Error(`${expected}; the kind of "${id}" is none of ${kinds.join(', ')}`)
  const issuer = needed('issuer')
  // As written: it is compared literally (OpenID Connect Core section 3.1.3.7), port and slash included.
  if (!/^https:\/\/[^\s?#]+$|^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?[^\s?#]*$/.test(issuer))
    throw new Error(`${expected}; the issuer of "${id}" is no https address`)
  if (kind === 'entra' && tenantIn(issuer) === undefined)
    throw new Error(`${expected}; the issuer of "${id}" names no tenant: https://login.microsoftonline.com/TENANT-ID/v2.0`)
  const [clientSecret, privateKeyFile] = [optional('clientSecret'), optional('privateKeyFile')]
  if ((clientSecret === undefined) === (privateKeyFile === undefined))
    throw new Error(`${expected}; "${id}" needs either clientSecret or privateKeyFile`)
  const algorithm = optional('keyAlgorithm') ?? 'RS512'
  const keyAlgorithm = keyAlgorithms.find((one) => one === algorithm)
  if (keyAlgorithm === undefined) throw new Error(`${expected}; keyAlgorithm of "${id}" is none of ${keyAlgorithms.join(', ')}`)
  const acr = written.requiredAcr
  if (acr !== undefined && !(Array.isArray(acr) && acr.length > 0 && acr.every((one) => typeof one === 'string' && one !== '')))
    throw new Error(`${expected}; requiredAcr of "${id}" is no list of texts`)
  const [keyId, acrValues] = [optional('keyId'), optional('acrValues')]
  return {
    ...{ id, kind, issuer, name: needed('name'), clientId: needed('clientId'), scopes: optional('scopes') ?? scopesOf[kind], keyAlgorithm },
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(privateKeyFile === undefined ? {} : { privateKeyFile }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(acrValues === undefined ? {} : { acrValues }),
    ...(acr === undefined ? {} : { requiredAcr: acr as readonly string[] }),
  }
}
