// Writes the sounds that the scenarios play: `node sip-scenarios/audio/make-audio.mjs`. Same bytes at every run; the files are committed.
//
// `*.raw`   G.711 bytes as `rtp_stream` wants them. Tones last a whole number of periods, so that a loop has no click.
// `*.pcap`  RTP streams for `play_pcap_audio`: silence, telephone-events (RFC 4733) and silence again in one stream (one SSRC, running
//           sequence numbers), as a telephone sends them. SIPp rewrites addresses and ports.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const rate = 8000
const dtmf = { 1: [697, 1209], 2: [697, 1336], 3: [697, 1477], 4: [770, 1209], 9: [852, 1477] }

/** G.711 A-law, ITU-T G.711 table 1a: sign, exponent, mantissa, every other bit inverted. @param sample 16 bit */
function aLaw(sample) {
  const sign = sample >= 0 ? 0x80 : 0
  let magnitude = Math.min(sign ? sample : -sample - 1, 32767) >> 4
  let exponent = 0
  while (magnitude > 0x1f && exponent < 7) {
    magnitude >>= 1
    exponent += 1
  }
  if (magnitude > 0x0f) return (sign | ((exponent + 1) << 4) | (magnitude & 0x0f)) ^ 0x55
  return (sign | magnitude) ^ 0x55
}

/** G.711 mu-law, ITU-T G.711 table 2a: bias 132, sign, exponent, mantissa, all bits inverted. @param sample 16 bit */
function muLaw(sample) {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), 32635) + 132
  const exponent = Math.floor(Math.log2(magnitude)) - 7
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff
}

/** @param frequencies Hz, each at the same level */
function tone(ms, frequencies, level = 8000) {
  return Array.from({ length: (rate * ms) / 1000 }, (_, n) =>
    Math.round(frequencies.reduce((sum, hz) => sum + level * Math.sin((2 * Math.PI * hz * n) / rate), 0) / frequencies.length),
  )
}
const silence = (ms) => tone(ms, [0])

/** What an answering machine says, as far as a switch can tell: syllables of voiced sound with pauses between, then its beep. */
function greeting() {
  const syllables = Array.from({ length: 8 }, (_, n) => [...tone(140, [130 + 10 * (n % 3), 520 + 30 * n, 1250], 9000), ...silence(60)])
  return [...syllables.flat(), ...tone(200, [1000]), ...silence(200)]
}

function raw(name, samples) {
  writeFileSync(join(here, `${name}-pcma.raw`), Uint8Array.from(samples, aLaw))
  writeFileSync(join(here, `${name}-pcmu.raw`), Uint8Array.from(samples, muLaw))
}

/** One UDP datagram in Ethernet and IPv4, as a pcap record. */
function record(ms, rtp) {
  const udpLength = 8 + rtp.length
  const frame = Buffer.alloc(14 + 20 + udpLength)
  frame.writeUInt16BE(0x0800, 12)
  const ip = frame.subarray(14)
  ip[0] = 0x45
  ip.writeUInt16BE(20 + udpLength, 2)
  ip[8] = 64
  ip[9] = 17
  ip.writeUInt32BE(0x7f000001, 12)
  ip.writeUInt32BE(0x7f000001, 16)
  ip.writeUInt16BE(6000, 20)
  ip.writeUInt16BE(6000, 22)
  ip.writeUInt16BE(udpLength, 24)
  rtp.copy(ip, 28)
  const head = Buffer.alloc(16)
  head.writeUInt32LE(1 + Math.floor(ms / 1000), 0)
  head.writeUInt32LE((ms % 1000) * 1000, 4)
  head.writeUInt32LE(frame.length, 8)
  head.writeUInt32LE(frame.length, 12)
  return Buffer.concat([head, frame])
}

/** @param steps `{ silence: ms }` or `{ key: digit }` (160 ms, then three end packets), one after the other */
function pcap(name, payloadType, ssrc, steps, begin = { sequence: 100, timestamp: 16_000 }) {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65535, 16)
  header.writeUInt32LE(1, 20)
  const records = [header]
  let sequence = begin.sequence
  let ms = 0
  const push = (type, marker, timestampMs, payload) => {
    const rtp = Buffer.alloc(12)
    rtp[0] = 0x80
    rtp[1] = (marker ? 0x80 : 0) | type
    rtp.writeUInt16BE(sequence++, 2)
    rtp.writeUInt32BE(begin.timestamp + timestampMs * 8, 4)
    rtp.writeUInt32BE(ssrc, 8)
    records.push(record(ms, Buffer.concat([rtp, payload])))
    ms += 20
  }
  for (const step of steps) {
    if ('silence' in step) {
      for (let left = step.silence; left > 0; left -= 20) push(8, false, ms, Buffer.alloc(160, 0xd5))
      continue
    }
    const pressed = ms
    for (let n = 1; n <= 8; n++) push(payloadType, n === 1, pressed, event(step.key, false, n * 160))
    // The end is sent three times (RFC 4733, 2.5.1.4), 20 ms apart.
    for (let n = 0; n < 3; n++) push(payloadType, false, pressed, event(step.key, true, 9 * 160))
  }
  writeFileSync(join(here, `${name}.pcap`), Buffer.concat(records))
}

function event(key, end, duration) {
  const payload = Buffer.from([Number(key), (end ? 0x80 : 0) | 10, 0, 0])
  payload.writeUInt16BE(duration, 2)
  return payload
}

raw('tone-caller', tone(100, [530]))
raw('tone-specialist', tone(100, [1100]))
raw('greeting', greeting())
for (const keys of ['1', '21'])
  raw(
    `inband-${keys}`,
    [...keys].flatMap((key) => [...silence(200), ...tone(160, dtmf[key], 12_000), ...silence(240)]),
  )

const key = (digit) => [{ silence: 300 }, { key: digit }, { silence: 200 }]
pcap('key-1-pt101', 101, 0x0a000001, key('1'))
// The same telephone, a minute later.
pcap('key-1-again-pt101', 101, 0x0a000001, key('1'), { sequence: 3_100, timestamp: 496_000 })
pcap('key-9-pt101', 101, 0x0a000009, key('9'))
pcap('key-9-then-1-pt101', 101, 0x0a000091, [...key('9'), { silence: 1_000 }, ...key('1')])
for (const type of [101, 120]) pcap(`code-21-pt${type}`, type, 0x0a000200 + type, [...key('2'), ...key('1')])
