import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { staff } from '../../src/facts/actor.js'
import { openStore } from '../../src/store/store.js'
import { DirectoryInForce, type Proposal } from '../../src/versions/directory-in-force.js'
import { smallDirectory } from '../contract/directory-contract.js'
import { writeDirectory } from '../../src/directory/write-directory.js'
import { scratchFolder } from './scratch-folder.js'
import { translated } from './translated.js'

test('a file is applied beside a running engine, which uses it at once; others’ changes stay; every version is listed', async () => {
  const folder = scratchFolder()
  const program = await translated('src/directory-command.ts', [])
  const watched = join(folder, 'directory.yaml')
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', RINGROUND_DATA_FOLDER: join(folder, 'data'), RINGROUND_DIRECTORY_FILE: watched },
    })
    return { status, out: stdout, error: stderr }
  }
  expect(run('export')).toMatchObject({ status: 1, error: expect.stringMatching(/no directory in the store yet/) as string })

  // An engine has the store open and follows it.
  const store = await openStore({ file: join(folder, 'data', 'ringround.db'), alarms: new AlarmBoard(), node: 'engine-1' })
  onTestFinished(() => store.close())
  const engine = await DirectoryInForce.open(store.directory, { pollMs: 20 })
  onTestFinished(() => engine.close())
  const file = join(folder, 'ours.yaml')
  const text = writeDirectory(smallDirectory({ one: 1, two: 2 }, { one: 'dr-a' }))
  writeFileSync(file, text)
  expect(run('apply', file, '--dry-run')).toMatchObject({
    status: 0,
    out: expect.stringMatching(/\+ lines one\n[^]*dry run: nothing was changed/) as string,
  })
  expect(engine.current().version).toBe(0)
  expect(run('apply', file, '--why', 'the beginning')).toMatchObject({
    status: 0,
    error: '',
    out: expect.stringMatching(/version 1 is in force/) as string,
  })
  await expect.poll(() => engine.current().version).toBe(1)

  const byOthers = smallDirectory({ one: 1, two: 2 }, { one: 'dr-b' })
  await engine.change({ actor: staff, source: 'api' }, (): Proposal<never> => ({ kind: 'to', directory: byOthers }))
  writeFileSync(file, text.replace('name: Dr B', 'name: Dr Bee'))
  expect(run('apply', file).out).toMatch(/^~ clinicians dr-b\n {4}name: Dr B -> Dr Bee\n.*\nversion 3 is in force/m)
  await expect.poll(() => engine.current().version).toBe(3)
  expect(engine.current().directory.rotas).toEqual(byOthers.rotas)

  writeFileSync(file, text.replace('name: Dr B', 'name: Dr Bee').replaceAll('entries: [dr-a]', 'entries: [dr-a, dr-b]'))
  expect(run('apply', file)).toMatchObject({
    status: 1,
    error: expect.stringMatching(
      /ours\.yaml:\d+: rotas one: pattern\.mon\.Day is .*dr-a, dr-b.* here, and another person has changed it to .*\[dr-b\][^]*conflicts: 7; nothing was applied/,
    ) as string,
  })

  const history = run('history').out.trim().split('\n')
  expect(history.map((line) => line.slice(0, 2))).toEqual(['3 ', '2 ', '1 '])
  expect(history[2]).toMatch(/staff .*by a command .* changed {2}the beginning$/)
  expect(run('history', '2').out).toMatch(/~ rotas one\n/)
  expect(run('history', '9')).toMatchObject({ status: 1, error: expect.stringMatching(/no version 9; version 3/) as string })
  expect(run('export', '--version', '1').out).toContain('[dr-a]')
  const exported = join(folder, 'exported.yaml')
  expect(run('export', '--out', exported).status).toBe(0)
  expect(readFileSync(exported, 'utf8')).toMatch(/^# Version 3 of the directory\./)
  // An export that comes back is a change against its own version.
  writeFileSync(exported, readFileSync(exported, 'utf8').replace('name: Dr A', 'name: Dr Ada'))
  expect(run('apply', exported).out).toMatch(/version 4 is in force/)
  expect(run('apply', exported).out).toMatch(/no changes; version 4 stays in force/)
  writeFileSync(file, 'lines: 5\n')
  expect(run('apply', file)).toMatchObject({
    status: 1,
    error: expect.stringMatching(/ours\.yaml:1: .*\nerrors: 1; nothing was applied/) as string,
  })
  expect(run('apply')).toMatchObject({ status: 1, error: expect.stringMatching(/Which file/) as string })
  expect(run('apply', '--surprise').status).toBe(2)
}, 120_000)
