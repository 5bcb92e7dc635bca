import { expect, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { OpenId } from '../../src/accounts/open-id.js'
import type { ProviderSetting } from '../../src/accounts/open-id-provider.js'
import { freePort } from '../e2e/free-ports.js'
import { adminWorld } from '../keeping/admin-world.js'
import { keptWorld } from '../keeping/kept-world.js'
import { identityProvider, type IdentityProvider, type Personality } from './identity-provider.js'

const nhsMail = '37c354b2-85b0-47f5-b222-07b48d774ee3'

const okafor: Personality = {
  account: '555254240105',
  acr: 'AAL3_FIDO2',
  token: { authentication_assurance_level: '3', selected_roleid: '555254242106' },
  user: {
    nhsid_useruid: '555254240105',
    name: 'Ada Okafor',
    nhsid_nrbac_roles: [{ person_roleid: '555254242106', org_code: 'A81001', role_name: '"Clinical":"Clinical Provision":"Consultant"' }],
  },
}
const entra: Personality = {
  account: 'pairwise-subject',
  amr: ['pwd', 'mfa'],
  token: { oid: 'b0f7a0c4-0000-4000-8000-000000000001', tid: nhsMail },
  user: { name: 'Mary Lowe' },
}
const other: Personality = { account: 'sam', token: {}, user: { name: 'Sam Field' } }

/** The pages, with three providers: NHS CIS2, Entra ID, and another. */
async function world(more: Partial<ProviderSetting> = {}) {
  const port = await freePort()
  const pages = `http://localhost:${port}`
  const redirect = (id: string) => `${pages}/sign-in/with/${id}/done`
  const providers = {
    cis2: await identityProvider([redirect('cis2')]),
    nhsmail: await identityProvider([redirect('nhsmail')], `/${nhsMail}/v2.0`),
    trust: await identityProvider([redirect('trust')]),
  }
  const settingOf = (id: keyof typeof providers, kind: ProviderSetting['kind'], rest: Partial<ProviderSetting>): ProviderSetting => ({
    id,
    kind,
    name: id,
    issuer: providers[id].issuer,
    clientId: 'ringround',
    clientSecret: providers[id].clientSecret,
    scopes: 'openid profile',
    keyAlgorithm: 'RS512',
    ...rest,
  })
  const settings = [
    settingOf('cis2', 'cis2', { acrValues: 'AAL2_TOTP AAL3_FIDO2', requiredAcr: ['AAL2_TOTP', 'AAL3_FIDO2'], ...more }),
    settingOf('nhsmail', 'entra', {}),
    settingOf('trust', 'openId', {}),
  ]
  const { store } = await keptWorld()
  let now = Date.now()
  const openId = new OpenId({ providers: settings, db: store.tables.writing, now: () => now })
  const admin = await adminWorld({ admin: { port, publicUrl: pages, openId } })
  const person = async (name: string) => {
    const made = await admin.accounts.addPerson(system, { name })
    await admin.accounts.grant(system, { person: made.id, role: 'operations', scope: { kind: 'everywhere' } })
    return made
  }
  /** A browser: its cookies, and its page. */
  const browser = () => {
    const cookies = new Map<string, string>()
    const ask = async (address: string, form?: Readonly<Record<string, string>>) => {
      const answer = await fetch(address, {
        redirect: 'manual',
        ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), 'sec-fetch-site': 'same-origin' },
      })
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        cookies.set(name, value)
      }
      return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() }
    }
    const get = (address: string) => ask(address)
    /** Asks to link an account, on its page. @returns the link's target */
    const linking = async (id: string) => {
      const token = /name="token" value="([^"]+)"/.exec((await get(`${pages}/account`)).text)?.[1] ?? ''
      return /href="(\/account\/link\/[^"]+)"/.exec((await ask(`${pages}/account/link/${id}`, { token })).text)?.[1] ?? ''
    }
    return {
      cookies,
      get,
      linking,
      async signedInAs() {
        const found = await admin.accounts.identify({ cookie: cookies.get('__Host-ringround') })
        return found.kind === 'person' ? found.person.name : undefined
      },
      /** To the provider and back. @returns the redirect address */
      async back(id: keyof typeof providers, personality: Personality, from = `/sign-in/with/${id}`) {
        providers[id].is(personality)
        const begun = await get(`${pages}${from}`)
        expect(begun.status, begun.text).toBe(303)
        return providers[id].through(begun.location)
      },
    }
  }
  /** A person with a linked account: signed in by a link, then linked. */
  const linked = async (name: string, id: keyof typeof providers, personality: Personality) => {
    const made = await person(name)
    const theirs = browser()
    const signedIn = await admin.accounts.signIns.byLink(await admin.accounts.makeLink(system, made.id, 'signIn'), {
      address: '127.0.0.1',
      userAgent: 'test',
    })
    if (signedIn.kind !== 'in') throw new Error(signedIn.kind)
    theirs.cookies.set('__Host-ringround', signedIn.secret)
    const answer = await theirs.get(await theirs.back(id, personality, await theirs.linking(id)))
    expect(answer.location, answer.text).toBe('/account?done=identityLinked')
    return made
  }
  return { admin, pages, providers, person, browser, linked, openId, pass: (ms: number) => void (now += ms) }
}

