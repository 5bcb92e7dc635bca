import { expect, test } from 'vitest'
import { readSettings } from './read-settings.js'

const good = {
  drachtio: {
    sip: [{ address: '127.0.0.1', port: 5060, protocols: ['udp', 'tcp'] }],
    app: { address: '127.0.0.1', port: 9022 },
    secret: 'cymru',
  },
  freeswitch: {
    sip: { address: '127.0.0.1', port: 5080 },
    eventSocket: { address: '127.0.0.1', port: 8021 },
    password: 'ClueCon',
    rtp: { address: '127.0.0.1', firstPort: 20000, lastPort: 29999 },
  },
}

test('good settings are taken as they are', () => {
  expect(readSettings(JSON.stringify(good))).toEqual(good)
})

test.each([
  ['{', 'the settings are not JSON'],
  ['[]', 'setting settings: expected an object'],
  [JSON.stringify({ ...good, drachtio: { ...good.drachtio, secret: '' } }), 'setting settings.drachtio.secret: expected a text'],
  [
    JSON.stringify({ ...good, drachtio: { ...good.drachtio, sip: [{ address: 'x', port: 70000, protocols: ['udp'] }] } }),
    'setting settings.drachtio.sip[0].port: expected a port',
  ],
  [
    JSON.stringify({ ...good, drachtio: { ...good.drachtio, sip: [{ address: 'x', port: 1, protocols: ['tls'] }] } }),
    'expected a certificate',
  ],
  [
    JSON.stringify({ ...good, drachtio: { ...good.drachtio, sip: [{ address: 'x', port: 1, protocols: ['tcp', 'ws'] }] } }),
    'and one of "tcp", "tls", "ws" and "wss"',
  ],
  [
    JSON.stringify({ ...good, drachtio: { ...good.drachtio, port: 1 } }),
    'setting settings.drachtio.port: expected one of sip, tls, app, secret',
  ],
  [
    JSON.stringify({ ...good, freeswitch: { ...good.freeswitch, rtp: { address: 'x', firstPort: 5, lastPort: 4 } } }),
    'expected at least firstPort (5)',
  ],
])('%s is refused with a line that says what to change', (json, line) => {
  expect(() => readSettings(json)).toThrow(line)
})
