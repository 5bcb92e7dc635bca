/** When an unanswered flight is sent again, ms after the time before; the package goes on from half a second. */
const AGAIN_MS = [50, 100, 200]

/**
 * Sends what a DTLS handshake has to say, and says it again soon. The package waits for half a second, and the first message is lost as a rule: the side that
 * has found the path first begins, and the other one is not listening yet. RFC 6347 4.2.4.1 lets applications whose users wait be quicker than its 1 s.
 */
export class FlightRepeater {
  readonly #send: (data: Buffer) => void
  /** What was sent since something came last: one flight (RFC 6347 4.2.4). */
  #flight: Buffer[] = []
  #isAnswered = false
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(send: (data: Buffer) => void) {
    this.#send = send
  }

  send(data: Buffer): void {
    this.#send(data)
    if (this.#isOver) return
    if (this.#isAnswered) this.#flight = []
    this.#isAnswered = false
    // The package repeats itself with the very same bytes.
    if (this.#flight.includes(data)) return
    this.#flight.push(data)
    this.#repeat(0)
  }

  /** Something has come: the flight has arrived, or what is missing of it is asked for by the package's own rules. */
  heard(): void {
    this.#isAnswered = true
    clearTimeout(this.#timer)
  }

  /** The other side has not got it, and says so. */
  again(): void {
    for (const data of this.#flight) this.#send(data)
  }

  /** The handshake is over: nothing is repeated any more. */
  close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#flight = []
  }

  #repeat(times: number): void {
    clearTimeout(this.#timer)
    const ms = AGAIN_MS[times]
    if (ms === undefined) return
    this.#timer = setTimeout(() => {
      this.again()
      this.#repeat(times + 1)
    }, ms)
    this.#timer.unref()
  }
}
