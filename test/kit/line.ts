import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A connection to a server on loopback that can be cut while the server runs. */
export class Line {
  #isCut = false
  readonly #sockets = new Set<Socket>()

  private constructor(private readonly server: Server) {}

  /** @param to port of the server */
  static async to(to: number): Promise<Line> {
    const server = createServer()
    const line = new Line(server)
    server.on('connection', (near) => {
      if (line.#isCut) return void near.destroy()
      const far = connect(to, '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.#sockets.add(one)
        one.on('error', () => undefined)
        one.on('close', () => {
          line.#sockets.delete(one)
          other.destroy()
        })
      }
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return line
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  close(): void {
    this.cut()
    this.server.close()
  }
}
