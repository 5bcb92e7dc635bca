import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { engine } from '../../src/facts/actor.js'
import { openStore, type Store } from '../../src/store/store.js'
import { DirectoryInForce } from '../../src/versions/directory-in-force.js'
import { smallDirectory } from '../contract/directory-contract.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { translated } from '../keeping/translated.js'
import { noPostgres, Postgres } from '../kit/postgres.js'

describe.skipIf(noPostgres !== undefined)(
  `a version of the directory whose engine is killed${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 120_000 },
  () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await Postgres.start()
    }, 120_000)
    afterAll(() => postgres.close())

    async function opened(url: string, node: string): Promise<{ readonly store: Store; readonly inForce: DirectoryInForce }> {
      const store = await openStore({ file: join(scratchFolder(), 'unused.db'), postgres: { url }, node, alarms: new AlarmBoard() })
      const inForce = await DirectoryInForce.open(store.directory)
      onTestFinished(async () => {
        await inForce.close()
        await store.close()
      })
      return { store, inForce }
    }

    test('between its writing and the moment in which others are told is in force in all of them, and in the next run of its own', async () => {
      const url = await postgres.database()
      const [one, two] = [await opened(url, 'engine-1'), await opened(url, 'engine-2')]
      await one.store.directory.add({ from: undefined, to: smallDirectory({ one: 1 }, { one: 'dr-a' }), actor: engine, source: 'file' })
      const blurbOf = ({ inForce }: { readonly inForce: DirectoryInForce }) => inForce.current().directory.lines.get('one')?.blurb
      await expect.poll(() => two.inForce.current().directory.lines.size).toBe(1)
      const program = await translated('test/fleet/engine-that-changes.ts', [])
      for (const blurb of ['in the morning', 'at noon', 'at night']) {
        const child = fork(program, [url, 'engine-3', blurb, join(scratchFolder(), 'unused.db')], {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        })
        const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
        expect([code, signal]).toEqual([null, 'SIGKILL'])
        for (const each of [one, two]) await expect.poll(() => blurbOf(each)).toBe(blurb)
      }
      expect(blurbOf(await opened(url, 'engine-3'))).toBe('at night')
      expect((await one.store.directory.inForce())?.version).toBe(4)
    })
  },
)
