import type { Ref } from './media-messages.js'
import type { PlayEnd, PlayHandle } from './play-source.js'

/** A play in another thread. */
export class RemotePlay implements PlayHandle {
  readonly started: Promise<boolean>
  readonly ended: Promise<PlayEnd>
  #settleStarted: (started: boolean) => void = () => undefined
  #settleEnded: (end: PlayEnd) => void = () => undefined

  /** @param onStop called by `stop`: the end is reported in answer */
  constructor(
    readonly ref: Ref,
    private readonly onStop: () => void,
  ) {
    this.started = new Promise((resolve) => (this.#settleStarted = resolve))
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve))
  }

  stop(): void {
    this.onStop()
  }

  begin(): void {
    this.#settleStarted(true)
  }

  end(end: PlayEnd): void {
    this.#settleStarted(false)
    this.#settleEnded(end)
  }
}
