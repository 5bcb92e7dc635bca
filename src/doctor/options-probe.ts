import { createSocket } from 'node:dgram'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { hostForUri, isWebSocket, type Endpoint } from '../embedded/protocols/sip/endpoint.js'
import { parseMessage } from '../embedded/protocols/sip/parse.js'
import { isUnresolved, resolveUri } from '../embedded/protocols/sip/resolve.js'
import { randomHex } from '../embedded/protocols/sip/secure-random.js'
import type { OptionsAnswer } from '../switch/drachtio/try-servers.js'

const timeoutMs = 4_000
/** RFC 3261 section 17.1.2.2: timer E begins with T1 and doubles. */
const resendMs = [500, 1_000, 2_000]

/**
 * Sends OPTIONS (RFC 3261 section 11) from its own port, so that it needs no switch and disturbs none.
 * @param target `host:port`, with `;transport=tcp` or `tls` if wanted
 */
export function askByOptions(target: string, headers: Readonly<Record<string, string>> = {}): Promise<OptionsAnswer> {
  return new Promise((resolve) => {
    resolveUri(`sip:${target}`, (peer) => {
      if (isUnresolved(peer)) return resolve({ kind: 'silent', why: peer.detail })
      if (isWebSocket(peer.protocol)) return resolve({ kind: 'silent', why: 'nobody is called over a WebSocket' })
      const ask = peer.protocol === 'udp' ? overUdp : overConnection
      resolve(ask(peer, (local) => options(target, peer, local, headers)))
    })
  })
}

function overUdp(peer: Endpoint, written: (local: string) => string): Promise<OptionsAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(peer.address) === 6 ? 'udp6' : 'udp4')
    const timers: NodeJS.Timeout[] = []
    const end = (answer: OptionsAnswer) => {
      for (const timer of timers) clearTimeout(timer)
      socket.removeAllListeners('message').close()
      resolve(answer)
    }
    socket.on('message', (message) => {
      const answer = answerIn(message)
      if (answer) end(answer)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => end({ kind: 'silent', why: error.code ?? error.message }))
    // Connected: a closed port is reported at once (ICMP).
    socket.connect(peer.port, peer.address, () => {
      const { address, port } = socket.address()
      const request = written(`${hostForUri(address)}:${port}`)
      const send = () => socket.send(request)
      send()
      timers.push(
        ...resendMs.map((ms) => setTimeout(send, ms)),
        setTimeout(() => end({ kind: 'silent', why: `no answer within ${timeoutMs} ms` }), timeoutMs),
      )
    })
  })
}

function overConnection(peer: Endpoint, written: (local: string) => string): Promise<OptionsAnswer> {
  return new Promise((resolve) => {
    const { protocol, address: host, port, serverName = '' } = peer
    const socket =
      protocol === 'tls' ? connectTls({ host, port, servername: isIP(serverName) === 0 ? serverName : '' }) : connect({ host, port })
    const end = (answer: OptionsAnswer) => {
      socket.destroy()
      resolve(answer)
    }
    let received = Buffer.alloc(0)
    socket.setTimeout(timeoutMs, () => end({ kind: 'silent', why: `no answer within ${timeoutMs} ms` }))
    socket.on('error', (error: NodeJS.ErrnoException) => end({ kind: 'silent', why: error.code ?? error.message }))
    socket.on('close', () => end({ kind: 'silent', why: 'it closed the connection' }))
    socket.on(protocol === 'tls' ? 'secureConnect' : 'connect', () =>
      socket.write(written(`${hostForUri(socket.localAddress ?? '')}:${socket.localPort ?? 0}`)),
    )
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const answer = received.includes('\r\n\r\n') ? answerIn(received) : undefined
      if (answer) end(answer)
    })
  })
}

function options(target: string, peer: Endpoint, local: string, headers: Readonly<Record<string, string>>): string {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return (
    `OPTIONS sip:${target} SIP/2.0\r\n` +
    `Via: SIP/2.0/${peer.protocol.toUpperCase()} ${local};branch=z9hG4bK${randomHex(8)};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:doctor@${local}>;tag=${randomHex(8)}\r\nTo: <sip:${target.replace(/;.*/, '')}>\r\n` +
    `Call-ID: ${randomHex(16)}\r\nCSeq: 1 OPTIONS\r\nContact: <sip:doctor@${local}>\r\n${more.join('')}Content-Length: 0\r\n\r\n`
  )
}

/** @returns undefined for anything but a final response */
function answerIn(data: Buffer): OptionsAnswer | undefined {
  const parsed = parseMessage(data)
  if (!parsed.ok || parsed.message.kind !== 'response' || parsed.message.status < 200) return undefined
  const { status, headers } = parsed.message
  const challenges = ['WWW-Authenticate', 'Proxy-Authenticate'].flatMap((name) => headers.get(name) ?? [])
  return { kind: 'answered', status, challenges }
}
