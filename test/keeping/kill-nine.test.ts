import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callRecord } from '../../src/calls/call-record.js'
import { AlarmBoard } from '../../src/live/alarm-board.js'
import { openStore } from '../../src/store/store.js'
import { scratchFolder } from './scratch-folder.js'
import { translated } from './translated.js'

const rounds = 8

/** Runs the engine until it has acknowledged `acknowledgements` facts and a moment more, then kills it. @returns what it acknowledged */
async function runAndKill(program: string, file: string, round: number, acknowledgements: number, momentMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, file, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
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
  // The last line may have been cut off in the middle of being said.
  return said.split('\n').slice(0, -1)
}

test('an engine that is killed at any instant has lost no fact that it acknowledged, and its calls are closed at the next start', async () => {
  const program = await translated('test/keeping/engine-that-is-killed.ts', ['src/store/database-thread.ts'])
  const file = join(scratchFolder(), 'calls.db')
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    // Spread over the life of a call and of a write: from the very first acknowledgement on.
    acknowledged.push(...(await runAndKill(program, file, round, 1 + round * 17, (round * 7) % 23)))
    const store = await openStore({ file, alarms: new AlarmBoard() })
    try {
      const before = new Map((await Promise.all(acknowledged.map((line) => line.split(' ')[0] ?? '').filter((id, index, all) => all.indexOf(id) === index).map(async (id) => [id, await store.events(id)] as const))))
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
}, 180_000)
