import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pause } from './engine.js'
import { figure } from './figure.js'
import type { PartResult } from './part.js'
import { spread } from './statistics.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const startWithinMs = 60_000
/** USER_HZ: what /proc/<pid>/stat counts in. */
const ticksPerSecond = 100

interface Start {
  /** From the command to the line that says it is ready, s. */
  readonly seconds: number
  /** CPU seconds of everything started by the command, until then. */
  readonly cpu: number
  /** The answer of `/readyz` at that moment. */
  readonly readyz: number
}

/** `npm start`, with the configuration of the repository, in an existing data folder. */
export async function start(options: { readonly times: number }, tell: (line: string) => void): Promise<PartResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-bench-'))
  try {
    tell('npm start, the first time')
    const first = await once(folder, ['npm', 'start'])
    tell(`npm start, ${options.times} times more`)
    const again: Start[] = []
    for (let n = 0; n < options.times; n++) again.push(await once(folder, ['npm', 'start']))
    tell('the same without npm')
    const bare: Start[] = []
    for (let n = 0; n < options.times; n++) bare.push(await once(folder, [process.execPath, join(root, 'scripts', 'start.mjs')]))
    const seconds = spread(again.map((one) => one.seconds))
    const cpu = spread(again.map((one) => one.cpu))
    const without = spread(bare.map((one) => one.seconds))
    const all = [first, ...again, ...bare]
    return {
      figures: [
        figure({
          name: 'npm start, the second time',
          unit: 's',
          scale: 'work',
          of: 'median',
          value: seconds.median,
          target: 1,
          spread: seconds,
          note: `the first time in a new data folder, everything built: ${first.seconds.toFixed(2)} s`,
        }),
        figure({
          name: 'npm start, the second time, CPU',
          unit: 's',
          scale: 'work',
          of: 'median',
          value: cpu.median,
          spread: cpu,
          note: 'npm itself included, until it is ready',
        }),
        figure({
          name: 'the same without npm',
          unit: 's',
          scale: 'work',
          of: 'median',
          value: without.median,
          spread: without,
          note: 'node scripts/start.mjs',
        }),
        figure({
          name: '/readyz is not true when "ready" is printed',
          unit: 'starts',
          of: `of ${all.length}`,
          value: all.filter(({ readyz }) => readyz !== 200).length,
          target: 0,
          note: [...new Set(all.map(({ readyz }) => readyz))].join(', '),
        }),
      ],
      details: { first, again, bare },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function once(folder: string, [program = '', ...args]: readonly string[]): Promise<Start> {
  mkdirSync(join(folder, 'recordings'), { recursive: true })
  const begun = performance.now()
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: npm does not pass on signals.
    detached: true,
    env: {
      ...process.env,
      RINGROUND_SIP_PORT: '0',
      RINGROUND_HTTP_PORT: '0',
      RINGROUND_DATA_FOLDER: join(folder, 'data'),
      RINGROUND_RECORDINGS_FOLDER: join(folder, 'recordings'),
    },
  })
  try {
    const { text, at } = await ready(child)
    const cpu = cpuBelow(child.pid ?? -1)
    const url = /(http:\/\/[\d.]+:\d+)/.exec(text)?.[1] ?? ''
    const readyz = await fetch(`${url}/readyz`).then(
      (response) => response.status,
      () => 0,
    )
    return { seconds: (at - begun) / 1_000, cpu, readyz }
  } finally {
    await end(child)
  }
}

/** Resolves as soon as the line is printed, with the address, which comes with it. */
function ready(child: ChildProcess): Promise<{ readonly text: string; readonly at: number }> {
  return new Promise((resolve, reject) => {
    let text = ''
    let at: number | undefined
    const timer = setTimeout(() => reject(new Error(`npm start did not come to its end:\n${text}`)), startWithinMs)
    const take = (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('Ringround is ready')) at ??= performance.now()
      if (at === undefined || !/http:\/\/[\d.]+:\d+/.test(text)) return
      clearTimeout(timer)
      resolve({ text, at })
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('exit', () => {
      clearTimeout(timer)
      reject(new Error(`npm start ended:\n${text}`))
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const all = below(child.pid)
  process.kill(-child.pid, 'SIGTERM')
  const hurry = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 10_000)
  await gone
  clearTimeout(hurry)
  // npm may end before the engine and its switch.
  for (let n = 0; n < 100 && all.some((pid) => fields(pid).length > 1); n++) await pause(50)
}

function fields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

/** This process and all its descendants. */
function below(pid: number): readonly number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parents = new Map(all.map((one) => [one, Number(fields(one)[1])]))
  const found = [pid]
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child)
  return found
}

/** utime, stime; and of those of their children that have ended: cutime, cstime. */
function cpuBelow(pid: number): number {
  return (
    below(pid).reduce(
      (sum, one) =>
        sum +
        fields(one)
          .slice(11, 15)
          .reduce((ticks, field) => ticks + Number(field), 0),
      0,
    ) / ticksPerSecond
  )
}
