import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider from 'oidc-provider'
import { onTestFinished } from 'vitest'
import { freePort } from '../e2e/free-ports.js'

/** The person who signs in at the provider, and its claims about them. */
export interface Personality {
  readonly account: string
  readonly token: Readonly<Record<string, unknown>>
  readonly user: Readonly<Record<string, unknown>>
  readonly acr?: string
  readonly amr?: readonly string[]
}

export interface IdentityProvider {
  readonly issuer: string
  readonly clientSecret: string
  /** From now on another person signs in. */
  is(personality: Personality): void
  /** Acts as the person's browser there. @returns the redirect address */
  through(address: string): Promise<string>
}

const clientSecret = 'a-secret-of-forty-characters-or-so-for-it'

/** A real OpenID provider on loopback, which signs in the person set by {@link IdentityProvider.is} at once. @param path after the port in its issuer: Entra ID has the tenant there */
export async function identityProvider(redirects: readonly string[], path = ''): Promise<IdentityProvider> {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const issuer = `${base}${path}`
  let now: Personality = { account: 'nobody', token: {}, user: {} }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const named = [
    'sub',
    'acr',
    'amr',
    'name',
    'oid',
    'tid',
    'selected_roleid',
    'authentication_assurance_level',
    'nhsid_useruid',
    'nhsid_nrbac_roles',
  ]
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'ringround',
        client_secret: clientSecret,
        redirect_uris: [...redirects],
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'one' }] },
    cookies: { keys: ['a key of the cookies of a test'] },
    conformIdTokenClaims: false,
    claims: { openid: named },
    acrValues: ['AAL1_USERPASS', 'AAL2_TOTP', 'AAL3_FIDO2'],
    features: { devInteractions: { enabled: false }, userinfo: { enabled: true } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    findAccount: (_context, account) => ({
      accountId: account,
      claims: (use) => Promise.resolve({ sub: account, ...(use === 'id_token' ? now.token : now.user) }),
    }),
  })
  const answer = provider.callback()
  const interact = async (request: IncomingMessage, response: ServerResponse) => {
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, {
        login: {
          accountId: now.account,
          ...(now.acr === undefined ? {} : { acr: now.acr }),
          ...(now.amr === undefined ? {} : { amr: [...now.amr] }),
        },
      })
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/'))
      return void interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    // Below a path, as a reverse proxy would forward it.
    if (path !== '' && request.url?.startsWith(path)) {
      Object.assign(request, { originalUrl: request.url })
      request.url = request.url.slice(path.length)
    }
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return {
    ...{ issuer, clientSecret },
    is: (personality) => void (now = personality),
    async through(address) {
      const cookies = new Map<string, string>()
      let at = address
      for (let step = 0; step < 12; step++) {
        if (!at.startsWith(base)) return at
        const led = await fetch(at, {
          redirect: 'manual',
          headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        })
        for (const cookie of led.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
          cookies.set(name, value)
        }
        const next = led.headers.get('location')
        if (next === null) throw new Error(`${at} answered ${led.status}: ${(await led.text()).slice(0, 500)}`)
        at = new URL(next, at).href
      }
      throw new Error(`the provider leads nowhere: ${at}`)
    },
  }
}
