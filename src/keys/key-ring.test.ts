import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { AlarmBoard } from '../alarms/alarm-board.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import type { RecordingKey } from '../store/questions/recording-keys.js'
import type { Ledger, LedgerEntry } from '../store/ledger.js'
import { KeyRing, KeysUnavailable } from './key-ring.js'
import { masterKey, writeMasterKeys } from './master-key.js'

class MemoryLedger implements Pick<Ledger, 'append' | 'entries'> {
  readonly kept: LedgerEntry[] = []
  full = false

  append(topic: LedgerEntry['topic'], subject: string, type: string, data: unknown): Promise<LedgerEntry> {
    if (this.full) return Promise.reject(new Error('database or disk is full'))
    const entry: LedgerEntry = {
      seq: this.kept.length + 1,
      topic,
      subject,
      type,
      data: JSON.parse(JSON.stringify(data)),
      at: 0,
      actor: { kind: 'engine' },
      node: '',
    }
    this.kept.push(entry)
    return Promise.resolve(entry)
  }

  async *entries(topic: LedgerEntry['topic'], from = 0): AsyncGenerator<LedgerEntry> {
    for (const entry of [...this.kept]) {
      await Promise.resolve()
      if (entry.topic === topic && entry.seq >= from) yield entry
    }
  }
}

let folder: string
let ledger: MemoryLedger
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-ring-'))
  ledger = new MemoryLedger()
})
afterEach(() => rmSync(folder, { recursive: true }))

async function opened(master = join(folder, 'master.key')) {
  const alarms = new AlarmBoard()
  const clock = new VirtualClock()
  const ring = await KeyRing.open({ ledger, master: { kind: 'file', path: master }, alarms, clock })
  onTestFinished(() => ring.close())
  return { ring, alarms, clock }
}

describe('the keys', () => {
  it('are made once for each organisation, and found again by the next engine', async () => {
    const { ring, alarms } = await opened()
    const [one, same, other] = await Promise.all([
      ring.current('organisation:a'),
      ring.current('organisation:a'),
      ring.current('organisation:b'),
    ])
    expect(same).toEqual(one)
    expect(other.key).not.toEqual(one.key)
    expect(alarms.active()).toEqual([])
    const { ring: next } = await opened()
    expect(await next.current('organisation:a')).toEqual(one)
    expect(await next.find(other.id)).toEqual(other.key)
    expect(ledger.kept).toHaveLength(2)
  })

  it('never stand in the ledger in the clear', async () => {
    const { ring } = await opened()
    const { key } = await ring.current('organisation:a')
    for (const form of ['hex', 'base64'] as const) expect(JSON.stringify(ledger.kept)).not.toContain(key.toString(form))
  })

  it('of another engine are found without a restart', async () => {
    const [{ ring: one }, { ring: other }] = [await opened(), await opened()]
    const made = await one.current('organisation:a')
    expect(await other.find(made.id)).toEqual(made.key)
    expect(await other.find('00'.repeat(16))).toBeUndefined()
  })

  it('for codes are the same for all engines, even if two made one at once', async () => {
    const [{ ring: one }, { ring: other }] = [await opened(), await opened()]
    await Promise.all([one.make('codes'), other.make('codes')])
    expect(await one.first('codes')).toEqual(await other.first('codes'))
  })

  it('are not used before they are on the disk', async () => {
    const { ring } = await opened()
    ledger.full = true
    await expect(ring.current('organisation:a')).rejects.toThrow(KeysUnavailable)
    ledger.full = false
    expect((await ring.current('organisation:a')).key).toHaveLength(32)
  })

  it('from earlier stay readable', async () => {
    const { ring } = await opened()
    const before = await ring.current('organisation:a')
    const after = await ring.make('organisation:a')
    expect(await ring.current('organisation:a')).toEqual(after)
    const { ring: next } = await opened()
    expect(await next.current('organisation:a')).toEqual(after)
    expect(await next.find(before.id)).toEqual(before.key)
  })

  it('wrapped for one purpose do not open as those of another', async () => {
    const { ring } = await opened()
    await ring.current('organisation:a')
    const [entry] = ledger.kept
    ledger.kept[0] = { ...entry!, subject: 'organisation:b' }
    const { ring: next, alarms } = await opened()
    await expect(next.current('organisation:b')).rejects.toThrow(KeysUnavailable)
    expect(alarms.active()).toMatchObject([{ alarm: 'keys.unavailable' }])
  })
})

