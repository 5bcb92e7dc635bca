import type { RecordingHandle, RecordingResult } from './media-channel.js'
import type { Ref } from './media-messages.js'

/** A recording in another thread. */
export class RemoteRecording implements RecordingHandle {
  /** Settles when the file exists; rejects when it cannot be made. */
  readonly begun: Promise<void>
  readonly ended: Promise<RecordingResult>
  #settleBegun: () => void = () => undefined
  #refuse: (error: Error) => void = () => undefined
  #settleEnded: (result: RecordingResult) => void = () => undefined

  /** @param onStop called by `stop`: the end is reported in answer */
  constructor(
    readonly ref: Ref,
    readonly path: string,
    private readonly onStop: () => void,
  ) {
    this.begun = new Promise((resolve, reject) => {
      this.#settleBegun = resolve
      this.#refuse = reject
    })
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve))
  }

  stop(): Promise<RecordingResult> {
    this.onStop()
    return this.ended
  }

  begin(): void {
    this.#settleBegun()
  }

  refuse(why: string): void {
    this.#refuse(new Error(why))
  }

  end(result: RecordingResult): void {
    this.#settleEnded(result)
  }

  /** The other thread has gone, and with it whatever it had not written yet. */
  lost(why: string): void {
    this.#refuse(new Error(why))
    this.#settleEnded({ path: this.path, durationMs: 0, samples: 0, error: why })
  }
}
