import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A connection between a browser and the server that can be cut silently, as if a cable were pulled. */
export interface CutLine {
  /** The browser's base URL, with a trailing slash. */
  readonly url: string
  /** Open connections whose last request begins with this. */
  open(begin: string): number
  /** From now on nothing passes. */
  cut(): void
  /** New data pass; cut connections stay dead. */
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
