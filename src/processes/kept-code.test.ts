import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runKept } from './kept-code.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-kept-'))
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

const head = '(function (exports, require, module, __filename, __dirname, programUrl, besides) {'

function run(name: string, body: string, fingerprint: string): object {
  const file = join(folder, name)
  writeFileSync(file, `${head} ${body} })`)
  return runKept(pathToFileURL(file), fingerprint)
}

const kept = () => (existsSync(join(folder, 'compiled')) ? readdirSync(join(folder, 'compiled')) : [])

describe('a program with a code cache', () => {
  it('exports its exports, knows its path, and finds its packages from there', () => {
    expect(run('main.cjs', "exports.where = programUrl; exports.here = __dirname; exports.sep = require('node:path').sep", 'a')).toEqual({
      where: pathToFileURL(join(folder, 'main.cjs')).href,
      here: folder,
      sep: '/',
    })
  })

  it('is read as UTF-8', () => {
    expect(run('main.cjs', "exports.name = 'Siobhán Ní Bhriain ☎'", 'a')).toEqual({ name: 'Siobhán Ní Bhriain ☎' })
  })

  it('is cached once the start is over, and then run from the cache', () => {
    run('main.cjs', 'exports.sum = (() => 1 + 1)()', 'a')
    expect(kept()).toEqual([])
    vi.advanceTimersByTime(60_000)
    expect(kept()).toHaveLength(1)
    expect(kept()[0]).toContain(process.version)
    const [before] = kept().map((name) => readFileSync(join(folder, 'compiled', name)))
    expect(run('main.cjs', 'exports.sum = (() => 1 + 1)()', 'a')).toEqual({ sum: 2 })
    vi.advanceTimersByTime(60_000)
    expect(kept().map((name) => readFileSync(join(folder, 'compiled', name)))).toEqual([before])
  })

  it('is compiled again when its content changes, even at the same length', () => {
    run('main.cjs', 'exports.sum = 2', 'a')
    vi.advanceTimersByTime(60_000)
    expect(run('main.cjs', 'exports.sum = 3', 'b')).toEqual({ sum: 3 })
  })

  it('runs with a broken cache, and repairs it', () => {
    const file = join(folder, 'compiled', `main.cjs-a-${process.version}-${process.arch}`)
    mkdirSync(join(folder, 'compiled'))
    writeFileSync(file, 'half a file')
    expect(run('main.cjs', "exports.word = 'said once'", 'a')).toEqual({ word: 'said once' })
    vi.advanceTimersByTime(60_000)
    expect(readFileSync(file, 'latin1')).not.toContain('half a file')
  })

  it('runs without a writable cache', () => {
    writeFileSync(join(folder, 'compiled'), 'a file in the place of the folder')
    expect(run('main.cjs', 'exports.sum = 2', 'a')).toEqual({ sum: 2 })
    expect(() => vi.advanceTimersByTime(60_000)).not.toThrow()
  })

  it('has its packages in a file beside it, in sloppy mode, each loaded once', () => {
    writeFileSync(
      join(folder, 'packages.cjs'),
      `${head} exports.sloppy = (function () { return this !== undefined })(); exports.loads = globalThis.loadsOfKept = (globalThis.loadsOfKept ?? 0) + 1 })`,
    )
    const body =
      "'use strict'; exports.first = besides('./packages.cjs', 'p').loads; exports.again = besides('./packages.cjs', 'p').loads; exports.sloppy = besides('./packages.cjs', 'p').sloppy; exports.strict = (function () { return this === undefined })()"
    expect(run('main.cjs', body, 'a')).toEqual({ first: 1, again: 1, sloppy: true, strict: true })
  })
})
