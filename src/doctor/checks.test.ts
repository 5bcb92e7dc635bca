import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelTrial } from '../switch/drachtio/try-servers.js'
import { channel } from './channel.js'
import { clockSync } from './clock-sync.js'
import { directoryFile } from './directory-file.js'
import type { Finding } from './finding.js'
import { folder } from './folders.js'
import { heldPorts } from './held-ports.js'
import { nodeVersion } from './node-version.js'
import { ownAddress } from './own-addresses.js'
import { packages } from './packages.js'
import { programs } from './programs.js'
import { promptFolder } from './prompt-folder.js'
import { rtpRange } from './rtp-range.js'
import { httpPort } from './running-engine.js'
import { doors } from './secrets.js'
import { sipPort } from './sip-ports.js'
import { timeZoneData } from './time-zone.js'

let scratch = ''
beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'ringround-doctor-'))))
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

/** `wrong: what -> advice`, a line each. */
const told = (found: Finding | readonly Finding[]): string =>
  [found]
    .flat()
    .map((each) => `${each.kind}: ${each.what}${each.kind === 'fine' ? '' : ` -> ${each.advice}`}`)
    .join('\n')
const kinds = (found: Finding | readonly Finding[]) =>
  [found]
    .flat()
    .map(({ kind }) => kind)
    .join(' ')

it.each([
  ['20.19.0', 'fine'],
  ['20.18.3', 'wrong'],
  ['18.20.8', 'wrong'],
  ['22.0.0', 'fine'],
])('Node.js %s: %s', (version, kind) => {
  expect(nodeVersion(version).kind).toBe(kind)
})

