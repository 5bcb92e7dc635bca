import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { callRecord } from '../../src/facts/call-record.js'
import { KeyRing } from '../../src/keys/key-ring.js'
import { heardOf } from './heard.js'
import { keptWorld, type KeptWorld } from './kept-world.js'
import { translated } from './translated.js'

const run = promisify(execFile)

/** A world as an engine would have it, with one sealed recording; its engine has stopped. */
async function stoppedWorld() {
  const world = await keptWorld({ sealed: true })
  await world.recordedCall('one', 1)
  await world.recordings.idle()
  const recording = callRecord(await world.store.events('one'))?.recordings[0]
  await world.recordings.close()
  await world.store.close()
  // The command expects the store where an engine has it.
  const program = await translated('src/keys-command.ts', ['src/store/sqlite/database-thread.ts'])
  const keys = async (env: Record<string, string>, ...args: readonly string[]) => {
    const settings = { RINGROUND_DATA_FOLDER: world.folder, RINGROUND_RECORDINGS_FOLDER: world.mp3s, ...env }
    return run(process.execPath, [program, ...args], { env: { ...process.env, ...settings } }).then(
      ({ stdout }) => stdout,
      (error: unknown) => {
        const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
        return `${stdout}${stderr}`
      },
    )
  }
  return { world, recording: recording!, file: join(world.mp3s, recording?.path ?? ''), keys }
}

async function playsIn(world: KeptWorld, recording: Parameters<typeof heardOf>[1]): Promise<void> {
  const next = await world.again()
  expect((await heardOf(next.recordings, recording)).level('left', 440)).toBeGreaterThan(0.1)
  expect(next.alarms.active()).toEqual([])
  await next.recordings.close()
  await next.store.close()
}

test('a new master key leaves recordings untouched, and the old one is no longer needed', async () => {
  const { world, recording, file, keys } = await stoppedWorld()
  const key = join(world.folder, 'master.key')
  const [sealedBefore, keyBefore] = [readFileSync(file), readFileSync(key, 'utf8')]
  expect(await keys({})).toMatch(/All open[^]*organisation:/)
  expect(await keys({}, 'rotate')).toMatch(/^1 keys are wrapped by the master key [0-9a-f]{16}/)
  expect(readFileSync(file).equals(sealedBefore)).toBe(true)
  const lines = readFileSync(key, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(2)
  expect(keyBefore).not.toContain(lines[1])
  await playsIn(world, recording)
})

test('new keys of the organisations wrap the keys of recordings, whose files stay as they are', async () => {
  const { world, recording, file, keys } = await stoppedWorld()
  const before = readFileSync(file)
  expect(await keys({}, 'rotate', '--organisations')).toMatch(/^1 organisations have new keys[^]* 1 recordings are wrapped by them\.$/m)
  expect(readFileSync(file).equals(before)).toBe(true)
  await playsIn(world, recording)
})

test('from a file to a command: the keys are wrapped by what the command answers', async () => {
  const { world, recording, keys } = await stoppedWorld()
  const before = /[0-9a-f]{64}/.exec(readFileSync(join(world.folder, 'master.key'), 'utf8'))?.[0] ?? ''
  const [wrapped, wrappedBefore] = [join(world.folder, 'wrapped'), join(world.folder, 'wrapped-before')]
  writeFileSync(wrapped, 'ab'.repeat(32))
  writeFileSync(wrappedBefore, before)
  const kms = { RINGROUND_MASTER_KEY_COMMAND: 'cat', RINGROUND_MASTER_KEY_FILE: wrapped }
  expect(await keys(kms)).toMatch(/^Not open {4}the master key at hand is/m)
  expect(await keys(kms, 'rotate')).toMatch(/--before FILE/)
  expect(await keys(kms, 'rotate', '--before', wrappedBefore)).toMatch(/^1 keys are wrapped/)
  rmSync(join(world.folder, 'master.key'))
  expect(await keys(kms)).toMatch(/All open/)
  const next = await world.again()
  const ring = await KeyRing.open({ ledger: next.store.ledger, master: { kind: 'command', command: 'cat', wrapped }, alarms: next.alarms })
  ring.close()
  expect(ring.health().ok).toBe(true)
  expect(recording.path).toMatch(/sealed$/)
})

test('without a master key the command says so and makes none', async () => {
  const { world, keys } = await stoppedWorld()
  rmSync(join(world.folder, 'master.key'))
  expect(await keys({}, 'rotate')).toMatch(/master\.key is not there/)
  expect(await keys({})).toMatch(/Not open/)
  expect(await keys({}, 'nonsense')).toMatch(/^Usage: npm run keys/)
})

test('beside an engine the command says which keys there are, and refuses to change any on its file', async () => {
  const { world, recording, keys } = await stoppedWorld()
  const key = join(world.folder, 'master.key')
  const before = readFileSync(key, 'utf8')
  const engine = await world.again()
  expect(await keys({})).toMatch(/All open[^]*organisation:/)
  for (const what of [['rotate'], ['rotate', '--organisations']])
    expect(await keys({}, ...what)).toMatch(/^[^\n]* is in use by another engine\. [^\n]*\n$/)
  expect(readFileSync(key, 'utf8')).toBe(before)
  await engine.recordings.close()
  await engine.store.close()
  await playsIn(world, recording)
})
