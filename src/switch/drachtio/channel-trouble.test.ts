import { describe, expect, it } from 'vitest'
import { channelTrouble, inWords } from './channel-trouble.js'

const refused = (status: number, reason: string, cause?: string) =>
  Object.assign(new Error(`Sip non-success response: ${status}`), {
    status,
    reason,
    res: { get: (header: string) => (header === 'Reason' && cause !== undefined ? `Q.850;cause=88;text="${cause}"` : undefined) },
  })

const told = (error: unknown) => inWords(channelTrouble(error, 'drachtio_mrf', '10.0.0.7'))

describe('a FreeSWITCH that makes no channels is told with its own answer and the setting that is behind it', () => {
  it.each([
    ['a profile without 3pcc', refused(488, 'Not Acceptable Here', 'INCOMPATIBLE_DESTINATION'), '488 Not Acceptable Here (INCOMPATIBLE_DESTINATION); set enable-3pcc to true in SIP profile drachtio_mrf'],
    ['a profile that asks for credentials', refused(407, 'Proxy Authentication Required'), 'auth-calls to false'],
    ['an access list that leaves us out', refused(403, 'Forbidden'), 'apply-inbound-acl'],
    ['a dialplan without an extension', refused(404, 'Not Found', 'NO_ROUTE_DESTINATION'), 'runs the application socket'],
    ['a dialplan that ends at once', refused(480, 'Temporarily Unavailable', 'NORMAL_CLEARING'), 'runs the application socket'],
    ['a server that is full or paused', refused(503, 'Maximum Calls In Progress'), 'max-sessions'],
    ['an event socket that stays away', new Error('Connection timeout'), 'FreeSWITCH must reach 10.0.0.7'],
  ])('%s', (_what, error, words) => {
    expect(told(error)).toContain(words)
  })

  it('an answer that nobody has met yet is told as it is', () => {
    expect(told(refused(500, 'Server Internal Error'))).toBe('500 Server Internal Error')
    expect(told('gone')).toBe('gone')
  })
})
