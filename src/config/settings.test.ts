import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings, settingRows, SettingsError, settingsTable } from './settings.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringround-settings-'))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

function read(yaml: string, env: NodeJS.ProcessEnv = {}) {
  const file = join(root, 'settings.yaml')
  writeFileSync(file, yaml)
  return readSettings({ root, file, env })
}

describe('settings', () => {
  it('default to loopback and the embedded switch', () => {
    const settings = readSettings({ root, env: {} })
    expect(settings.sipAddresses).toEqual(['127.0.0.1'])
    expect(settings.httpAddress).toBe('127.0.0.1')
    expect(settings.drachtio).toEqual([])
    expect(settings.dataFolder).toBe(join(root, 'data'))
  })

  it('come from the environment, else from the file, else from the default', () => {
    const settings = read('sip:\n  port: 5070\nhttp:\n  port: 8090\n', { RINGROUND_SIP_PORT: '5071' })
    expect(settings.sipPort).toBe(5071)
    expect(settings.httpPort).toBe(8090)
    expect(settings.rtpFrom).toBe(20_000)
  })

  it('are read under their former name, with a warning; the current name wins if both are set', () => {
    const file = join(root, 'settings.yaml')
    writeFileSync(file, 'sip:\n  leastRegistrationSeconds: 40\n')
    const warnings: string[] = []
    const warn = (line: string) => warnings.push(line)
    expect(readSettings({ root, file, env: {}, warn }).minRegistrationSeconds).toBe(40)
    expect(readSettings({ root, env: { RINGROUND_LEAST_REGISTRATION_SECONDS: '50' }, warn }).minRegistrationSeconds).toBe(50)
    const both = { RINGROUND_LEAST_REGISTRATION_SECONDS: '50', RINGROUND_MIN_REGISTRATION_SECONDS: '60' }
    expect(readSettings({ root, env: both, warn }).minRegistrationSeconds).toBe(60)
    expect(warnings).toEqual([
      `${file}:2: the setting "sip.leastRegistrationSeconds" is now called "sip.minRegistrationSeconds". Rename it; the old name will go.`,
      ...Array<string>(2).fill(
        'RINGROUND_LEAST_REGISTRATION_SECONDS: this environment variable is now called RINGROUND_MIN_REGISTRATION_SECONDS. Rename it; the old name will go.',
      ),
    ])
  })

  it('take an address of each family', () => {
    const settings = read('sip:\n  address: "0.0.0.0, ::"\n  externalAddress: "192.0.2.10, 2001:db8::10"\n')
    expect(settings.sipAddresses).toEqual(['0.0.0.0', '::'])
    expect(settings.sipExternalAddresses).toEqual(['192.0.2.10', '2001:db8::10'])
    expect(settings.rtpAddresses).toEqual([])
  })

  it('keep a telephone number as written', () => {
    expect(read('calls:\n  outboundNumber: +441865922021\n').outboundNumber).toBe('+441865922021')
  })

  it.each([
    ['sip:\n  port: 99999\n', /settings\.yaml:2: sip\.port is "99999"; it has to be a whole number from 0 to 65535/],
    ['sip:\n  adress: 127.0.0.1\n', /settings\.yaml:2: there is no setting "sip\.adress"/],
    ['port: 1\n', /Did you mean "sip\.port"/],
    ['sip: [1, 2]\n', /has to be one value/],
    ['sip:\n\tport: 1\n', /settings\.yaml:2/],
    ['http:\n  address: everywhere\n', /an IP address/],
    ['sip:\n  address: "127.0.0.1, localhost"\n', /an IP address/],
    ['sip:\n  address: "::1, ::1"\n', /none comes twice/],
    ['sip:\n  address: "::"\n', /sip\.address is ::: phones need an address/],
    ['sip:\n  address: "0.0.0.0, ::"\n  externalAddress: 192.0.2.10\n', /sip\.address is ::: phones need an address/],
    ['sip:\n  externalAddress: "192.0.2.10, 192.0.2.11"\n', /one of IPv4 and one of IPv6/],
    ['rtp:\n  from: 20000\n  to: 20001\n', /a call needs four ports/],
    ['drachtio:\n  addresses: 127.0.0.1:9022\n', /RINGROUND_FREESWITCH/],
    ['calls:\n  from: 10.0.0.0/99\n', /calls\.from is "10\.0\.0\.0\/99"/],
    ['calls:\n  dialable: uk\n', /uk-geographic/],
    ['recordings:\n  encoder: mp4\n', /one of auto, native, wasm/],
  ])('say what is wrong in %j', (yaml, message) => {
    expect(() => read(yaml)).toThrow(message)
  })

  it('read UTF-16, and refuse by line what is no Unicode', () => {
    const yaml = 'calls:\n  outboundName: Café line\n'
    const file = join(root, 'settings.yaml')
    writeFileSync(file, Buffer.from(`\uFEFF${yaml}`, 'utf16le'))
    expect(readSettings({ root, file, env: {} }).outboundName).toBe('Café line')
    writeFileSync(file, Buffer.from(yaml, 'latin1'))
    expect(() => readSettings({ root, file, env: {} })).toThrow(
      /settings\.yaml:2: byte E9 at position 20 is not UTF-8 \(in Windows-1252 it would be "Café"\); expected: the file saved as UTF-8/,
    )
  })

  describe('of servers with the secrets they were installed with', () => {
    const servers = (drachtio: string, freeswitch: string, more: NodeJS.ProcessEnv = {}) =>
      read('', {
        RINGROUND_DRACHTIO: '192.0.2.1:9022',
        RINGROUND_FREESWITCH: '192.0.2.1:8021',
        RINGROUND_DRACHTIO_SECRET: drachtio,
        RINGROUND_FREESWITCH_SECRET: freeswitch,
        ...more,
      })

    it.each([
      [
        'cymru',
        'of our own',
        /^drachtio\.secret is "cymru".*drachtio\.conf\.xml.*RINGROUND_DRACHTIO_SECRET.*servers\.allowDefaultSecrets: yes\.$/,
      ],
      [
        'of our own',
        'ClueCon',
        /^freeswitch\.secret is "ClueCon".*event_socket\.conf\.xml.*RINGROUND_FREESWITCH_SECRET.*servers\.allowDefaultSecrets: yes\.$/,
      ],
      ['', 'of our own', /^drachtio\.secret is not set: .*RINGROUND_DRACHTIO_SECRET/],
      ['of our own', '', /^freeswitch\.secret is not set: .*RINGROUND_FREESWITCH_SECRET/],
    ])('are refused in one line: %j, %j', (drachtio, freeswitch, line) => {
      expect(() => servers(drachtio, freeswitch)).toThrow(line)
    })

    it('are accepted if the operator allows it', () => {
      expect(servers('cymru', 'ClueCon', { RINGROUND_ALLOW_DEFAULT_SECRETS: 'yes' }).drachtioSecret).toBe('cymru')
    })

    it('say nothing of the embedded switch, which makes its own', () => {
      expect(read('').drachtioSecret).toBe('')
    })
  })

  it('report all errors at once', () => {
    expect(() => read('sip:\n  port: x\nhttp:\n  port: y\n')).toThrow(/sip\.port[^]*http\.port/)
  })

  it('refuse a misspelt variable instead of ignoring it', () => {
    expect(() => read('', { RINGROUND_SIP_PROT: '1' })).toThrow(SettingsError)
  })

  it('read trunks with and without credentials', () => {
    expect(read('', { RINGROUND_TRUNKS: 'a=10.0.0.1:5060, b=u:p@sip.example.net;transport=tcp' }).trunks).toEqual([
      { name: 'a', address: '10.0.0.1:5060' },
      { name: 'b', address: 'sip.example.net;transport=tcp', user: 'u', password: 'p' },
    ])
  })

  it('read a trunk’s ranges from one line', () => {
    expect(read('', { RINGROUND_TRUNKS: 'a=10.0.0.1[uk-mobile +353], b=u:p@[2001:db8::1]:5060[uk-03], c=[2001:db8::2]' }).trunks).toEqual([
      { name: 'a', address: '10.0.0.1', ranges: ['uk-mobile', '+353'] },
      { name: 'b', address: '[2001:db8::1]:5060', user: 'u', password: 'p', ranges: ['uk-03'] },
      { name: 'c', address: '[2001:db8::2]' },
    ])
  })

  it('read whether a trunk is offered SRTP', () => {
    const trunks = 'a=10.0.0.1:5061;transport=tls;srtp=required, b=10.0.0.2;srtp=optional[uk-03]'
    expect(
      read('', { RINGROUND_TRUNKS: trunks, RINGROUND_SIP_TLS_PORT: '5061', RINGROUND_TLS_CERTIFICATE: 'c.pem', RINGROUND_TLS_KEY: 'k.pem' })
        .trunks,
    ).toEqual([
      { name: 'a', address: '10.0.0.1:5061;transport=tls', srtp: 'required' },
      { name: 'b', address: '10.0.0.2', srtp: 'optional', ranges: ['uk-03'] },
    ])
    expect(read('calls:\n  trunks:\n    - { name: a, address: h, srtp: off }\n').trunks).toEqual([{ name: 'a', address: 'h', srtp: 'off' }])
  })

  it('read trunks from a list in the file, passwords as written', () => {
    const yaml = `calls:
  trunks:
    - name: main
      address: sip.example.net;transport=tcp
      user: ringround
      password: '0077, "at"@:'
      ranges: [uk-geographic, uk-mobile]
    - { name: spare, address: 192.0.2.7, user: 21, password: '0012', ranges: '+353 uk-03' }
    - name: last
      address: "[2001:db8::1]:5080"
`
    expect(read(yaml).trunks).toEqual([
      {
        name: 'main',
        address: 'sip.example.net;transport=tcp',
        user: 'ringround',
        password: '0077, "at"@:',
        ranges: ['uk-geographic', 'uk-mobile'],
      },
      { name: 'spare', address: '192.0.2.7', user: '21', password: '0012', ranges: ['+353', 'uk-03'] },
      { name: 'last', address: '[2001:db8::1]:5080' },
    ])
  })

  it.each([
    ['main', /calls\.trunks has to be trunks as name=host:port.*entry 1 is none/],
    ['main=', /entry 1/],
    ['a=h, a=g', /two are called "a"/],
    ['a=h[]', /empty list of ranges/],
    ['a=h[uk]', /for "a": a range: one of uk-geographic/],
    ['a=h;srtp=yes', /"srtp" of "a" is none of off, optional, required/],
    ['a=h;maddr=10.0.0.1', /no host:port/],
    ['a=sip:h', /no host:port/],
    ['a=h>;x', /no host:port/],
    ['a=h?Replaces=1', /no host:port/],
    ['a=u"x:p@h', /user of "a"/],
  ])('say what is wrong with the trunk %j', (line, message) => {
    expect(() => read('', { RINGROUND_TRUNKS: line })).toThrow(message)
  })

  it.each([
    ['    - main=10.0.0.1\n', /yaml:2: calls\.trunks has to be a list of trunks.*trunk 1 is none/],
    ['    - { name: a }\n', /trunk 1 needs "address" as one text/],
    ['    - { name: a, address: h, pasword: secret }\n', /trunk 1 has "pasword"/],
    ['    - { name: a, address: h, password: secret }\n', /password and no user/],
    ['    - { name: a, address: h, user: "x\\ny" }\n', /user of "a"/],
  ])('say what is wrong with the list of trunks %j', (entry, message) => {
    expect(() => read(`calls:\n  trunks:\n${entry}`)).toThrow(message)
  })

  it.each([
    [{ RINGROUND_TRUNKS: 'main=ringround:hunter2@' }],
    [{ RINGROUND_TRUNKS: 'main=ringround:hunter2@sip.example.net[uk]' }],
    [{ RINGROUND_TRUNKS: 'ringround:hunter2@sip.example.net' }],
    [{ RINGROUND_REDIS_URL: 'hunter2://:hunter2@localhost' }],
  ])('never repeat a password in an error message: %j', (env) => {
    let message = ''
    try {
      read('', env)
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain('has to be')
    expect(message).not.toContain('hunter2')
  })

  it('are all in the README table', () => {
    expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain(settingsTable())
  })

  it('have names of their own', () => {
    const rows = Object.values(settingRows)
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
    expect(new Set(rows.map((row) => row.env)).size).toBe(rows.length)
  })
})
