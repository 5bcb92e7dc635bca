import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorePlace } from '../../src/store-place.js'
import { OwnPostgres } from '../own-postgres.js'
import { fillPostgres } from './fill-postgres.js'
import { fillSqlite } from './fill-sqlite.js'
import { pastMs } from './made-calls.js'
import { makePast } from './made-store.js'

export type DatabaseName = 'SQLite' | 'PostgreSQL'

/** A store with a past, for several engines in turn. */
export interface GrownStore {
  readonly megabytesOnDisk: number
  /** Puts it into the data folder of an engine, where it belongs there. */
  readonly prepare: (dataFolder: string) => Promise<void>
  /** Settings of an engine that uses it. */
  readonly env: Readonly<Record<string, string>>
  readonly place: StorePlace
  /** The same while an engine with this data folder runs. */
  readonly placeIn: (dataFolder: string) => StorePlace
  close(): Promise<void>
}

/** @param keptIn a folder that keeps stores from one run to the next: making a million calls takes longer than measuring them */
export async function grownStore(
  database: DatabaseName,
  calls: number,
  keptIn: string | undefined,
  tell: (line: string) => void,
): Promise<GrownStore> {
  const folder =
    keptIn === undefined ? new StoreFolder(mkdtempSync(join(tmpdir(), 'ringround-growth-')), false) : keptFolder(keptIn, database, calls)
  tell(folder.made ? 'there already' : `making ${calls.toLocaleString('en-GB')} calls`)
  try {
    return database === 'SQLite' ? await inFile(folder, calls, tell) : await onServer(folder, calls, tell)
  } catch (error) {
    folder.close()
    throw error
  }
}

/** The note of a completely made store. */
interface Made {
  readonly megabytesOnDisk: number
}

const madeFile = 'made.json'

/** Where one store is. */
class StoreFolder {
  constructor(
    readonly path: string,
    private readonly isKept: boolean,
    readonly made?: Made,
  ) {}

  /** The store is complete: another run may use it. */
  isMade(megabytesOnDisk: number): number {
    if (this.isKept) writeFileSync(join(this.path, madeFile), JSON.stringify({ megabytesOnDisk } satisfies Made))
    return megabytesOnDisk
  }

  close(): void {
    if (!this.isKept) rmSync(this.path, { recursive: true, force: true })
  }
}

function keptFolder(keptIn: string, database: DatabaseName, calls: number): StoreFolder {
  const path = join(keptIn, `${database}-${calls}`)
  const note = join(path, madeFile)
  if (existsSync(note)) return new StoreFolder(path, true, JSON.parse(readFileSync(note, 'utf8')) as Made)
  // The remains of an interrupted run are not a store.
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  return new StoreFolder(path, true)
}

async function inFile(folder: StoreFolder, calls: number, tell: (line: string) => void): Promise<GrownStore> {
  const file = join(folder.path, 'ringround.db')
  return {
    megabytesOnDisk: folder.made?.megabytesOnDisk ?? folder.isMade(await makePast(await fillSqlite(file), calls, Date.now(), tell)),
    prepare: (dataFolder) => Promise.resolve(link(file, join(dataFolder, 'ringround.db'))),
    env: {},
    place: { file, postgres: undefined },
    placeIn: (dataFolder) => ({ file: join(dataFolder, 'ringround.db'), postgres: undefined }),
    close: () => Promise.resolve(folder.close()),
  }
}

/** The same file by another name: copying gigabytes for each start would measure the disk's cache. Every start before has closed it. */
function link(file: string, to: string): void {
  try {
    linkSync(file, to)
  } catch {
    // On another file system.
    copyFileSync(file, to)
  }
}

async function onServer(folder: StoreFolder, calls: number, tell: (line: string) => void): Promise<GrownStore> {
  // As set up by Debian, except for memory, whose default suits the smallest machine.
  const server = await OwnPostgres.start({ port: await freePort(), fsync: true, sharedBuffers: '1GB' }, folder.path)
  try {
    const url = folder.made === undefined ? await server.database() : server.firstDatabase
    const now = Date.now()
    const place = { file: join(folder.path, 'unused.db'), postgres: { url, readUrl: undefined } }
    return {
      megabytesOnDisk:
        folder.made?.megabytesOnDisk ?? folder.isMade(await makePast(await fillPostgres(server, url, now - pastMs, now), calls, now, tell)),
      prepare: () => Promise.resolve(),
      env: { DATABASE_URL: url, RINGROUND_ENGINE_NAME: 'bench' },
      place,
      placeIn: () => place,
      close: async () => {
        await server.close()
        folder.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
