import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgres as lookAt } from '../../src/doctor/postgres.js'
import { TestPhone } from '../contract/phone/phone.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { Engine, startAndFail } from './engine.js'
import { world } from './world.js'

const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [] }])

const findings = async (url: string) => (await lookAt(url)).map(({ kind, what }) => `${kind}: ${what}`)

describe.skipIf(noPostgres !== undefined)(
  `engines on PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 120_000 },
  () => {
    let postgres: Postgres
    let phone: TestPhone
    const engines: Engine[] = []
    beforeAll(async () => {
      postgres = await Postgres.start()
      phone = await TestPhone.open()
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.splice(0)) await engine.dispose()
    })
    afterAll(async () => {
      phone.close()
      await postgres.close()
    })

    async function start(url: string, name: string): Promise<Engine> {
      const engine = await Engine.start({ directory, env: { DATABASE_URL: url, RINGROUND_ENGINE_NAME: name } })
      engines.push(engine)
      return engine
    }
    const endings = async (engine: Engine) =>
      ((await (await engine.get('/api/calls')).json()) as { readonly calls: readonly { readonly ending: string | null }[] }).calls.map(
        ({ ending }) => ending,
      )

    it('carry calls, show those of each other, and leave them alone', async () => {
      const url = await postgres.database()
      const [one, two] = await Promise.all([start(url, 'engine-1'), start(url, 'engine-2')])
      for (const [engine, calls] of [
        [one, 1],
        [two, 2],
      ] as const) {
        const call = await phone.call(`sip:4000@${engine.sip}`)
        await call.answered()
        call.bye()
        await expect.poll(async () => (await endings(engine)).filter((ending) => ending !== null), { timeout: 20_000 }).toHaveLength(calls)
      }
      expect(await endings(one)).toEqual(await endings(two))
    })

    it('are killed, and one starts again: its running call is closed, that of the other goes on', async () => {
      const url = await postgres.database()
      const [one, two] = await Promise.all([start(url, 'engine-1'), start(url, 'engine-2')])
      for (const engine of [one, two]) await (await phone.call(`sip:4000@${engine.sip}`)).answered()
      await expect.poll(() => endings(two), { timeout: 20_000 }).toEqual([null, null])
      one.child.kill('SIGKILL')
      await start(url, 'engine-1')
      expect(await endings(two)).toEqual(expect.arrayContaining(['interrupted', null]))
    })

    it('lose nothing of a call when the server goes and they are killed before it is back', async () => {
      const url = await postgres.database()
      const engine = await start(url, 'engine-1')
      const call = await phone.call(`sip:4000@${engine.sip}`)
      await call.answered()
      await expect.poll(() => endings(engine), { timeout: 20_000 }).toEqual([null])
      await postgres.stop('SIGQUIT')
      call.bye()
      const spill = join(engine.folder, 'data', 'facts-not-stored.jsonl')
      await expect.poll(() => (existsSync(spill) ? readFileSync(spill, 'utf8') : ''), { timeout: 20_000 }).toContain('"call.ended"')
      engine.child.kill('SIGKILL')
      await postgres.run()
      const again = await Engine.start({ directory, folder: engine.folder, env: { DATABASE_URL: url, RINGROUND_ENGINE_NAME: 'engine-1' } })
      engines.push(again)
      const [ending] = await endings(again)
      // As it ended, and not as one that was broken off.
      expect(ending).not.toBeNull()
      expect(ending).not.toBe('interrupted')
      expect(readFileSync(spill, 'utf8')).toBe('')
    })

    it('have a doctor who says what is wrong with the server', async () => {
      const said = await findings(await postgres.database())
      expect(said).toEqual([
        expect.stringMatching(/^fine: PostgreSQL \d+ answers$/),
        expect.stringMatching(/^wrong: it does not wait for its disk/),
      ])
      expect(await findings((await postgres.database()).replace(/[^/]*$/, 'nothing'))).toEqual([
        'wrong: PostgreSQL does not answer (3D000)',
      ])
    })

    it('say in one line that a server is not available, without its password', async () => {
      const { code, output } = await startAndFail({ directory, env: { DATABASE_URL: 'postgres://ringround:hunter2@127.0.0.1:1/store' } })
      expect(code).toBe(1)
      expect(output.trim().split('\n')).toHaveLength(1)
      expect(output).toContain('database.url')
      expect(output).not.toContain('hunter2')
    })
  },
)