describe('a master key that is lost or another', () => {
  it.each([
    ['lost', () => Promise.resolve(rmSync(join(folder, 'master.key'))), /is not there, and what was sealed before opens with it alone/],
    [
      'another',
      () => writeMasterKeys(join(folder, 'master.key'), [masterKey(randomBytes(32))]),
      /the master key at hand is [0-9a-f]{16}; keys are wrapped by [0-9a-f]{16}/,
    ],
  ])('is said plainly, nothing is made, and all is well when it is back (%s)', async (_, harm, said) => {
    const { ring: before } = await opened()
    const one = await before.current('organisation:a')
    const right = join(folder, 'right.key')
    copyFileSync(join(folder, 'master.key'), right)
    await harm()

    const { ring, alarms, clock } = await opened()
    expect(ring.health()).toMatchObject({ ok: false, detail: expect.stringMatching(said) as string })
    expect(alarms.active()).toMatchObject([{ alarm: 'keys.unavailable', detail: expect.stringMatching(said) as string }])
    await expect(ring.find(one.id)).rejects.toThrow(said)
    for (const purpose of ['organisation:a', 'organisation:new', 'codes'] as const)
      await expect(ring.current(purpose)).rejects.toThrow(said)
    expect(ledger.kept).toHaveLength(1)

    copyFileSync(right, join(folder, 'master.key'))
    const usable = new Promise<void>((resolve) => ring.onUsable(resolve))
    await clock.advance(30_000)
    await usable
    expect(await ring.find(one.id)).toEqual(one.key)
    expect(await ring.current('organisation:a')).toEqual(one)
    expect([ring.health().ok, alarms.active()]).toEqual([true, []])
  })
})

it('a master key lost while the engine runs: existing keys open, no new ones are made until it is back', async () => {
  const { ring, alarms, clock } = await opened()
  const one = await ring.current('organisation:a')
  const [key, kept] = [join(folder, 'master.key'), join(folder, 'kept.key')]
  renameSync(key, kept)
  await expect(ring.current('organisation:b')).rejects.toThrow(KeysUnavailable)
  expect(alarms.active()).toMatchObject([{ alarm: 'keys.unavailable' }])
  expect(ring.health().ok).toBe(false)
  expect([await ring.current('organisation:a'), await ring.find(one.id)]).toEqual([one, one.key])
  renameSync(kept, key)
  const usable = new Promise<void>((resolve) => ring.onUsable(resolve))
  await clock.advance(30_000)
  await usable
  expect((await ring.current('organisation:b')).key).toHaveLength(32)
  expect(alarms.active()).toEqual([])
})

describe('a new master key', () => {
  it('wraps all keys again, and the old one is no longer needed', async () => {
    const { ring } = await opened()
    const [one, two] = [await ring.current('organisation:a'), await ring.make('organisation:a')]
    const next = masterKey(randomBytes(32))
    expect(await ring.rewrapAll(next)).toBe(2)
    expect(await ring.rewrapAll(next)).toBe(0)
    await writeMasterKeys(join(folder, 'master.key'), [next])
    const { ring: after } = await opened()
    expect(await after.current('organisation:a')).toEqual(two)
    expect(await after.find(one.id)).toEqual(one.key)
    expect(after.health()).toMatchObject({ ok: true })
  })

  it('is refused if a key would be lost with the old one', async () => {
    const { ring: before } = await opened()
    await before.current('organisation:a')
    await writeMasterKeys(join(folder, 'master.key'), [masterKey(randomBytes(32))])
    const { ring } = await opened()
    await expect(ring.rewrapAll(masterKey(randomBytes(32)))).rejects.toThrow(KeysUnavailable)
    expect(ledger.kept).toHaveLength(1)
  })
})

/** A key ring of an engine that shares its store, with its own master key file. */
async function engineOf(node: string) {
  const alarms = new AlarmBoard()
  const ring = await KeyRing.open({
    ledger,
    master: { kind: 'file', path: join(folder, `${node}.key`) },
    alarms,
    clock: new VirtualClock(),
    node,
  })
  onTestFinished(() => ring.close())
  return { ring, alarms }
}

