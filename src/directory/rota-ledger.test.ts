import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Directory } from './model.js'
import { parseDirectory } from './parse-directory.js'
import { plannedAt } from './rota-history.js'
import { openRotaLedger, readRotaHistory } from './rota-ledger.js'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-ledger-'))
  file = join(folder, 'rota-history.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

function directory(one: string, two: string | undefined): Directory {
  const line = (id: string, code: number) => `  ${id}: { trust: t, name: ${id}, code: ${code}, hours: always, access: nobody }\n`
  const rota = (id: string, who: string) => `  ${id}: { pattern: [{ session: Day, days: mon-sun, time: 00:00-24:00, entries: [${who}] }] }\n`
  const parsed = parseDirectory(
    `areas: { a: { name: A } }\norganisations: { t: { kind: trust, name: T, area: a } }\nclinicians:\n  dr-a: { name: Dr A, role: x, numbers: 01632 960001 }\n  dr-b: { name: Dr B, role: x, numbers: 01632 960002 }\n` +
      `lines:\n${line('one', 1)}${two === undefined ? '' : line('two', 2)}rotas:\n${rota('one', one)}${two === undefined ? '' : rota('two', two)}`,
    'x',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}

describe('the rotas’ history on disk', () => {
  it('gets a version for every rota that changed, and none for the others', async () => {
    const ledger = await openRotaLedger(file)
    expect(await ledger.record(directory('dr-a', 'dr-a'), 1_000)).toEqual(['one', 'two'])
    expect(await ledger.record(directory('dr-a', 'dr-a'), 2_000)).toEqual([])
    expect(await ledger.record(directory('dr-b', 'dr-a'), 3_000)).toEqual(['one'])
    const history = await ledger.history('one')
    expect(history.map((version) => [version.validFrom, version.names])).toEqual([[1_000, { 'dr-a': 'Dr A' }], [3_000, { 'dr-b': 'Dr B' }]])
    expect(plannedAt(history, 2_999)?.entries).toEqual([{ kind: 'clinician', clinician: 'dr-a' }])
    expect(plannedAt(history, 3_000)?.entries).toEqual([{ kind: 'clinician', clinician: 'dr-b' }])
    expect(plannedAt(history, 999)).toBeUndefined()
    await ledger.close()
  })

  it('is all there after a restart, and goes on where it was', async () => {
    const first = await openRotaLedger(file)
    await first.record(directory('dr-a', 'dr-b'), 1_000)
    await first.close()
    const before = await readFile(file)
    const second = await openRotaLedger(file)
    expect(await second.record(directory('dr-a', 'dr-b'), 2_000)).toEqual([])
    expect(await second.record(directory('dr-a', 'dr-a'), 3_000)).toEqual(['two'])
    expect((await second.history('two')).map((version) => version.validFrom)).toEqual([1_000, 3_000])
    await second.close()
    expect((await readFile(file)).subarray(0, before.length).equals(before)).toBe(true)
  })

  it('says that nobody is on any more for a line that has left the directory, and takes it up again when it returns', async () => {
    const ledger = await openRotaLedger(file)
    await ledger.record(directory('dr-a', 'dr-b'), 1_000)
    expect(await ledger.record(directory('dr-a', undefined), 2_000)).toEqual(['two'])
    expect(await ledger.record(directory('dr-a', undefined), 3_000)).toEqual([])
    expect(await ledger.record(directory('dr-a', 'dr-b'), 4_000)).toEqual(['two'])
    const history = await ledger.history('two')
    expect([1_500, 2_500, 4_500].map((now) => plannedAt(history, now)?.entries.length)).toEqual([1, 0, 1])
    await ledger.close()
  })

  it('drops a last line that a crash cut short', async () => {
    const ledger = await openRotaLedger(file)
    await ledger.record(directory('dr-a', 'dr-b'), 1_000)
    await ledger.close()
    const whole = await readFile(file, 'utf8')
    await appendFile(file, whole.slice(0, 40))
    const again = await openRotaLedger(file)
    expect(await readFile(file, 'utf8')).toBe(whole)
    expect(await again.record(directory('dr-b', 'dr-b'), 2_000)).toEqual(['one'])
    await again.close()
  })

  it('is not written to when it is damaged in the middle', async () => {
    await writeFile(file, 'not a version\n{}\n')
    await expect(openRotaLedger(file)).rejects.toThrow('damaged at byte 0')
    expect(await readFile(file, 'utf8')).toBe('not a version\n{}\n')
  })

  it('does not reach back when the clock was set back', async () => {
    const ledger = await openRotaLedger(file)
    await ledger.record(directory('dr-a', 'dr-b'), 5_000)
    await ledger.record(directory('dr-b', 'dr-b'), 4_000)
    expect((await ledger.history('one')).map((version) => version.validFrom)).toEqual([5_000, 5_000])
    await ledger.close()
  })

  it('keeps the order of rounds that are asked for at once', async () => {
    const ledger = await openRotaLedger(file)
    const rounds = await Promise.all([ledger.record(directory('dr-a', 'dr-a'), 1), ledger.record(directory('dr-b', 'dr-a'), 2), ledger.record(directory('dr-a', 'dr-a'), 3)])
    expect(rounds).toEqual([['one', 'two'], ['one'], ['one']])
    expect((await ledger.history('one')).map((version) => version.validFrom)).toEqual([1, 2, 3])
    await ledger.close()
  })

  it('is read beside an engine that writes it, and never changed by that', async () => {
    expect(await readRotaHistory(file, 'one')).toEqual([])
    const ledger = await openRotaLedger(file)
    await ledger.record(directory('dr-a', 'dr-b'), 1_000)
    await ledger.record(directory('dr-b', 'dr-b'), 2_000)
    await appendFile(file, '{"validFrom": 3000, "rota"')
    const before = await readFile(file, 'utf8')
    expect(await readRotaHistory(file, 'one')).toEqual(await ledger.history('one'))
    expect((await readRotaHistory(file, 'two')).map((version) => version.validFrom)).toEqual([1_000])
    expect(await readFile(file, 'utf8')).toBe(before)
    await ledger.close()
    await writeFile(file, `${before}\n`)
    await expect(readRotaHistory(file, 'one')).rejects.toThrow('rota-history.jsonl:4: the rota history is damaged')
  })
})
