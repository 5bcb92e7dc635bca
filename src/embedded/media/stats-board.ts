import type { ChannelStats } from './media-channel.js'
import type { RemoteAddress } from './source-latch.js'

/** A channel's figures, as they stand. */
export interface Shown {
  readonly stats: ChannelStats
  /** Where the party was found; see `MediaChannel.found`. */
  readonly found: RemoteAddress | undefined
  /** The last `settings` number that was carried out before. */
  readonly settings: number
}

const FIGURES = 11
/** The longest IPv6 address in text. */
const ADDRESS_BYTES = 45
const ADDRESS_AT = 8 + FIGURES * 8
const BYTES = ADDRESS_AT + 8 + ADDRESS_BYTES
/** Readings after which it is taken as it is: the other thread may have died while it was showing something. */
const TRIES = 100_000
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * The figures of one channel in memory that two threads share: one shows, the other reads whenever it likes, and no message is needed.
 * What is read belongs together: a reading during which something was shown is repeated.
 */
export class StatsBoard {
  readonly buffer: SharedArrayBuffer
  /** Odd while something is being shown. */
  readonly #version: Int32Array
  readonly #figures: Float64Array
  readonly #address: Uint8Array
  #shown: RemoteAddress | undefined

  constructor(buffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer
    this.#version = new Int32Array(buffer, 0, 1)
    this.#figures = new Float64Array(buffer, 8, FIGURES)
    this.#address = new Uint8Array(buffer, ADDRESS_AT)
  }

  show({ stats, found, settings }: Shown): void {
    Atomics.add(this.#version, 0, 1)
    const { packetsIn, packetsOut, bytesIn, bytesOut, lost, jitterMs, dropped, reportsIn, ssrcOut } = stats
    this.#figures.set([packetsIn, packetsOut, bytesIn, bytesOut, lost, jitterMs, dropped, reportsIn, ssrcOut, settings, found?.port ?? 0])
    if (found && found !== this.#shown) {
      this.#address.fill(0)
      encoder.encodeInto(found.address, this.#address)
    }
    this.#shown = found
    Atomics.add(this.#version, 0, 1)
  }

  read(): Shown {
    for (let tries = 1; ; tries++) {
      const before = Atomics.load(this.#version, 0)
      const figures = [...this.#figures]
      const address = this.#address.slice()
      if ((before % 2 === 0 && Atomics.load(this.#version, 0) === before) || tries === TRIES) return shown(figures, address)
    }
  }
}

function shown(figures: readonly number[], address: Uint8Array): Shown {
  const [
    packetsIn = 0,
    packetsOut = 0,
    bytesIn = 0,
    bytesOut = 0,
    lost = 0,
    jitterMs = 0,
    dropped = 0,
    reportsIn = 0,
    ssrcOut = 0,
    settings = 0,
    port = 0,
  ] = figures
  return {
    stats: { packetsIn, packetsOut, bytesIn, bytesOut, lost, jitterMs, dropped, reportsIn, ssrcOut },
    found: port === 0 ? undefined : { address: decoder.decode(address.subarray(0, address.indexOf(0))), port },
    settings,
  }
}
