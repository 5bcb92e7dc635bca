import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import * as client from 'openid-client'
import type { Db } from '../store/statements.js'
import { identityIn, type Claims, type IdentityRefusal, type ProvedIdentity, type ProviderSetting } from './open-id-provider.js'
import { beginStep, takeStep } from './steps.js'

/** The purpose of a visit to a provider. `link`: signed in already, they add it to their account. */
export type Purpose = { readonly kind: 'signIn'; readonly next?: string } | { readonly kind: 'link'; readonly person: string }

/**
 * Why nobody was identified. `unknown`: no such provider. `over`: too late, or begun in another browser. `unreachable`: the provider gives no answer, or an invalid one.
 * `denied`: the person, or the provider, refused. `forged`: the answer does not match the request.
 */
export type OpenIdRefusal = IdentityRefusal | 'unknown' | 'over' | 'unreachable' | 'denied' | 'forged'

export type OpenIdAnswer =
  | { readonly kind: 'proved'; readonly identity: ProvedIdentity; readonly purpose: Purpose }
  | { readonly kind: 'refused'; readonly why: OpenIdRefusal; readonly detail: string }

interface OpenIdStep {
  readonly provider: string
  readonly nonce: string
  /** PKCE: worth nothing without the code, which is worth nothing without the client's own secret. */
  readonly verifier: string
  readonly redirect: string
  readonly purpose: Purpose
}

export interface OpenIdSettings {
  readonly providers: readonly ProviderSetting[]
  readonly db: Db
  /** Wall-clock ms. */
  readonly now: () => number
}

const answerWithinSeconds = 10
/** A provider's addresses and keys are fetched again after this time, ms. */
const configurationLifeMs = 60 * 60_000

/** Sign-in with a provider's account: OpenID Connect, authorisation code with PKCE, state and nonce. */
export class OpenId {
  readonly #configurations = new Map<string, { readonly at: number; readonly configuration: client.Configuration }>()

  constructor(private readonly settings: OpenIdSettings) {}

  get providers(): readonly Pick<ProviderSetting, 'id' | 'name'>[] {
    return this.settings.providers.map(({ id, name }) => ({ id, name }))
  }

  /** @param redirect where the provider sends people back to @returns where to go, and the state, which the browser has to bring back */
  async begin(
    id: string,
    redirect: string,
    purpose: Purpose,
  ): Promise<
    | { readonly kind: 'begun'; readonly url: string; readonly state: string }
    | { readonly kind: 'refused'; readonly why: OpenIdRefusal; readonly detail: string }
  > {
    const provider = this.settings.providers.find((one) => one.id === id)
    if (!provider) return { kind: 'refused', why: 'unknown', detail: id }
    const configuration = await this.#configuration(provider).catch((error: unknown) => describe(error))
    if (typeof configuration === 'string') return { kind: 'refused', why: 'unreachable', detail: configuration }
    const [verifier, nonce] = [client.randomPKCECodeVerifier(), client.randomNonce()]
    const step: OpenIdStep = { provider: id, nonce, verifier, redirect, purpose }
    const state = await beginStep(this.settings.db, 'openId', step, this.settings.now())
    const url = client.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: redirect, scope: provider.scopes, state, nonce },
      ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
      ...(provider.acrValues === undefined ? {} : { acr_values: provider.acrValues }),
    })
    return { kind: 'begun', url: url.href, state }
  }

  /**
   * @param query what the provider added to the address
   * @param remembered the state that this browser was given: a person sent here by another is not signed in as that other
   */
  async finish(query: string, remembered: string | undefined): Promise<OpenIdAnswer> {
    const refused = (why: OpenIdRefusal, detail = '') => ({ kind: 'refused', why, detail }) as const
    const params = new URLSearchParams(query)
    const state = params.get('state') ?? ''
    if (remembered === undefined || state === '' || remembered !== state) return refused('over', 'the browser did not begin it')
    const step = await takeStep<OpenIdStep>(this.settings.db, 'openId', state, this.settings.now())
    const provider = this.settings.providers.find(({ id }) => id === step?.provider)
    if (!step || !provider) return refused('over')
    if (params.has('error')) return refused('denied', `${params.get('error') ?? ''} ${params.get('error_description') ?? ''}`.trim())
    const configuration = await this.#configuration(provider).catch((error: unknown) => describe(error))
    if (typeof configuration === 'string') return refused('unreachable', configuration)
    try {
      const tokens = await client.authorizationCodeGrant(configuration, new URL(`${step.redirect}?${query}`), {
        pkceCodeVerifier: step.verifier,
        expectedState: state,
        expectedNonce: step.nonce,
        idTokenExpected: true,
      })
      const token = tokens.claims() as Claims
      const user =
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : ((await client.fetchUserInfo(configuration, tokens.access_token, String(token['sub']))) as Claims)
      const identity = identityIn(provider, token, user)
      return typeof identity === 'string' ? refused(identity) : { kind: 'proved', identity, purpose: step.purpose }
    } catch (error) {
      return refused(error instanceof client.ClientError && error.code === 'OAUTH_TIMEOUT' ? 'unreachable' : 'forged', describe(error))
    }
  }

  /** Rejects if the provider does not answer, or is another one. */
  async #configuration(provider: ProviderSetting): Promise<client.Configuration> {
    const known = this.#configurations.get(provider.id)
    if (known && this.settings.now() - known.at < configurationLifeMs) return known.configuration
    const address = `${provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await fetch(address, {
      signal: AbortSignal.timeout(answerWithinSeconds * 1_000),
      redirect: 'error',
      headers: { accept: 'application/json' },
    })
    if (!answer.ok) throw new Error(`${address} answered ${answer.status}`)
    const metadata = (await answer.json()) as client.ServerMetadata
    // Compared literally: a port that a library would drop is part of it (as with CIS2's).
    if (metadata.issuer !== provider.issuer) throw new Error(`${address} is of another issuer, ${metadata.issuer}`)
    const configuration = new client.Configuration(metadata, provider.clientId, provider.clientSecret, await authentication(provider))
    configuration.timeout = answerWithinSeconds
    // Every ID token's signature is checked, even if it comes straight from the provider.
    client.enableNonRepudiationChecks(configuration)
    // The settings take plain HTTP for loopback alone.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that it stands out, not because it will go
    if (provider.issuer.startsWith('http:')) client.allowInsecureRequests(configuration)
    this.#configurations.set(provider.id, { at: this.settings.now(), configuration })
    return configuration
  }
}

const algorithms = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  RS512: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
} as const

async function authentication({ clientSecret, privateKeyFile, keyId, keyAlgorithm }: ProviderSetting): Promise<client.ClientAuth> {
  if (privateKeyFile === undefined) return client.ClientSecretPost(clientSecret)
  const der = createPrivateKey(await readFile(privateKeyFile)).export({ format: 'der', type: 'pkcs8' })
  const key = await crypto.subtle.importKey('pkcs8', der, algorithms[keyAlgorithm], false, ['sign'])
  return client.PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId })
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
