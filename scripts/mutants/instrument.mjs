// Writes a copy of each source with every mutant, each behind a switch: `globalThis.__stryker__.activeMutant` says which one is on.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail, root } from '../install.mjs'

/** The folder of a mutation run. */
export const place = join(root, '.cache', 'mutate')
/** The tree of instrumented sources. */
export const instrumented = join(place, 'instrumented')
/** Which files are changed, and which changes there are: `{mutants: [{id, fileName, location (from 0), mutatorName, replacement, status?}], sources: {file: text}}`. */
export const plan = join(place, 'plan.json')
/** Their results, a line each, as they come. */
export const journal = join(place, 'journal.jsonl')

const stryker = '@stryker-mutator/instrumenter'
/** The last version for Node 20. */
const version = '9.6.1'

/** A sentence in a log or a refusal is no rule; types check closed sets of words. */
const excludedMutations = ['StringLiteral']

/** @returns Stryker's instrumenter, which is installed at the first run: nothing else needs its packages */
async function instrumenter() {
  const entry = join(place, 'node_modules', stryker, 'dist', 'src', 'index.js')
  if (!existsSync(entry)) {
    console.log('Installing Stryker into .cache/mutate (once) ...')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, dependencies: { [stryker]: version } }))
    const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: place,
      stdio: 'inherit',
    })
    if (status !== 0) fail('npm could not install Stryker (its message is above).')
  }
  const { Instrumenter } = await import(pathToFileURL(entry).href)
  const silent = { debug() {}, info() {}, warn: console.warn, error: console.error, isDebugEnabled: () => false }
  return new Instrumenter(silent)
}

/** @param {string[]} files relative to the root */
export async function instrument(files) {
  const sources = Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  const { files: written, mutants } = await (
    await instrumenter()
  ).instrument(
    files.map((file) => ({ name: file, content: sources[file], mutate: true })),
    { plugins: null, excludedMutations, ignorers: [] },
  )
  rmSync(instrumented, { recursive: true, force: true })
  for (const { name, content } of written) {
    mkdirSync(dirname(join(instrumented, name)), { recursive: true })
    writeFileSync(join(instrumented, name), content)
  }
  writeFileSync(plan, JSON.stringify({ sources, mutants }))
  return { sources, mutants }
}
