import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { redisReservations, type SharedReservations } from '../../src/shared/redis-reservations.js'
import { freePort } from '../e2e/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'ringround-redis-'))
let server: ChildProcess
let url: string
let one: SharedReservations
let other: SharedReservations
let trouble: string[]

function run(): void {
  const { port } = new URL(url)
  server = spawn('redis-server', ['--bind', '127.0.0.1', '--port', port, '--save', '', '--appendonly', 'no', '--dir', folder], {
    stdio: 'ignore',
  })
}
async function stop(): Promise<void> {
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await gone
}

beforeAll(async () => {
  url = `redis://127.0.0.1:${await freePort()}`
  run()
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  trouble = []
  one = redisReservations(url, (text) => trouble.push(text))
  other = redisReservations(url, (text) => trouble.push(text))
  await vi.waitFor(async () => {
    const probes = [await reserved(one, 'probe of one'), await reserved(other, 'probe of the other')]
    for (const probe of probes) probe.release()
  }, 10_000)
})
afterEach(async () => {
  await Promise.all([one.close(), other.close()])
})

async function reserved(engine: SharedReservations, ...keys: string[]) {
  const result = await engine.reserve(keys, 'call')
  if (result.kind === 'unconfirmed') result.reservation.release()
  if (result.kind !== 'reserved') throw new Error(`${keys.join()}: ${result.kind}`)
  return result.reservation
}

