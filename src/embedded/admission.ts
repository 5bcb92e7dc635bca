import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'

/** A client must have given the secret this long after connecting, ms. */
const SAY_WITHIN_MS = 5_000
/** Connections that have not given it yet; more are refused. */
const MOST_WAITING = 32

/** Whether two secrets are the same, in a time that does not depend on where they differ. */
export function isSameSecret(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

/** The connections of one port that have not given the secret yet: few, and not for long. */
export class Antechamber {
  readonly #waiting = new Map<Socket, NodeJS.Timeout>()

  /** @returns false when there is no room; the socket is closed then */
  enter(socket: Socket): boolean {
    if (this.#waiting.size >= MOST_WAITING) {
      socket.on('error', () => undefined).destroy()
      return false
    }
    this.#waiting.set(
      socket,
      setTimeout(() => socket.destroy(), SAY_WITHIN_MS),
    )
    socket.once('close', () => this.leave(socket))
    return true
  }

  /** It has given the secret, or has gone. */
  leave(socket: Socket): void {
    clearTimeout(this.#waiting.get(socket))
    this.#waiting.delete(socket)
  }
}
