import { describe, expect, it } from 'vitest'
import { authorization, chooseChallenge, digestResponse, digestSecret, DigestServer, parseDigest } from './digest.js'

describe('digest responses', () => {
  it('are those of RFC 2617 section 3.5', () => {
    expect(
      digestResponse({
        algorithm: 'MD5',
        secret: digestSecret('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life'),
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
        method: 'GET',
        uri: '/dir/index.html',
        qop: { count: '00000001', clientNonce: '0a4f113b' },
      }),
    ).toBe('6629fae49393a05397450978507c4ef1')
  })

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('are those of RFC 7616 section 3.9.1: %s', (algorithm, response) => {
    expect(
      digestResponse({
        algorithm,
        secret: digestSecret(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life'),
        nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
        method: 'GET',
        uri: '/dir/index.html',
        qop: { count: '00000001', clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
      }),
    ).toBe(response)
  })
})

describe('a digest server', () => {
  const server = new DigestServer({ realm: 'ringround', secret: 'sixteen random by', nonceLifeMs: 1_000 })
  const secretOf = (user: string, algorithm: 'MD5' | 'SHA-256') =>
    user === 'ward' ? digestSecret(algorithm, 'ward', 'ringround', 'pass') : undefined
  function answerTo(challenge: string, password = 'pass', method = 'REGISTER', username = 'ward') {
    const chosen = chooseChallenge([challenge])
    if (!chosen) throw new Error('no challenge')
    return authorization(chosen, { username, password }, { method, uri: 'sip:127.0.0.1' }, 1, 'abc')
  }

  it('accepts a user who answers its challenge, in both algorithms', () => {
    for (const challenge of server.challenges(0))
      expect(server.verify(answerTo(challenge), 'REGISTER', 500, secretOf)).toEqual({ kind: 'accepted', username: 'ward' })
  })

  it('asks again with stale when the nonce is old, and refuses a nonce that is not its own', () => {
    const answer = answerTo(server.challenges(0)[0] ?? '')
    expect(server.verify(answer, 'REGISTER', 1_001, secretOf).kind).toBe('stale')
    expect(server.verify(answer.replace(/nonce="0-/, 'nonce="1-'), 'REGISTER', 500, secretOf)).toMatchObject({
      kind: 'refused',
      why: /nonce/,
    })
  })

  it.each([
    ['a wrong password', answerTo(server.challenges(0)[0] ?? '', 'other'), 'REGISTER'],
    ['another method', answerTo(server.challenges(0)[0] ?? ''), 'INVITE'],
    ['an unknown user', answerTo(server.challenges(0)[0] ?? '', 'pass', 'REGISTER', 'nobody'), 'REGISTER'],
    [
      'a quality of protection that is not served',
      `${answerTo((server.challenges(0)[0] ?? '').replace(', qop="auth"', ''))}, qop=auth-int, nc=00000002`,
      'REGISTER',
    ],
    ['no credentials', undefined, 'REGISTER'],
    ['another scheme', 'Basic d2FyZDpwYXNz', 'REGISTER'],
    ['something cut off', 'Digest username="ward', 'REGISTER'],
  ])('refuses %s', (_what, header, method) => {
    expect(server.verify(header, method, 500, secretOf).kind).toBe('refused')
  })

  it('reads quoted strings with everything in them', () => {
    expect(parseDigest('Digest username="a\\"b, c", realm = "x" ,nc=00000001')?.get('username')).toBe('a"b, c')
  })
})
