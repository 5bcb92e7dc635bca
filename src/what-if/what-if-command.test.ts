import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryText, makeHistory, rotaText, type Person } from '../../test/what-if/made-history.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { keptDirectory } from '../store/kept-directory.js'
import { openForWriting } from '../store/sqlite/open.js'
import type { Check } from './compare.js'
import type { Estimate } from './figures.js'
import { whatIfCommand } from './what-if-command.js'

const [slow, fair, quick, newcomer] = ['+447700900101', '+447700900102', '+447700900103', '+447700900104'] as const
/** Their behaviour, hour by hour: the replay has to find it from the calls. */
const people: Readonly<Record<string, Person>> = {
  [slow]: { answers: (hour) => (hour < 12 ? 0.5 : 0.25), seconds: [8, 30], accepts: 0.7, hangsUp: 0.1, busy: 0.2 },
  [fair]: { answers: () => 0.6, seconds: [5, 25], accepts: 0.8, hangsUp: 0.05, busy: 0.3 },
  [quick]: { answers: (hour) => (hour < 16 ? 0.95 : 0.8), seconds: [2, 8], accepts: 0.95, hangsUp: 0, busy: 0.5 },
}
const march = Date.UTC(2026, 2, 2)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-what-if-'))
  await makeHistory(folder, { people, rota: [slow, fair, quick], calls: 200, firstDay: march, days: 28, seed: 5, impatient: 0.3 })
  await writeFile(join(folder, 'directory.yaml'), directoryText([slow, fair, quick]))
  await writeFile(join(folder, 'quick-first.yaml'), rotaText([quick, fair, slow]))
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

