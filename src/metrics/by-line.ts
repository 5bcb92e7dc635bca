import type { Counter, Histogram, Metric } from 'prom-client'

/** The label `line` for calls that have not reached a line. No id of a line has brackets in it. */
export const noLine = '(none)'
/** For a line no longer in the directory. */
export const goneLine = '(gone)'

type LabelledByLine = Counter | Histogram

/**
 * Figures with a label `line`. There are never more series than the directory has lines: any other line counts as `(gone)`, and the series of
 * a removed line are dropped after a last scrape.
 */
export class ByLine {
  readonly #metrics: LabelledByLine[] = []

  /** @param has whether the current directory has this line */
  constructor(private readonly has: (line: string) => boolean) {}

  add<M extends LabelledByLine>(metric: M): M {
    this.#metrics.push(metric)
    return metric
  }

  labelOf(line: string | undefined): string {
    if (line === undefined) return noLine
    return this.has(line) ? line : goneLine
  }

  /** To be called after a scrape. */
  async dropGone(): Promise<void> {
    for (const metric of this.#metrics) {
      const dropped = new Set<string>()
      for (const { labels } of (await (metric as Metric).get()).values) {
        const { le: _bucket, ...own } = labels
        const line = String(own['line'])
        const series = JSON.stringify(own)
        if (line === noLine || line === goneLine || this.has(line) || dropped.has(series)) continue
        dropped.add(series)
        metric.remove(own as Record<string, string>)
      }
    }
  }
}
