import { createSocket, type Socket } from 'node:dgram'

/** A wire between a phone and the switch that loses a share of the packets, both ways. The same packets at every run: the choice is seeded. */
export class LossyWire {
  readonly #socket: Socket
  #phone: { readonly port: number; readonly address: string } | undefined
  #seed: number
  passed = 0
  lost = 0

  private constructor(
    socket: Socket,
    private readonly share: number,
    far: { readonly port: number; readonly address: string },
    seed: number,
  ) {
    this.#socket = socket
    this.#seed = seed
    socket.on('message', (packet, from) => {
      const fromFar = from.port === far.port && from.address === far.address
      if (!fromFar) this.#phone = from
      const to = fromFar ? this.#phone : far
      if (this.#loses()) {
        this.lost++
        return
      }
      this.passed++
      if (to) socket.send(packet, to.port, to.address)
    })
  }

  /** @param far where the switch has its end */
  static async between(far: { readonly port: number; readonly address: string }, share: number, seed: number): Promise<LossyWire> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new LossyWire(socket, share, far, seed)
  }

  /** Where the phone sends to. */
  get near(): { readonly port: number; readonly address: string } {
    return { port: this.#socket.address().port, address: '127.0.0.1' }
  }

  close(): void {
    this.#socket.close()
  }

  #loses(): boolean {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32 < this.share
  }
}
