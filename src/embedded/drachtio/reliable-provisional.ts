/**
 * Repeats a reliable provisional response until its PRACK comes (RFC 3262 section 3): after T1, each time twice as long, for 64*T1.
 */
export class ReliableProvisional {
  readonly rseq: number
  #timer: NodeJS.Timeout | undefined

  constructor(rseq: number, t1Ms: number, on: { repeat: () => void; gaveUp: () => void }) {
    this.rseq = rseq
    const wait = (ms: number, leftMs: number): void => {
      this.#timer = setTimeout(() => {
        if (leftMs <= ms) {
          on.gaveUp()
          return
        }
        on.repeat()
        wait(ms * 2, leftMs - ms)
      }, ms)
    }
    wait(t1Ms, 64 * t1Ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
