import { describe, expect, it } from 'vitest'
import { ourSecurity } from '../../../../test/fixtures/sdp/described-phones.js'
import { answerAudio, type AudioEnd } from './offer-answer.js'
import { readDescription } from './read.js'
import { withoutKeys } from './security.js'

const us: AudioEnd = { address: '198.51.100.255', port: 40_000, security: ourSecurity }
const key = Buffer.alloc(30, 1).toString('base64')
const fingerprint = Array.from({ length: 32 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(':')
const offer = (profile: string, ...lines: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0', `m=audio 4000 ${profile} 0`, ...lines, ''].join('\r\n')
const dtls = (...lines: string[]) => offer('UDP/TLS/RTP/SAVP', `a=fingerprint:sha-256 ${fingerprint}`, ...lines)
const securityOf = (text: string) => readDescription(text)?.media[0]?.security

describe('keys in the description (RFC 4568)', () => {
  it('are answered with a key of ours under the same tag', () => {
    const reply = answerAudio(
      offer('RTP/SAVP', 'a=crypto:3 AEAD_AES_256_GCM inline:x', `a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^20`),
      us,
    )
    expect(reply.ok && reply.answer).toMatch(/^a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/]{40}\r$/m)
    expect(reply).toMatchObject({ agreement: { security: { kind: 'sdes', remote: { key } } } })
    expect(reply.ok && reply.answer).not.toContain(key)
  })

  it.each([
    ['none at all', []],
    ['a suite with a short tag', [`a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${key}`]],
    ['a key that is too short', [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key.slice(0, 20)}`]],
    ['a master key identifier', [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^20|1:4`]],
    ['a stream that is not encrypted after all', [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key} UNENCRYPTED_SRTP`]],
  ])('%s: 488', (_, lines) => {
    expect(answerAudio(offer('RTP/SAVP', ...lines), us)).toMatchObject({ ok: false, status: 488 })
  })

  it("are nobody's business where nothing is encrypted", () => {
    expect(securityOf(offer('RTP/AVP', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`))).toBeUndefined()
  })

  it('are left out of what is written down, which stays as long as it was', () => {
    const text = offer('RTP/SAVP', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^20`, 'a=ice-pwd:0Kz3nB5rVtYwQ8uM1sJ7hLdP')
    expect(withoutKeys(text)).toHaveLength(text.length)
    expect(withoutKeys(text)).not.toMatch(/AQEB|0Kz3/)
  })
})

describe('keys by DTLS (RFC 5763)', () => {
  it.each([
    ['actpass', 'active', 'client'],
    ['passive', 'active', 'client'],
    ['active', 'passive', 'server'],
  ])('setup:%s is answered with setup:%s', (offered, answered, role) => {
    const reply = answerAudio(dtls(`a=setup:${offered}`, 'a=rtcp-mux'), us)
    expect(reply.ok && reply.answer).toContain(`a=setup:${answered}\r\n`)
    expect(reply).toMatchObject({ agreement: { rtcpMux: true, security: { kind: 'dtls', role, ice: undefined } } })
  })

  it('a handshake that there has been is not begun the other way round', () => {
    const later = { ...us, security: { ...ourSecurity, role: 'client' as const } }
    expect(answerAudio(dtls('a=setup:actpass'), later)).toMatchObject({ ok: true, agreement: { security: { role: 'client' } } })
    expect(answerAudio(dtls('a=setup:active'), later)).toMatchObject({ ok: false, status: 488 })
  })

  it.each([
    ['a fingerprint that proves nothing', offer('UDP/TLS/RTP/SAVP', `a=fingerprint:sha-1 ${fingerprint.slice(0, 59)}`, 'a=setup:actpass')],
    ['half a fingerprint', offer('UDP/TLS/RTP/SAVP', `a=fingerprint:sha-256 ${fingerprint.slice(0, 59)}`, 'a=setup:actpass')],
    ['setup:holdconn', dtls('a=setup:holdconn')],
    ['a password without a name', dtls('a=setup:actpass', 'a=ice-pwd:0Kz3nB5rVtYwQ8uM1sJ7hLdP')],
    ['a password that can be guessed', dtls('a=setup:actpass', 'a=ice-ufrag:abcd', 'a=ice-pwd:short')],
  ])('%s: 488', (_, text) => {
    expect(answerAudio(text, us)).toMatchObject({ ok: false, status: 488 })
  })

  it('candidates are read, and those left out that lead nowhere', () => {
    const security = securityOf(
      dtls(
        'a=setup:actpass',
        'a=ice-ufrag:abcd',
        'a=ice-pwd:0Kz3nB5rVtYwQ8uM1sJ7hLdP',
        'a=candidate:1 1 UDP 2122260223 192.0.2.33 61002 typ host generation 0',
        'a=candidate:2 1 udp 2113937151 3c4f2a90.local 53912 typ host',
        'a=candidate:3 1 tcp 1518280447 192.0.2.30 9 typ host tcptype active',
        'a=candidate:4 1 udp 99999999999 192.0.2.31 9 typ host',
        'a=candidate:5 1 udp 1 192.0.2.31 70000 typ host',
        'a=candidate:6 1 udp 1 192.0.2.31 7000 typ host2',
      ),
    )
    expect(security).toMatchObject({
      ice: { candidates: [{ foundation: '1', address: '192.0.2.33', port: 61_002, type: 'host' }], lite: false },
    })
  })
})