test(
  'NHS CIS2: linked once, it signs in with its second factor and the organisation of the role that was chosen',
  { timeout: 60_000 },
  async () => {
    const { admin, browser, linked } = await world()
    const ada = await linked('Ada Okafor', 'cis2', okafor)
    const again = browser()
    const answer = await again.get(await again.back('cis2', okafor))
    expect([answer.status, answer.location.startsWith('/')]).toEqual([303, true])
    expect(await again.signedInAs()).toBe('Ada Okafor')
    const [session] = await admin.accounts.sessions(ada.id)
    expect(session).toMatchObject({ method: 'openId', secondFactorAt: expect.any(Number) as number })
    // Without a role chosen there it is the same person; their rights are in their grants.
    const { selected_roleid: _, ...withoutRole } = okafor.token
    const roleless = browser()
    await roleless.get(await roleless.back('cis2', { ...okafor, token: withoutRole, user: { ...okafor.user, nhsid_nrbac_roles: [] } }))
    expect(await roleless.signedInAs()).toBe('Ada Okafor')
  },
)

test('Entra ID: known by tenant and object, whatever the address and the name are', { timeout: 60_000 }, async () => {
  const { browser, linked } = await world()
  await linked('Mary Lowe', 'nhsmail', entra)
  const renamed = browser()
  await renamed.get(await renamed.back('nhsmail', { ...entra, account: 'another-pairwise', user: { name: 'Mary Field' } }))
  expect(await renamed.signedInAs()).toBe('Mary Lowe')
  for (const token of [
    { ...entra.token, tid: '00000000-0000-4000-8000-000000000000' },
    { ...entra.token, oid: 'b0f7a0c4-0000-4000-8000-000000000002' },
    { tid: nhsMail },
  ]) {
    const stranger = browser()
    const answer = await stranger.get(
      await stranger.back('nhsmail', { ...entra, token, user: { ...entra.user, email: 'mary.lowe@example.nhs.uk' } }),
    )
    expect([answer.status, await stranger.signedInAs()]).toEqual([400, undefined])
  }
})

test('without a second factor there, the one here is asked for', { timeout: 60_000 }, async () => {
  const { admin, browser, linked } = await world()
  const sam = await linked('Sam Field', 'trust', other)
  const without = browser()
  await without.get(await without.back('trust', other))
  expect(await without.signedInAs()).toBe('Sam Field')
  await admin.store.tables.writing
    .insertInto('credentials')
    .values({
      id: 'generator-x',
      person: sam.id,
      kind: 'totp',
      label: 'Code generator',
      secret: '',
      counter: 0,
      created_at: 0,
      used_at: null,
    })
    .execute()
  const withOne = browser()
  const answer = await withOne.get(await withOne.back('trust', other))
  expect(answer.text).toContain('Enter your code')
  expect(await withOne.signedInAs()).toBeUndefined()
})

test('an unlinked account is refused, and gets nothing by its name or its address', { timeout: 60_000 }, async () => {
  const { admin, browser } = await world()
  await admin.accounts.addPerson(system, { name: 'Sam Field', email: 'sam.field@example.nhs.uk' })
  const stranger = browser()
  const answer = await stranger.get(
    await stranger.back('trust', {
      ...other,
      token: { email: 'sam.field@example.nhs.uk' },
      user: { name: 'Sam Field', email: 'sam.field@example.nhs.uk', email_verified: true },
    }),
  )
  expect(answer.status).toBe(400)
  expect(answer.text).toContain('This account is not known here')
  expect(await stranger.signedInAs()).toBeUndefined()
})

