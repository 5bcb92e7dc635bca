import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe } from 'vitest'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { postgresAlone } from './store-on-postgres.js'
import { directoryContract } from './directory-contract.js'
import { storeContract, type Ground } from './store-contract.js'

describe('the store in a SQLite file', () => {
  const ground: Ground = {
    fresh: () => {
      const file = join(scratchFolder(), 'data', 'calls.db')
      return Promise.resolve({
        settings: { file },
        byHand: (sql) =>
          new Promise<void>((resolve) => {
            const sqlite = new Database(file)
            try {
              sqlite.exec(sql)
            } finally {
              sqlite.close()
            }
            resolve()
          }),
      })
    },
  }
  storeContract(ground)
  directoryContract(ground)
})

describe.skipIf(noPostgres !== undefined)(`the store in PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`, () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await Postgres.start()
  }, 120_000)
  afterAll(() => postgres.close())

  const ground = {
    fresh: async () => {
      const url = await postgres.database()
      return { settings: { file: join(scratchFolder(), 'unused.db'), postgres: { url }, node: 'engine-1' }, byHand: async (sql: string) => { await postgres.by(url, sql) } }
    },
  }
  storeContract(ground)
  directoryContract(ground)
  postgresAlone(() => postgres, ground)
})
