import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Redis } from 'ioredis'
import type { Engagement, Reservation, Reservations, ReserveResult } from './reservations.js'

/** A reservation of a dead engine lapses after this; a living engine renews its own in time. */
const leaseMs = 4_000
const renewEveryMs = 1_300
/** News of freed people come by publish; this is for news that got lost. */
const lookEveryMs = 1_000
const prefix = 'ringround:reserved:'
const channel = 'ringround:freed'

/** All keys or none. A value is `<token> <engagement>`, and a token begins with its holder. ARGV[3]: reservations that begin with this are taken over; empty: none are. */
const reserveScript = `
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if value and (ARGV[3] == '' or string.sub(value, 1, #ARGV[3]) ~= ARGV[3]) then return value end
end
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1] .. ' beingRung', 'PX', ARGV[2]) end
return false`
/** Only those that are still ours. */
const holdScript = `
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then redis.call('SET', key, ARGV[1] .. ' ' .. ARGV[3], 'PX', ARGV[2]) end
end
return 0`
/**
 * Renews many: each key with the token before which its value has to begin, and the engagement. This also restores them in a Redis that has lost its memory, and after a lease that lapsed while it was away,
 * and takes what was unconfirmed. Returns how many of the keys another call has.
 */
const renewScript = `
local others = 0
for place, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  local token, engagement = ARGV[2 * place], ARGV[2 * place + 1]
  if not value then redis.call('SET', key, token .. ' ' .. engagement, 'PX', ARGV[1])
  elseif string.sub(value, 1, #token) == token then redis.call('PEXPIRE', key, ARGV[1])
  else others = others + 1 end
end
return others`
/** Keys in one renewal. */
const renewedAtOnce = 200
const releaseScript = `
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if value and string.sub(value, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', key) end
end
redis.call('PUBLISH', ARGV[2], '')
return 0`

export interface SharedReservations extends Reservations {
  /** Releases what this engine holds, and closes the connections. May be called twice; never rejects. */
  close(): Promise<void>
}

/**
 * Reservations that several engines share through Redis: nobody is rung for two callers at once, whichever engine the callers are on.
 * While Redis cannot be reached each engine goes by its own reservations, and a new one is `unconfirmed`, at once: the hunt then rings anyway and raises an alarm.
 */
export function redisReservations(url: string, onTrouble: (trouble: string) => void): SharedReservations {
  const commands = redisConnection(url, onTrouble)
  const news = redisConnection(url, onTrouble)
  const held = new Map<string, { readonly keys: readonly string[]; engagement: Engagement }>()
  const wakes = new Set<() => void>()
  news.on('ready', () => void news.subscribe(channel).catch(() => undefined))
  news.on('message', () => {
    if (contested) void renew()
    for (const wake of [...wakes]) wake()
  })

  const hold = (token: string, keys: readonly string[], engagement: Engagement) =>
    commands.eval(holdScript, keys.length, ...keys, token, leaseMs, engagement).catch(() => undefined)
  /** Keys that we hold stand for another call in Redis, or may: two calls rang the same person without it. They are ours as soon as that call lets go of them. */
  let contested = false
  async function renew(): Promise<void> {
    const all = [...held].flatMap(([token, { keys, engagement }]) => keys.map((key) => ({ token, key, engagement })))
    const parts = Array.from({ length: Math.ceil(all.length / renewedAtOnce) }, (_, part) =>
      all.slice(part * renewedAtOnce, (part + 1) * renewedAtOnce),
    )
    const others = await Promise.all(
      parts.map((some) =>
        commands
          .eval(
            renewScript,
            some.length,
            ...some.map(({ key }) => key),
            leaseMs,
            ...some.flatMap(({ token, engagement }) => [token, engagement]),
          )
          .catch(() => undefined),
      ),
    )
    contested = others.some((keys) => keys !== 0)
  }
  const renewal = setInterval(() => void renew(), renewEveryMs)
  renewal.unref()

  /** What this engine knows by itself. @param takenFrom what begins like this is taken over; empty: nothing is */
  function heldHere(keys: readonly string[], takenFrom: string): Engagement | undefined {
    for (const [token, reserved] of held) {
      const taken = takenFrom === '' || !token.startsWith(takenFrom)
      if (taken && reserved.keys.some((key) => keys.includes(key))) return reserved.engagement
    }
    return undefined
  }

  async function release(token: string): Promise<void> {
    const reserved = held.get(token)
    if (!reserved) return
    held.delete(token)
    const { keys } = reserved
    // What cannot be released now lapses by itself.
    await commands.eval(releaseScript, keys.length, ...keys, token, channel).catch(() => undefined)
  }

  async function anyFree(anyOf: readonly (readonly string[])[]): Promise<boolean> {
    for (const keys of anyOf) {
      const taken = await commands.exists(...keys.map((key) => prefix + key)).catch(() => 1)
      if (taken === 0) return true
    }
    return false
  }

  let closing: Promise<void> | undefined
  return {
    async reserve(names, holder, how): Promise<ReserveResult> {
      const keys = names.map((name) => prefix + name)
      const token = `${holder}:${randomUUID()}`
      const takenFrom = how === 'takeOver' ? `${holder}:` : ''
      const taken = (await commands.eval(reserveScript, keys.length, ...keys, token, leaseMs, takenFrom).catch(() => undefined)) as
        string | null | undefined
      if (typeof taken === 'string') return { kind: 'taken', by: taken.endsWith(' onACall') ? 'onACall' : 'beingRung' }
      const ours = taken === undefined ? heldHere(keys, takenFrom) : undefined
      if (ours !== undefined) return { kind: 'taken', by: ours }
      const reserved = { keys, engagement: 'beingRung' as Engagement }
      held.set(token, reserved)
      const reservation: Reservation = {
        onACall: () => {
          reserved.engagement = 'onACall'
          if (held.has(token)) void hold(token, keys, 'onACall')
        },
        release: () => void release(token),
      }
      return { kind: taken === null ? 'reserved' : 'unconfirmed', reservation }
    },

    freed(anyOf, signal): Promise<void> {
      if (signal.aborted || anyOf.length === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const leave = () => {
          clearInterval(timer)
          wakes.delete(look)
          signal.removeEventListener('abort', leave)
          resolve()
        }
        const look = () => {
          void anyFree(anyOf).then((free) => {
            if (free) leave()
          })
        }
        const timer = setInterval(look, lookEveryMs)
        wakes.add(look)
        signal.addEventListener('abort', leave, { once: true })
        look()
      })
    },

    close() {
      return (closing ??= (async () => {
        clearInterval(renewal)
        await Promise.all([...held.keys()].map(release))
        commands.disconnect()
        news.disconnect()
      })())
    },
  }
}

/** The package is loaded when there is a Redis, and not at every start. */
const require = createRequire(import.meta.url)

/** A connection that is made again until it is closed. Nothing waits for it. @param onTrouble called once each time it is lost */
export function redisConnection(url: string, onTrouble: (trouble: string) => void): Redis {
  const { Redis } = require('ioredis') as typeof import('ioredis')
  // Nothing waits in a queue for a Redis that is away: a caller is on the line.
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 1_000,
    retryStrategy: (times) => Math.min(2_000, 100 * times),
  })
  let up = true
  redis.on('error', (error: Error) => {
    if (up) onTrouble(error.message || error.name)
    up = false
  })
  redis.on('ready', () => {
    up = true
  })
  return redis
}