test('low assurance, or a role that is not theirs: refused', { timeout: 60_000 }, async () => {
  const { browser, linked } = await world()
  await linked('Ada Okafor', 'cis2', okafor)
  for (const [personality, says] of [
    [{ ...okafor, acr: 'AAL1_USERPASS' }, 'strong enough'],
    [{ ...okafor, token: { ...okafor.token, selected_roleid: '999' } }, 'not one that'],
    [{ ...okafor, user: { name: 'Ada Okafor' } }, 'did not say who you are'],
  ] as const) {
    const one = browser()
    const answer = await one.get(await one.back('cis2', personality))
    expect([answer.status, answer.text.includes(says), await one.signedInAs()], says).toEqual([400, true, undefined])
  }
})

test('an answer that is replayed, from another browser, changed, or late signs nobody in', { timeout: 60_000 }, async () => {
  const { browser, linked, pages, pass } = await world()
  await linked('Sam Field', 'trust', other)
  const refused = async (whose: ReturnType<typeof browser>, address: string) => {
    const answer = await whose.get(address)
    expect([answer.status, await whose.signedInAs()], address).toEqual([400, undefined])
  }
  // Sent to another person's browser.
  const attacker = browser()
  const theirs = await attacker.back('trust', other)
  await refused(browser(), theirs)
  const victim = browser()
  await victim.back('trust', other)
  await refused(victim, theirs)
  // Once only.
  await attacker.get(theirs)
  expect(await attacker.signedInAs()).toBe('Sam Field')
  attacker.cookies.delete('__Host-ringround')
  await refused(attacker, theirs)
  // Changed on the way.
  for (const change of [
    (url: URL) => url.searchParams.set('code', 'another'),
    (url: URL) => url.searchParams.set('iss', 'https://elsewhere.example'),
    (url: URL) => url.searchParams.set('state', 'A'.repeat(43)),
    (url: URL) => url.searchParams.delete('code'),
    (url: URL) => url.searchParams.set('error', 'access_denied'),
  ]) {
    const one = browser()
    const url = new URL(await one.back('trust', other))
    change(url)
    await refused(one, url.href)
  }
  const late = browser()
  const address = await late.back('trust', other)
  pass(10 * 60_000)
  await refused(late, address)
  expect((await browser().get(`${pages}/sign-in/with/nowhere`)).status).toBe(404)
})

test('a linked account belongs to one person, the one who began the linking', { timeout: 60_000 }, async () => {
  const { admin, browser, linked, person, pages } = await world()
  const sam = await linked('Sam Field', 'trust', other)
  const mary = await person('Mary Lowe')
  const signIn = async (who: string) => {
    const signedIn = await admin.accounts.signIns.byLink(await admin.accounts.makeLink(system, who, 'signIn'), {
      address: '127.0.0.1',
      userAgent: 'test',
    })
    return signedIn.kind === 'in' ? signedIn.secret : ''
  }
  const hers = browser()
  hers.cookies.set('__Host-ringround', await signIn(mary.id))
  const answer = await hers.get(await hers.back('trust', other, await hers.linking('trust')))
  expect([answer.status, answer.text.includes('already linked')]).toEqual([409, true])
  // Begun by Mary, and ended by Sam in the same browser.
  const address = await hers.back('trust', { ...other, account: 'fresh' }, await hers.linking('trust'))
  hers.cookies.set('__Host-ringround', await signIn(sam.id))
  expect((await hers.get(address)).status).toBe(400)
  expect(await admin.accounts.signIns.identities(mary.id)).toEqual([])
  // Led there by an attacker's page: without a request of their own, and with the attacker's request.
  const others = await hers.linking('trust')
  hers.cookies.set('__Host-ringround', await signIn(mary.id))
  for (const from of ['/account/link/trust', '/account/link/trust?step=', others])
    expect((await hers.get(`${pages}${from}`)).status, from).toBe(400)
  hers.cookies.set('__Host-ringround', await signIn(sam.id))
  expect((await hers.get(`${pages}/account`)).text).toContain('Unlink')
})

