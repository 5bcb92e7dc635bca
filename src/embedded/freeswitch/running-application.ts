/**
 * An application that takes time (playing, collecting digits, sleeping, recording). It ends by itself through the `done` that it was
 * started with, or is ended by one of these.
 */
export interface RunningApplication {
  /** The party pressed a key. @returns whether it was meant for this application; else the one below is asked */
  key?(digit: string): boolean
  /** `uuid_break`: ends what it is doing; the application then completes in its own time. */
  break(): void
  /**
   * The channel is hung up or sent elsewhere: lets go at once, without calling `done`.
   * @returns the Application-Response with which it completes
   */
  abandon(): string | undefined
}

/** Called once when the application has ended by itself. */
export type Done = (response?: string) => void
