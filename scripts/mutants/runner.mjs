// Runs each test once without mutants, to see which ones it covers, and then once for each of them that no test has noticed so far. All in one process,
// which loads the code a single time: a change costs milliseconds, where a process of its own would cost a second.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { TestRunner } from 'vitest'
import { root } from '../install.mjs'
import { journal } from './instrument.mjs'

/** A slower test is not run for every change, in ms. */
const slowMs = Number(process.env.MUTATE_SLOW_MS ?? 700)
/** A test with a change gets this many times its usual time, plus this much, in ms. */
const patience = { times: 10, more: 800 }
/** A loop with a change may run this many times as often as without. */
const patientHits = 100

const say = (entry) => appendFileSync(journal, `${JSON.stringify(entry)}\n`)

const state = (globalThis.ringroundMutation ??= remembered())
const switches = (globalThis.__stryker__ ??= {})
// The sources keep the first object they find here.
const coverage = (switches.mutantCoverage ??= { static: {}, perTest: {} })
let loaded = 0

/** Results of an earlier process of this run, before a change crashed it. */
function remembered() {
  const found = { noticed: new Set(), done: new Set(), tried: 0 }
  if (!existsSync(journal)) return found
  for (const line of readFileSync(journal, 'utf8').split('\n').filter(Boolean)) {
    const { noticed, done } = JSON.parse(line)
    if (noticed !== undefined) found.noticed.add(noticed)
    if (done !== undefined) found.done.add(done)
  }
  return found
}

export default class MutationRunner extends TestRunner {
  onBeforeRunTask(test) {
    if (test.type === 'test' && state.done.has(test.id)) test.mode = 'skip'
    return super.onBeforeRunTask(test)
  }

  async runTask(test) {
    const name = nameOf(test)
    this.#tellLoaded()
    coverage.perTest = {}
    switches.currentTestId = 'this'
    const started = performance.now()
    try {
      await TestRunner.getTestFn(test)()
    } catch (error) {
      // A change's lasting effect on global state must not count against this test: a new process checks again.
      if (state.tried > 0) giveUp(name)
      throw error
    } finally {
      switches.currentTestId = undefined
    }
    const tookMs = performance.now() - started
    const hits = coverage.perTest.this ?? {}
    const slow = tookMs > slowMs
    say({ passes: Object.keys(hits), test: name, ms: Math.round(tookMs), ...(slow ? { slow } : {}) })
    if (!slow) for (const [id, count] of Object.entries(hits)) if (!state.noticed.has(id)) await this.#try(test, name, id, count, tookMs)
    say({ done: test.id })
    state.done.add(test.id)
  }

  /** Code run at load time cannot be changed afterwards. */
  #tellLoaded() {
    const ids = Object.keys(coverage.static)
    if (ids.length > loaded) say({ loads: ids })
    loaded = ids.length
  }

  async #try(test, name, id, count, tookMs) {
    say({ trying: id, test: name })
    state.tried += 1
    switches.hitCount = 0
    switches.hitLimit = count * patientHits
    switches.activeMutant = id
    let failure
    try {
      failure = await onceMore(test, tookMs * patience.times + patience.more)
    } finally {
      switches.activeMutant = undefined
      switches.hitCount = undefined
    }
    if (failure === undefined) return void say({ passed: id })
    state.noticed.add(id)
    say({ noticed: id, test: name, ...(failure === 'too late' ? { failure } : {}) })
    if ((await onceMore(test, tookMs * patience.times + patience.more)) !== undefined) giveUp(name)
  }
}

/** @returns why the test failed; undefined: it passed. What the last run of it set up is cleared first; the last of all is cleared by vitest. */
async function onceMore(test, withinMs) {
  let timer
  try {
    await around(test, 'afterEach')
    for (const finish of (test.onFinished ?? []).splice(0)) await finish(test.context)
    await around(test, 'beforeEach')
    const late = new Promise((resolve) => (timer = setTimeout(resolve, withinMs, 'too late')))
    return await Promise.race([
      TestRunner.getTestFn(test)().then(
        () => undefined,
        () => 'failed',
      ),
      late,
    ])
  } catch {
    return 'failed'
  } finally {
    clearTimeout(timer)
  }
}

async function around(test, hooks) {
  const suites = [test.file]
  for (let { suite } = test; suite && suite !== test.file; suite = suite.suite) suites.splice(1, 0, suite)
  for (const suite of suites) for (const hook of TestRunner.getSuiteHooks(suite)[hooks]) await hook(test.context, suite)
}

/** The change has left a lasting effect. The process ends, and a new one continues from here. */
function giveUp(test) {
  say({ spoiled: test })
  process.kill(process.pid, 'SIGKILL')
}

function nameOf(test) {
  const names = []
  for (let task = test; task && task !== test.file; task = task.suite) names.unshift(task.name)
  return `${relative(root, test.file.filepath)} > ${names.join(' > ')}`
}
