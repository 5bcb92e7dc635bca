import { copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs'
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

/** A store with a past, for one engine after the other. */
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

export function grownStore(database: DatabaseName, calls: number, tell: (line: string) => void): Promise<GrownStore> {
  tell(`making ${calls.toLocaleString('en-GB')} calls`)
  return database === 'SQLite' ? inFile(calls, tell) : onServer(calls, tell)
}

async function inFile(calls: number, tell: (line: string) => void): Promise<GrownStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-growth-'))
  const file = join(folder, 'ringround.db')
  const megabytesOnDisk = await makePast(await fillSqlite(file), calls, Date.now(), tell)
  return {
    megabytesOnDisk,
    prepare: (dataFolder) => Promise.resolve(link(file, join(dataFolder, 'ringround.db'))),
    env: {},
    place: { file, postgres: undefined },
    placeIn: (dataFolder) => ({ file: join(dataFolder, 'ringround.db'), postgres: undefined }),
    close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
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

async function onServer(calls: number, tell: (line: string) => void): Promise<GrownStore> {
  // As Debian sets it up, but for the memory, which its default leaves at what every machine has.
  const server = await OwnPostgres.start({ port: await freePort(), fsync: true, sharedBuffers: '1GB' })
  try {
    const url = await server.database()
    const now = Date.now()
    const megabytesOnDisk = await makePast(await fillPostgres(server, url, now - pastMs, now), calls, now, tell)
    const folder = mkdtempSync(join(tmpdir(), 'ringround-growth-'))
    const place = { file: join(folder, 'unused.db'), postgres: { url, readUrl: undefined } }
    return {
      megabytesOnDisk,
      prepare: () => Promise.resolve(),
      env: { DATABASE_URL: url, RINGROUND_ENGINE_NAME: 'bench' },
      place,
      placeIn: () => place,
      close: async () => {
        await server.close()
        rmSync(folder, { recursive: true, force: true })
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
