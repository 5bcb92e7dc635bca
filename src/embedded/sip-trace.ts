import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { withoutKeys } from './protocols/sdp/security.js'
import type { Endpoint } from './protocols/sip/endpoint.js'

/** From this size on a new file is begun; the one before is kept beside it as `<file>.1`, an older one goes. */
const MAX_FILE_BYTES = 100 * 1024 * 1024
/** Bytes that may wait for a disk that does not take them; what comes after them is counted and left out. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** LINKTYPE_RAW: each packet begins with its IPv4 or IPv6 header. */
const RAW_IP = 101
const UDP = 17
const UDP_HEADER_BYTES = 8
const MAX_UDP_PAYLOAD_BYTES = 65_535 - 40 - UDP_HEADER_BYTES

/**
 * Writes every SIP message as a packet into a pcap file, which Wireshark, tshark and sngrep read. The headers of IP and UDP are made up from
 * the addresses, as those of a message over TCP are as well: what matters is who said what to whom, and when.
 * It never holds up a call: what the disk does not take in time is left out.
 */
export class SipTrace {
  readonly #file: string
  readonly #log: (line: string) => void
  #stream: WriteStream
  #bytes: number
  #leftOut = 0

  /**
   * Goes on with a file that exists.
   * @param log takes one line when the file cannot be written, and when messages were left out
   */
  constructor(file: string, log: (line: string) => void) {
    this.#file = file
    this.#log = log
    this.#bytes = existsSync(file) ? statSync(file).size : 0
    this.#stream = this.#open()
  }

  /** One message as it went over the wire. */
  wrote(message: Buffer, from: Endpoint, to: Endpoint, at = Date.now()): void {
    const bytes = withoutSecrets(message)
    if (this.#bytes >= MAX_FILE_BYTES) this.#next()
    if (this.#stream.writableLength > MAX_WAITING_BYTES) {
      this.#leftOut += 1
      return
    }
    if (this.#leftOut > 0) this.#log(`SIP trace: ${this.#leftOut} messages were left out, because the disk was too slow`)
    this.#leftOut = 0
    const record = packetRecord(bytes, from, to, at)
    this.#bytes += record.length
    this.#stream.write(record)
  }

  /** Resolves when all is written. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.destroyed) resolve()
      else this.#stream.once('close', resolve).end()
    })
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#file, { flags: 'a', mode: 0o600 })
    stream.on('error', (error) => this.#log(`SIP trace: ${this.#file} cannot be written: ${error.message}`))
    if (this.#bytes === 0) {
      const header = fileHeader()
      this.#bytes = header.length
      stream.write(header)
    }
    return stream
  }

  #next(): void {
    this.#stream.end()
    try {
      renameSync(this.#file, `${this.#file}.1`)
      this.#bytes = 0
    } catch (error) {
      // It goes on in the same file; the next attempt comes when that has grown by as much again.
      this.#bytes = 1
      this.#log(`SIP trace: ${this.#file} cannot be set aside: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.#stream = this.#open()
  }
}

/** A reader of the trace sees who said what to whom, but must not be able to listen to the calls. */
function withoutSecrets(message: Buffer): Buffer {
  return message.includes('inline:') || message.includes('ice-pwd')
    ? Buffer.from(withoutKeys(message.toString('latin1')), 'latin1')
    : message
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(0x4_0000, 16)
  header.writeUInt32LE(RAW_IP, 20)
  return header
}

/** @param at milliseconds since 1970 */
function packetRecord(bytes: Buffer, from: Endpoint, to: Endpoint, at: number): Buffer {
  const payload = bytes.subarray(0, MAX_UDP_PAYLOAD_BYTES)
  const ip =
    isIPv4(from.address) && isIPv4(to.address)
      ? ipv4Header(payload.length, from.address, to.address)
      : ipv6Header(payload.length, from.address, to.address)
  const packetBytes = ip.length + UDP_HEADER_BYTES + payload.length
  const head = Buffer.alloc(16)
  head.writeUInt32LE(Math.floor(at / 1_000), 0)
  head.writeUInt32LE(Math.round((at % 1_000) * 1_000), 4)
  head.writeUInt32LE(packetBytes, 8)
  head.writeUInt32LE(packetBytes + bytes.length - payload.length, 12)
  const udp = Buffer.alloc(UDP_HEADER_BYTES)
  udp.writeUInt16BE(from.port, 0)
  udp.writeUInt16BE(to.port, 2)
  udp.writeUInt16BE(UDP_HEADER_BYTES + payload.length, 4)
  return Buffer.concat([head, ip, udp, payload])
}

function ipv4Header(payloadBytes: number, from: string, to: string): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt8(0x45, 0)
  header.writeUInt16BE(header.length + UDP_HEADER_BYTES + payloadBytes, 2)
  header.writeUInt8(64, 8)
  header.writeUInt8(UDP, 9)
  header.set(from.split('.').map(Number), 12)
  header.set(to.split('.').map(Number), 16)
  let sum = 0
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  header.writeUInt16BE(~sum & 0xffff, 10)
  return header
}

function ipv6Header(payloadBytes: number, from: string, to: string): Buffer {
  const header = Buffer.alloc(40)
  header.writeUInt8(0x60, 0)
  header.writeUInt16BE(UDP_HEADER_BYTES + payloadBytes, 4)
  header.writeUInt8(UDP, 6)
  header.writeUInt8(64, 7)
  header.set(ipv6Bytes(from), 8)
  header.set(ipv6Bytes(to), 24)
  return header
}

/** @param address IPv6, or IPv4, which becomes an IPv4-mapped address */
function ipv6Bytes(address: string): Buffer {
  const plain = (
    isIPv6(address) ? new SocketAddress({ address: address.replace(/%.*/, ''), family: 'ipv6' }).address : `::ffff:${address}`
  ).replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)].map((word) => word.toString(16)).join(':'),
  )
  const [before = '', after] = plain.split('::')
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)))
  const [front, back] = [words(before), words(after ?? '')]
  const all = after === undefined ? front : [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
  const bytes = Buffer.alloc(16)
  all.forEach((word, index) => bytes.writeUInt16BE(word, index * 2))
  return bytes
}
