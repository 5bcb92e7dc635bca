import { createRequire } from 'node:module'
import type { Redis } from 'ioredis'
import { fine, look, wrong, type Finding } from './finding.js'

const timeoutMs = 3_000
const driftMs = 1_000
// The package is CommonJS, its class is the export itself.
const RedisClient = createRequire(import.meta.url)('ioredis') as typeof Redis

/** @param url `redis://...`; undefined: one engine, in memory. It may hold a password and is not repeated. */
export async function redis(url: string | undefined): Promise<readonly Finding[]> {
  if (url === undefined) return [fine('no Redis: one engine, in memory')]
  const client = new RedisClient(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  let trouble: unknown
  client.on('error', (error) => (trouble ??= error))
  try {
    await client.connect()
    await client.ping()
    const [seconds, micros] = await client.time()
    const apart = Math.round(Number(seconds) * 1_000 + Number(micros) / 1_000 - Date.now())
    return [
      fine('Redis answers'),
      Math.abs(apart) < driftMs
        ? fine(`its clock agrees with ours (${apart} ms)`)
        : look(`its clock and ours are ${Math.abs(apart)} ms apart`, 'have both machines set by NTP'),
    ]
  } catch (error) {
    const told = (trouble ?? error) as NodeJS.ErrnoException
    return [
      wrong(
        `Redis does not answer (${told.code ?? told.message})`,
        'start it, or look at redis.url (RINGROUND_REDIS_URL): address, password, TLS (rediss://)',
      ),
    ]
  } finally {
    client.disconnect()
  }
}
