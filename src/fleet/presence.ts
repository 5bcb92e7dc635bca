/**
 * One run of an engine. Its name stays the same when it is started again; its incarnation differs at every start, so that an engine which
 * takes over what a run left behind cannot mistake the next run for it.
 */
export interface EngineRun {
  /** Setting `engine.name`. */
  readonly name: string
  /** Random. */
  readonly incarnation: string
}

/** A run that goes on, as this engine sees it. */
export interface EngineSeen extends EngineRun {
  /** When it started, wall-clock ms of the database server. */
  readonly since: number
  /** When it last gave a sign of life, wall-clock ms of the database server; of this engine itself: when the last one arrived. */
  readonly lastSeen: number
}

/**
 * A run that is over. `left`: it stopped by itself, and has written all its facts. `lapsed`: it gave no sign of life for the length of the lease (killed,
 * frozen, cut off). `replaced`: another run has its name now, so its own process or its connection is gone.
 * It is over for good: from then on the database refuses its facts, even if it wakes up again.
 */
export interface EngineGone extends EngineRun {
  readonly how: 'left' | 'lapsed' | 'replaced'
  /** Wall-clock ms of the database server. */
  readonly at: number
}

/**
 * Which engines are one service now. While the database is away no engine comes and none goes: all are away from it alike, and their
 * calls go on.
 */
export interface Presence {
  readonly self: EngineRun
  /**
   * The start is over: from now on this engine gives signs of life, and its run is over when they stop. Call it before taking calls; a start may take its time. Resolves when the first sign has arrived, or
   * cannot. Never rejects.
   */
  begin(): Promise<void>
  /** Those that run now, by name; this one is always among them. */
  engines(): readonly EngineSeen[]
  /** Called when `engines()` has changed. @returns stops it */
  onChange(listener: () => void): () => void
  /**
   * Called once for each run that is over, at every engine that is there to see it; and, once this engine has begun to look, for those that went in the ten minutes
   * before. So the listener looks for what is left to take over, and takes it by a conditional statement: other engines do the same in that instant.
   * Runs that went before the listener was added are reported in the next turn of the event loop. @returns stops it
   */
  onGone(listener: (engine: EngineGone) => void): () => void
  /** This run is over: others have taken its place while it was frozen or cut off. It must not touch its calls any more. */
  readonly lost: boolean
  /** Called once, at once where that has happened already. @returns stops it */
  onLost(listener: () => void): () => void
  /**
   * False while this engine has given no sign of life for longer than its lease because it did not run (frozen, or its machine was): others may have taken its place,
   * and no engine has said so yet. Computed on each read, so it is false from the first instruction after waking.
   */
  readonly certain: boolean
  /** Resolves with `true` when it is certain that this run goes on (at once where there is no doubt), with `false` when it is lost. */
  whenCertain(): Promise<boolean>
  /** Ms since a sign of life of this engine last reached the database; 0 where no engine looks for any. Beyond the lease others may have ended this run. */
  readonly unheardMs: number
  /** Ends this run, and tells the others: call it once everything is written. May be called twice; never rejects. */
  close(): Promise<void>
}

/** For an engine that has its store to itself: costs nothing. */
export function alone(self: EngineRun, now: () => number = Date.now): Presence {
  const since = now()
  const stop = () => undefined
  return {
    self,
    begin: () => Promise.resolve(),
    engines: () => [{ ...self, since, lastSeen: now() }],
    onChange: () => stop,
    onGone: () => stop,
    lost: false,
    onLost: () => stop,
    certain: true,
    unheardMs: 0,
    whenCertain: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  }
}
