import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe } from 'vitest'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { chainContract } from './chain-contract.js'

describe('links in a SQLite file', () => {
  chainContract({
    fresh: () => {
      const file = join(scratchFolder(), 'data', 'calls.db')
      return Promise.resolve({
        settings: { file },
        byHand: (sql) =>
          new Promise<void>((resolve) => {
            const sqlite = new Database(file)
            try {
              for (const { name } of sqlite.prepare("select name from sqlite_master where type = 'trigger'").all([]) as { readonly name: string }[]) sqlite.exec(`drop trigger ${name}`)
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

describe.skipIf(noPostgres !== undefined)(`links in PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`, () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await Postgres.start()
  }, 120_000)
  afterAll(() => postgres.close())

  chainContract({
    fresh: async () => {
      const url = await postgres.database()
      return {
        settings: { file: join(scratchFolder(), 'unused.db'), postgres: { url }, node: 'engine-1' },
        byHand: async (sql: string) => {
          await postgres.by(url, `set session_replication_role = replica; ${sql}`)
        },
      }
    },
  })
})
