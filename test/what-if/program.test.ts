import { spawnSync } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openForWriting } from '../../src/store/sqlite/open.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { translated } from '../keeping/translated.js'
import { directoryText, makeHistory, rotaText } from './made-history.js'

const [first, second] = ['+447700900101', '+447700900102'] as const
const person = { answers: () => 0.7, seconds: [3, 15], accepts: 0.9, hangsUp: 0, busy: 0.3 } as const

async function programWithCalls() {
  const folder = scratchFolder()
  await makeHistory(folder, {
    people: { [first]: person, [second]: person },
    rota: [first, second],
    calls: 40,
    firstDay: Date.UTC(2026, 2, 2),
    days: 5,
    seed: 1,
    impatient: 0,
  })
  writeFileSync(join(folder, 'directory.yaml'), directoryText([first, second]))
  const settings = join(folder, 'ringround.yaml')
  writeFileSync(settings, `folders: { data: ${folder} }\ndirectory: { file: ${join(folder, 'directory.yaml')} }\n`)
  const program = await translated('src/what-if-command.ts', [])
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--config', settings, ...args], {
      cwd: resolve('.'),
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    })
    return { status, stdout, stderr }
  }
  return { folder, run }
}

test('the program replays the calls beside an engine that has the store open, says nothing but the result, and leaves nothing behind', async () => {
  const { folder, run } = await programWithCalls()
  const engine = await openForWriting(join(folder, 'ringround.db'))
  onTestFinished(() => engine.close())
  writeFileSync(join(folder, 'rota.yaml'), rotaText([second]))
  const before = readdirSync(folder).sort()
  const written = statSync(join(folder, 'ringround.db')).mtimeMs
  const args = ['--line', 'cardiology', '--from', '2026-03-02', '--to', '2026-03-06', '--runs', '10', '--rota', join(folder, 'rota.yaml')]
  const ran = run(...args)
  expect(ran).toMatchObject({ status: 0, stderr: '' })
  expect(ran.stdout).toMatch(/^What if: Cardiology \(cardiology\), 2026-03-02 to 2026-03-06: 40 calls[^]*\nCheck: [^\n]+\n$/)
  expect(run(...args).stdout).toBe(ran.stdout)
  expect(readdirSync(folder).sort()).toEqual(before)
  expect(statSync(join(folder, 'ringround.db')).mtimeMs).toBe(written)
})

test('what the program cannot do is one line on standard error and exit code 1', async () => {
  const { run } = await programWithCalls()
  for (const args of [
    [],
    ['--line', 'gastro', '--from', '2026-03-02', '--to', '2026-03-06'],
    ['--line', 'cardiology', '--from', 'today', '--to', '2026-03-06'],
    ['--line', 'cardiology', '--from', '2020-03-02', '--to', '2020-03-06'],
    ['--lines', 'cardiology'],
    ['--config', '/nowhere.yaml', '--line', 'cardiology', '--from', '2026-03-02', '--to', '2026-03-06'],
  ]) {
    const { status, stdout, stderr } = run(...args)
    expect({ args, status, stdout }).toEqual({ args, status: 1, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).not.toMatch(/\n\s+at /)
  }
})
