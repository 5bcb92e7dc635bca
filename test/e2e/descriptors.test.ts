import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Engine } from './engine.js'
import { world } from './world.js'

const prlimit = '/usr/bin/prlimit'
const good = world([{ id: 'cardiology', code: '21', number: '4000', rota: [] }])

describe.runIf(process.platform === 'linux' && existsSync(prlimit))('file descriptors', { timeout: 60_000 }, () => {
  let engine: Engine | undefined
  afterEach(async () => {
    await engine?.dispose()
    engine = undefined
  })

  function setLimit(pid: number, limit: number): void {
    execFileSync(prlimit, [`--nofile=${limit}:`, '--pid', String(pid)])
  }

  async function missing(running: Engine): Promise<string> {
    const answer = await running.get('/readyz')
    const { ready, missing: parts } = (await answer.json()) as { readonly ready: boolean; readonly missing: readonly string[] }
    expect(answer.status).toBe(ready ? 200 : 503)
    return parts.filter((part) => part.startsWith('descriptors')).join()
  }

  it.each(['the engine', 'the embedded switch'] as const)(
    '%s has few left: /readyz and an alarm say so until there are enough again',
    async (who) => {
      engine = await Engine.start({ directory: good })
      const pid = who === 'the engine' ? (engine.child.pid ?? 0) : (engine.childThatRuns('embedded') ?? 0)
      expect(await missing(engine)).toBe('')
      setLimit(pid, readdirSync(`/proc/${pid}/fd`).length + 5)
      expect(await missing(engine)).toMatch(
        new RegExp(`^descriptors: ${who} has \\d+ of \\d+ file descriptors in use: new calls and connections fail`),
      )
      expect(engine.log).toContain('descriptors.runningOut')
      setLimit(pid, 4_096)
      expect(await missing(engine)).toBe('')
    },
  )
})
