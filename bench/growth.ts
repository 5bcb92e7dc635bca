import { copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openStore } from '../src/store/store.js'
import { EngineUnderTest, pause } from './engine.js'
import { figure, type Figure } from './figure.js'
import { system } from '../src/accounts/accounts.js'
import { permissionNames } from '../src/accounts/roles.js'
import { withAccounts } from '../src/accounts/with-accounts.js'
import { measureExport, type ExportFigure } from './growth/export.js'
import { measureLists, type ListFigure } from './growth/lists.js'
import { makeStore } from './growth/made-store.js'
import type { PartResult } from './part.js'
import { spread, type Spread } from './statistics.js'
import { directory, lanes } from './world.js'

const starts = 5
const requests = 100
const durableFacts = 1_000
/** A start that takes longer than this has failed. */
const startWithinMs = 300_000
/** When the engine is idle: everything that a start leaves behind has been tidied. */
const idleAfterMs = 8_000

/** What must not grow: a start, the memory of the idle engine, every list, a durable fact. */
interface Grown {
  readonly calls: number
  readonly megabytesOnDisk: number
  /** Ms from the start of the process until it says that it is ready, and MB of engine and switch when they are idle. Medians. */
  readonly start: Spread
  readonly memory: Spread
  readonly lists: readonly ListFigure[]
  readonly exported: ExportFigure
  /** Ms until a durable fact is on disk. */
  readonly durable: Spread
}

/** @param sizes calls that are in the store; the first is what the others are held against */
export async function growth(sizes: readonly number[], tell: (line: string) => void): Promise<PartResult> {
  const grown: Grown[] = []
  for (const calls of sizes) grown.push(await measured(calls, tell))
  return { figures: figures(grown), tables: [listTable(grown)], details: grown }
}

async function measured(calls: number, tell: (line: string) => void): Promise<Grown> {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-growth-'))
  const file = join(folder, 'ringround.db')
  try {
    const named = calls.toLocaleString('en-GB')
    tell(`making ${named} calls`)
    const megabytesOnDisk = await makeStore(file, calls, Date.now(), tell)
    tell(`${named} calls: ${megabytesOnDisk} MB; starting`)
    const readyMs: number[] = []
    const megabytes: number[] = []
    let lists: readonly ListFigure[] = []
    let exported: ExportFigure | undefined
    for (let start = 0; start < starts; start++) {
      const engine = await EngineUnderTest.start(directory([{ lanes: lanes(40, 2_000, ['accept']), specialistsPort: 5_099 }]), { oneCore: false, past: { prepare: (data) => Promise.resolve(place(file, join(data, 'ringround.db'))), withinMs: startWithinMs } })
      try {
        readyMs.push(engine.readyMs)
        await pause(idleAfterMs)
        megabytes.push(engine.megabytes())
        if (start === starts - 1) {
          tell(`${named} calls: ready after ${Math.round(spread(readyMs).median)} ms; asking for every list`)
          const token = await tokenOf(engine.folder)
          lists = await measureLists(engine.url, token, requests)
          tell(`${named} calls: exporting`)
          exported = await measureExport(engine.url, token, calls, () => engine.megabytes())
        }
      } finally {
        // Killed, it would leave the file without what stands in its log, and the next start has another name for both.
        await engine.stop(false, startWithinMs)
      }
    }
    if (!exported) throw new Error('nothing was exported')
    return { calls, exported, megabytesOnDisk, start: spread(readyMs), memory: spread(megabytes), lists, durable: await durable(file) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same file by another name: copying gigabytes for each start would measure the disk's cache. Every start before has closed it. */
function place(file: string, to: string): void {
  try {
    linkSync(file, to)
  } catch {
    // On another file system.
    copyFileSync(file, to)
  }
}

/** New calls, one after the other, each waited for until its arrival is on disk. */
async function durable(file: string): Promise<Spread> {
  const store = await openStore({ file, alarms: { raise: () => undefined, clear: () => undefined } })
  try {
    const times: number[] = []
    for (let n = 0; n < durableFacts; n++) {
      const callId = crypto.randomUUID()
      const begun = performance.now()
      await store.log.append(callId, { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '99', source: '192.0.2.7:5060/udp' })
      times.push(performance.now() - begun)
    }
    return spread(times)
  } finally {
    await store.close()
  }
}

function figures(grown: readonly Grown[]): readonly Figure[] {
  const [least] = grown
  return grown.flatMap((one) => {
    const calls = one.calls.toLocaleString('en-GB')
    const more = least !== undefined && one !== least
    const slowest = one.lists.reduce((worst, list) => (list.ms.p95 > worst.ms.p95 ? list : worst))
    return [
      figure({ name: `start, ${calls} calls`, unit: 'ms', of: 'median', value: one.start.median, spread: one.start, ...(more ? { target: Math.round(least.start.median + 1_000) } : {}), note: `${one.megabytesOnDisk} MB of facts` }),
      figure({ name: `memory, ${calls} calls`, unit: 'MB', of: 'median, idle', value: one.memory.median, ...(more ? { target: Math.round(least.memory.median + 30) } : {}) }),
      figure({ name: `slowest list, ${calls} calls`, unit: 'ms', of: 'p95', value: slowest.ms.p95, target: 50, spread: slowest.ms, note: slowest.name }),
      figure({ name: `export of ${one.exported.rows.toLocaleString('en-GB')} calls as .xlsx, ${calls} calls`, unit: 'MB', of: 'more memory', value: one.exported.megabytesMore, target: 200, note: `${one.exported.seconds.toFixed(1)} s, ${one.exported.megabytesOfFile.toFixed(1)} MB; others waited ${one.exported.others.p99.toFixed(0)} ms (p99)` }),
      figure({ name: `durable fact, ${calls} calls`, unit: 'ms', of: 'p99', value: one.durable.p99, target: 8, spread: one.durable }),
    ]
  })
}

/** Every list: p95 in ms and the longest answer, by the number of calls. */
function listTable(grown: readonly Grown[]): string {
  const names = grown[0]?.lists.map(({ name }) => name) ?? []
  const cell = (one: Grown, name: string) => {
    const list = one.lists.find((candidate) => candidate.name === name)
    return list ? `${list.ms.p95.toFixed(1)} ms, ${list.kilobytes} kB` : ''
  }
  const rows = names.map((name) => `| ${[name, ...grown.map((one) => cell(one, name))].join(' | ')} |`)
  return [`| list, p95 and longest answer | ${grown.map(({ calls }) => `${calls.toLocaleString('en-GB')} calls`).join(' | ')} |`, `|${'---|'.repeat(grown.length + 1)}`, ...rows].join('\n')
}

/** By which every list may be asked for. */
function tokenOf(folder: string): Promise<string> {
  return withAccounts({ file: join(folder, 'data', 'ringround.db'), postgres: undefined }, 'bench', async (accounts) => (await accounts.tokenBook.make(system, { kind: 'api', name: 'bench', permissions: permissionNames, scope: { kind: 'everywhere' } })).secret)
}
