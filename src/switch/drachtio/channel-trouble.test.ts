import { describe, expect, it } from 'vitest'
import { channelTrouble, EndedAtOnce, inWords } from './channel-trouble.js'

const refused = (status: number, reason: string, q850?: string) =>
  Object.assign(new Error(`Sip non-success response: ${status}`), {
    status,
    reason,
    res: { get: (header: string) => (header === 'Reason' ? q850 : undefined) },
  })
const ended = (q850?: string) => new EndedAtOnce(q850)

const told = (error: unknown) => inWords(channelTrouble(error, 'drachtio_mrf', '10.0.0.7'))

describe('a FreeSWITCH that makes no channels is told with its own answer and the setting that is behind it', () => {
  // As FreeSWITCH 1.10.12 answered, each provoked by the setting that is named first.
  it.each([
    [
      'enable-3pcc is false, or not set',
      refused(480, 'Temporarily Unavailable', 'Q.850;cause=96;text="MANDATORY_IE_MISSING"'),
      '480 Temporarily Unavailable (MANDATORY_IE_MISSING); set enable-3pcc to true in SIP profile drachtio_mrf',
    ],
    ['auth-calls is true', refused(407, 'Proxy Authentication Required'), 'auth-calls to false'],
    ['the access list leaves drachtio-server out', refused(403, 'Forbidden'), 'apply-inbound-acl'],
    [
      'the context has no extension for us',
      ended('Q.850;cause=3;text="NO_ROUTE_DESTINATION"'),
      'it ended the channel as soon as it was made (NO_ROUTE_DESTINATION); the context of SIP profile drachtio_mrf needs an extension',
    ],
    ['mod_dialplan_xml is not loaded', ended('Q.850;cause=3;text="NO_ROUTE_DESTINATION"'), 'mod_dialplan_xml'],
    ['mod_dptools is not loaded', ended('Q.850;cause=27;text="DESTINATION_OUT_OF_ORDER"'), 'load mod_dptools'],
    ['the extension does not run the application socket', ended('Q.850;cause=16;text="NORMAL_CLEARING"'), 'run the application socket'],
    [
      'our event socket cannot be reached from there',
      ended('Q.850;cause=16;text="NORMAL_CLEARING"'),
      'FreeSWITCH must reach 10.0.0.7 (freeswitch.listenAddress)',
    ],
    ['no codec that we take', ended('Q.850;cause=88;text="INCOMPATIBLE_DESTINATION"'), 'inbound-codec-prefs to PCMA,PCMU'],
    ['rtp-ip is no address of its machine', ended('Q.850;cause=88;text="INCOMPATIBLE_DESTINATION"'), 'rtp-ip to an address of FreeSWITCH'],
    ['no RTP ports', refused(500, 'No session set by user'), 'rtp-start-port to rtp-end-port'],
    [
      'max-sessions, sessions-per-second or fsctl pause',
      refused(503, 'Maximum Calls In Progress'),
      'max-sessions or sessions-per-second (switch.conf.xml), or is paused',
    ],
    ['its SIP port refuses what drachtio-server sends', refused(503, 'Service Unavailable'), 'look at sip-ip, ext-sip-ip and sip-port'],
    ['an event socket that does not come in time', new Error('Connection timeout'), 'FreeSWITCH must reach 10.0.0.7'],
  ])('%s', (_what, error, words) => {
    expect(told(error)).toContain(words)
  })

  // As other versions answer.
  it.each([
    ['3pcc, before 1.10', refused(488, 'Not Acceptable Here', 'Q.850;cause=88;text="INCOMPATIBLE_DESTINATION"'), 'inbound-codec-prefs'],
    ['3pcc, without a cause', refused(488, 'Not Acceptable Here'), 'set enable-3pcc to true'],
    ['a dialplan without an extension', refused(404, 'Not Found', 'Q.850;cause=3;text="NO_ROUTE_DESTINATION"'), 'needs an extension'],
    ['a dialplan that ends at once', refused(480, 'Temporarily Unavailable'), 'runs the application socket'],
    ['a profile that nobody answers for', refused(408, 'Request Timeout'), 'sip-port'],
  ])('%s', (_what, error, words) => {
    expect(told(error)).toContain(words)
  })

  it('an answer that nobody has met yet is told as it is', () => {
    expect(told(refused(501, 'Not Implemented'))).toBe('501 Not Implemented')
    expect(told(ended())).toContain('it ended the channel as soon as it was made; ')
    expect(told('gone')).toBe('gone')
  })
})
