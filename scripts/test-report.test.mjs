import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { afterSecondRun, inLines, readReport, toRunAgain } from './test-report.mjs'

const folder = mkdtempSync(join(tmpdir(), 'ringround-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(testResults) {
  const report = join(folder, 'report.json')
  writeFileSync(report, JSON.stringify({ testResults }))
  return report
}
const passes = (fullName) => ({ fullName, status: 'passed', failureMessages: [] })
const fails = (fullName, message = 'expected 1 to be 2') => ({ fullName, status: 'failed', failureMessages: [message] })
const failure = (file, name, layer = 'calls') => ({ layer, file, name, message: '' })

describe('the report of a run', () => {
  it('counts by file, and names what failed', () => {
    const report = written([
      {
        name: '/house/test/a.test.ts',
        status: 'failed',
        assertionResults: [passes('rings'), fails('is heard'), { fullName: 'later', status: 'pending', failureMessages: [] }],
      },
      { name: '/house/test/b.test.ts', status: 'passed', assertionResults: [passes('hangs up')] },
    ])
    const { counts, failures } = readReport({ layer: 'calls', ok: false, report, root: '/house' })
    expect(counts).toEqual(
      new Map([
        ['test/a.test.ts', { passed: 1, skipped: 1 }],
        ['test/b.test.ts', { passed: 1, skipped: 0 }],
      ]),
    )
    expect(failures).toEqual([{ layer: 'calls', file: 'test/a.test.ts', name: 'is heard', message: 'expected 1 to be 2' }])
  })

  it('fails where a file could not be loaded, where Vitest failed outside any test, and where there is none', () => {
    const notLoaded = written([{ name: '/house/test/a.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] }])
    expect(readReport({ layer: 'calls', ok: false, report: notLoaded, root: '/house' }).failures).toMatchObject([
      { file: 'test/a.test.ts', message: 'Cannot find module' },
    ])
    const outside = written([{ name: '/house/test/a.test.ts', status: 'passed', assertionResults: [passes('rings')] }])
    expect(readReport({ layer: 'calls', ok: false, report: outside, root: '/house' }).failures).toMatchObject([{ file: '' }])
    expect(readReport({ layer: 'calls', ok: true, report: join(folder, 'none.json'), root: '/house' }).failures).toMatchObject([
      { file: '' },
    ])
  })
})

describe('the second run', () => {
  it('takes the files in which something failed, layer by layer', () => {
    expect(toRunAgain([failure('a', 'one'), failure('a', 'two'), failure('b', 'one'), failure('c', 'one', 'rules')])).toEqual([
      { layer: 'calls', files: ['a', 'b'] },
      { layer: 'rules', files: ['c'] },
    ])
  })

  it('is left out where a whole run failed, or too much did', () => {
    expect(toRunAgain([])).toEqual([])
    expect(toRunAgain([failure('a', 'one'), failure('', 'the calls tests as a whole')])).toEqual([])
    expect(toRunAgain(Array.from({ length: 7 }, (_, index) => failure(`file ${index}`, 'one')))).toEqual([])
  })

  it('clears what passes in it, and nothing else', () => {
    const first = [failure('a', 'one'), failure('a', 'two')]
    expect(afterSecondRun(first, [])).toEqual({ failed: [], onlyFirst: first })
    expect(afterSecondRun(first, [failure('a', 'two')])).toEqual({ failed: [failure('a', 'two')], onlyFirst: [failure('a', 'one')] })
    expect(afterSecondRun(first, [failure('a', 'three')]).failed).toEqual([failure('a', 'three')])
  })

  it('is told of in lines without colours', () => {
    expect(inLines({ ...failure('a', 'one'), message: '\u001b[31mexpected\u001b[39m\nat line 3' })).toBe(
      '  a > one\n      expected\n      at line 3',
    )
  })
})
