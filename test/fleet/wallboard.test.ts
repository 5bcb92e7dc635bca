import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { Engine } from '../e2e/engine.js'
import { shortRing, world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import type { Row } from '../../src/web/wallboard/row.js'
import { listen } from '../web/event-stream.js'

interface Told {
  readonly board: { readonly tiles: readonly Row[]; readonly lines: readonly Row[] }
  readonly calls: readonly Row[]
}

describe.skipIf(noPostgres !== undefined)(
  `the wallboard of engines that are one service${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 120_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let phone: TestPhone
    let specialist: TestPhone
    const engines: Engine[] = []
    beforeAll(async () => {
      ;[postgres, redis, phone, specialist] = await Promise.all([Postgres.start(), RedisServer.start(), TestPhone.open(), TestPhone.open()])
      const directory = world([
        { id: 'cardiology', code: '21', number: '4000', rota: [specialist.uri], ring: { ...shortRing, ringSeconds: 20 } },
      ])
      const url = await postgres.database()
      for (const name of ['engine-1', 'engine-2'])
        engines.push(
          await Engine.start({
            directory,
            startWithinMs: 60_000,
            env: { DATABASE_URL: url, RINGROUND_REDIS_URL: redis.url, RINGROUND_ENGINE_NAME: name, RINGROUND_MASTER_KEY: '5a'.repeat(32) },
          }),
        )
    }, 180_000)
    afterAll(async () => {
      for (const engine of engines) await engine.dispose()
      phone.close()
      specialist.close()
      await Promise.all([postgres.close(), redis.close()])
    })

    it('shows on each the calls of all, and figures of today that are those of all', async () => {
      const [one, two] = engines
      const stream = await listen((init) => two!.ask('/api/wallboard?screen=true', init))
      const begun = (await stream.next('snapshot')) as unknown as Told
      expect(begun.board.lines.map(({ key, fields }) => [key, fields['unanswered']])).toEqual([['cardiology', '0']])
      const caller = await phone.call(`sip:4000@${one!.sip}`)
      const rung = await specialist.nextCall()
      const ringing = (await stream.next('call', ({ call }) => (call as Row).fields['stage'] === 'Ringing')) as unknown as {
        readonly call: Row
      }
      expect(ringing.call).toMatchObject({ fields: { line: 'cardiology', whom: 'cardiology phone 1', attempt: '1 of 1' } })
      rung.reject(486, 'Busy Here')
      await stream.next('over', ({ key }) => key === ringing.call.key)
      // From the sums that the other one has written.
      await stream.next('board', ({ rows }) =>
        ((rows as Partial<Told['board']>).lines ?? []).some(
          ({ fields }) => fields['unanswered'] === '1' && fields['answerRate'] === '0%, 0 of 1, under',
        ),
      )
      for (const engine of engines) {
        const told = (await (await listen((init) => engine.ask('/api/wallboard?screen=true', init))).next('snapshot')) as unknown as Told
        expect(told.calls).toEqual([])
        expect(told.board.tiles.find(({ key }) => key === 'answered')?.fields).toMatchObject({ value: '0', detail: 'Of 1 offered: 0%' })
      }
      expect(caller.byeAt).toBeDefined()
    })
  },
)
