import { describe, expect, it } from 'vitest'
import { readProviderList, readProviderText } from './sign-in-providers.js'

const trust = {
  id: 'trust',
  name: 'Elm Row Trust',
  kind: 'openId',
  issuer: 'https://id.elm-row.example/',
  clientId: 'ringround',
  clientSecret: 'secret',
}
const tenant = '37c354b2-85b0-47f5-b222-07b48d774ee3'

describe('sign-in providers', () => {
  it('are read with the defaults of their kind, and the issuer as written', () => {
    const cis2 = {
      id: 'cis2',
      name: 'NHS CIS2',
      kind: 'cis2',
      issuer: 'https://am.example:443/openam/oauth2',
      clientId: 'x',
      privateKeyFile: '/keys/cis2.pem',
      keyId: 'one',
      acrValues: 'AAL2_OR_AAL3_ANY',
      requiredAcr: ['AAL2_TOTP'],
    }
    expect(readProviderList([cis2, trust])).toEqual([
      { ...cis2, scopes: 'openid profile nhsperson nationalrbacaccess associatedorgs selectedrole', keyAlgorithm: 'RS512' },
      { ...trust, scopes: 'openid profile', keyAlgorithm: 'RS512' },
    ])
    expect(readProviderText(JSON.stringify([trust]))).toHaveLength(1)
    expect(readProviderText('')).toEqual([])
    expect(readProviderList([{ ...trust, kind: 'entra', issuer: `https://login.microsoftonline.com/${tenant}/v2.0` }])).toHaveLength(1)
  })

  it.each([
    [['trust'], /provider 1 is none/],
    [[{ ...trust, issuers: 'x' }], /provider 1 has "issuers"/],
    [[{ ...trust, id: 'The Trust' }], /the id of provider 1/],
    [[{ ...trust, id: undefined }], /provider 1 needs "id"/],
    [[{ ...trust, kind: 'saml' }], /none of cis2, entra, openId/],
    [[{ ...trust, issuer: 'http://id.elm-row.example' }], /no https address/],
    [[{ ...trust, issuer: 'https://id.elm-row.example?x=y' }], /no https address/],
    [[{ ...trust, kind: 'entra' }], /names no tenant/],
    [[{ ...trust, kind: 'entra', issuer: 'https://login.microsoftonline.com/common/v2.0' }], /names no tenant/],
    [[{ ...trust, clientSecret: undefined }], /either clientSecret or privateKeyFile/],
    [[{ ...trust, privateKeyFile: '/key' }], /either clientSecret or privateKeyFile/],
    [[{ ...trust, keyAlgorithm: 'none' }], /keyAlgorithm of "trust"/],
    [[{ ...trust, requiredAcr: 'AAL3' }], /requiredAcr of "trust" is no list/],
    [[{ ...trust, requiredAcr: [] }], /requiredAcr of "trust" is no list/],
    [[trust, { ...trust, issuer: 'https://other.example' }], /two are called "trust"/],
  ])('that cannot be used are told so: %j', (list, message) => expect(() => readProviderList(list)).toThrow(message))

  it.each(['{', '{}', 'trust'])('in one text are a JSON list: %s', (text) => expect(() => readProviderText(text)).toThrow(/JSON/))

  it('never repeat a secret in an error', () => {
    const told = () => readProviderList([{ ...trust, clientSecret: 'hush-hush', kind: 'x' }])
    expect(told).toThrow()
    expect(told).not.toThrow(/hush-hush/)
  })
})