async function run(
  args: readonly string[],
  files: { readonly directory?: string; readonly database?: string; readonly history?: string } = {},
): Promise<Ran> {
  const out: string[] = []
  const errors: string[] = []
  const code = await whatIfCommand(args, {
    places: () => ({
      directoryFile: join(folder, files.directory ?? 'directory.yaml'),
      databaseFile: join(folder, files.database ?? 'ringround.db'),
    }),
    out: (text) => out.push(text),
    error: (text) => errors.push(text),
    now: Date.UTC(2026, 5, 1),
  })
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

const inMarch = ['--line', 'cardiology', '--from', '2026-03-01', '--to', '2026-03-31'] as const
const inOneWeek = ['--line', 'cardiology', '--from', '2026-03-02', '--to', '2026-03-06', '--runs', '10'] as const

interface Figures {
  readonly overall: Readonly<
    Record<'recorded' | 'asItWas' | 'changed' | 'difference', Readonly<Record<'meanWait' | 'answerRate' | 'refs', Estimate>>>
  > & { readonly calls: number }
  readonly byHour: readonly { readonly hour: number }[]
  readonly check: Check
}
const figures = ({ out }: Ran) => JSON.parse(out) as Figures

describe('npm run what-if', () => {
  it('reproduces the record when it replays the policy in force, and says so', async () => {
    const ran = await run([...inMarch, '--runs', '10', '--json'])
    const { overall, byHour, check } = figures(ran)
    expect(overall.calls).toBe(200)
    // One of five figures, and one of twenty of single hours, lies outside by chance.
    expect(check.reproduced).toBe(true)
    expect(Object.values(check.figures)).toHaveLength(5)
    expect(Object.values(check.figures).filter((agreement) => agreement === 'within').length).toBeGreaterThanOrEqual(4)
    const { within, near, apart } = check.hours
    expect(within / (within + near + apart)).toBeGreaterThan(0.85)
    expect(byHour.map(({ hour }) => hour)).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
  }, 60_000)

  it('finds callers connected sooner, and fewer people rung, when the best answerers are rung first', async () => {
    const ran = await run([...inMarch, '--runs', '10', '--rota', join(folder, 'quick-first.yaml'), '--json'])
    const { asItWas, changed, difference } = figures(ran).overall
    expect(changed.meanWait.interval.to).toBeLessThan(asItWas.meanWait.interval.from)
    expect(difference.meanWait.interval.to).toBeLessThan(-10)
    expect(difference.refs.interval.to).toBeLessThan(0)
    // Their behaviour is known: 95% answer within 8 s and accept 2 to 8 s later, so most calls take 10 s.
    expect(changed.meanWait.value).toBeGreaterThan(9)
    expect(changed.meanWait.value).toBeLessThan(18)
  }, 60_000)

  it('shows the columns side by side, the hours, the assumptions and the check', async () => {
    const { code, out, errors } = await run([...inOneWeek, '--rota', join(folder, 'quick-first.yaml'), '--ring-seconds', '15'])
    expect([code, errors]).toEqual([0, ''])
    expect(out).toMatch(
      /^What if: Cardiology \(cardiology\), 2026-03-02 to 2026-03-06: \d+ calls that reached the hunt\nChange: the rota of .*quick-first\.yaml; ring time-out 20 s -> 15 s\n10 replays, seed 1\./,
    )
    expect(out).toMatch(
      /\nall calls +recorded +replayed as it was +replayed with the change +difference made\nconnection time, mean \(s\) +[\d.]+ \[[\d.]+, [\d.]+\] +[\d.]+ \[/,
    )
    for (const title of [
      'connection time, mean (s)',
      'connection time, median (s)',
      'connection time, p90 (s)',
      'answer rate (%)',
      'refs, mean',
    ])
      expect(out).toContain(`By hour of the day: ${title}\nhour   calls`)
    expect(out).toMatch(/\n08:00 {2} +\d+ /)
    expect(out).toContain('What this rests on\n- The calls come when they came')
    expect(out).toMatch(/\nCheck: [^\n]+$/)
  }, 60_000)

  it('gives the same output, byte for byte, for the same seed, and another for another', async () => {
    const first = await run([...inOneWeek, '--ring-seconds', '12', '--seed', '3'])
    expect(await run([...inOneWeek, '--ring-seconds', '12', '--seed', '3'])).toEqual(first)
    expect((await run([...inOneWeek, '--ring-seconds', '12', '--seed', '4'])).out).not.toBe(first.out)
  }, 60_000)

  it('names people never rung, and what the time-outs cannot tell', async () => {
    await writeFile(join(folder, 'newcomer.yaml'), rotaText([newcomer, quick]))
    const { out } = await run([...inOneWeek, '--rota', join(folder, 'newcomer.yaml'), '--ring-seconds', '40', '--accept-seconds', '30'])
    expect(out).toMatch(/Never rung, so taken to behave like everybody on the line together: phone \+447700900104 \(accepts \d+%\)\./)
    expect(out).toContain('Nobody was ever rung for longer than 20.0 s: the replay has nobody answer after that')
    expect(out).toContain('Nobody was ever given longer than 15.0 s to accept')
  }, 60_000)

  it('says so when the assumed policy does not reproduce the record', async () => {
    await writeFile(join(folder, 'wrong.yaml'), directoryText([quick, fair, slow]))
    const { out } = await run([...inMarch, '--runs', '10'], { directory: 'wrong.yaml' })
    expect(out).toMatch(
      /Check: NOT REPRODUCED\. The replay as it was does not give the recorded figures: connection time, mean \(s\) is \d+\.\d+, recorded \d+\.\d+ \(/,
    )
  }, 60_000)

  it('takes the rota planned then from the rotas’ history', async () => {
    // Today's rota differs; the file does not count once the store has a version.
    await copyFile(join(folder, 'ringround.db'), join(folder, 'with-versions.db'))
    const database = await openForWriting(join(folder, 'with-versions.db'))
    let now = march - 1
    const kept = keptDirectory(database, database.db, 'engine-1', () => now)
    for (const rota of [
      [slow, fair, quick],
      [quick, fair, slow],
    ]) {
      const parsed = parseDirectory(directoryText(rota), 'x')
      if (parsed.ok) await kept.add({ from: await kept.inForce(), to: parsed.directory, actor: { kind: 'staff' }, source: 'file' })
      now = Date.UTC(2026, 4, 1)
    }
    await database.close()
    const { out } = await run([...inMarch, '--runs', '10'], { directory: 'none.yaml', database: 'with-versions.db' })
    expect(out).toContain('as the rota history has it for the moment of each call.')
    expect(out).toMatch(/Check: the replay as it was reproduces the recorded figures: [45] of 5 within their intervals/)
  }, 60_000)

  it('reads the ring time-out in force then off the calls, if the directory has changed', async () => {
    await writeFile(join(folder, 'other-ring.yaml'), directoryText([slow, fair, quick], 'ringSeconds: 45'))
    const { out } = await run(inOneWeek, { directory: 'other-ring.yaml' })
    expect(out).toContain('ring time-out 20 s, time to accept 15 s')
    expect(out).toContain('The ring time-out of 20 s is read off the recorded time-outs; the directory says otherwise today.')
  }, 60_000)
})

describe('an impossible request gives one clear line, and exit code 1', () => {
  it.each<readonly [string, readonly string[], RegExp]>([
    ['an option that there is not', [...inMarch, '--ring', '15'], /^Unknown option '--ring'/],
    [
      'a line that there is not',
      ['--line', 'gastro', '--from', '2026-03-01', '--to', '2026-03-31'],
      /^There is no line "gastro"\. The lines are cardiology\.$/,
    ],
    [
      'days without calls',
      ['--line', 'cardiology', '--from', '2025-03-01', '--to', '2025-03-31'],
      /^No call on cardiology reached the hunt from 2025-03-01 to 2025-03-31\. Name days on which there were calls\.$/,
    ],
    [
      'a day that is none',
      ['--line', 'cardiology', '--from', '2026-02-29', '--to', '2026-03-31'],
      /^--from is "2026-02-29", which is no date such as 2026-03-01\.$/,
    ],
    [
      'a rota file that is not there',
      [...inMarch, '--rota', '/nowhere/rota.yaml'],
      /^--rota \/nowhere\/rota\.yaml:1: there is no such file; expected: the path of a file that exists/,
    ],
  ])('%s', async (_name, args, message) => {
    const { code, out, errors } = await run(args)
    expect([code, out]).toEqual([1, ''])
    expect(errors).toMatch(message)
    expect(errors).not.toContain('\n')
  })

  it('an error in the rota file, with its line', async () => {
    await writeFile(join(folder, 'bad.yaml'), 'pattern:\n  - { session: Day, days: mon-sun, time: 00:00-24:00, entries: [dr-nobody] }\n')
    const { code, errors } = await run([...inMarch, '--rota', join(folder, 'bad.yaml')])
    expect([code, errors]).toEqual([1, expect.stringMatching(/bad\.yaml:2: there is no clinician "dr-nobody"; expected: /)])
  })

  it('no recorded calls at all, and no database file is made', async () => {
    const { code, errors } = await run(inMarch, { database: 'none.db' })
    expect([code, errors]).toEqual([1, expect.stringContaining('none.db is not there: no calls have been recorded.')])
    expect(existsSync(join(folder, 'none.db'))).toBe(false)
  })
})
