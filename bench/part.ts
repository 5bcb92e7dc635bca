import type { DatabaseName } from './growth/grown-store.js'
import type { Figure } from './figure.js'

/** What the command line asks of every part. */
export interface PartOptions {
  /** Short enough for a look before and after a change: under two minutes a part. Fewer calls, shorter crowds. */
  readonly quick: boolean
  /** Calls at a time, where they were given on the command line. */
  readonly sizes: readonly number[] | undefined
  /** In which databases a store is measured. */
  readonly databases: readonly DatabaseName[]
  /** A folder in which stores that were made are kept from one run to the next. */
  readonly keptIn: string | undefined
  /** How long a crowd talks while it is measured. */
  readonly seconds: number
  /** Calls per latency figure. */
  readonly calls: number
  /** To look where CPU time goes, too, which costs some itself. */
  readonly profile: boolean
}

export interface PartResult {
  readonly figures: readonly Figure[]
  /** Everything else that was measured: stands in the file of results under the part's name. */
  readonly details?: unknown
  /** Tables of its own, printed as they are. */
  readonly tables?: readonly string[]
}

/** A part of `npm run bench`, which can be run alone: `--only NAME`. Its place is the list in parts.ts. */
export interface Part {
  readonly name: string
  /** One line of `--help`. */
  readonly about: string
  /** Runs only when it is asked for by name: it takes too long, or too much disk, for every day. */
  readonly onlyWhenAsked?: boolean
  /** @param tell prints a line of progress */
  run(options: PartOptions, tell: (line: string) => void): Promise<PartResult>
}
