import { sequenceDistance } from './packet.js'

/** One frame in its place. The data is a view that is valid until the next `push`. */
export interface BufferedFrame {
  readonly sequence: number
  readonly timestamp: number
  readonly data: Uint8Array
}

interface Slot {
  sequence: number
  timestamp: number
  length: number
  readonly data: Uint8Array
}

/** A sender whose sequence numbers jump further than this started again. */
const RESTART_DISTANCE = 1000

/**
 * Puts packets back in order. Fixed depth, no allocation after construction. Two ways to read, for one consumer each:
 * `pop` once every frame time, for one that keeps time (it says when a frame is lost); `drain` after every push, for one that only
 * wants order (it gives up on a missing frame when `delayFrames` later ones wait).
 */
export class JitterBuffer {
  readonly #slots: Slot[]
  readonly #delayFrames: number
  #next = -1
  #depth = 0
  #primed = false
  late = 0
  lost = 0

  /** @param maxFrameBytes longer payloads are cut */
  constructor(options: { readonly delayFrames?: number; readonly capacity?: number; readonly maxFrameBytes?: number } = {}) {
    this.#delayFrames = options.delayFrames ?? 3
    // A power of two, so that the slots stay in step when the sequence number wraps.
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(options.capacity ?? 16, this.#delayFrames * 4)))
    this.#slots = Array.from({ length: capacity }, () => ({
      sequence: -1,
      timestamp: 0,
      length: 0,
      data: new Uint8Array(options.maxFrameBytes ?? 480),
    }))
  }

  /** Frames that wait. */
  get depth(): number {
    return this.#depth
  }

  /** Takes a copy of the payload. @returns false when it came too late or twice */
  push(sequence: number, timestamp: number, payload: Uint8Array, from = 0, to = payload.length): boolean {
    if (this.#next < 0) this.#next = sequence
    let ahead = sequenceDistance(sequence, this.#next)
    if (Math.abs(ahead) > RESTART_DISTANCE) {
      this.reset()
      this.#next = sequence
      ahead = 0
    }
    if (ahead < 0) {
      // Before the first frame was read, an earlier one may still become the first.
      if (this.#primed || ahead <= -this.#delayFrames) {
        this.late++
        return false
      }
      this.#next = sequence
      ahead = 0
    }
    while (ahead >= this.#slots.length) {
      this.#skip()
      ahead--
    }
    const slot = this.#slot(sequence)
    if (slot.sequence === sequence) return false
    slot.sequence = sequence
    slot.timestamp = timestamp
    slot.length = Math.min(to - from, slot.data.length)
    for (let index = 0; index < slot.length; index++) slot.data[index] = payload[from + index] ?? 0
    this.#depth++
    return true
  }

  /** For a consumer that keeps time. `waiting`: not enough has come yet (at the start, after a pause). `lost`: this frame is missing. */
  pop(): BufferedFrame | 'waiting' | 'lost' {
    if (!this.#primed) {
      if (this.#depth < this.#delayFrames) return 'waiting'
      this.#primed = true
    }
    if (this.#depth === 0) {
      this.#primed = false
      this.#next = -1
      return 'waiting'
    }
    // The sender's clock runs faster than ours: give up one frame rather than fall behind for ever.
    if (this.#depth > this.#delayFrames * 2) this.#skip()
    return this.#take() ?? 'lost'
  }

  /** For a consumer that only wants order: every frame that can be given out now. */
  drain(onFrame: (frame: BufferedFrame) => void): void {
    this.#primed = true
    while (this.#depth > 0) {
      if (this.#slot(this.#next).sequence !== this.#next && this.#depth < this.#delayFrames) return
      const frame = this.#take()
      if (frame) onFrame(frame)
    }
  }

  reset(): void {
    for (const slot of this.#slots) slot.sequence = -1
    this.#depth = 0
    this.#next = -1
    this.#primed = false
  }

  #slot(sequence: number): Slot {
    // The index is below the length, so the slot is there.
    return this.#slots[sequence % this.#slots.length] as Slot
  }

  #take(): BufferedFrame | undefined {
    const slot = this.#slot(this.#next)
    const found = slot.sequence === this.#next
    this.#next = (this.#next + 1) & 0xffff
    if (!found) {
      this.lost++
      return undefined
    }
    this.#depth--
    const frame = { sequence: slot.sequence, timestamp: slot.timestamp, data: slot.data.subarray(0, slot.length) }
    slot.sequence = -1
    return frame
  }

  #skip(): void {
    this.#take()
  }
}