describe('npm packages', () => {
  const lock = (file: string, entries: object) => writeFileSync(join(scratch, file), JSON.stringify({ packages: { '': {}, ...entries } }))
  it.each([
    ['as locked', { 'node_modules/a': { version: '1.0.0' } }, 'fine'],
    ['another version', { 'node_modules/a': { version: '2.0.0' } }, 'wrong'],
    ['none', {}, 'wrong'],
  ])('%s', (_what, installed, kind) => {
    mkdirSync(join(scratch, 'node_modules'))
    lock('package-lock.json', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/tests': { version: '1.0.0', dev: true } })
    lock('node_modules/.package-lock.json', installed)
    expect(packages(scratch).kind).toBe(kind)
  })
  it('a folder without a list of packages is a finding, not an exception', () => expect(packages(scratch).kind).toBe('wrong'))
})

it.each([
  ['an hour apart', (at: Date) => (at.getUTCMonth() < 4 ? 12 : 13), 'fine'],
  ['UTC all the year', () => 12, 'wrong'],
  [
    'a zone that is not known',
    () => {
      throw new RangeError('Invalid time zone')
    },
    'wrong',
  ],
])('time zone data: %s', (_what, hour, kind) => {
  expect(timeZoneData(hour).kind).toBe(kind)
})

it('this Node.js has its time zone data', () => expect(timeZoneData().kind).toBe('fine'))

it.each([
  ['synchronized', '2026-03-01', 'fine'],
  ['notSynchronized', '2026-03-01', 'look'],
  [undefined, '2026-03-01', 'look'],
  ['synchronized', '1970-01-01', 'wrong'],
] as const)('a clock that is %s, in %s: %s', async (state, date, kind) => {
  expect((await clockSync(() => Promise.resolve(state), new Date(date))).kind).toBe(kind)
})

it.each([
  ['wasm', 'none', 'fine fine'],
  ['auto', 'auto', 'fine look'],
  ['native', 'flite', 'wrong wrong'],
] as const)('without libmp3lame and flite, wanted %s and %s: %s', async (mp3Encoder, tts, kind) => {
  expect(kinds(await programs({ mp3Encoder, tts }, scratch, [join(scratch, 'libmp3lame.so.0')]))).toBe(kind)
})

it('a directory file gives the lines of the first five errors', async () => {
  const file = join(scratch, 'directory.yaml')
  writeFileSync(file, 'organisations:\n  a: { kind: gpPractise }\n')
  const found = await directoryFile(file)
  expect(found.length).toBeLessThanOrEqual(6)
  expect(told(found)).toContain(`wrong: ${file}:2: `)
  expect(kinds(await directoryFile(join(scratch, 'none.yaml')))).toBe('wrong')
})

describe('folders', () => {
  const mine = process.getuid?.()
  it('a missing one is made at the start', () =>
    expect(kinds(folder({ path: join(scratch, 'a', 'b'), setting: 'folders.data', need: 'write' }, mine))).toBe('fine fine'))
  it('a read-only folder has to exist', () =>
    expect(told(folder({ path: join(scratch, 'a'), setting: 'prompts.folder', need: 'read' }, mine))).toContain(
      'name the right one as prompts.folder',
    ))
  it.each([
    [0o700, 0, 'fine fine'],
    [0o755, 0, 'look fine'],
    [0o710, 0o010, 'fine fine'],
    [0o750, 0o010, 'look fine'],
  ])('mode %o, shared %o', (mode, shared, kind) => {
    chmodSync(scratch, mode)
    expect(kinds(folder({ path: scratch, setting: 'folders.data', need: 'write', shared }, mine))).toBe(kind)
  })
  it('another user’s is not judged', () =>
    expect(told(folder({ path: scratch, setting: 'folders.data', need: 'write' }, (mine ?? 0) + 1))).toContain(
      "run npm run doctor as the engine's user",
    ))
})

it('a prompts folder without prompts names the first missing sentence', () => {
  expect(told(promptFolder(scratch, scratch))).toMatch(/^wrong: .*: \d+ sentences are missing, the first: /)
})

describe('ports', () => {
  const held = (udp: number[], tcp: number[] = []) => ({ udp: new Set(udp), tcp: new Set(tcp) })
  const at = { sipAddresses: ['127.0.0.1'], sipPort: 5060 }
  it.each([
    ['free', held([]), false, 'fine'],
    ['held by our engine', held([5060], [5060]), true, 'fine'],
    ['held by a stranger', held([5060]), false, 'wrong'],
    ['an engine that listens elsewhere', held([]), true, 'look'],
    ['an operating system that does not say', undefined, false, 'look'],
  ])('SIP: %s', (_what, ports, engineRuns, kind) => {
    expect(sipPort(at, ports, engineRuns).kind).toBe(kind)
  })
  const range = { rtpFrom: 20_000, rtpTo: 29_999, sipPort: 5_060, concurrentCalls: 200 }
  it.each([
    ['large enough', range, held([]), 'fine'],
    ['too small for the calls', { ...range, rtpTo: 20_099 }, held([]), 'wrong'],
    ['with the SIP port in it', { ...range, sipPort: 20_500 }, held([]), 'fine wrong'],
    ['partly taken', range, held([20_000, 20_002, 40_000]), 'fine look'],
  ])('voice: %s', (_what, settings, ports, kind) => {
    expect(kinds(rtpRange(settings, ports, false))).toBe(kind)
  })
  it('a range that is too small says what is missing', () =>
    expect(told(rtpRange({ ...range, rtpTo: 20_099 }, undefined, false))).toContain(
      'room for 50 channels; 200 calls (calls.concurrent) need 420 -> widen it by 740 ports',
    ))
  it('are read as the kernel writes them', () => {
    mkdirSync(join(scratch, 'net'))
    const head = '  sl  local_address rem_address   st tx_queue rx_queue\n'
    writeFileSync(join(scratch, 'net', 'udp'), `${head}  10: 0100007F:13C4 00000000:0000 07 00000000:00000000\n`)
    writeFileSync(join(scratch, 'net', 'tcp'), `${head}   0: 0100007F:1F90 00000000:0000 0A 0\n   1: 0100007F:9C40 0100007F:1F90 01 0\n`)
    expect(heldPorts(scratch)).toEqual({ udp: new Set([5060]), tcp: new Set([8080]) })
    expect(heldPorts(join(scratch, 'none'))).toBeUndefined()
  })
  it.each([
    [{ kind: 'nobody' } as const, 'fine'],
    [{ kind: 'stranger' } as const, 'wrong'],
    [{ kind: 'engine', ready: true, missing: [] } as const, 'fine fine'],
    [{ kind: 'engine', ready: false, missing: ['media: gone', 'store: full'] } as const, 'fine wrong wrong'],
  ])('pages: %j', (found, kind) => {
    expect(kinds(httpPort('127.0.0.1', 8080, found))).toBe(kind)
  })
})

it.each([
  ['0.0.0.0', 'fine'],
  ['127.0.0.9', 'fine'],
  ['10.0.0.7', 'fine'],
  ['10.0.0.8', 'wrong'],
])('%s among the addresses of this machine: %s', (address, kind) => {
  expect(ownAddress('sip.address', address, new Set(['127.0.0.1', '10.0.0.7'])).kind).toBe(kind)
})

describe('doors', () => {
  const set = {
    drachtio: [],
    freeswitch: [],
    allowDefaultSecrets: 'no',
    eventSocketAddress: '127.0.0.1',
    httpAddress: '127.0.0.1',
    callers: ['127.0.0.0/8'],
  } as const
  it.each([
    ['as installed', set, 'fine'],
    ['default secrets', { ...set, allowDefaultSecrets: 'yes' as const }, 'look'],
    ['a FreeSWITCH elsewhere that cannot reach us', { ...set, freeswitch: [{ host: '10.0.0.6', port: 8021 }] }, 'wrong'],
    ['a FreeSWITCH elsewhere that can', { ...set, eventSocketAddress: '10.0.0.7', freeswitch: [{ host: '10.0.0.6', port: 8021 }] }, 'fine'],
    ['pages for everybody', { ...set, httpAddress: '0.0.0.0' }, 'look'],
    ['calls from everywhere', { ...set, callers: ['0.0.0.0/0'] }, 'look'],
  ])('%s', (_what, settings, kind) => {
    expect(kinds(doors(settings))).toBe(kind)
  })
})

describe('a channel', () => {
  const sdp = (profile: string, address = '192.0.2.10') =>
    `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio 20000 ${profile} 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n`
  const made = {
    kind: 'made',
    offer: sdp('RTP/AVP'),
    played: true,
    recordedOctets: 20_000,
    heard: { packets: 40, octetsEach: 172 },
  } as const
  const judge = (trial: ChannelTrial, group?: string) => {
    const record = join(scratch, 'spool.wav')
    writeFileSync(record, '')
    return channel(trial, { play: '/prompts/a.wav', record }, group)
  }
  it.each<[string, ChannelTrial, string]>([
    ['all is well', made, 'fine fine fine fine fine'],
    [
      'SRTP is offered and sent',
      { ...made, offer: sdp('RTP/SAVP'), heard: { packets: 40, octetsEach: 180 } },
      'fine wrong wrong fine fine',
    ],
    ['voice goes to loopback', { ...made, offer: sdp('RTP/AVP', '127.0.0.1') }, 'fine look fine fine fine'],
    ['no packets came here, which nobody needs', { ...made, heard: { packets: 0, octetsEach: 0 } }, 'fine fine fine fine'],
    ['prompts are not found', { ...made, played: false }, 'fine fine fine wrong fine'],
    ['nothing is recorded', { ...made, recordedOctets: undefined }, 'fine fine fine fine wrong'],
    ['a header alone is recorded', { ...made, recordedOctets: 44 }, 'fine fine fine fine wrong'],
    ['refused', { kind: 'refused', answer: '480', advice: 'set enable-3pcc' }, 'wrong'],
    ['not tried', { kind: 'notTried', why: 'the profile is missing' }, 'look'],
  ])('%s', (_what, trial, kind) => {
    expect(kinds(judge(trial))).toBe(kind)
  })
  it('names the group if the folder is not writable', () => {
    expect(told(judge({ ...made, recordedOctets: undefined }))).toContain('folders.sharedGroup')
    expect(told(judge({ ...made, recordedOctets: undefined }, 'ringround-media'))).toContain('(group ringround-media)')
  })
  it('an error includes FreeSWITCH’s answer', () => {
    expect(told(judge({ kind: 'refused', answer: '480 (MANDATORY_IE_MISSING)', advice: 'set enable-3pcc' }))).toBe(
      'wrong: FreeSWITCH makes no channel: 480 (MANDATORY_IE_MISSING) -> set enable-3pcc',
    )
  })
})
