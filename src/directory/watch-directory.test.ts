import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryFileHash, exportLine, loadDirectory, parseInThread, showError } from './load-directory.js'
import { Settling, stateOf, watchDirectory, type DirectoryWatch } from './watch-directory.js'
import { writeDirectory } from './write-directory.js'

let folder: string
let file: string
let watched: DirectoryWatch | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-watch-'))
  file = join(folder, 'directory.yaml')
})
afterEach(async () => {
  await watched?.close()
  watched = undefined
  await rm(folder, { recursive: true })
})

const text = (name: string) => `areas: { a: { name: ${name} } }\n`

/** Watches the file and records the calls. @param answers the listener's answers, one per call; after them it accepts */
async function watch(pollMs: number, ...answers: readonly (() => Promise<'taken' | 'again'>)[]) {
  const told: string[] = []
  const left = [...answers]
  let wake = () => {}
  const watch = watchDirectory(file, await stateOf(file), {
    pollMs,
    onSaved: async ({ directory, sha256, exportOf }) => {
      told.push(`saved ${directory.areas.get('a')?.name ?? ''}${exportOf === undefined ? '' : ` of version ${exportOf}`}`)
      expect(sha256).toBe(await directoryFileHash(file))
      const answer = (await left.shift()?.()) ?? 'taken'
      wake()
      return answer
    },
    onErrors: (errors) => {
      told.push(`errors ${errors.map(showError).join(',').replaceAll(`${file}:`, '')}`)
      wake()
    },
  })
  watched = watch
  return { watch, told, next: () => new Promise<void>((resolve) => (wake = resolve)) }
}

/** Long enough that no look comes by itself within a test. */
const never = 1_000_000

describe('a directory file that is watched', () => {
  it('is passed on when it changes, whether written in place or replaced', async () => {
    await writeFile(file, text('One'))
    const { told, next } = await watch(10)
    let changed = next()
    await writeFile(file, text('Another name'))
    await changed
    changed = next()
    await writeFile(`${file}.new`, `${exportLine(12)}\n${text('Third')}`)
    await rename(`${file}.new`, file)
    await changed
    expect(told).toEqual(['saved Another name', 'saved Third of version 12'])
  })

  it('with errors reports them once, and is passed on when they are gone', async () => {
    await writeFile(file, text('One'))
    const { watch: watching, told } = await watch(never)
    await writeFile(file, 'areas:\n  a: { name: One, nam: x }\n')
    await watching.reload()
    expect(told).toEqual(['errors 2: area a has no "nam"; expected: one of name, outcomes'])
    await writeFile(file, text('One'))
    await watching.reload()
    expect(told.slice(1)).toEqual(['saved One'])
  })

  it('that is missing is an error like any other', async () => {
    await writeFile(file, text('One'))
    const { told, next } = await watch(10)
    const changed = next()
    await rm(file)
    await changed
    expect(told).toEqual([expect.stringMatching(/^errors 1: there is no such file/)])
  })

  it('that was not accepted is offered again after a while, but not for ever', async () => {
    await writeFile(file, text('One'))
    const { told, next } = await watch(5, () => Promise.resolve('again'))
    await writeFile(file, text('Two'))
    await next()
    await next()
    expect(told).toEqual(['saved Two', 'saved Two'])
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(told).toHaveLength(2)
  })

  it('is read once it is the same in two looks, so that half a file is not taken for a directory', () => {
    const settling = new Settling('1')
    const looks = (...states: string[]) =>
      states.map((state) => {
        const read = settling.look(state)
        if (read) settling.taken(state)
        return read
      })
    expect(looks('1', '1')).toEqual([false, false])
    expect(looks('2', '3', '4', '4', '4')).toEqual([false, false, false, true, false])
    expect(looks('5', '4', '4')).toEqual([false, false, false])
    expect(looks('missing', 'missing')).toEqual([false, true])
  })

  it('stays watched when the listener throws', async () => {
    await writeFile(file, text('One'))
    const { watch: watching, told } = await watch(never, () => Promise.reject(new Error('no room')))
    await writeFile(file, text('Two'))
    await watching.reload()
    await writeFile(file, text('Three'))
    await watching.reload()
    expect(told).toEqual([
      'saved Two',
      'errors 1: what was read could not be put into use: no room; expected: a listener that does not throw',
      'saved Three',
    ])
  })

  it('a failure while reading it is reported like an error', async () => {
    await writeFile(file, text('One'))
    const told: string[] = []
    watched = watchDirectory(file, await stateOf(file), {
      pollMs: never,
      onSaved: () => Promise.resolve('taken'),
      onErrors: (errors) => told.push(errors.map(showError).join()),
      read: () => Promise.reject(new Error('out of memory')),
    })
    await watched.reload()
    expect(told).toEqual([`${file}:1: reading it failed: out of memory; expected: a directory file`])
  })
})

describe('a large directory', () => {
  it('is parsed in a thread of its own, to the same directory', async () => {
    const program = join(folder, 'thread.mjs')
    await build({
      entryPoints: [fileURLToPath(new URL('./directory-thread.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    const demo = fileURLToPath(new URL('../../config/directory.yaml', import.meta.url))
    const here = await loadDirectory(demo)
    if (!here.ok) throw new Error('errors')
    const there = await parseInThread(pathToFileURL(program), { text: writeDirectory(here.directory), file: 'x' })
    expect(there).toMatchObject({ ok: true })
    if (there.ok) expect(there.directory).toEqual(here.directory)
    expect(await parseInThread(pathToFileURL(program), { text: 'lines: 5', file: 'x' })).toMatchObject({ ok: false })
    await writeFile(program, 'throw new Error("no")')
    await expect(parseInThread(pathToFileURL(program), { text: '', file: 'x' })).rejects.toThrow('no')
  })
})
