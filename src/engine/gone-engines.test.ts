import { describe, expect, it } from 'vitest'
import { AlarmBoard } from '../alarms/alarm-board.js'
import type { EngineGone, EngineSeen } from '../fleet/presence.js'
import { watchGoneEngines } from './gone-engines.js'

function watched(self: string) {
  const alarms = new AlarmBoard()
  const [changed, gone] = [new Set<() => void>(), new Set<(engine: EngineGone) => void>()]
  let engines: readonly EngineSeen[] = []
  const names = (...now: readonly string[]) => {
    engines = now.map((name) => ({ name, incarnation: `run-${name}`, since: 0, lastSeen: 0 }))
    for (const tell of changed) tell()
  }
  const goes = (name: string, how: EngineGone['how']) => {
    for (const tell of gone) tell({ name, incarnation: `run-${name}`, how, at: 0 })
  }
  const add =
    <T>(all: Set<T>) =>
    (one: T) => {
      all.add(one)
      return () => all.delete(one)
    }
  const stop = watchGoneEngines(
    { self: { name: self, incarnation: `run-${self}` }, engines: () => engines, onChange: add(changed), onGone: add(gone) },
    alarms,
  )
  return { names, goes, stop, up: () => alarms.active().map(({ alarm }) => alarm) }
}

describe('an engine that has gone without a word', () => {
  it('is an alarm until one of its name runs again', () => {
    const { names, goes, up } = watched('engine-1')
    names('engine-1', 'engine-2')
    names('engine-1')
    goes('engine-2', 'lapsed')
    expect(up()).toEqual(['engine.gone: engine-2'])
    names('engine-1', 'engine-2')
    expect(up()).toEqual([])
    names('engine-1')
    expect(up()).toEqual([])
  })

  it('is told by one of the others, and by the next one when that has gone as well', () => {
    const { names, goes, up } = watched('engine-2')
    names('engine-1', 'engine-2')
    goes('engine-3', 'lapsed')
    expect(up()).toEqual([])
    names('engine-2')
    expect(up()).toEqual(['engine.gone: engine-3'])
  })

  it('is none where it has stopped by itself, or was started again', () => {
    const { names, goes, up } = watched('engine-1')
    names('engine-1')
    goes('engine-2', 'left')
    goes('engine-3', 'replaced')
    expect(up()).toEqual([])
  })
})
