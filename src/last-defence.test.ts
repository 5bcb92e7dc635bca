import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { alarmOfFaults, LastDefence, type ProgramFault } from './last-defence.js'

function defended() {
  const process = Object.assign(new EventEmitter(), { exit: vi.fn() })
  const log = { error: vi.fn(), fatal: vi.fn() }
  let now = 0
  const early = vi.fn()
  const defence = new LastDefence(process, early, () => now)
  defence.writeTo(log)
  const faults: ProgramFault[] = []
  defence.onFault((fault) => faults.push(fault))
  return { process, log, defence, faults, early, at: (ms: number) => (now = ms) }
}

describe('the last line of defence', () => {
  it('logs, counts and reports an unhandled rejection, and the process goes on', () => {
    const { process, log, defence, faults } = defended()
    const gone = Object.assign(new Error('unable to find dialog'), { code: 'ENODIALOG' })
    process.emit('unhandledRejection', gone)
    expect(log.error).toHaveBeenCalledWith(expect.objectContaining({ err: gone, kind: 'rejection' }), expect.any(String))
    expect(defence.counts).toEqual({ rejection: 1, exception: 0 })
    expect(faults).toEqual([{ kind: 'rejection', error: gone }])
    expect(process.exit).not.toHaveBeenCalled()
  })

  it('does the same with an exception out of an event handler', () => {
    const { process, defence } = defended()
    process.emit('uncaughtException', new Error('assertion'))
    expect(defence.counts).toEqual({ rejection: 0, exception: 1 })
    expect(process.exit).not.toHaveBeenCalled()
  })

  it('ignores a terminal that has gone: reporting it there would fail again', () => {
    const { process, log, defence } = defended()
    for (const code of ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']) process.emit('uncaughtException', Object.assign(new Error(code), { code }))
    expect(log.error).not.toHaveBeenCalled()
    expect(defence.counts.exception).toBe(0)
  })

  it('survives a log and an alarm that fail themselves', () => {
    const { process, log, defence } = defended()
    log.error.mockImplementation(() => {
      throw new Error('disk full')
    })
    expect(() => process.emit('unhandledRejection', new Error('a'))).not.toThrow()
    expect(defence.counts.rejection).toBe(1)
  })

  it('ends a program that fails a thousand times in two seconds: it spins', () => {
    const { process, log, at } = defended()
    for (let fault = 0; fault < 1_000; fault++) process.emit('unhandledRejection', at(fault))
    expect(log.fatal).toHaveBeenCalledOnce()
    expect(process.exit).toHaveBeenCalledExactlyOnceWith(70)
  })

  it('does not end one that fails as often in an hour', () => {
    const { process, at } = defended()
    for (let fault = 0; fault < 2_000; fault++) process.emit('unhandledRejection', at(fault * 1_800))
    expect(process.exit).not.toHaveBeenCalled()
  })

  it('lets a start fail in its own words: before there is a log there are no calls either', () => {
    const process = Object.assign(new EventEmitter(), { exit: vi.fn() })
    const early = vi.fn()
    const defence = new LastDefence(process, early)
    const error = new Error('no such module')
    process.emit('uncaughtException', error)
    expect(early).toHaveBeenCalledExactlyOnceWith(error)
    expect(defence.counts.exception).toBe(0)
  })

  it('raises an alarm, which ends an hour after the last fault', () => {
    vi.useFakeTimers()
    const { process, defence } = defended()
    const alarms = { raise: vi.fn(), clear: vi.fn() }
    const stop = alarmOfFaults(defence, alarms)
    process.emit('unhandledRejection', new Error('gone'))
    expect(alarms.raise).toHaveBeenCalledWith('program.fault', expect.stringContaining('gone'))
    vi.advanceTimersByTime(59 * 60_000)
    process.emit('unhandledRejection', new Error('gone again'))
    vi.advanceTimersByTime(59 * 60_000)
    expect(alarms.clear).not.toHaveBeenCalled()
    vi.advanceTimersByTime(60_001)
    expect(alarms.clear).toHaveBeenCalledExactlyOnceWith('program.fault')
    stop()
    vi.useRealTimers()
  })
})
