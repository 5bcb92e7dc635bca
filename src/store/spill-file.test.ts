import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent } from '../facts/events.js'
import { SpillFile } from './spill-file.js'
import { StoredEventLog } from './stored-event-log.js'

function spillFile(): { readonly spill: SpillFile; readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-spill-'))
  const path = join(folder, 'facts.jsonl')
  const spill = new SpillFile(path)
  onTestFinished(async () => {
    await spill.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { spill, path }
}

const fact = (seq: number): CallEvent => ({ ...unknownOrigin, callId: 'a', seq, at: seq, type: 'call.answered', legId: `é\n${seq}` })

test('what is kept is there for the next engine, in order, and only its owner reads it', async () => {
  const { spill, path } = spillFile()
  expect(await spill.left()).toEqual({ events: [], damaged: 0 })
  expect(existsSync(path)).toBe(false)
  await Promise.all([spill.keep([fact(1), fact(2)]), spill.keep([fact(3)])])
  await spill.keep([fact(4)])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(await new SpillFile(path).left()).toEqual({ events: [1, 2, 3, 4].map(fact), damaged: 0 })
  await spill.forget()
  await spill.keep([fact(5)])
  expect(await new SpillFile(path).left()).toEqual({ events: [fact(5)], damaged: 0 })
})

test('a last line that a crash cut off was never kept; any other that cannot be read is counted', async () => {
  const { spill, path } = spillFile()
  await spill.keep([fact(1)])
  appendFileSync(path, '{"callId":"a","se')
  expect(await spill.left()).toEqual({ events: [fact(1)], damaged: 0 })
  appendFileSync(path, '{"callId":"a","se\n')
  expect(await spill.left()).toEqual({ events: [fact(1)], damaged: 1 })
  const aside = await spill.setAside('damaged')
  expect(readFileSync(aside, 'utf8')).toContain('"se\n')
  expect(await spill.left()).toEqual({ events: [], damaged: 0 })
})

test.each(['{"callId":"é","se', '{', '{"callId":"\u{1f637}'])(
  'what is kept after a crash within the first line is read: %s',
  async (half) => {
    const { spill, path } = spillFile()
    appendFileSync(path, Buffer.from(half).subarray(0, -1))
    expect(await new SpillFile(path).left()).toEqual({ events: [], damaged: 0 })
    await spill.keep([fact(1)])
    // The engine crashes a second time.
    appendFileSync(path, half)
    expect(await new SpillFile(path).left()).toEqual({ events: [fact(1)], damaged: 0 })
    await spill.keep([fact(2)])
    expect(await new SpillFile(path).left()).toEqual({ events: [fact(1), fact(2)], damaged: 0 })
  },
)

test('a disk that refuses leaves nothing half written, and the next try keeps all', async () => {
  const { spill, path } = spillFile()
  await spill.keep([fact(1)])
  await spill.close()
  const refused = new SpillFile(join(path, 'in-a-file', 'facts.jsonl'))
  await expect(refused.keep([fact(2)])).rejects.toMatchObject({ code: 'ENOTDIR' })
  await spill.keep([fact(2)])
  expect((await spill.left()).events).toEqual([fact(1), fact(2)])
})

/** A database that is away, and a spill that can be as well. */
function logWithSpill() {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const state = { away: true, hangs: false, full: false, written: [] as CallEvent[], kept: [] as CallEvent[], alarms: new Set<string>() }
  const log = new StoredEventLog({
    write: async (events) => {
      if (state.hangs) await new Promise(() => undefined)
      if (state.away) throw new Error('the server is away')
      state.written.push(...events)
      return []
    },
    spill: {
      keep: (events) => {
        if (state.full) return Promise.reject(new Error('no space left'))
        state.kept.push(...events)
        return Promise.resolve()
      },
      forget: () => {
        state.kept = []
        return Promise.resolve()
      },
    },
    lastSeq: () => Promise.resolve(0),
    alarms: { raise: (alarm) => void state.alarms.add(alarm), clear: (alarm) => void state.alarms.delete(alarm) },
    durableWaitMs: 2_000,
    node: 'one',
    now: () => 1_000,
    monotonic: () => 0,
  })
  const tell = () => log.append('a', { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '1', source: '' })
  return { log, state, tell, seqs: (events: readonly CallEvent[]) => events.map(({ seq }) => seq) }
}

test('while the database is away every fact is in the spill, in order; it is emptied when they are written', async () => {
  const { log, state, tell, seqs } = logWithSpill()
  expect(await tell()).toBeUndefined()
  void log.append('a', { type: 'call.answered', legId: 'x' })
  expect(await log.append('a', { type: 'call.ended', ending: 'completed' })).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seqs(state.kept)).toEqual([1, 2, 3])
  state.away = false
  await vi.advanceTimersByTimeAsync(10_000)
  expect(seqs(state.written)).toEqual([1, 2, 3])
  expect(state.kept).toEqual([])
  // All is well: nothing more goes there.
  await log.append('a', { type: 'call.answered', legId: 'y' })
  await vi.advanceTimersByTimeAsync(100)
  expect(seqs(state.written)).toEqual([1, 2, 3, 4])
  expect(state.kept).toEqual([])
})

test('a database that does not answer is one that is away: what waits for it is in the spill', async () => {
  const { state, tell, seqs } = logWithSpill()
  state.hangs = true
  const told = tell()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await told).toBeUndefined()
  expect(seqs(state.kept)).toEqual([1])
})

test('a spill that cannot be written raises an alarm, and is tried again with all that is left', async () => {
  const { log, state, tell, seqs } = logWithSpill()
  state.full = true
  await tell()
  await vi.advanceTimersByTimeAsync(100)
  expect([...state.alarms]).toEqual(['store.cannotWrite', 'store.notSpilled'])
  state.full = false
  await vi.advanceTimersByTimeAsync(10_000)
  expect([...state.alarms]).toEqual(['store.cannotWrite'])
  expect(seqs(state.kept)).toEqual([1])
  // Who stops now loses nothing.
  void log.append('a', { type: 'call.answered', legId: 'x' })
  expect(await log.close(100)).toBe(0)
  expect(seqs(state.kept)).toEqual([1, 2])
})
