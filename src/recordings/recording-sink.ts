/** `startedAt`: wall-clock ms. */
export interface LeftRecording {
  readonly recordingId: string
  readonly path: string
  readonly startedAt: number
}

/** A recording that a dead engine began. `path`: its spool file. `startedAt`: wall-clock ms. */
export interface BegunRecording {
  readonly recordingId: string
  readonly callId: string
  readonly path: string
  readonly startedAt: number
}

/** What the call flows need of the recordings room: a place to record to, and a way to have what was recorded finished. */
export interface RecordingSink {
  /** A fresh spool file for this call (absolute path, folder exists), or why there can be none (disk full, folder not writable). */
  allocate(
    callId: string,
  ): Promise<
    { readonly kind: 'spool'; readonly recordingId: string; readonly path: string } | { readonly kind: 'refused'; readonly why: string }
  >
  /** The recording of this call that an engine began and died before it could record the fact; undefined: there is none. */
  left(callId: string): Promise<LeftRecording | undefined>
  /**
   * Continues a recording that a dead engine began.
   * @returns false where this engine cannot read the spool: the engine that began it finishes it when it is back
   */
  resume(recording: BegunRecording): Promise<boolean>
  /** The recording is closed; makes the MP3 off the media thread. Returns at once; the result arrives as `recording.ready` or `recording.failed`. */
  finish(recordingId: string): void
}
