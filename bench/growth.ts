import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { newCallId } from '../src/facts/call-id.js'
import type { StorePlace } from '../src/store-place.js'
import { openStore } from '../src/store/store.js'
import { EngineUnderTest, pause } from './engine.js'
import { figure, type Figure } from './figure.js'
import { system } from '../src/accounts/by.js'
import { permissionNames } from '../src/accounts/roles.js'
import { withAccounts } from '../src/accounts/with-accounts.js'
import { measureExport, type ExportFigure } from './growth/export.js'
import { lists, measureLists, type ListFigure } from './growth/lists.js'
import { grownStore, type DatabaseName } from './growth/grown-store.js'
import type { PartResult } from './part.js'
import { spread, type Spread } from './statistics.js'
import { directory, lanes } from './world.js'

const starts = 5
const requests = 100
const durableFacts = 1_000
/** A start that takes longer than this has failed. */
const startWithinMs = 300_000
/** When the engine is idle: the work left by a start is done. */
const idleAfterMs = 8_000

/** Figures that must not grow: a start, the idle engine's memory, every list, a durable fact. */
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

/**
 * @param sizes calls in the store; the first is the reference for the others
 * @param databases to use
 * @param keptIn a folder that keeps the stores from one run to the next
 */
export async function growth(
  sizes: readonly number[],
  databases: readonly DatabaseName[],
  keptIn: string | undefined,
  tell: (line: string) => void,
): Promise<PartResult> {
  const figuresOfAll: Figure[] = []
  const tables: string[] = []
  const details: Record<string, unknown> = {}
  for (const database of databases) {
    const grown: Grown[] = []
    for (const calls of sizes) grown.push(await measured(database, calls, keptIn, tell))
    figuresOfAll.push(...figures(database, grown))
    tables.push(listTable(database, grown))
    details[database] = grown
  }
  return { figures: figuresOfAll, tables, details }
}

async function measured(database: DatabaseName, calls: number, keptIn: string | undefined, tell: (line: string) => void): Promise<Grown> {
  const named = `${database}, ${calls.toLocaleString('en-GB')} calls`
  const began = performance.now()
  const store = await grownStore(database, calls, keptIn, (line) => tell(`${database}: ${line}`))
  try {
    tell(`${named}: ${store.megabytesOnDisk} MB, made in ${Math.round((performance.now() - began) / 1_000)} s; starting`)
    const readyMs: number[] = []
    const megabytes: number[] = []
    let listed: readonly ListFigure[] = []
    let exported: ExportFigure | undefined
    for (let start = 0; start < starts; start++) {
      const engine = await EngineUnderTest.start(directory([{ lanes: lanes(40, 2_000, ['accept']), specialistsPort: 5_099 }]), {
        oneCore: false,
        past: { prepare: store.prepare, withinMs: startWithinMs, env: store.env },
      })
      try {
        readyMs.push(engine.readyMs)
        await pause(idleAfterMs)
        megabytes.push(engine.megabytes())
        if (start === starts - 1) {
          tell(`${named}: ready after ${Math.round(spread(readyMs).median)} ms; asking for every list`)
          const token = await tokenOf(store.placeIn(join(engine.folder, 'data')))
          listed = await measureLists(engine.url, { authorization: `Bearer ${token}` }, lists, requests)
          tell(`${named}: exporting`)
          exported = await measureExport(engine.url, token, calls, () => engine.megabytes())
        }
      } finally {
        // Killed, it would leave a file without what stands in its log, and the next start has another name for both.
        await engine.stop(false, startWithinMs)
      }
    }
    if (!exported) throw new Error('nothing was exported')
    return {
      calls,
      exported,
      megabytesOnDisk: store.megabytesOnDisk,
      start: spread(readyMs),
      memory: spread(megabytes),
      lists: listed,
      durable: await durable(store.place),
    }
  } finally {
    await store.close()
  }
}

/** New calls, one after the other, each waited for until its arrival is on disk. */
async function durable(place: StorePlace): Promise<Spread> {
  const store = await openStore({ ...place, node: 'bench', alarms: { raise: () => undefined, clear: () => undefined } })
  try {
    const times: number[] = []
    for (let n = 0; n < durableFacts; n++) {
      const callId = newCallId(Date.now())
      const begun = performance.now()
      await store.log.append(callId, {
        type: 'call.arrived',
        kind: 'dialIn',
        callerNumber: '',
        dialledNumber: '99',
        source: '192.0.2.7:5060/udp',
      })
      times.push(performance.now() - begun)
    }
    return spread(times)
  } finally {
    await store.close()
  }
}

function figures(database: DatabaseName, grown: readonly Grown[]): readonly Figure[] {
  const [least] = grown
  return grown.flatMap((one) => {
    const calls = `${one.calls.toLocaleString('en-GB')} calls in ${database}`
    const more = least !== undefined && one !== least
    const slowest = one.lists.reduce((worst, list) => (list.ms.p95 > worst.ms.p95 ? list : worst))
    return [
      figure({
        name: `start, ${calls}`,
        unit: 'ms',
        of: 'median',
        value: one.start.median,
        spread: one.start,
        ...(more ? { target: Math.round(least.start.median + 1_000) } : {}),
        note: `${one.megabytesOnDisk} MB of facts`,
      }),
      figure({
        name: `memory, ${calls}`,
        unit: 'MB',
        of: 'median, idle',
        value: one.memory.median,
        ...(more ? { target: Math.round(least.memory.median + 30) } : {}),
      }),
      figure({
        name: `slowest list, ${calls}`,
        unit: 'ms',
        of: 'p95',
        value: slowest.ms.p95,
        target: more ? 50 : 20,
        spread: slowest.ms,
        note: slowest.name,
      }),
      figure({
        name: `export of ${one.exported.rows.toLocaleString('en-GB')} calls as .xlsx, ${calls}`,
        unit: 'MB',
        of: 'more memory',
        value: one.exported.megabytesMore,
        target: 200,
        note: `${one.exported.seconds.toFixed(1)} s, ${one.exported.megabytesOfFile.toFixed(1)} MB; others waited ${one.exported.others.p99.toFixed(0)} ms (p99)`,
      }),
      figure({ name: `durable fact, ${calls}`, unit: 'ms', of: 'p99', value: one.durable.p99, target: 8, spread: one.durable }),
    ]
  })
}

/** Every list: p95 in ms and the longest answer, by the number of calls. */
function listTable(database: DatabaseName, grown: readonly Grown[]): string {
  const names = grown[0]?.lists.map(({ name }) => name) ?? []
  const cell = (one: Grown, name: string) => {
    const list = one.lists.find((candidate) => candidate.name === name)
    return list ? `${list.ms.p95.toFixed(1)} ms, ${list.kilobytes} kB` : ''
  }
  const rows = names.map((name) => `| ${[name, ...grown.map((one) => cell(one, name))].join(' | ')} |`)
  return [
    `| list in ${database}, p95 and longest answer | ${grown.map(({ calls }) => `${calls.toLocaleString('en-GB')} calls`).join(' | ')} |`,
    `|${'---|'.repeat(grown.length + 1)}`,
    ...rows,
  ].join('\n')
}

/** The token that may read every list. */
function tokenOf(place: StorePlace): Promise<string> {
  return withAccounts(
    place,
    'bench',
    async (accounts) =>
      (await accounts.tokenBook.make(system, { kind: 'api', name: 'bench', permissions: permissionNames, scope: { kind: 'everywhere' } }))
        .secret,
  )
}
