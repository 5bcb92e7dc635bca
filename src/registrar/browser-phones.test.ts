import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { digestSecret } from '../embedded/protocols/sip/digest.js'
import type { DialOptions, DialResult, PlainSwitch } from '../switch/port.js'
import { Bindings } from './bindings.js'
import { refusalOfFrame } from './browser-frames.js'
import { BrowserPhones } from './browser-phones.js'
import { registeredSwitch } from './registered-switch.js'

const realm = 'ringround'
let clock: VirtualClock
let browsers: BrowserPhones
const hour = 3_600_000

beforeEach(() => {
  clock = new VirtualClock(1_800_000_000_000)
  browsers = new BrowserPhones(realm, clock)
})

const make = (session: string, clinician = 'dr-okafor') => browsers.make({ session, clinician, endsAt: clock.now() + hour })

describe('a browser as a telephone', () => {
  it('belongs to the clinician who has signed in, and is the same for the same session', () => {
    const { device, password } = make('one')
    expect(device).toMatchObject({
      owner: { kind: 'clinician', id: 'dr-okafor' },
      credentials: { secrets: { md5: digestSecret('MD5', device.user, realm, password) } },
    })
    expect(JSON.stringify(browsers.find(device.user))).not.toContain(password)
    expect(device.user).not.toContain('one')
    expect(make('one').device.user).toBe(device.user)
    expect(make('two').device.user).not.toBe(device.user)
    expect(browsers.of('dr-okafor')).toHaveLength(2)
  })

  it('has a new password each time it is asked for, and the old one opens nothing', () => {
    const [first, second] = [make('one'), make('one')]
    expect(second.password).not.toBe(first.password)
    expect(browsers.find(first.device.user)?.credentials.secrets.md5).toBe(digestSecret('MD5', second.device.user, realm, second.password))
  })

  it('ends with the session: when it is ended, and by itself at its time', async () => {
    const [one, two] = [make('one').device.user, make('two').device.user]
    expect(browsers.end('one')).toBe(one)
    expect([browsers.find(one), browsers.ofSession('one'), browsers.end('one')]).toEqual([undefined, undefined, undefined])
    await clock.advance(hour)
    expect([browsers.find(two), browsers.of('dr-okafor')]).toEqual([undefined, []])
  })
})

describe('a clinician is rung in the browser', () => {
  const rung: string[] = []
  const inner = {
    dial: (target: { readonly uri: string }): Promise<DialResult> => {
      rung.push(target.uri)
      return Promise.resolve({ kind: 'busy', status: 486, reason: 'Busy Here' })
    },
  } as unknown as PlainSwitch
  const options: DialOptions = { from: { number: '1' }, ringMs: 1_000, signal: new AbortController().signal }
  const registered = (bindings: Bindings, user: string) =>
    bindings.bind(user, [{ uri: `sip:${user}@x.invalid;transport=ws`, expiresSeconds: 60 }], {
      source: { address: '127.0.0.1', port: 4_000, protocol: 'ws' },
      callId: user,
      sequence: 1,
    })

  it('in all in which they have signed in and take calls, and in no other person’s', async () => {
    const bindings = new Bindings(clock)
    const telephone = registeredSwitch(inner, bindings, browsers)
    const [one, two, other] = [make('one').device.user, make('two').device.user, make('three', 'dr-lind').device.user]
    expect(await telephone.dial({ kind: 'browser', clinician: 'dr-okafor' }, options)).toMatchObject({ kind: 'unavailable', status: 480 })
    for (const user of [one, two, other]) registered(bindings, user)
    expect(await telephone.dial({ kind: 'browser', clinician: 'dr-okafor' }, options)).toMatchObject({ kind: 'busy' })
    expect(rung.sort()).toEqual([one, two].map((user) => `sip:${user}@x.invalid;transport=ws`).sort())
    bindings.close()
  })
})

describe('what a browser sends', () => {
  const request = (method: string, from: string, more: readonly string[] = []) =>
    [
      `${method} sip:21@ringround SIP/2.0`,
      'Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1',
      'Max-Forwards: 70',
      `From: ${from}`,
      'To: <sip:21@ringround>',
      'Call-ID: c1',
      `CSeq: 1 ${method}`,
      ...more,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
  const mine = '"A" <sip:browser-1@ringround>;tag=1'

  it('passes as far as it speaks for its own telephone', () => {
    for (const method of ['REGISTER', 'INVITE', 'ACK', 'CANCEL', 'BYE', 'INFO'])
      expect(refusalOfFrame(request(method, mine), 'browser-1'), method).toBeUndefined()
    expect(
      refusalOfFrame(
        request('REGISTER', mine, [
          'Authorization: Digest username="browser-1", realm="ringround", nonce="n", uri="sip:ringround", response="r"',
        ]),
        'browser-1',
      ),
    ).toBeUndefined()
    expect(
      refusalOfFrame(
        'SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:1@x>;tag=1\r\nTo: <sip:browser-1@x>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n',
        'browser-1',
      ),
    ).toBeUndefined()
    expect(refusalOfFrame('\r\n\r\n', 'browser-1')).toBeUndefined()
  })

  it.each([
    ['as another telephone', request('REGISTER', '<sip:okafor-desk@ringround>;tag=1'), 'notTheirs'],
    ['as another browser', request('INVITE', '<sip:browser-2@ringround>;tag=1'), 'notTheirs'],
    ['as nobody', request('INVITE', '<sip:ringround>;tag=1'), 'notTheirs'],
    [
      'with the credentials of another telephone',
      request('REGISTER', mine, [
        'Authorization: Digest username="okafor-desk", realm="ringround", nonce="n", uri="sip:ringround", response="r"',
      ]),
      'notTheirs',
    ],
    [
      'with credentials twice, of which one is another’s',
      request('REGISTER', mine, [
        'Authorization: Digest username="browser-1", nonce="n"',
        'Authorization: Digest username="okafor-desk", nonce="n"',
      ]),
      'notTheirs',
    ],
    ['in two names at once', request('INVITE', mine, ['From: <sip:okafor-desk@ringround>;tag=2']), 'notSip'],
    ['what no telephone here needs', request('MESSAGE', mine), 'method'],
    ['as a trunk', request('INVITE', mine).replace('SIP/2.0/WS ', 'SIP/2.0/TCP '), 'transport'],
    ['what is no SIP', 'hello', 'notSip'],
  ])('%s: is not passed on', (_what, frame, why) => {
    expect(refusalOfFrame(frame, 'browser-1')).toBe(why)
  })
})
