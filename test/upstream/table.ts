import { readFileSync } from 'node:fs'

/** One line of the table in README.md. */
export interface Expectation {
  readonly suite: string
  readonly test: string
  readonly assertion: string
  readonly result: 'pass' | 'skip'
  readonly reason: string
}

/** The committed table: what of the packages' own suites passes, and why the rest does not. */
export function expectations(): readonly Expectation[] {
  const lines = readFileSync(new URL('README.md', import.meta.url), 'utf8').split('\n')
  return lines.flatMap((line) => {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) =>
        cell
          .trim()
          .replaceAll('\\|', '|')
          .replace(/^`(.*)`$/, '$1'),
      )
    const [suite, test, assertion, result, reason] = cells
    if (suite === undefined || test === undefined || assertion === undefined || (result !== 'pass' && result !== 'skip')) return []
    return [{ suite, test, assertion, result, reason: reason ?? '' }]
  })
}
