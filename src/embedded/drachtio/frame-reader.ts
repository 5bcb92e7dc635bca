/** A client does not speak the protocol; it is disconnected. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** drachtio-server reads at most five digits. */
const MAX_LENGTH_DIGITS = 5

/** `<bytes>#<payload>`, one after the other, without anything in between. */
export class FrameReader {
  #buffer: Buffer = Buffer.alloc(0)

  /** @throws FrameError when the length is not a number from 1 to 99999 */
  push(chunk: Buffer): string[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    const frames: string[] = []
    for (;;) {
      const hash = this.#buffer.subarray(0, MAX_LENGTH_DIGITS + 1).indexOf(0x23)
      if (hash < 0) {
        if (this.#buffer.length > MAX_LENGTH_DIGITS || !/^\d*$/.test(this.#buffer.toString('latin1')))
          throw new FrameError('invalid message length specifier')
        return frames
      }
      const digits = this.#buffer.toString('latin1', 0, hash)
      if (!/^\d+$/.test(digits) || Number(digits) === 0) throw new FrameError('invalid message length specifier')
      const end = hash + 1 + Number(digits)
      if (this.#buffer.length < end) return frames
      frames.push(this.#buffer.toString('utf8', hash + 1, end))
      this.#buffer = this.#buffer.subarray(end)
    }
  }
}

/** A frame ready to be written. */
export function frame(payload: string): string {
  return `${Buffer.byteLength(payload)}#${payload}`
}
