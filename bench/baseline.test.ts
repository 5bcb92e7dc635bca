import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compare, readBaseline, writeBaseline, type Comparison, type Measured } from './baseline.js'
import { figure, met, type Figure } from './figure.js'
import { targetHere, yardstickOfTargets, type Yardsticks } from './scale.js'

const machine = { processor: 'one', processors: 2 }
const steady = () => 1

/** A machine this many times as slow as that of the targets. */
function timesAsSlow(factor: number): Yardsticks {
  const { message, fsync, lateness, work, messageCpu } = yardstickOfTargets
  const longer = ({ median }: { readonly median: number }) => ({ median: median * factor })
  return {
    message: longer(message),
    fsync: longer(fsync),
    lateness: longer(lateness),
    work: work * factor,
    messageCpu: messageCpu * factor,
  }
}

const latency = (value: number): Figure => figure({ name: 'INVITE -> 200', unit: 'ms', scale: 'fact', of: 'p95', value, target: 20 })
const rate = (value: number): Figure =>
  figure({ name: 'calls a second', unit: '/s', scale: 'work', atLeast: true, of: '24 callers', value, target: 35 })
const memory = (value: number): Figure => figure({ name: 'memory of a call', unit: 'MB', of: 'resident', value })
const run = (figures: readonly Figure[], factor = 1): Measured => ({
  part: 'latency',
  quick: true,
  figures,
  yardstick: timesAsSlow(factor),
  otherWork: undefined,
})

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-baseline-'))
  file = join(folder, 'baseline.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function keep(...runs: readonly Measured[]): void {
  for (const [index, one] of runs.entries()) writeBaseline(file, machine, [one], index > 0)
}

function against(measured: Measured, drift: (scale: Figure['scale']) => number = steady): Comparison | undefined {
  const baseline = readBaseline(file)
  return baseline && compare(baseline, measured, drift)[0]
}

describe('the baseline', () => {
  it('names slower figures, and the threshold', () => {
    keep(run([latency(19)]), run([latency(20)]), run([latency(21)]))
    const found = against(run([latency(40)]))
    expect(found?.moved).toBe('worse')
    expect(found?.expected).toBeCloseTo(20, 0)
    expect(found?.noise).toBeGreaterThan(1.1)
    expect(found?.noise).toBeLessThan(1.4)
    expect(against(run([latency(8)]))?.moved).toBe('better')
  })

  it('attributes a slower machine’s figures to the machine, not to a change', () => {
    keep(run([latency(19)]), run([latency(20)]), run([latency(21)]))
    expect(against(run([latency(80)], 4))?.moved).toBeUndefined()
    expect(against(run([latency(20)], 4))?.moved).toBe('better')
  })

  it('treats a rate the other way round', () => {
    keep(run([rate(17)]), run([rate(17.5)]), run([rate(18)]))
    expect(against(run([rate(8.7)], 2))?.moved).toBeUndefined()
    expect(against(run([rate(36)]))?.moved).toBe('better')
    expect(against(run([rate(9)]))?.moved).toBe('worse')
  })

  it('compares figures independent of the machine directly', () => {
    keep(run([memory(0.5)]), run([memory(0.5)]), run([memory(0.5)]))
    expect(against(run([memory(0.5)], 4))?.moved).toBeUndefined()
    expect(against(run([memory(0.7)], 4))?.moved).toBe('worse')
  })

  it('does not take noise for a change', () => {
    keep(run([latency(12)]), run([latency(20)]), run([latency(35)]))
    expect(against(run([latency(50)]))?.moved).toBeUndefined()
  })

  it('requires more if the machine changed meanwhile', () => {
    keep(run([latency(20)]), run([latency(20)]), run([latency(20)]))
    expect(against(run([latency(30)]))?.moved).toBe('worse')
    expect(against(run([latency(30)]), () => 2)?.moved).toBeUndefined()
  })

  it('says nothing without enough runs to know the noise', () => {
    keep(run([latency(20)]), run([latency(20)]))
    expect(against(run([latency(400)]))).toMatchObject({ moved: undefined, noise: undefined })
  })

  it('keeps short and full runs apart', () => {
    keep(run([latency(20)]), run([latency(20)]), run([latency(20)]))
    expect(against({ ...run([latency(20)]), quick: false })).toBeUndefined()
  })

  it('restarts part by part: on another machine, and on request', () => {
    keep(run([latency(20)]), run([latency(21)]))
    const place = 'latency, quick'
    expect(readBaseline(file)?.parts[place]?.runs).toHaveLength(2)
    writeBaseline(file, machine, [run([latency(22)])], false)
    expect(readBaseline(file)?.parts[place]?.runs).toHaveLength(1)
    writeBaseline(file, { ...machine, processors: 4 }, [{ ...run([memory(1)]), part: 'memory' }], true)
    expect(Object.keys(readBaseline(file)?.parts ?? {})).toEqual([place, 'memory, quick'])
    writeBaseline(file, { ...machine, processors: 4 }, [run([latency(9)])], true)
    expect(readBaseline(file)?.parts[place]).toMatchObject({
      machine: { processors: 4 },
      runs: [{ figures: { 'INVITE -> 200, p95': { value: 9 } } }],
    })
    expect(readBaseline(file)?.parts['memory, quick']?.machine).toEqual({ ...machine, processors: 4 })
  })

  it('is empty without a file, and an error if the file is something else', () => {
    expect(readBaseline(file)).toBeUndefined()
    writeFileSync(file, '{"parts":1}')
    expect(() => readBaseline(file)).toThrow()
  })
})

describe('a target', () => {
  it('is a multiple of the yardstick', () => {
    expect(targetHere(latency(1), timesAsSlow(2))).toBeCloseTo(40)
    expect(targetHere(rate(1), timesAsSlow(2))).toBeCloseTo(17.5)
    expect(targetHere({ target: 0.3 }, timesAsSlow(2))).toBe(0.3)
    expect(met(latency(39), timesAsSlow(2))).toBe(true)
    expect(met(latency(41), timesAsSlow(2))).toBe(false)
    expect(met(rate(18), timesAsSlow(2))).toBe(true)
    expect(met(memory(1), timesAsSlow(2))).toBeUndefined()
    expect(met(latency(Number.NaN), timesAsSlow(2))).toBeUndefined()
  })
})
