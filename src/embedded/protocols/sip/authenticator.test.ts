import { describe, expect, it } from 'vitest'
import { Authenticator } from './authenticator.js'
import { SipRequest, SipResponse } from './message.js'

describe('the answering side of digest', () => {
  const challenge = (nonce: string, stale = false) => {
    const response = new SipResponse(401, 'Unauthorized')
    response.headers.add('WWW-Authenticate', `Digest realm="r", nonce="${nonce}", qop="auth"${stale ? ', stale=true' : ''}`)
    return response
  }
  const authenticator = () => new Authenticator({ username: 'u', password: 'p' }, () => 'c')

  it('answers a challenge once, and again only when the nonce was stale', () => {
    const client = authenticator()
    expect(client.challenged(challenge('one'))).toBe(true)
    client.sign(new SipRequest('REGISTER', 'sip:r'))
    expect(client.challenged(challenge('two'))).toBe(false)
    expect(client.challenged(challenge('three', true))).toBe(true)
  })

  it('counts the uses of a nonce', () => {
    const client = authenticator()
    client.challenged(challenge('one'))
    const first = new SipRequest('REGISTER', 'sip:r')
    const second = new SipRequest('REGISTER', 'sip:r')
    client.sign(first)
    client.sign(second)
    expect(first.headers.get('Authorization')).toContain('nc=00000001')
    expect(second.headers.get('Authorization')).toContain('nc=00000002')
  })

  it('leaves a scheme alone that it does not know', () => {
    const response = new SipResponse(401, 'Unauthorized')
    response.headers.add('WWW-Authenticate', 'NoOneKnowsThisScheme a=b')
    expect(authenticator().challenged(response)).toBe(false)
  })
})
