import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe } from 'vitest'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import type { Ground } from './store-contract.js'

/**
 * Holds a contract against a store in a SQLite file, and against one in PostgreSQL where it is installed.
 * @param what is held against it: `the store`
 * @param pastTriggers what is done by hand goes past the triggers that keep facts as they are
 * @param alone what is asked of PostgreSQL only
 */
export function onBothDatabases(
  what: string,
  contract: (ground: Ground) => void,
  { pastTriggers = false } = {},
  alone?: (postgres: () => Postgres, ground: Ground) => void,
): void {
  describe(`${what} in a SQLite file`, () => {
    contract({
      fresh: () => {
        const file = join(scratchFolder(), 'data', 'calls.db')
        return Promise.resolve({
          settings: { file },
          byHand: (sql) => new Promise<void>((resolve) => resolve(runOnFile(file, sql, pastTriggers))),
        })
      },
    })
  })

  describe.skipIf(noPostgres !== undefined)(`${what} in PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`, () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await Postgres.start()
    }, 120_000)
    afterAll(() => postgres.close())

    const ground: Ground = {
      fresh: async () => {
        const url = await postgres.database()
        return {
          settings: { file: join(scratchFolder(), 'unused.db'), postgres: { url }, node: 'engine-1' },
          byHand: async (sql) => {
            await postgres.by(url, pastTriggers ? `set session_replication_role = replica; ${sql}` : sql)
          },
        }
      },
    }
    contract(ground)
    alone?.(() => postgres, ground)
  })
}

function runOnFile(file: string, sql: string, pastTriggers: boolean): void {
  const sqlite = new Database(file)
  try {
    if (pastTriggers)
      for (const { name } of sqlite.prepare("select name from sqlite_master where type = 'trigger'").all([]) as { readonly name: string }[])
        sqlite.exec(`drop trigger ${name}`)
    sqlite.exec(sql)
  } finally {
    sqlite.close()
  }
}