describe('engines that begin a store together', () => {
  it('agree on the master key of the first; the second one seals nothing, and says what to do', async () => {
    const one = await engineOf('one')
    const two = await engineOf('two')
    expect(one.ring.health().ok).toBe(true)
    expect(two.ring.health()).toMatchObject({
      ok: false,
      detail: expect.stringMatching(
        /^the engine one has begun this store under the master key [0-9a-f]{16}, and the one at hand is [0-9a-f]{16}: .*copy its master key file/,
      ) as string,
    })
    expect(two.alarms.active()).toMatchObject([{ alarm: 'keys.unavailable' }])
    await expect(two.ring.current('organisation:a')).rejects.toThrow(KeysUnavailable)
    const key = await one.ring.current('organisation:a')
    copyFileSync(join(folder, 'one.key'), join(folder, 'two.key'))
    const again = await engineOf('two')
    expect(again.ring.health().ok).toBe(true)
    expect(await again.ring.current('organisation:a')).toEqual(key)
  })

  it('agree even if the first one is committed after the second', async () => {
    const one = await engineOf('one')
    const [claim] = ledger.kept.splice(0)
    const two = await engineOf('two')
    // Number 1 was drawn first, and is there only now.
    ledger.kept.splice(0, 1, claim!, { ...ledger.kept[0]!, seq: 2 })
    await expect(two.ring.current('organisation:a')).rejects.toThrow(/the engine one has begun this store/)
    expect((await one.ring.current('organisation:a')).key).toHaveLength(32)
  })

  it('may lose a master key under which nothing was sealed', async () => {
    await engineOf('one')
    rmSync(join(folder, 'one.key'))
    const { ring } = await engineOf('one')
    expect(ring.health().ok).toBe(true)
    expect((await ring.current('organisation:a')).key).toHaveLength(32)
  })
})

describe('the key of a recording', () => {
  const kept = new Map<string, RecordingKey>()
  const recordingKeys = {
    find: (which: { readonly id: string } | { readonly recordingId: string }) =>
      Promise.resolve([...kept.values()].find((key) => ('id' in which ? key.id === which.id : key.recordingId === which.recordingId))),
    keep: (key: RecordingKey) => Promise.resolve(void kept.set(key.id, key)),
    wrap: ({ id, by, wrapped }: Pick<RecordingKey, 'id' | 'by' | 'wrapped'>) =>
      Promise.resolve(void kept.set(id, { ...kept.get(id)!, by, wrapped })),
    async *all() {
      await Promise.resolve()
      yield* [...kept.values()]
    },
  }
  beforeEach(() => kept.clear())
  const withKeys = async () => {
    const ring = await KeyRing.open({
      ledger,
      recordingKeys,
      master: { kind: 'file', path: join(folder, 'master.key') },
      alarms: new AlarmBoard(),
      clock: new VirtualClock(),
    })
    onTestFinished(() => ring.close())
    return ring
  }

  it('is its own, the same when asked for again, and gone once deleted', async () => {
    const ring = await withKeys()
    const [one, two] = [await ring.forRecording('r1', 'c', 'organisation:a'), await ring.forRecording('r2', 'c', 'organisation:a')]
    expect(one.key).not.toEqual(two.key)
    expect(await ring.forRecording('r1', 'c', 'organisation:a')).toEqual(one)
    expect(JSON.stringify([...kept.values()])).not.toContain(one.key.toString('base64'))
    const again = await withKeys()
    expect(await again.find(one.id)).toEqual(one.key)
    kept.delete(one.id)
    expect(await again.find(one.id)).toBeUndefined()
    expect(await again.find(two.id)).toEqual(two.key)
  })

  it('is wrapped by a new key of its organisation, and is not taken for that of another recording', async () => {
    const ring = await withKeys()
    const one = await ring.forRecording('r1', 'c', 'organisation:a')
    const next = await ring.make('organisation:a')
    expect(await ring.rewrapRecordingKeys()).toEqual({ ids: new Set([one.id]), wrapped: 1 })
    expect(await ring.rewrapRecordingKeys()).toMatchObject({ wrapped: 0 })
    expect(kept.get(one.id)?.by).toBe(next.id)
    expect(await (await withKeys()).find(one.id)).toEqual(one.key)
    kept.set(one.id, { ...kept.get(one.id)!, recordingId: 'r2' })
    await expect(ring.find(one.id)).rejects.toThrow(/does not open/)
  })
})
