import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { sections } from '../../src/directory/entities.js'
import type { Directory } from '../../src/directory/model.js'
import { parseDirectory } from '../../src/directory/parse-directory.js'
import { plannedAt, type RotaVersion } from '../../src/directory/rota-history.js'
import { staff } from '../../src/facts/actor.js'
import { openStore, type Store } from '../../src/store/store.js'
import { arbitraryDirectory } from '../kit/directory-arbitraries.js'
import type { Ground, StorePlace } from './store-contract.js'

const people =
  'clinicians:\n  dr-a: { name: Dr A, role: x, numbers: 01632 960001 }\n  dr-b: { name: Dr B, role: x, numbers: 01632 960002 }\n'
const line = (id: string, code: number, more = '') =>
  `  ${id}: { trust: t, name: ${id}, code: ${code}, hours: always, access: nobody${more} }\n`
const rota = (id: string, who: string) => `  ${id}: { pattern: [{ session: Day, days: mon-sun, time: 00:00-24:00, entries: [${who}] }] }\n`

/** @param lines with their codes, in the order of the menu. @param rotas who is on */
export function smallDirectory(
  lines: Readonly<Record<string, number>>,
  rotas: Readonly<Record<string, string>>,
  others = people,
): Directory {
  const parsed = parseDirectory(
    `areas: { a: { name: A } }\norganisations: { t: { kind: trust, name: T, area: a } }\n${others}lines:\n${Object.entries(lines)
      .map(([id, code]) => line(id, code))
      .join('')}rotas:\n${Object.entries(rotas)
      .map(([id, who]) => rota(id, who))
      .join('')}`,
    'x',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}

const both = { one: 1, two: 2 }
const first = smallDirectory(both, { one: 'dr-a', two: 'dr-a' })

async function opened(place: StorePlace, now: () => number = Date.now): Promise<Store> {
  const store = await openStore({ ...place.settings, alarms: new AlarmBoard(), now })
  onTestFinished(() => store.close())
  return store
}

/** Makes one version after the other, a second apart, from 1000 ms. */
async function filled(place: StorePlace, directories: readonly Directory[]): Promise<Store> {
  let now = 0
  const store = await opened(place, () => now)
  for (const to of directories) {
    now += 1_000
    expect(
      await store.directory.add({
        from: await store.directory.inForce(),
        to,
        actor: { kind: 'staff', id: 'sam' },
        source: 'command',
        why: 'a test',
      }),
    ).toMatchObject({ kind: 'added' })
  }
  return store
}

/** What every store does with the directory, whichever database it is in. */
export function directoryContract(ground: Ground): void {
  test('what was put in comes out again, in its order, at every version and after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryDirectory, { minLength: 1, maxLength: 4 }), async (directories) => {
        const place = await ground.fresh()
        const store = await openStore({ ...place.settings, alarms: new AlarmBoard() })
        const versions: number[] = []
        for (const to of directories) {
          await store.directory.add({ from: await store.directory.inForce(), to, actor: staff, source: 'api' })
          versions.push(await store.directory.newest())
        }
        await store.close()
        const again = await openStore({ ...place.settings, alarms: new AlarmBoard() })
        try {
          const now = (await again.directory.inForce())!
          for (const [index, directory] of directories.entries()) {
            const then = await again.directory.asOf(versions[index]!, now)
            expect(then).toEqual(directory)
            for (const section of sections) expect([...then[section].keys()]).toEqual([...directory[section].keys()])
          }
          expect((await again.directory.upToDate({ version: versions[0]!, directory: directories[0]! })).directory).toEqual(now.directory)
        } finally {
          await again.close()
        }
      }),
      { numRuns: 8 },
    )
  }, 120_000)

  test('versions are told with who, when, why and how much, the newest first; the one in force at an instant is known', async () => {
    const store = await filled(await ground.fresh(), [
      first,
      smallDirectory(both, { one: 'dr-b', two: 'dr-a' }),
      smallDirectory({ one: 1 }, { one: 'dr-b' }),
    ])
    const versions = await store.directory.versions({ limit: 2 })
    expect(versions).toMatchObject([
      { version: 3, at: 3_000, actor: { kind: 'staff', id: 'sam' }, source: 'command', why: 'a test', changed: 2 },
      { version: 2, at: 2_000, changed: 1 },
    ])
    expect(await store.directory.versions({ limit: 2, before: 2 })).toMatchObject([{ version: 1, changed: 8 }])
    expect(await store.directory.versionAt(999)).toBeUndefined()
    expect(await Promise.all([1_000, 1_999, 2_000, 9_000].map(async (at) => (await store.directory.versionAt(at))?.version))).toEqual([
      1, 1, 2, 3,
    ])
    expect([...(await store.directory.asOf(1)).lines.keys()]).toEqual(['one', 'two'])
    expect([...(await store.directory.asOf(3)).lines.keys()]).toEqual(['one'])
  })

  test('the difference of two versions has what they differ in, and nothing else', async () => {
    const store = await filled(await ground.fresh(), [
      first,
      smallDirectory(both, { one: 'dr-b', two: 'dr-a' }),
      smallDirectory({ two: 2, one: 1 }, { one: 'dr-b', two: 'dr-a' }),
      smallDirectory({ two: 2 }, { two: 'dr-a' }),
    ])
    const { before, after } = await store.directory.between(1, 4)
    expect([before.rotas.get('one')?.pattern[0]?.entries, after.rotas.get('one')]).toEqual([
      [{ kind: 'clinician', clinician: 'dr-a' }],
      undefined,
    ])
    expect([before.clinicians.size, after.clinicians.size, before.rotas.size]).toEqual([0, 0, 1])
    const back = await store.directory.between(4, 1)
    expect([back.before, back.after]).toEqual([after, before])
    expect((await store.directory.between(2, 2)).before.rotas.size).toBe(0)
  })

  test('nothing that differs makes no version; who was second makes none either, and loses nothing', async () => {
    const store = await filled(await ground.fresh(), [first])
    const from = (await store.directory.inForce())!
    expect(await store.directory.add({ from, to: first, actor: staff, source: 'api' })).toEqual({ kind: 'same' })
    const changes = [smallDirectory(both, { one: 'dr-b', two: 'dr-a' }), smallDirectory(both, { one: 'dr-a', two: 'dr-b' })]
    const kinds = (await Promise.all(changes.map((to) => store.directory.add({ from, to, actor: staff, source: 'api' })))).map(
      ({ kind }) => kind,
    )
    expect(kinds).toEqual(['added', 'raced'])
    const now = (await store.directory.inForce())!
    expect(now).toMatchObject({ version: 2 })
    expect(now.directory.rotas).toEqual(changes[0]!.rotas)
  })

  test('a change of one entry writes one row', async () => {
    const place = await ground.fresh()
    const store = await filled(place, [first, smallDirectory(both, { one: 'dr-a', two: 'dr-b' })])
    expect((await store.directory.between(1, 2)).after.rotas.size).toBe(1)
    expect((await store.directory.versions({ limit: 1 }))[0]).toMatchObject({ changed: 1 })
  })

  test('what a file said when it was applied is known, whatever others had changed before and change later', async () => {
    const place = await ground.fresh()
    const others = smallDirectory({ two: 2, three: 3, one: 1 }, { one: 'dr-b', two: 'dr-b' }, people.replace('Dr B', 'Dr Bee'))
    const store = await filled(place, [others])
    const file = { file: '/etc/directory.yaml', sha256: 'aa', directory: first }
    // Not everything of the file came into force.
    const inForce = (await store.directory.inForce())!
    expect(
      await store.directory.add({
        from: inForce,
        to: smallDirectory({ two: 2, three: 3, one: 1 }, { one: 'dr-a', two: 'dr-b' }, people.replace('Dr B', 'Dr Bee')),
        actor: staff,
        source: 'file',
        file,
      }),
    ).toMatchObject({ kind: 'added', version: { version: 2, source: 'file' } })
    expect(await store.directory.appliedFile(file.file)).toMatchObject({ version: 2, sha256: 'aa' })
    expect([await store.directory.wasApplied('aa'), await store.directory.wasApplied('bb')]).toEqual([true, false])
    const again = async () => {
      const now = (await store.directory.inForce())!
      const applied = (await store.directory.appliedFile(file.file))!
      return store.directory.fileAsApplied(file.file, applied.version, now)
    }
    const asFirst = async () => {
      const said = await again()
      expect(said).toEqual(first)
      expect([...said.lines.keys()]).toEqual(['one', 'two'])
    }
    await asFirst()
    await store.directory.add({
      from: await store.directory.inForce(),
      to: smallDirectory({ three: 3 }, { three: 'dr-a' }),
      actor: staff,
      source: 'api',
    })
    await asFirst()
    // The same file once more, now that it changes nothing: it is kept without a version.
    const now = (await store.directory.inForce())!
    expect(
      await store.directory.add({
        from: now,
        to: now.directory,
        actor: staff,
        source: 'file',
        file: { ...file, sha256: 'bb', directory: now.directory },
      }),
    ).toEqual({ kind: 'same' })
    expect(await again()).toEqual(now.directory)
    expect(await store.directory.appliedFile(file.file)).toMatchObject({ version: 3, sha256: 'bb' })
  })

  test('what was planned for an instant is what the rota said then, before and since it is kept here', async () => {
    const place = await ground.fresh()
    const store = await filled(place, [
      first,
      smallDirectory(both, { one: 'dr-b', two: 'dr-a' }, people.replace('Dr B', 'Dr Bee')),
      smallDirectory({ two: 2 }, { two: 'dr-a' }, people),
      smallDirectory(both, { one: 'dr-a', two: 'dr-a' }),
    ])
    const earlier: readonly RotaVersion[] = [
      { validFrom: 100, timeZone: 'Europe/London', names: { 'dr-x': 'Dr X' }, rota: { line: 'one', pattern: [], changes: [] } },
      { validFrom: 200, timeZone: 'Europe/London', names: { 'dr-a': 'Dr A' }, rota: first.rotas.get('one')! },
    ]
    await store.directory.keepEarlierRotas(earlier)
    await store.directory.keepEarlierRotas(earlier)
    const history = await store.directory.rotaHistory('one')
    expect(history.map(({ validFrom, names }) => [validFrom, names])).toEqual([
      [100, { 'dr-x': 'Dr X' }],
      [200, { 'dr-a': 'Dr A' }],
      [2_000, { 'dr-b': 'Dr Bee' }],
      [3_000, {}],
      [4_000, { 'dr-a': 'Dr A' }],
    ])
    const on = (at: number) => plannedAt(history, at)?.entries.map((entry) => (entry.kind === 'clinician' ? entry.clinician : entry.label))
    expect([99, 150, 1_500, 2_500, 3_500, 4_500].map(on)).toEqual([undefined, [], ['dr-a'], ['dr-b'], [], ['dr-a']])
    expect((await store.directory.rotaHistory('two')).map(({ validFrom }) => validFrom)).toEqual([1_000])
    expect(await store.directory.rotaHistory('nothing')).toEqual([])
  })

  test('a clock that was set back does not reach behind the version before', async () => {
    let now = 5_000
    const store = await opened(await ground.fresh(), () => now)
    await store.directory.add({ from: undefined, to: first, actor: staff, source: 'file' })
    now = 1_000
    await store.directory.add({
      from: await store.directory.inForce(),
      to: smallDirectory({ one: 1 }, { one: 'dr-a' }),
      actor: staff,
      source: 'file',
    })
    expect((await store.directory.versions({ limit: 2 })).map(({ at }) => at)).toEqual([5_000, 5_000])
    expect(await store.directory.versionAt(5_000)).toMatchObject({ version: 2 })
  })

  test('the database itself refuses to change or delete what was', async () => {
    const place = await ground.fresh()
    const store = await filled(place, [first, smallDirectory({ one: 1 }, { one: 'dr-a' })])
    await store.directory.keepEarlierRotas([{ validFrom: 1, timeZone: 'UTC', names: {}, rota: { line: 'one', pattern: [], changes: [] } }])
    for (const statement of [
      "update directory_versions set why = 'another'",
      'delete from directory_versions',
      "update directory_entities set data = '{}' where section = 'lines' and id = 'one'",
      "update directory_entities set data = '{}', to_version = 3 where section = 'lines' and id = 'one'",
      "update directory_entities set to_version = 9 where section = 'lines' and id = 'two'",
      "update directory_entities set to_version = null where section = 'lines' and id = 'two'",
      'delete from directory_entities',
      "update earlier_rotas set data = '{}'",
      'delete from earlier_rotas',
    ])
      await expect(place.byHand(statement), statement).rejects.toThrow(/append-only/)
  })
}
