import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { callRecord } from '../../src/facts/call-record.js'
import { KeyRing } from '../../src/keys/key-ring.js'
import { createRecordings } from '../../src/recordings/recordings.js'
import { openStore } from '../../src/store/store.js'
import { heardOf } from './heard.js'
import { scratchFolder } from './scratch-folder.js'
import { translated } from './translated.js'

const rounds = 8

/** Runs the engine until it has acknowledged `acknowledgements` facts and a moment more, then kills it. @returns what it acknowledged */
async function runAndKill(
  program: string,
  place: string,
  round: number,
  acknowledgements: number,
  momentMs: number,
  ...more: readonly string[]
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, place, String(round), ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let said = ''
  child.stdout.setEncoding('utf8')
  await new Promise<void>((resolve, reject) => {
    const tooLong = setTimeout(() => reject(new Error(`the engine acknowledged only: ${said}`)), 30_000)
    child.once('exit', () => reject(new Error('the engine ended by itself')))
    child.stdout.on('data', (text: string) => {
      said += text
      if (said.split('\n').length <= acknowledgements) return
      clearTimeout(tooLong)
      resolve()
    })
  })
  await new Promise((resolve) => setTimeout(resolve, momentMs))
  child.kill('SIGKILL')
  await exited
  // The last line may be incomplete.
  return said.split('\n').slice(0, -1)
}

test('an engine that is killed at any instant has lost no fact that it acknowledged, and its calls are closed at the next start', async () => {
  const program = await translated('test/keeping/engine-that-is-killed.ts', ['src/store/sqlite/database-thread.ts'])
  const file = join(scratchFolder(), 'calls.db')
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    // Spread over the life of a call and of a write: from the very first acknowledgement on.
    acknowledged.push(...(await runAndKill(program, file, round, 1 + round * 17, (round * 7) % 23)))
    const store = await openStore({ file, alarms: new AlarmBoard() })
    try {
      const before = new Map(
        await Promise.all(
          acknowledged
            .map((line) => line.split(' ')[0] ?? '')
            .filter((id, index, all) => all.indexOf(id) === index)
            .map(async (id) => [id, await store.events(id)] as const),
        ),
      )
      for (const line of acknowledged) {
        const [callId = '', seq = '', type = ''] = line.split(' ')
        expect(before.get(callId)?.[Number(seq) - 1], line).toMatchObject({ seq: Number(seq), type })
      }
      const interrupted = await store.closeInterrupted()
      expect(interrupted.length, 'five callers were on the line').toBeLessThanOrEqual(5)
      for (const id of interrupted) {
        const events = await store.events(id)
        expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
        expect(callRecord(events)).toMatchObject({ ending: 'interrupted' })
      }
      expect(await store.closeInterrupted()).toEqual([])
      expect(await store.differing()).toEqual([])
    } finally {
      await store.close()
    }
  }
  expect(acknowledged.length).toBeGreaterThan(rounds * 10)
})

test.each(['in the clear', 'sealed'])(
  'an engine that is killed while it makes recordings into MP3 has lost none of them at the next start (%s)',
  async (how) => {
    const program = await translated('test/keeping/engine-that-records.ts', [
      'src/store/sqlite/database-thread.ts',
      'src/recordings/encoding-main.ts',
    ])
    const folder = scratchFolder()
    const recorded: string[] = []
    for (let round = 0; round < 5; round++) recorded.push(...(await runAndKill(program, folder, round, 2 + round, round * 37, how)))

    const alarms = new AlarmBoard()
    const store = await openStore({ file: join(folder, 'calls.db'), alarms })
    onTestFinished(() => store.close())
    await store.closeInterrupted()
    const sealed = how === 'sealed'
    const keys = await KeyRing.open({ ledger: store.ledger, master: { kind: 'file', path: join(folder, 'master.key') }, alarms })
    onTestFinished(() => keys.close())
    const recordings = await createRecordings({
      spoolFolder: join(folder, 'spool'),
      recordingsFolder: join(folder, 'recordings'),
      store,
      alarms,
      encoder: 'wasm',
      minFreeBytes: 0,
      lineName: () => undefined,
      keys,
      sealed,
    })
    onTestFinished(() => recordings.close())
    expect((await recordings.recover()).orphans).toEqual([])
    await recordings.idle()

    expect(recorded.length).toBeGreaterThan(10)
    for (const callId of recorded) {
      const made = callRecord(await store.events(callId))?.recordings
      expect(made, callId).toMatchObject([{ state: 'ready', seconds: 2 }])
      const mp3 = await heardOf(recordings, made?.[0])
      expect(made?.[0]?.path?.endsWith('.sealed'), callId).toBe(sealed)
      expect(mp3.level('left', 440), callId).toBeGreaterThan(0.1)
      expect(mp3.level('right', 1_000), callId).toBeGreaterThan(0.1)
    }
    // A spool being written when the engine died is kept; nothing else is left.
    expect(readdirSync(join(folder, 'spool')).filter((name) => name !== 'unusable')).toEqual([])
    expect(await store.differing()).toEqual([])
  },
)
