import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryLedger } from '../../test/kit/memory-ledger.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import type { Made } from '../facts/arrangement-steps.js'
import type { Arrangement } from '../facts/arrangement.js'
import { isSettled, stateOf } from './arrangement.js'
import { checkpointSubject } from './checkpoint.js'
import { Diary, settledKeptMs } from './diary.js'

const day = 24 * 60 * 60_000
const silent = { raise: () => undefined, clear: () => undefined }

function made(at: number): Made {
  return { kind: 'callBack', madeAt: at, madeBy: { kind: 'staff' }, line: 'epilepsy', patientNumber: '+447700900123', dueAt: at + day }
}

const byId = (diary: Diary) => [...diary.values()].sort((a, b) => (a.id < b.id ? -1 : 1))

describe('the diary', () => {
  it('is the same after every restart, with a checkpoint anywhere, whatever happened before and after it', async () => {
    const happening = fc.record({
      subject: fc.integer({ min: 0, max: 15 }),
      what: fc.constantFrom('made', 'begun', 'ended', 'outcome', 'again', 'closed', 'changed'),
      afterMs: fc.integer({ min: 0, max: 2 * day }),
      checkpoint: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 80 }), async (story) => {
        const clock = new VirtualClock(Date.UTC(2026, 2, 4))
        const ledger = new MemoryLedger(clock)
        let diary = await Diary.open({ ledger, clock, alarms: silent, entriesPerCheckpoint: 1_000_000 })
        for (const { subject, what, afterMs, checkpoint } of story) {
          await clock.advance(afterMs)
          const id = `id-${subject}`
          const callId = `call-${subject}`
          // Code that writes has looked first: only what was made can go on, whether or not it is still in memory.
          const exists = (await diary.find(id)) !== undefined
          await diary.inTurn(id, async () => {
            if (what === 'made') return exists ? undefined : diary.write(id, { type: 'made', made: made(clock.now()) })
            if (!diary.get(id)) return undefined
            if (what === 'begun') return diary.write(id, { type: 'begun', callId })
            if (what === 'ended') return diary.write(id, { type: 'ended', callId, talked: true })
            if (what === 'outcome') return diary.write(id, { type: 'outcome', callId, outcome: 'patient-discharged' })
            if (what === 'again') return diary.write(id, { type: 'outcome', callId, outcome: 'patient-unavailable' })
            if (what === 'changed') return diary.write(id, { type: 'changed', change: { note: String(clock.now()) } })
            return diary.write(id, { type: 'closed', how: 'done' })
          })
          if (checkpoint) diary = await Diary.open({ ledger, clock, alarms: silent, entriesPerCheckpoint: 1 })
        }
        // Against a start that reads the whole ledger.
        const whole = new MemoryLedger(
          clock,
          ledger.kept.filter(({ subject }) => subject !== checkpointSubject),
        )
        const restarted = await Diary.open({ ledger, clock, alarms: silent, entriesPerCheckpoint: 1_000_000 })
        expect(byId(restarted)).toEqual(byId(await Diary.open({ ledger: whole, clock, alarms: silent, entriesPerCheckpoint: 1_000_000 })))
        const now = clock.now()
        const open = (one: Arrangement) => !isSettled(stateOf(one, now))
        expect(byId(diary).filter(open)).toEqual(byId(restarted).filter(open))
        // What is no longer needed is out of memory, but still found by its id.
        for (const one of restarted.values()) expect(open(one) || one.changedAt > now - settledKeptMs).toBe(true)
        for (const { subject } of whole.kept) expect(await restarted.find(subject)).toBeDefined()
      }),
      { numRuns: 200 },
    )
  })

  it('reads little at a start, however much was ever written', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 2, 4))
    const ledger = new MemoryLedger(clock)
    const diary = await Diary.open({ ledger, clock, alarms: silent, entriesPerCheckpoint: 50 })
    await diary.inTurn('old and open', () => diary.write('old and open', { type: 'made', made: made(clock.now()) }))
    for (let index = 0; index < 500; index++) {
      await clock.advance(day / 10)
      await diary.inTurn(`id-${index}`, async () => {
        await diary.write(`id-${index}`, { type: 'made', made: made(clock.now()) })
        await diary.write(`id-${index}`, { type: 'closed', how: 'done' })
      })
    }
    let read = 0
    const counted = new MemoryLedger(clock, ledger.kept)
    counted.entries = async function* (topic, from) {
      for await (const entry of ledger.entries(topic, from)) {
        read++
        yield entry
      }
    }
    const again = await Diary.open({ ledger: counted, clock, alarms: silent, entriesPerCheckpoint: 1_000_000 })
    // Three days of ten arrangements with two entries, and what came since the last checkpoint.
    expect(read).toBeLessThan(3 * 20 + 2 * 50 + 20)
    expect(again.get('old and open')).toBeDefined()
    expect(again.get('id-0')).toBeUndefined()
    expect(await again.find('id-0')).toMatchObject({ closed: 'done' })
    expect(diary.size).toBeLessThan(3 * 10 + 30)
  })

  it('finds what was settled before a checkpoint, and to which something has happened since', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 2, 4))
    const ledger = new MemoryLedger(clock)
    const first = await Diary.open({ ledger, clock, alarms: silent, entriesPerCheckpoint: 1 })
    await first.inTurn('old', async () => {
      await first.write('old', { type: 'made', made: made(clock.now()) })
      await first.write('old', { type: 'begun', callId: 'call' })
      await first.write('old', { type: 'ended', callId: 'call', talked: true })
      await first.write('old', { type: 'outcome', callId: 'call', outcome: 'patient-discharged' })
    })
    await clock.advance(5 * day)
    await first.inTurn('new', () => first.write('new', { type: 'made', made: made(clock.now()) }))
    await first.close()
    // From here on there are no more checkpoints.
    const second = await Diary.open({ ledger, clock, alarms: silent })
    expect(second.get('old')).toBeUndefined()
    expect(second.ofCall('call')).toBeUndefined()
    await second.inTurn('old', async () => {
      expect(await second.recall('old')).toMatchObject({ id: 'old' })
      await second.note('old', { type: 'outcome', callId: 'call', outcome: 'patient-unavailable' })
    })
    expect(second.ofCall('call')).toBe('old')
    const third = await Diary.open({ ledger, clock, alarms: silent })
    expect(third.get('old')).toEqual(second.get('old'))
    expect(stateOf(third.get('old')!, clock.now())).toBe('open')
    expect(await third.inTurn('never', () => third.recall('never'))).toBeUndefined()
  })
})
