import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadDirectory, parseInThread, showError } from './load-directory.js'
import { Settling, watchDirectory, type DirectoryHolder } from './watch-directory.js'
import { writeDirectory } from './write-directory.js'

let folder: string
let file: string
let holder: DirectoryHolder | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-watch-'))
  file = join(folder, 'directory.yaml')
})
afterEach(async () => {
  await holder?.close()
  holder = undefined
  await rm(folder, { recursive: true })
})

const text = (name: string) => `areas: { a: { name: ${name} } }\n`

/** Watches the file and writes down what it is told. */
async function watch(pollMs: number) {
  const told: string[] = []
  let wake = () => {}
  const watched = await watchDirectory(file, {
    pollMs,
    onChange: (directory, changes) => {
      told.push(`change ${directory.areas.get('a')?.name ?? ''} ${changes.length}`)
      wake()
    },
    onErrors: (errors) => {
      told.push(`errors ${errors.map((error) => error.line).join(',')}`)
      wake()
    },
  })
  if (!watched.ok) throw new Error(JSON.stringify(watched.errors))
  holder = watched.holder
  return { holder: watched.holder, told, next: () => new Promise<void>((resolve) => (wake = resolve)) }
}

/** Long enough never to look by itself within a test. */
const never = 1_000_000

describe('a directory file that is watched', () => {
  it('comes into force when it changes, whether it is written in place or replaced', async () => {
    await writeFile(file, text('One'))
    const { holder: watched, told, next } = await watch(10)
    const taken = watched.current()
    let changed = next()
    await writeFile(file, text('Another name'))
    await changed
    changed = next()
    await writeFile(`${file}.new`, text('Third'))
    await rename(`${file}.new`, file)
    await changed
    expect(told).toEqual(['change Another name 1', 'change Third 1'])
    expect(watched.current().areas.get('a')?.name).toBe('Third')
    // A call that took it before the changes keeps what it took.
    expect(taken.areas.get('a')?.name).toBe('One')
  })

  it('with errors leaves the old one in force, tells them once, and says when they are gone', async () => {
    await writeFile(file, text('One'))
    const { holder: watched, told } = await watch(never)
    const before = watched.current()
    await writeFile(file, 'areas:\n  a: { name: One, nam: x }\n')
    await watched.reload()
    expect(told).toEqual(['errors 2'])
    expect(watched.current()).toBe(before)
    await writeFile(file, text('One'))
    await watched.reload()
    expect(told).toEqual(['errors 2', 'change One 0'])
    await watched.reload()
    expect(told).toHaveLength(2)
  })

  it('that is gone leaves the old one in force', async () => {
    await writeFile(file, text('One'))
    const { holder: watched, told, next } = await watch(10)
    const changed = next()
    await rm(file)
    await changed
    expect(told).toEqual(['errors 1'])
    expect(watched.current().areas.size).toBe(1)
  })

  it('is read once it has been the same in two looks, so that half a file is not taken for a directory', () => {
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

  it('that has errors at the start is no directory at all', async () => {
    expect(await watchDirectory(file, { onChange: () => {}, onErrors: () => {} })).toMatchObject({ ok: false, errors: [{ line: 1, message: 'there is no such file' }] })
    await writeFile(file, 'lines: 5\n')
    expect(await watchDirectory(file, { onChange: () => {}, onErrors: () => {} })).toMatchObject({ ok: false, errors: [{ line: 1 }] })
  })

  it('goes on being watched when whoever listens fails', async () => {
    await writeFile(file, text('One'))
    const told: string[] = []
    const watched = await watchDirectory(file, {
      pollMs: never,
      onChange: (directory) => {
        told.push(directory.areas.get('a')?.name ?? '')
        if (told.length === 1) throw new Error('no room')
      },
      onErrors: (errors) => told.push(errors.map((error) => error.message).join()),
    })
    if (!watched.ok) throw new Error('errors')
    holder = watched.holder
    await writeFile(file, text('Two'))
    await watched.holder.reload()
    await writeFile(file, text('Three'))
    await watched.holder.reload()
    expect(told).toEqual(['Two', 'what was read could not be put into use: no room', 'Three'])
  })

  it('a failure while it is read is told like an error', async () => {
    await writeFile(file, text('One'))
    const told: string[] = []
    let failing = false
    const watched = await watchDirectory(file, {
      pollMs: never,
      onChange: () => told.push('change'),
      onErrors: (errors) => told.push(errors.map(showError).join()),
      load: (name) => (failing ? Promise.reject(new Error('out of memory')) : loadDirectory(name)),
    })
    if (!watched.ok) throw new Error('errors')
    holder = watched.holder
    failing = true
    await watched.holder.reload()
    expect(told).toEqual([`${file}:1: reading it failed: out of memory; expected: a directory file`])
  })
})

describe('a large directory', () => {
  it('is parsed in a thread of its own, to the same directory', async () => {
    const program = join(folder, 'thread.mjs')
    await build({ entryPoints: [fileURLToPath(new URL('./directory-thread.ts', import.meta.url))], outfile: program, bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'error', banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } })
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