describe('two engines share reservations', () => {
  it('so that the same specialist is not rung for two callers', async () => {
    const reservation = await reserved(one, 'clinician:dr-okafor', 'target:+447700900123')
    expect(await other.reserve(['target:+447700900123'], 'b')).toEqual({ kind: 'taken', by: 'beingRung' })
    reservation.onACall()
    await vi.waitFor(async () => expect(await other.reserve(['clinician:dr-okafor'], 'b')).toEqual({ kind: 'taken', by: 'onACall' }))
    reservation.release()
    reservation.release()
    await vi.waitFor(async () => (await reserved(other, 'clinician:dr-okafor')).release())
  })

  it('all keys or none', async () => {
    const reservation = await reserved(one, 'b')
    expect((await other.reserve(['a', 'b'], 'x')).kind).toBe('taken')
    ;(await reserved(one, 'a')).release()
    reservation.release()
  })

  it('of a hundred who want the same one, one gets him', async () => {
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? one : other).reserve(['popular'], `call-${index}`)),
    )
    expect(results.filter(({ kind }) => kind === 'reserved')).toHaveLength(1)
  })

  it('who goes on with a call has its reservations at once, and nobody else has them', async () => {
    // Of an engine that has died: it is neither renewed nor released.
    await reserved(one, 'clinician:dr-okafor', 'target:+447700900123')
    expect(await other.reserve(['clinician:dr-okafor'], 'call')).toEqual({ kind: 'taken', by: 'beingRung' })
    expect(await other.reserve(['clinician:dr-okafor'], 'another', 'takeOver')).toEqual({ kind: 'taken', by: 'beingRung' })
    expect(await other.reserve(['clinician:dr-okafor'], 'cal', 'takeOver')).toEqual({ kind: 'taken', by: 'beingRung' })
    const taken = await other.reserve(['clinician:dr-okafor', 'target:+447700900123'], 'call', 'takeOver')
    if (taken.kind !== 'reserved') throw new Error('not taken over')
    expect(await one.reserve(['target:+447700900123'], 'b')).toEqual({ kind: 'taken', by: 'beingRung' })
    taken.reservation.onACall()
    await vi.waitFor(async () => expect(await one.reserve(['clinician:dr-okafor'], 'b')).toEqual({ kind: 'taken', by: 'onACall' }))
    taken.reservation.release()
    await vi.waitFor(async () => (await reserved(one, 'clinician:dr-okafor')).release())
  })

  it('and hear of a specialist who is free again', async () => {
    const reservation = await reserved(one, 'awaited')
    let told = false
    const freed = other.freed([['awaited']], new AbortController().signal).then(() => (told = true))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(told).toBe(false)
    reservation.release()
    await freed
  })

  it('and stop waiting when nobody wants to know any more', async () => {
    const reservation = await reserved(one, 'kept')
    const nobody = new AbortController()
    const freed = other.freed([['kept']], nobody.signal)
    nobody.abort()
    await freed
    reservation.release()
  })

  it('and a Redis that has lost its memory is told again who is engaged', async () => {
    const [rung, talking] = [await reserved(one, 'rung'), await reserved(one, 'talking')]
    talking.onACall()
    await vi.waitFor(async () => expect(await other.reserve(['talking'], 'b')).toEqual({ kind: 'taken', by: 'onACall' }))
    await stop()
    run()
    // Asked, and not tried: an engine that asks by trying to reserve would have it.
    const look = new Redis(url, { retryStrategy: () => 100 })
    look.on('error', () => undefined)
    await vi.waitFor(async () => expect(await look.exists('ringround:reserved:rung', 'ringround:reserved:talking')).toBe(2), 20_000)
    look.disconnect()
    await vi.waitFor(async () => expect(await other.reserve(['talking'], 'b')).toEqual({ kind: 'taken', by: 'onACall' }), 20_000)
    expect(await other.reserve(['rung'], 'b')).toEqual({ kind: 'taken', by: 'beingRung' })
    rung.release()
    talking.release()
    await vi.waitFor(async () => (await reserved(other, 'rung', 'talking')).release(), 20_000)
  })

  it('and a specialist who was rung without Redis is held as soon as it is back, and free after the release', async () => {
    const look = new Redis(url, { retryStrategy: () => 100 })
    look.on('error', () => undefined)
    await stop()
    const rung = await vi.waitFor(async () => {
      const result = await one.reserve(['clinician:dr-okafor', 'target:ward'], 'call')
      if (result.kind !== 'unconfirmed') throw new Error(result.kind)
      return result.reservation
    }, 5_000)
    rung.onACall()
    // What an engine holds itself it knows without Redis.
    expect(await one.reserve(['target:ward'], 'b')).toEqual({ kind: 'taken', by: 'onACall' })
    expect((await one.reserve(['target:ward'], 'call', 'takeOver')).kind).toBe('unconfirmed')
    expect((await other.reserve(['another'], 'b')).kind).toBe('unconfirmed')
    run()
    await vi.waitFor(async () => expect(await look.exists('ringround:reserved:target:ward')).toBe(1), 20_000)
    look.disconnect()
    expect(await other.reserve(['target:ward'], 'b')).toEqual({ kind: 'taken', by: 'onACall' })
    rung.release()
    await vi.waitFor(async () => (await reserved(other, 'clinician:dr-okafor')).release(), 20_000)
  })

  it('and of two calls that rang the same specialist without Redis, the second holds them when the first lets go', async () => {
    // Nothing is renewed by time alone from here on.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const engines = [redisReservations(url, () => undefined), redisReservations(url, () => undefined)] as const
    try {
      await stop()
      const held = await Promise.all(
        engines.map(async (engine, index) => {
          const result = await engine.reserve(['target:ward'], `call-${index}`)
          if (result.kind !== 'unconfirmed') throw new Error(result.kind)
          return result.reservation
        }),
      )
      run()
      const look = new Redis(url, { retryStrategy: () => 100 })
      look.on('error', () => undefined)
      const holder = () => look.get('ringround:reserved:target:ward').then((value) => value?.split(':')[0])
      const comes = async (call?: string) => {
        for (let tries = 0; tries < 200 && (call === undefined ? (await holder()) === undefined : (await holder()) !== call); tries++) {
          if (call === undefined) vi.advanceTimersByTime(1_300)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        return holder()
      }
      const first = await comes()
      // Both have been told once more who has them.
      for (let times = 0; times < 3; times++) {
        vi.advanceTimersByTime(1_300)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const index = first === 'call-0' ? 0 : 1
      held[index]?.release()
      expect(await comes(`call-${1 - index}`)).toBe(`call-${1 - index}`)
      look.disconnect()
    } finally {
      vi.useRealTimers()
      await Promise.all(engines.map((engine) => engine.close()))
    }
  })

  it('one that closes releases what it held', async () => {
    await reserved(one, 'held')
    await one.close()
    ;(await reserved(other, 'held')).release()
  })
})

it('without Redis, a reservation is unconfirmed at once, and not waited for', async () => {
  const lost = redisReservations(`redis://127.0.0.1:${await freePort()}`, (text) => trouble.push(text))
  expect((await lost.reserve(['x'], 'call')).kind).toBe('unconfirmed')
  await vi.waitFor(() => expect(trouble.length).toBeGreaterThan(0))
  await lost.close()
})
