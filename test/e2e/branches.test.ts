import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { branches, datagramBranches, type Branch } from './branches.js'
import { childrenOf, Engine } from './engine.js'
import { freePort } from './free-ports.js'
import { ProcessorWatch } from './processor-watch.js'
import { Sipp, type SippOptions } from './sipp.js'
import { world, type TestLine, type TestPractice } from './world.js'

/** Where one playing of a branch takes place. */
interface Stage {
  /** What the caller dials. */
  readonly number: string
  readonly lineId: string
  readonly ports: readonly number[]
}

interface Staged {
  readonly branch: Branch
  /** A stage for each time that it may have to be played. */
  readonly stages: readonly Stage[]
}

/** A branch is played again, so often in all, if the machine kept the engine or a phone from running while it was played. */
const takes = 3

/** Gives every branch a line, a number and ports of its own, so that they can run side by side on one engine. */
async function stage(
  list: readonly Branch[],
  transport: 'udp' | 'tcp',
): Promise<{ readonly directory: string; readonly staged: readonly Staged[] }> {
  const lines: TestLine[] = []
  const practices: TestPractice[] = [{ id: 'riverside', dialIn: '7001' }]
  const staged: Staged[] = []
  const address = (port: number) => `sip:ward@127.0.0.1:${port}${transport === 'tcp' ? ';transport=tcp' : ''}`
  for (const [index, branch] of list.entries()) {
    const stages: Stage[] = []
    for (let take = 0; take < takes; take++) {
      const lineId = `line-${index}-${take}`
      const ports = await Promise.all([...branch.rota, ...(branch.ncn ?? [])].map(freePort))
      const rota = ports.slice(0, branch.rota.length).map(address)
      const ncn = ports.slice(branch.rota.length).map(address)
      const number = String(4_000 + take * 200 + index)
      if (branch.menu) {
        const area = `area-${index}-${take}`
        practices.push({ id: `practice-${index}-${take}`, dialIn: number, area })
        lines.push(
          { id: lineId, code: '21', rota, access: { areas: [area] }, ...branch.line },
          { id: `${lineId}-other`, code: '22', rota: [], access: { areas: [area] } },
        )
      } else lines.push({ id: lineId, code: number, number, rota, access: 'nobody', ...(ncn.length === 0 ? {} : { ncn }), ...branch.line })
      stages.push({ number, lineId, ports })
    }
    staged.push({ branch, stages })
  }
  return { directory: world(lines, practices), staged }
}

/** @throws what went wrong in a playing in which every program could run */
async function playUndisturbed(engine: Engine, { branch, stages }: Staged, options: SippOptions): Promise<void> {
  for (const [take, stage] of stages.entries()) {
    const watch = new ProcessorWatch(() => [...engine.children(), engine.child.pid ?? -1, ...childrenOf(process.pid)])
    try {
      await play(engine, branch, stage, options)
      return
    } catch (error) {
      watch.stop()
      if (!watch.starved || take === stages.length - 1) throw error
      console.log(
        `${branch.name}: played again; a program was ready to run and kept waiting for ${Math.round(watch.longestMs)} ms of a second`,
      )
    } finally {
      watch.stop()
    }
  }
}

async function play(engine: Engine, branch: Branch, { number, lineId, ports }: Stage, options: SippOptions): Promise<void> {
  const phones = await Promise.all(
    [...branch.rota, ...(branch.ncn ?? [])].map(async (phone, place) =>
      phone === undefined ? undefined : Sipp.specialist(phone[0], { ...options, holdMs: phone[1] ?? 1_000, port: ports[place] ?? 0 }),
    ),
  )
  try {
    const caller = await Sipp.caller(branch.caller[0], engine.sip, number, { ...options, holdMs: branch.caller[1] ?? 1_000 })
    await caller.passed()
    const call = await engine.callTo(number, (one) => one.ending !== undefined, 45_000)
    const endings = typeof branch.ending === 'string' ? [branch.ending] : branch.ending
    const whole = JSON.stringify(call, null, 1)
    expect(endings, whole).toContain(call.ending)
    expect(call.line ?? lineId).toBe(lineId)
    // A caller who gives up at once may be gone before anybody is rung.
    if (branch.caller[0] !== 'cancel')
      expect(
        call.attempts.map((attempt) => attempt.result),
        whole,
      ).toEqual(branch.attempts)
    branch.check?.(call)
    for (const [place, phone] of phones.entries()) {
      const rung = call.attempts.some((attempt) =>
        attempt.label.endsWith(` ${place < branch.rota.length ? `phone ${place + 1}` : `national ${place - branch.rota.length + 1}`}`),
      )
      if (phone && rung) await phone.passed()
    }
  } finally {
    await Promise.all(phones.map(async (phone) => phone?.stop()))
  }
}

/** Runs all of them, `width` at a time. @returns for each what came of it */
function together<T>(width: number, jobs: readonly (() => Promise<T>)[]): readonly Promise<T>[] {
  const gate: (() => void)[] = []
  let free = width
  return jobs.map(async (job) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => gate.push(resolve))
    try {
      return await job()
    } finally {
      const next = gate.shift()
      if (next) next()
      else free++
    }
  })
}

/** Calls that go on side by side on the one engine. */
const width = 8

for (const transport of ['udp', 'tcp'] as const) {
  describe(`every way that a call can go, over ${transport.toUpperCase()}`, { timeout: 240_000 }, () => {
    const list = transport === 'udp' ? [...branches, ...datagramBranches] : branches
    let engine: Engine
    let played: readonly Promise<void>[]
    beforeAll(async () => {
      const { directory, staged } = await stage(list, transport)
      engine = await Engine.start({ directory })
      played = together(
        width,
        staged.map((one) => () => playUndisturbed(engine, one, { transport })),
      )
      // Each failure is told by the test that waits for it.
      for (const one of played) one.catch(() => undefined)
    })
    afterAll(async () => {
      await Promise.allSettled(played)
      try {
        await engine.stop()
      } finally {
        await engine.dispose()
      }
    })
    for (const [index, branch] of list.entries()) it(branch.name, () => played[index])
  })
}
