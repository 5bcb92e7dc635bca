import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Endpoint } from './protocols/sip/endpoint.js'
import { SocketTransport } from './protocols/sip/socket-transport.js'
import { SipTrace } from './sip-trace.js'

const folder = mkdtempSync(join(tmpdir(), 'ringround-trace-'))
const file = join(folder, 'sip.pcap')
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
beforeEach(() => void mkdirSync(folder, { recursive: true }))

const options = (target: string) =>
  Buffer.from(
    `OPTIONS sip:${target} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
  )

interface Packet {
  readonly seconds: number
  readonly from: string
  readonly to: string
  readonly ports: readonly [number, number]
  readonly text: string
}

/** The packets of a pcap file, as the format has them: a header of 24 bytes, then records. */
function packetsOf(bytes: Buffer): readonly Packet[] {
  expect(bytes.readUInt32LE(0)).toBe(0xa1b2c3d4)
  expect(bytes.readUInt32LE(20)).toBe(101)
  const packets: Packet[] = []
  for (let at = 24; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 8)
    const seconds = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) / 1e6
    const ip = bytes.subarray(at + 16, at + 16 + length)
    const v4 = ip.readUInt8(0) >> 4 === 4
    const udp = ip.subarray(v4 ? 20 : 40)
    expect(udp.readUInt16BE(4)).toBe(udp.length)
    const [from, to] = v4
      ? [[...ip.subarray(12, 16)].join('.'), [...ip.subarray(16, 20)].join('.')]
      : [ip.subarray(8, 24).toString('hex'), ip.subarray(24, 40).toString('hex')]
    packets.push({ seconds, from, to, ports: [udp.readUInt16BE(0), udp.readUInt16BE(2)], text: udp.subarray(8).toString() })
    at += 16 + length
  }
  return packets
}

const end = (address: string, port: number, protocol: 'udp' | 'tcp' = 'udp'): Endpoint => ({ protocol, address, port })

test('what is sent and what arrives is written with both ends, over UDP and TCP', async () => {
  const trace = new SipTrace(file, () => undefined)
  const ours = await SocketTransport.open({ address: '0.0.0.0', trace: (bytes, from, to) => trace.wrote(bytes, from, to) })
  const other = await SocketTransport.open()
  const arrived: string[] = []
  const both = new Promise<void>((resolve) => {
    const received = () => arrived.push('message') === 4 && resolve()
    ours.user = { received }
    other.user = { received }
  })
  const [port, otherPort] = [ours.listeners[0]?.port ?? 0, other.listeners[0]?.port ?? 0]
  for (const protocol of ['udp', 'tcp'] as const) {
    ours.send(options(`to-${protocol}`), end('127.0.0.1', otherPort, protocol))
    other.send(options(`from-${protocol}`), end('127.0.0.1', port, protocol))
  }
  await both
  await Promise.all([ours.close(), other.close()])
  await trace.close()
  const packets = packetsOf(readFileSync(file))
  expect(packets.map(({ text }) => /sip:(\S+)/.exec(text)?.[1]).sort()).toEqual(['from-tcp', 'from-udp', 'to-tcp', 'to-udp'])
  for (const { from, to, ports, text } of packets) {
    expect([from, to]).toEqual(['127.0.0.1', '127.0.0.1'])
    if (text.includes('sip:to-')) expect(ports).toEqual([port, otherPort])
    else expect(ports[1]).toBe(port)
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('IPv6 addresses, instants and a second run of the switch', async () => {
  const first = new SipTrace(file, () => undefined)
  first.wrote(options('one'), end('2001:db8::1', 5060), end('::1', 5062), 1_764_000_000_250)
  await first.close()
  const second = new SipTrace(file, () => undefined)
  second.wrote(options('two'), end('192.0.2.1', 5060), end('2001:db8::1', 5062), 1_764_000_001_000)
  await second.close()
  expect(packetsOf(readFileSync(file)).map(({ seconds, from, to }) => [seconds, from, to])).toEqual([
    [1_764_000_000.25, '20010db8000000000000000000000001', '00000000000000000000000000000001'],
    [1_764_000_001, '00000000000000000000ffffc0000201', '20010db8000000000000000000000001'],
  ])
})

test('a file that has grown to its limit is set aside', async () => {
  writeFileSync(file, '')
  truncateSync(file, 100 * 1024 * 1024)
  const trace = new SipTrace(file, () => undefined)
  trace.wrote(options('new'), end('192.0.2.1', 5060), end('192.0.2.2', 5060))
  await trace.close()
  expect(statSync(`${file}.1`).size).toBe(100 * 1024 * 1024)
  expect(packetsOf(readFileSync(file))).toHaveLength(1)
})

test('a file that cannot be written is said, and holds nothing up', async () => {
  const lines: string[] = []
  const trace = new SipTrace(join(folder, 'missing', 'sip.pcap'), (line) => lines.push(line))
  trace.wrote(options('lost'), end('192.0.2.1', 5060), end('192.0.2.2', 5060))
  await expect.poll(() => lines.join()).toContain('cannot be written')
  await trace.close()
  expect(existsSync(file)).toBe(false)
})
