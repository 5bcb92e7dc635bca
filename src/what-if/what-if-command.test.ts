import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryText, makeHistory, rotaText, type Person } from '../../test/what-if/made-history.js'
import { whatIfCommand } from './what-if-command.js'

const [slow, fair, quick, newcomer] = ['+447700900101', '+447700900102', '+447700900103', '+447700900104'] as const
const people: Readonly<Record<string, Person>> = {
  [slow]: { answers: (hour) => (hour < 12 ? 0.5 : 0.25), seconds: [8, 30], accepts: 0.7, hangsUp: 0.1, busy: 0.2 },
  [fair]: { answers: () => 0.6, seconds: [5, 25], accepts: 0.8, hangsUp: 0.05, busy: 0.3 },
  [quick]: { answers: (hour) => (hour < 16 ? 0.95 : 0.8), seconds: [2, 8], accepts: 0.95, hangsUp: 0, busy: 0.5 },
}
const march = Date.UTC(2026, 2, 2)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-what-if-'))
  await makeHistory(folder, { people, rota: [slow, fair, quick], calls: 400, firstDay: march, days: 28, seed: 5, impatient: 0.15 })
  await writeFile(join(folder, 'directory.yaml'), directoryText([slow, fair, quick]))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(...args: string[]) {
  const out: string[] = []
  const errors: string[] = []
  const code = await whatIfCommand(args, {
    places: () => ({ directoryFile: join(folder, 'directory.yaml'), databaseFile: join(folder, 'ringround.db'), rotaHistoryFile: join(folder, 'rota-history.jsonl') }),
    out: (text) => out.push(text),
    error: (text) => errors.push(text),
    now: Date.UTC(2026, 5, 1),
  })
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

const march2026 = ['--line', 'cardiology', '--from', '2026-03-01', '--to', '2026-03-31'] as const
describe('x', () => {
  it('y', async () => {
    await writeFile(join(folder, 'better.yaml'), rotaText([quick, fair, slow, newcomer]))
    const t = Date.now()
    const r = await run(...march2026, '--rota', join(folder, 'better.yaml'), '--ring-seconds', '15', '--runs', '50')
    console.log(r.out, r.errors, Date.now() - t)
  }, 200_000)
})
