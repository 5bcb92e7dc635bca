import { join } from 'node:path'
import { EngineUnderTest } from './engine.js'
import { figure, type Figure } from './figure.js'
import { grownStore, type DatabaseName } from './growth/grown-store.js'
import { measureLists, type ListFigure } from './growth/lists.js'
import { madeDirectory } from './growth/made-directory.js'
import { readers, signIn, summaryPage } from './growth/pages.js'
import type { PartResult } from './part.js'

const startWithinMs = 300_000
const callsOpened = 30
/** Server time of a page, and of the summary, ms. */
const [pageTarget, summaryTarget] = [50, 150]

interface Read {
  readonly database: DatabaseName
  readonly calls: number
  readonly reader: string
  readonly pages: readonly ListFigure[]
}

/**
 * Times of the report pages, for people who see everything, some lines, or their own calls, in a service with these calls.
 * @param sizes calls in the store
 * @param requests the least number of each page
 */
export async function reports({ sizes, databases, keptIn, requests }: ReportsAsked, tell: (line: string) => void): Promise<PartResult> {
  const read: Read[] = []
  for (const database of databases)
    for (const calls of sizes) {
      const store = await grownStore(database, calls, keptIn, (line) => tell(`${database}: ${line}`))
      try {
        const engine = await EngineUnderTest.start(madeDirectory(), {
          oneCore: false,
          past: { prepare: store.prepare, withinMs: startWithinMs, env: store.env },
        })
        try {
          for (const reader of readers) {
            tell(`${database}, ${calls.toLocaleString('en-GB')} calls: ${reader.name}`)
            const headers = await signIn(store.placeIn(join(engine.folder, 'data')), reader)
            const pages = await measureLists(engine.url, headers, reader.pages(await someCalls(engine.url, headers)), requests)
            read.push({ database, calls, reader: reader.name, pages })
          }
        } finally {
          await engine.stop(false, startWithinMs)
        }
      } finally {
        await store.close()
      }
    }
  return { figures: read.flatMap(figures), tables: [table(read)], details: read }
}

export interface ReportsAsked {
  readonly sizes: readonly number[]
  readonly databases: readonly DatabaseName[]
  readonly keptIn: string | undefined
  readonly requests: number
}

async function someCalls(url: string, headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const response = await fetch(`${url}/api/calls?limit=${callsOpened}`, { headers })
  if (!response.ok) throw new Error(`/api/calls: ${response.status}`)
  const { calls } = (await response.json()) as { readonly calls: readonly { readonly callId: string }[] }
  return calls.map(({ callId }) => callId)
}

/** The slowest page of each reader, the summary by itself. */
function figures({ database, calls, reader, pages }: Read): readonly Figure[] {
  const of = `${reader}, ${calls.toLocaleString('en-GB')} calls in ${database}`
  const slowest = (some: readonly ListFigure[], what: string, target: number): readonly Figure[] => {
    const [worst] = [...some].sort((a, b) => b.ms.p95 - a.ms.p95)
    if (!worst) return []
    const note = `${worst.name}; the first time ${Math.round(worst.first)} ms; the slowest answer ${Math.round(worst.slowest.ms)} ms: ${worst.slowest.address}`
    return [figure({ name: `${what}: ${of}`, unit: 'ms', of: 'p95', value: worst.ms.p95, target, spread: worst.ms, note })]
  }
  const isSummary = ({ name }: ListFigure) => name.startsWith(summaryPage)
  return [
    ...slowest(
      pages.filter((page) => !isSummary(page)),
      'slowest page',
      pageTarget,
    ),
    ...slowest(pages.filter(isSummary), 'summary', summaryTarget),
  ]
}

function table(read: readonly Read[]): string {
  const rows = read.flatMap(({ database, calls, reader, pages }) =>
    pages.map(
      ({ name, ms, first, kilobytes }) =>
        `| ${name} | ${reader} | ${calls.toLocaleString('en-GB')} in ${database} | ${[first, ms.median, ms.p95, ms.p99].map((one) => one.toFixed(1)).join(' | ')} | ${kilobytes} |`,
    ),
  )
  return ['| page | seen by | calls | first, ms | median | p95 | p99 | kB |', '|---|---|---|---|---|---|---|---|', ...rows].join('\n')
}
