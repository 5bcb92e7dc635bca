import { expect } from 'vitest'
import type { Outcome } from './suite.js'
import { expectations } from './table.js'

/**
 * Holds what a suite found against its lines in README.md: each assertion of the suite must be there, those marked
 * `pass` must have passed each time, those marked `skip` must not (else the table is out of date).
 */
export function compareWithTable(suite: string, outcomes: readonly Outcome[]): void {
  const found = new Map<string, boolean>()
  for (const { test, assertion, ok } of outcomes) {
    const line = `${test} | ${wording(assertion)}`
    found.set(line, (found.get(line) ?? true) && ok)
  }
  const is = [...found].map(([line, ok]) => `${line} | ${ok ? 'pass' : 'skip'}`).sort()
  const ought = expectations()
    .filter((each) => each.suite === suite)
    .map(({ test, assertion, result }) => `${test} | ${assertion} | ${result}`)
    .sort()
  const failures = outcomes.filter(({ ok }) => !ok).map(({ test, assertion, detail }) => `${test} | ${assertion}: ${detail ?? ''}`)
  expect(is, `what failed in ${suite}:\n${failures.join('\n')}\n`).toEqual(ought)
}

/** An assertion without what differs from run to run. */
function wording(assertion: string): string {
  return assertion.replace(/\{.*\}/, '{…}').replace(/127\.0\.0\.1:\d+/, '127.0.0.1:…')
}
