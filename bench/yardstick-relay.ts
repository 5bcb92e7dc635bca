/**
 * The two processes of the yardstick's message, chosen by the first argument. `switch`: takes a UDP message, hands it to the engine over TCP,
 * and sends what comes back to where it came from. `engine`: sends back what comes. Nothing is done in between.
 */
import { createSocket } from 'node:dgram'
import { connect, createServer, type Socket } from 'node:net'
import { messageBytes } from './yardstick.js'

/** Calls `take` with each whole message of a stream. */
function whole(socket: Socket, take: (message: Buffer) => void): void {
  let kept = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    for (; kept.length >= messageBytes; kept = kept.subarray(messageBytes)) take(kept.subarray(0, messageBytes))
  })
  socket.on('error', () => process.exit(1))
}

function tell(port: number): void {
  process.send?.({ port })
}

if (process.argv[2] === 'engine') {
  const server = createServer((socket) => whole(socket, (message) => socket.write(message)))
  server.listen(0, '127.0.0.1', () => tell((server.address() as { readonly port: number }).port))
} else {
  const udp = createSocket('udp4')
  const engine = connect(Number(process.argv[3]), '127.0.0.1')
  let from: { readonly address: string; readonly port: number } | undefined
  udp.on('message', (message, sender) => {
    from = sender
    engine.write(message)
  })
  whole(engine, (message) => {
    if (from) udp.send(message, from.port, from.address)
  })
  udp.bind(0, '127.0.0.1', () => tell(udp.address().port))
}
process.on('message', (question) => {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMicros: user + system })
  }
})
// This process always ends with the bench.
process.on('disconnect', () => process.exit(0))