test(
  'id_tokens that are forged are refused: of another issuer, for another audience, with another nonce, too old, signed by nobody',
  { timeout: 60_000 },
  async () => {
    const { createServer } = await import('node:http')
    const { createSign, generateKeyPairSync } = await import('node:crypto')
    const port = await freePort()
    const issuer = `http://127.0.0.1:${port}`
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    let nonce = ''
    let made: (claims: Record<string, unknown>) => string = () => ''
    const signed = (claims: object, key = privateKey, header: object = { alg: 'RS256', kid: 'one' }) => {
      const text = `${part(header)}.${part(claims)}`
      return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`
    }
    const server = createServer((request, response) => {
      const json = (value: object) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      if (request.url?.endsWith('/openid-configuration'))
        return json({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        })
      if (request.url === '/keys') return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] })
      const now = Math.floor(Date.now() / 1_000)
      return json({
        access_token: 'x',
        token_type: 'Bearer',
        id_token: made({ iss: issuer, aud: 'ringround', sub: 'sam', nonce, iat: now, exp: now + 300 }),
      })
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const { store } = await keptWorld()
    const openId = new OpenId({
      providers: [
        {
          id: 'x',
          kind: 'openId',
          name: 'X',
          issuer,
          clientId: 'ringround',
          clientSecret: 'secret',
          scopes: 'openid',
          keyAlgorithm: 'RS512',
        },
      ],
      db: store.tables.writing,
      now: Date.now,
    })
    const attempt = async (how: typeof made) => {
      made = how
      const begun = await openId.begin('x', 'http://localhost/done', { kind: 'signIn' })
      if (begun.kind !== 'begun') throw new Error(begun.detail)
      nonce = new URL(begun.url).searchParams.get('nonce') ?? ''
      const answer = await openId.finish(`code=c&state=${begun.state}`, begun.state)
      return answer.kind === 'proved' ? answer.identity.subject : answer.why
    }
    try {
      expect(await attempt((claims) => signed(claims))).toBe('sam')
      const hour = 3_600
      for (const [what, how] of Object.entries<typeof made>({
        issuer: (claims) => signed({ ...claims, iss: `${issuer}/` }),
        audience: (claims) => signed({ ...claims, aud: 'another-client' }),
        nonce: (claims) => signed({ ...claims, nonce: 'another' }),
        'no nonce': ({ nonce: _, ...claims }) => signed(claims),
        expired: (claims) => signed({ ...claims, iat: Number(claims['iat']) - 2 * hour, exp: Number(claims['exp']) - 2 * hour }),
        'signed by another': (claims) => signed(claims, stranger.privateKey),
        'no subject': ({ sub: _, ...claims }) => signed(claims),
        none: (claims) => `${part({ alg: 'none' })}.${part(claims)}.`,
        'none, with a signature': (claims) => signed(claims, privateKey, { alg: 'none' }),
        'signed with the public key as a secret': (claims) => signed(claims, privateKey, { alg: 'HS256', kid: 'one' }),
        nothing: () => '',
      }))
        expect(await attempt(how), what).toBe('forged')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  },
)

test('a provider whose document names a different issuer, compared literally, is refused', { timeout: 60_000 }, async () => {
  const { providers } = await world()
  const { store } = await keptWorld()
  const of = (provider: IdentityProvider, issuer: string) =>
    new OpenId({
      providers: [
        {
          id: 'x',
          kind: 'openId',
          name: 'X',
          issuer,
          clientId: 'ringround',
          clientSecret: provider.clientSecret,
          scopes: 'openid',
          keyAlgorithm: 'RS512',
        },
      ],
      db: store.tables.writing,
      now: Date.now,
    }).begin('x', 'http://localhost/done', { kind: 'signIn' })
  expect(await of(providers.trust, providers.trust.issuer)).toMatchObject({ kind: 'begun' })
  expect(await of(providers.trust, `${providers.trust.issuer}/`)).toMatchObject({ kind: 'refused', why: 'unreachable' })
  expect(await of(providers.trust, providers.trust.issuer.replace('127.0.0.1', 'localhost'))).toMatchObject({
    kind: 'refused',
    why: 'unreachable',
  })
})
