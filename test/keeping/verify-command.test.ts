import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { expect, test } from 'vitest'
import { callRecord } from '../../src/facts/call-record.js'
import { headerBytes } from '../../src/sealing/format.js'
import { writeHead } from '../../src/store/chain/heads-file.js'
import { keptWorld } from './kept-world.js'
import { translated } from './translated.js'

/** A world with two recordings, all of it in the chain; its engine has stopped. */
async function stoppedWorld(sealed: boolean) {
  const world = await keptWorld({ sealed })
  const files: string[] = []
  for (const callId of ['one', 'two']) {
    await world.recordedCall(callId, 1)
    await world.recordings.idle()
    files.push(join(world.mp3s, callRecord(await world.store.events(callId))?.recordings[0]?.path ?? ''))
  }
  const head = (await world.store.extendChain())!
  await world.recordings.close()
  await world.store.close()
  const program = await translated('src/verify-command.ts', [])
  const verify = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', RINGROUND_DATA_FOLDER: world.folder, RINGROUND_RECORDINGS_FOLDER: world.mp3s },
    })
    return { status, out: stdout, error: stderr }
  }
  return { world, files: files as [string, string], head, verify }
}

test('an unchanged store is confirmed, and the head is printed for keeping', async () => {
  const { world, head, verify } = await stoppedWorld(true)
  const first = verify()
  expect(first).toMatchObject({ status: 0, error: '' })
  expect(first.out).toMatch(/2 recordings are as recorded\.\nHead: \S+ \d+ [\w-]{43}\nNothing was changed or removed\.\n$/)
  expect(first.out).toMatch(/No head is recorded elsewhere/)
  expect(verify('--head').out).toBe(`${head.day} ${head.number} ${head.hash}\n`)
  await writeHead(join(world.folder, 'chain-heads.txt'), head, Date.now())
  expect(verify().out).toMatch(/The chain is the one of which 1 head was written down\./)
  const note = join(world.folder, 'note')
  writeFileSync(note, `# of the tenth\n${head.day} ${head.number + 1} ${head.hash}\nnonsense\n`)
  const cut = verify('--facts', '--heads', note)
  expect(cut.status).toBe(1)
  expect(cut.out).toMatch(/WRONG: line 3 of .*note is no head\nWRONG: the chain ends at number \d+ of [^\n]* was written down as a head/)
  expect(cut.out).not.toMatch(/recordings are/)
}, 60_000)

test.each([true, false])(
  'swapped, cut, changed or removed recordings are named (sealed: %s)',
  async (sealed) => {
    const {
      files: [one, two],
      verify,
    } = await stoppedWorld(sealed)
    const [first, second] = [readFileSync(one), readFileSync(two)]
    const put = (a: Buffer, b: Buffer) => {
      writeFileSync(one, a)
      writeFileSync(two, b)
    }
    const wrong = () =>
      verify()
        .out.split('\n')
        .filter((line) => line.startsWith('WRONG'))
    renameSync(one, `${one}.x`)
    renameSync(two, one)
    renameSync(`${one}.x`, two)
    expect(wrong()).toMatchObject([
      expect.stringMatching(/^WRONG: recording one-\S+ of call one: /),
      expect.stringMatching(/^WRONG: recording two-\S+ of call two: /),
    ])
    put(first.subarray(0, first.length - 100), second)
    expect(wrong()).toMatchObject([expect.stringMatching(/^WRONG: recording one-/)])
    const changed = Buffer.from(second)
    const middle = headerBytes + Math.floor((second.length - headerBytes) / 2)
    changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle)
    put(first, changed)
    expect(wrong()).toMatchObject([expect.stringMatching(/^WRONG: recording two-/)])
    put(first, second)
    expect(wrong()).toEqual([])
    rmSync(two)
    expect(wrong()).toMatchObject([expect.stringMatching(/^WRONG: recording two-\S+ of call two: .*(is not there|ENOENT)/)])
  },
  60_000,
)

test('a recording whose fact was changed to fit another file is found by the chain, and one without its key is not called proven', async () => {
  const { world, verify } = await stoppedWorld(true)
  const byHand = new Database(join(world.folder, 'ringround.db'))
  byHand.exec(
    "drop trigger call_events_no_update; update call_events set data = replace(data, '\"bytes\":', '\"bytes\":1') where call_id = 'one' and type = 'recording.ready'",
  )
  byHand.close()
  expect(verify('--facts').out).toMatch(
    /WRONG: one of the facts \d+ to \d+ of call one was changed after .*, when it entered the chain\nWRONG: the lists do not say/,
  )
  rmSync(join(world.folder, 'master.key'))
  const locked = verify()
  expect(locked.status).toBe(1)
  expect(locked.out).toMatch(/WRONG: 2 recordings cannot be opened, and nothing is proved of them: .*master\.key/)
}, 60_000)

test('a missing store proves nothing', async () => {
  const program = await translated('src/verify-command.ts', [])
  const { status, stderr } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', RINGROUND_DATA_FOLDER: '/nowhere' },
  })
  expect([status, stderr]).toEqual([1, '/nowhere/ringround.db: there is no store yet; the engine makes it when it starts.\n'])
})
