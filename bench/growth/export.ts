import { performance } from 'node:perf_hooks'
import { pause } from '../engine.js'
import { spread, type Spread } from '../statistics.js'

/** The most calls exported. */
const maxExported = 100_000
const daysOfPast = 365
const sampleEveryMs = 100

/** The cost of exporting the calls report as a spreadsheet. */
export interface ExportFigure {
  /** About this many rows: the last days of a year of calls. */
  readonly rows: number
  readonly seconds: number
  readonly megabytesOfFile: number
  /** Peak resident memory above the level before. */
  readonly megabytesMore: number
  /** Ms for `/healthz` meanwhile: the wait for all others. */
  readonly others: Spread
}

/** @param calls that are in the store @param megabytes of memory that the engine takes now */
export async function measureExport(url: string, token: string, calls: number, megabytes: () => number): Promise<ExportFigure> {
  const days = Math.max(1, Math.min(daysOfPast + 1, Math.floor((daysOfPast * maxExported) / calls)))
  const before = megabytes()
  let most = before
  let isOver = false
  const waits: number[] = []
  const watched = Promise.all([
    (async () => {
      while (!isOver) {
        most = Math.max(most, megabytes())
        await pause(sampleEveryMs)
      }
    })(),
    (async () => {
      while (!isOver) {
        const asked = performance.now()
        await (await fetch(`${url}/healthz`)).arrayBuffer()
        waits.push(performance.now() - asked)
        await pause(10)
      }
    })(),
  ])
  const begun = performance.now()
  let bytes = 0
  try {
    const response = await fetch(`${url}/api/calls.xlsx?days=${days}`, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok || !response.body) throw new Error(`/api/calls.xlsx: ${response.status} ${await response.text()}`)
    for await (const piece of response.body) bytes += (piece as Uint8Array).length
  } finally {
    isOver = true
    await watched
  }
  return {
    rows: Math.round((calls * Math.min(days, daysOfPast)) / daysOfPast),
    seconds: (performance.now() - begun) / 1_000,
    megabytesOfFile: bytes / 1_000_000,
    megabytesMore: most - before,
    others: spread(waits),
  }
}
