import type { PortPair, PortPairs } from './port-pairs.js'
import type { ChannelHouse } from './channel-house.js'
import { RtpChannel } from './rtp-channel.js'
import type { StatsBoard } from './stats-board.js'

interface Place {
  readonly ports: PortPair
  /** The pool from which they were taken, and to which they return. */
  readonly from: PortPairs
}

/** A channel that takes its ports from the engine, and returns them when it is closed. */
export class EngineChannel extends RtpChannel {
  readonly #portsFor: (family: 4 | 6) => PortPairs | undefined
  /** Called when it is closed, before its ports are returned. */
  gone: () => void = () => undefined
  #place: Place
  #moving: Promise<unknown> = Promise.resolve()
  #released: Promise<void> | undefined

  constructor(id: string, place: Place, portsFor: (family: 4 | 6) => PortPairs | undefined, house: ChannelHouse, board?: StatsBoard) {
    super(id, place.from.address, place.ports, house, board)
    this.#place = place
    this.#portsFor = portsFor
  }

  override useFamily(family: 4 | 6): Promise<boolean> {
    const moved = this.#moving.then(() => this.#moveTo(family))
    this.#moving = moved
    return moved
  }

  async #moveTo(family: 4 | 6): Promise<boolean> {
    if (this.closed) return false
    const before = this.#place
    if (before.from.family === family) return true
    const from = this.#portsFor(family)
    const ports = await from?.take().catch(() => undefined)
    if (from === undefined || ports === undefined) return false
    if (this.#isClosed()) {
      await from.release(ports)
      return false
    }
    this.#place = { ports, from }
    this.move(from.address, ports)
    await before.from.release(before.ports)
    return true
  }

  #isClosed(): boolean {
    return this.closed
  }

  override close(): Promise<void> {
    this.#released ??= this.#close()
    return this.#released
  }

  async #close(): Promise<void> {
    await super.close()
    await this.#moving
    this.gone()
    await this.#place.from.release(this.#place.ports)
  }
}
