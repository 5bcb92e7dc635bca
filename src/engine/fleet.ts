import type { Redis } from 'ioredis'
import { alone, type Presence } from '../fleet/presence.js'
import type { SharedMap, SharedMaps } from '../fleet/shared-map.js'
import { LocalSignals, type Signals } from '../fleet/signals.js'
import type { Turns } from '../fleet/turns.js'
import { redisConnection } from '../shared/redis-reservations.js'
import type { Store } from '../store/store.js'
import { watchGoneEngines } from './gone-engines.js'
import type { Ground } from './ground.js'

export interface Fleet {
  readonly presence: Presence
  readonly signals: Signals
  /** Undefined: there are no other engines, and none to wait for. */
  readonly turns: Turns | undefined
  /** Short-lived values that engines share. Undefined: there are no other engines, or no Redis. */
  readonly maps: SharedMaps | undefined
}

/** A restart of Redis, or a network that is slow for a moment, is not worth an alarm. */
const awayMs = 2_000
/** An engine that has not heard of it by then was started again. */
const endedMs = 10 * 60_000

/** The other engines, where the store is one that several can share. Call it before the store is opened: this run goes on until the last fact is written. */
export function beginFleet(ground: Ground): (store: Promise<Store>) => Promise<Fleet> {
  const { settings, self, opened, runOver } = ground
  let fleet: Fleet | undefined
  opened.push('the presence among the engines', async () => {
    await fleet?.maps?.close()
    await fleet?.presence.close()
  })
  return async (store) => {
    await store
    if (settings.databaseUrl === undefined)
      return (fleet = { presence: alone(self), signals: new LocalSignals(), turns: undefined, maps: undefined })
    const { joinFleet } = await import('../fleet/postgres/postgres-fleet.js')
    const joined = await joinFleet(settings.databaseUrl, self)
    const { presence } = joined
    presence.onLost(runOver)
    opened.push('the watch over the other engines', watchGoneEngines(presence, ground.alarms))
    const maps = await openMaps(ground, presence)
    if (maps) tellEnded(maps.map<true>('ended'), presence, runOver)
    return (fleet = { ...joined, maps })
  }
}

/** An engine that has lost the database alone cannot hear from it that others have its calls: it hears that through Redis. */
export function tellEnded(ended: SharedMap<true>, presence: Presence, runOver: () => void): void {
  let told = false
  ended.onChange(({ key, value }) => {
    // The same change comes again after a reconnection to Redis.
    if (told || key !== presence.self.incarnation || value !== true) return
    told = true
    runOver()
  })
  presence.onGone(({ incarnation, how }) => {
    if (how !== 'left') ended.set(incarnation, true, endedMs)
  })
}

async function openMaps(
  { settings: { redisUrl }, log, alarms, self, opened }: Ground,
  presence: Presence,
): Promise<SharedMaps | undefined> {
  const redisAlarm = (detail: string) => alarms.raise('fleet.notShared', detail)
  if (redisUrl === undefined) {
    const look = () =>
      presence.engines().length > 1
        ? redisAlarm(`${presence.engines().length} engines share a database, and there is no Redis (redis.url)`)
        : alarms.clear('fleet.notShared')
    opened.push('the watch over what is shared', presence.onChange(look))
    look()
    return undefined
  }
  const { RedisMaps } = await import('../fleet/redis-maps.js')
  const trouble = (why: string) => log.error(`Redis: ${why}`)
  const connections: Redis[] = []
  let away: NodeJS.Timeout | undefined
  const look = () => {
    if (connections.every(({ status }) => status === 'ready')) {
      clearTimeout(away)
      away = undefined
      alarms.clear('fleet.notShared')
    } else away ??= setTimeout(() => redisAlarm('Redis is away'), awayMs).unref()
  }
  opened.push('the watch over Redis', () => clearTimeout(away))
  return new RedisMaps({
    incarnation: self.incarnation,
    connect() {
      const connection = redisConnection(redisUrl, trouble)
      connections.push(connection)
      for (const event of ['ready', 'close']) connection.on(event, look)
      return connection
    },
  })
}
