import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A line between a browser and the server that can be cut without a word to either, as where a cable is pulled. */
export interface CutLine {
  /** Where the browser asks, with a slash at the end. */
  readonly url: string
  /** Connections that are open, and whose last request begins so. */
  open(begin: string): number
  /** From now on nothing passes. */
  cut(): void
  /** What comes now passes; what was cut is over. */
  mend(): void
}

export async function lineTo(target: string): Promise<CutLine> {
  const { port } = new URL(target)
  const sockets = new Set<Socket>()
  const heads = new Map<Socket, string>()
  let whole = true
  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (!whole) {
      sockets.add(client)
      return
    }
    const there = connect(Number(port), '127.0.0.1')
    const own = [client, there] as const
    for (const one of own) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => sockets.delete(one))
    }
    client.on('data', (chunk: Buffer) => {
      for (const [head = ''] of chunk.toString('latin1').matchAll(/^(GET|POST) \S+/gm)) heads.set(client, head)
      there.write(chunk)
    })
    there.on('data', (chunk: Buffer) => client.write(chunk))
    client.on('end', () => there.end())
    there.on('end', () => client.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    open: (begin) => [...heads].filter(([socket, head]) => sockets.has(socket) && head.startsWith(begin)).length,
    cut() {
      whole = false
      for (const socket of sockets) socket.pause()
    },
    mend() {
      whole = true
      for (const socket of sockets) socket.destroy()
    },
  }
}
