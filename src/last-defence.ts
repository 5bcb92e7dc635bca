import type { Logger } from 'pino'
import { messageOf } from './common/errors.js'
import type { Alarms } from './alarms/alarms.js'

/** An unhandled rejection, or an exception out of an event handler. */
export type FaultKind = 'rejection' | 'exception'

export interface ProgramFault {
  readonly kind: FaultKind
  readonly error: unknown
}

/** A program that fails this often within `stormMs` is spinning: its supervisor restarts it. */
const stormFaults = 1_000
const stormMs = 2_000
/** EX_SOFTWARE of sysexits.h. */
const stormExitCode = 70
/** Writing to a terminal or a pipe whose reader has gone is no fault of the program, and reporting it there would loop for ever. */
const brokenPipe: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'EIO'])

/** The part of `process` that is needed. */
export interface Process {
  on(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown
  exit(code: number): void
}

/** How long the alarm stays up after the last fault. */
const alarmMs = 60 * 60_000

/**
 * The last line of defence. In Node an unhandled rejection, or an exception out of an event handler, ends the process, and with it
 * every call. Here each is logged, counted and passed to `onFault` (an alarm), and the calls go on: code that waits for the answer has its own
 * deadline. The faults still have to be mended in the code; the switch's contract test fails on any left over.
 */
export class LastDefence {
  readonly #listeners = new Set<(fault: ProgramFault) => void>()
  readonly #counts: Record<FaultKind, number> = { rejection: 0, exception: 0 }
  readonly #recent: number[] = []
  #log: Pick<Logger, 'error' | 'fatal'> | undefined

  /** @param early called with a fault before there is a log: the start has failed */
  constructor(
    private readonly process: Process,
    private readonly early: (error: unknown) => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    process.on('unhandledRejection', (error) => this.#met({ kind: 'rejection', error }))
    process.on('uncaughtException', (error) => this.#met({ kind: 'exception', error }))
  }

  /** Faults since the start, by kind. */
  get counts(): Readonly<Record<FaultKind, number>> {
    return this.#counts
  }

  /** From now on faults are logged there. */
  writeTo(log: Pick<Logger, 'error' | 'fatal'>): void {
    this.#log = log
  }

  /** @returns stops it */
  onFault(listener: (fault: ProgramFault) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #met(fault: ProgramFault): void {
    if (brokenPipe.has((fault.error as NodeJS.ErrnoException | undefined)?.code ?? '')) return
    if (this.#log === undefined) return this.early(fault.error)
    this.#counts[fault.kind]++
    const now = this.now()
    this.#recent.push(now)
    if (this.#recent.length > stormFaults) this.#recent.shift()
    try {
      this.#log.error({ err: fault.error, kind: fault.kind }, 'a fault in the program that nobody dealt with; the calls go on')
      for (const listener of this.#listeners) listener(fault)
    } catch {
      // A failing log or alarm must not start a loop.
    }
    if (this.#recent.length === stormFaults && now - (this.#recent[0] ?? now) < stormMs) {
      try {
        this.#log.fatal({ faults: this.#counts }, 'the program fails again and again; it ends, to be started again')
      } finally {
        this.process.exit(stormExitCode)
      }
    }
  }
}

/** Keeps the alarm `program.fault` up for an hour after the last fault. @returns stops it */
export function alarmOfFaults(defence: LastDefence, alarms: Alarms): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = defence.onFault(({ error }) => {
    const { rejection, exception } = defence.counts
    alarms.raise(
      'program.fault',
      `${rejection + exception} since the start; calls go on; the log has each in full. The last: ${messageOf(error)}`,
    )
    clearTimeout(timer)
    timer = setTimeout(() => alarms.clear('program.fault'), alarmMs).unref()
  })
  return () => {
    clearTimeout(timer)
    stop()
  }
}
