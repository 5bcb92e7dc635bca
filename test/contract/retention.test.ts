import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe } from 'vitest'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { retentionContract } from './retention-contract.js'

describe('retention in a SQLite file', () => {
  retentionContract({
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
  })
})

describe.skipIf(noPostgres !== undefined)(`retention in PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`, () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await Postgres.start()
  }, 120_000)
  afterAll(() => postgres.close())

  retentionContract({
    fresh: async () => {
      const url = await postgres.database()
      return { settings: { file: join(scratchFolder(), 'unused.db'), postgres: { url }, node: 'engine-1' }, byHand: async (sql: string) => { await postgres.by(url, sql) } }
    },
  })
})
