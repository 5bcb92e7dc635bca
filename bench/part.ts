import type { DatabaseName } from './growth/grown-store.js'
import type { Figure } from './figure.js'

/** Command line options of every part. */
export interface PartOptions {
  /** Short enough to run before and after a change: under two minutes a part. Fewer calls, shorter crowds. */
  readonly quick: boolean
  /** Calls at a time, if given on the command line. */
  readonly sizes: readonly number[] | undefined
  /** The databases to measure a store in. */
  readonly databases: readonly DatabaseName[]
  /** A folder that keeps made stores from one run to the next. */
  readonly keptIn: string | undefined
  /** How long a crowd talks while it is measured. */
  readonly seconds: number
  /** Calls per latency figure. */
  readonly calls: number
  /** Also profile CPU time, which costs some itself. */
  readonly profile: boolean
}

export interface PartResult {
  readonly figures: readonly Figure[]
  /** All other measurements, in the results file under the part's name. */
  readonly details?: unknown
  /** The part's own tables, printed as they are. */
  readonly tables?: readonly string[]
}

/** A part of `npm run bench`, which can run alone: `--only NAME`. Listed in parts.ts. */
export interface Part {
  readonly name: string
  /** One line of `--help`. */
  readonly about: string
  /** Runs only by name: it takes too long, or too much disk, for every day. */
  readonly onlyWhenAsked?: boolean
  /** @param tell prints a line of progress */
  run(options: PartOptions, tell: (line: string) => void): Promise<PartResult>
}
