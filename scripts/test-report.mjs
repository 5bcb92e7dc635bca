// The final report of a test run: how many passed, and the names of the failed. A file with a failure runs once more, alone: a test that then passes
// depended on its neighbours or on chance. It counts as passed, but is named: it has a race that has to be found.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'

/** With more files than this something is really broken, and running them again would tell nothing new. */
const maxFilesAgain = 6
/** Lines of a failure that are printed again at the end. */
const messageLines = 12

/**
 * Reads one JSON report of Vitest, and removes it.
 * @param {{ layer: string, ok: boolean, report: string, root: string }} run
 * @returns {{ counts: Map<string, { passed: number, skipped: number }>, failures: { layer: string, file: string, name: string, message: string }[] }} counts by file; a failure without a
 * file is one of the whole run
 */
export function readReport({ layer, ok, report, root }) {
  const whole = (message) => ({ layer, file: '', name: `the ${layer} tests as a whole`, message })
  if (!existsSync(report)) return { counts: new Map(), failures: [whole('They ended without a report.')] }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(report)
  const counts = new Map(
    result.testResults.map(({ name, assertionResults }) => {
      const passed = assertionResults.filter(({ status }) => status === 'passed').length
      const failed = assertionResults.filter(({ status }) => status === 'failed').length
      return [relative(root, name), { passed, skipped: assertionResults.length - passed - failed }]
    }),
  )
  const failures = result.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const tests = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ layer, file, name: test.fullName, message: test.failureMessages.join('\n') }))
    return tests.length === 0 && status === 'failed' ? [{ layer, file, name: 'the file itself', message }] : tests
  })
  if (!ok && failures.length === 0) failures.push(whole('Vitest failed outside any test; its words stand above.'))
  return { counts, failures }
}

/** @returns {{ layer: string, files: string[] }[]} what to run again; nothing if that would be useless */
export function toRunAgain(failures) {
  if (failures.some(({ file }) => file === '')) return []
  if (new Set(failures.map(({ file }) => file)).size > maxFilesAgain) return []
  return [...new Set(failures.map(({ layer }) => layer))].map((layer) => ({
    layer,
    files: [...new Set(failures.filter((failure) => failure.layer === layer).map(({ file }) => file))],
  }))
}

/**
 * @param failures of the first run
 * @param again of the second, which ran every file of the first failures
 * @returns {{ failed: typeof failures, onlyFirst: typeof failures }} the real failures (including tests that failed only in the second run), and those that passed the second time
 */
export function afterSecondRun(failures, again) {
  const key = ({ layer, file, name }) => `${layer} ${file} ${name}`
  const failed = new Set(again.map(key))
  return { failed: again, onlyFirst: failures.filter((failure) => !failed.has(key(failure))) }
}

/** @returns one failure in a few lines */
export function inLines({ layer, file, name, message }) {
  const lines = message
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
  return [`  ${file === '' ? layer : file} > ${name}`, ...lines.slice(0, messageLines).map((line) => `      ${line}`)].join('\n')
}
