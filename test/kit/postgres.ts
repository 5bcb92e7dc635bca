import { OwnPostgres } from '../../bench/own-postgres.js'
import { freePort } from '../e2e/free-ports.js'

export { noPostgres } from '../../bench/own-postgres.js'
export type Postgres = OwnPostgres

const use = async () => ({ port: await freePort(), fsync: false, sharedBuffers: '16MB' })

/** A PostgreSQL server for tests: without fsync, as no power cut is tested. */
export const Postgres = {
  start: async (): Promise<Postgres> => OwnPostgres.start(await use()),
  replicaOf: async (primary: Postgres): Promise<Postgres> => primary.replica(await use()),
}
