import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { joinFleet, type Fleet } from '../../src/fleet/postgres/postgres-fleet.js'
import type { EngineGone } from '../../src/fleet/presence.js'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { openStore } from '../../src/store/store.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { translated } from '../keeping/translated.js'
import { noPostgres, Postgres } from '../kit/postgres.js'

const names = (fleet: Fleet) => fleet.presence.engines().map(({ name }) => name)

describe.skipIf(noPostgres !== undefined)(
  `the presence of engines${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 60_000 },
  () => {
    let postgres: Postgres
    let url: string
    beforeAll(async () => {
      postgres = await Postgres.start()
    }, 120_000)
    afterAll(() => postgres.close())
    beforeEach(async () => {
      url = await postgres.database()
    })

    /** An engine in this process. */
    async function engine(
      name: string,
      incarnation = `incarnation-${name}`,
      begins = true,
    ): Promise<Fleet & { readonly gone: EngineGone[]; readonly close: () => Promise<void> }> {
      const store = await openStore({
        file: join(scratchFolder(), 'unused.db'),
        postgres: { url },
        node: name,
        incarnation,
        alarms: new AlarmBoard(),
      })
      const fleet = await joinFleet(url, { name, incarnation })
      if (begins) await fleet.presence.begin()
      const gone: EngineGone[] = []
      fleet.presence.onGone((one) => gone.push(one))
      const close = async () => {
        await store.close()
        await fleet.presence.close()
      }
      onTestFinished(close)
      return { ...fleet, gone, close }
    }

    /** An engine in a process of its own, which can be killed and frozen. */
    async function engineProcess(
      name: string,
    ): Promise<{ readonly child: ChildProcess; readonly said: string[]; readonly tell: (line: string) => void }> {
      const child = fork(
        await translated('test/fleet/engine-that-beats.ts', []),
        [url, name, `incarnation-${name}`, join(scratchFolder(), 'unused.db')],
        { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] },
      )
      const said: string[] = []
      child.stdout?.on('data', (text: Buffer) =>
        said.push(
          ...text
            .toString()
            .split('\n')
            .filter((line) => line !== ''),
        ),
      )
      onTestFinished(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill('SIGKILL')
        await once(child, 'exit')
      })
      await expect.poll(() => said, { timeout: 20_000 }).toContain('ready')
      return { child, said, tell: (line) => child.stdin?.write(`${line}\n`) }
    }

    test('engines see each other come, and one that leaves is gone at once', async () => {
      const one = await engine('engine-1')
      const two = await engine('engine-2')
      await expect
        .poll(() => [names(one), names(two)])
        .toEqual([
          ['engine-1', 'engine-2'],
          ['engine-1', 'engine-2'],
        ])
      await two.close()
      await expect.poll(() => one.gone).toMatchObject([{ name: 'engine-2', incarnation: 'incarnation-engine-2', how: 'left' }])
      expect(names(one)).toEqual(['engine-1'])
      // An engine that comes later is told as well, and so is a listener that is added later.
      const three = await engine('engine-3')
      await expect.poll(() => three.gone.map(({ name }) => name)).toEqual(['engine-2'])
      const late: string[] = []
      one.presence.onGone(({ name }) => late.push(name))
      await expect.poll(() => late).toEqual(['engine-2'])
    })

    test('one that is killed is gone for each of the others when its lease is over, and not before', async () => {
      const [one, two] = [await engine('engine-1'), await engine('engine-2')]
      const { child } = await engineProcess('engine-3')
      await expect.poll(() => [...names(one), ...names(two)].filter((name) => name === 'engine-3')).toHaveLength(2)
      const killedAt = performance.now()
      child.kill('SIGKILL')
      await expect
        .poll(() => [one.gone, two.gone], { timeout: 30_000, interval: 20 })
        .toMatchObject([[{ name: 'engine-3', how: 'lapsed' }], [{ name: 'engine-3', how: 'lapsed' }]])
      expect(performance.now() - killedAt).toBeGreaterThan(1_500)
    })

    test('the same engine, started again, has replaced its last run', async () => {
      const one = await engine('engine-1')
      const { child } = await engineProcess('engine-2')
      await expect.poll(() => names(one)).toContain('engine-2')
      child.kill('SIGKILL')
      await once(child, 'exit')
      const again = await engine('engine-2', 'another')
      for (const fleet of [one, again])
        await expect.poll(() => fleet.gone).toMatchObject([{ incarnation: 'incarnation-engine-2', how: 'replaced' }])
      await expect.poll(() => one.presence.engines().map(({ incarnation }) => incarnation)).toEqual(['incarnation-engine-1', 'another'])
    })

    test('one that was frozen and wakes up is uncertain first, then lost, and none of its facts is written', async () => {
      const one = await engine('engine-1')
      const { child, said, tell } = await engineProcess('engine-2')
      tell('before')
      await expect.poll(() => said).toContain('kept before')
      child.kill('SIGSTOP')
      await expect.poll(() => one.gone, { timeout: 30_000 }).toMatchObject([{ name: 'engine-2', how: 'lapsed' }])
      tell('after')
      child.kill('SIGCONT')
      await expect.poll(() => said, { timeout: 30_000 }).toEqual(expect.arrayContaining(['lost', 'not kept after', 'refused']))
      expect(said).not.toContain('kept after')
      expect(said).not.toContain('certain')
      expect((await postgres.by(url, 'select call_id from call_events')).map(({ call_id: callId }) => callId)).toEqual(['before'])
    })

    test('one that starts has time: only once it has begun, silence ends its run', async () => {
      const one = await engine('engine-1')
      const two = await engine('engine-2', 'incarnation-engine-2', false)
      await expect.poll(() => names(one)).toContain('engine-2')
      // Longer than a lease.
      await wait(4_000)
      expect(one.gone).toEqual([])
      expect(two.presence.lost).toBe(false)
      expect(await postgres.by(url, 'select incarnation from engine_beats')).toEqual([{ incarnation: 'incarnation-engine-1' }])
      await two.presence.begin()
      expect(await postgres.by(url, 'select incarnation from engine_beats order by 1')).toEqual([
        { incarnation: 'incarnation-engine-1' },
        { incarnation: 'incarnation-engine-2' },
      ])
    })

    test('one that was frozen for less than its lease goes on', async () => {
      const one = await engine('engine-1')
      const { child, said, tell } = await engineProcess('engine-2')
      // A machine with other things to do may make two seconds of it.
      child.kill('SIGSTOP')
      await wait(300)
      child.kill('SIGCONT')
      tell('after')
      await expect.poll(() => said).toContain('kept after')
      await wait(1_500)
      expect(said).not.toContain('lost')
      expect(one.gone).toEqual([])
    })

    test('while the database is away, and when it comes back, nobody is gone', async () => {
      const [one, two] = [await engine('engine-1'), await engine('engine-2')]
      const { said } = await engineProcess('engine-3')
      await expect.poll(() => names(one)).toHaveLength(3)
      for (const [away, back] of [
        [() => postgres.stop('SIGQUIT'), () => postgres.run()],
        [() => Promise.resolve(postgres.signal('SIGSTOP')), () => Promise.resolve(postgres.signal('SIGCONT'))],
      ] as const) {
        await away()
        await wait(3_500)
        await back()
        await wait(3_500)
        for (const fleet of [one, two]) {
          expect(names(fleet)).toEqual(['engine-1', 'engine-2', 'engine-3'])
          expect(fleet.gone).toEqual([])
          expect(fleet.presence.certain).toBe(true)
        }
      }
      expect(said).not.toContain('lost')
    })

    test('a signal reaches every engine; after a loss of the connection all of them look', async () => {
      const [one, two] = [await engine('engine-1'), await engine('engine-2')]
      const heard: string[] = []
      one.signals.on('directory', (about) => heard.push(`one ${about ?? '?'}`))
      two.signals.on('directory', (about) => heard.push(`two ${about ?? '?'}`))
      one.signals.tell('directory', '17')
      await expect.poll(() => heard.toSorted()).toEqual(['one 17', 'two 17'])
      await wait(100)
      expect(heard).toHaveLength(2)
      heard.length = 0
      await postgres.stop('SIGQUIT')
      one.signals.tell('directory', '18')
      await postgres.run()
      // Told when the connection is back, or seen by looking again.
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual(expect.arrayContaining(['one 18', 'one ?', 'two ?']))
    })
  },
)
