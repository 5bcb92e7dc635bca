import { readdirSync, readFileSync } from 'node:fs'
import type { Alarms } from '../alarms/alarms.js'

/** File descriptors of one process: sockets, files, pipes. */
export interface DescriptorUse {
  readonly open: number
  readonly limit: number
}

export interface DescriptorHealth {
  readonly ok: boolean
  readonly detail: string
}

/** A call needs some ten of them in both processes together; with fewer than this left, the next calls fail. */
const minFree = 64
const watchEveryMs = 5_000

/**
 * A process's descriptors by the operating system. Undefined if unknown (not Linux, the process is gone).
 * If there is no descriptor left to ask with, all of them are in use.
 * @param pid a process id or `self`
 */
export function descriptorUse(pid: number | 'self', proc = '/proc'): DescriptorUse | undefined {
  const limit = descriptorLimit(pid, proc)
  try {
    return limit === undefined ? undefined : { open: readdirSync(`${proc}/${pid}/fd`).length, limit }
  } catch (error) {
    return isExhausted(error) ? usedUp(limit ?? knownLimits.get(pid)) : undefined
  }
}

const knownLimits = new Map<number | 'self', number>()

/** The most descriptors that a process may have; Infinity for none. proc_pid_limits(5): `Max open files  soft  hard  files`. */
export function descriptorLimit(pid: number | 'self', proc = '/proc'): number | undefined {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync(`${proc}/${pid}/limits`, 'utf8'))?.[1]
    if (soft === undefined) return undefined
    const limit = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
    knownLimits.set(pid, limit)
    return limit
  } catch (error) {
    return isExhausted(error) ? (knownLimits.get(pid) ?? 0) : undefined
  }
}

function usedUp(limit = 0): DescriptorUse {
  return { open: limit, limit }
}

/** EMFILE: this process has none left. ENFILE: the whole machine has none. */
function isExhausted(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EMFILE' || code === 'ENFILE'
}

/** Whether all processes of the engine have descriptors left, with the worst in words. */
export function descriptorHealth(uses: Readonly<Record<string, DescriptorUse | undefined>>): DescriptorHealth {
  const known = Object.entries(uses).flatMap(([process, use]) => (use === undefined ? [] : [{ process, ...use }]))
  // With a small limit a quarter of it will do.
  const short = known.filter(({ open, limit }) => limit - open < Math.min(minFree, limit / 4))
  if (short.length > 0) {
    const told = short.map(({ process, open, limit }) => `${process} has ${open} of ${limit} file descriptors in use`).join('; ')
    return {
      ok: false,
      detail: `${told}: new calls and connections fail. Raise the limit (ulimit -n, or LimitNOFILE of the unit), or find out who holds them.`,
    }
  }
  return {
    ok: true,
    detail:
      known.length === 0
        ? 'not known on this system'
        : known.map(({ process, open, limit }) => `${process}: ${open} of ${limit} in use`).join('; '),
  }
}

/** Keeps the alarm `descriptors.runningOut` in step with the processes' descriptors. */
export class DescriptorWatch {
  readonly #timer: NodeJS.Timeout
  #short = false

  /** @param processes their ids by a name for people; asked each time, because a process may restart */
  constructor(
    private readonly processes: () => Readonly<Record<string, number | 'self' | undefined>>,
    private readonly alarms: Alarms,
  ) {
    this.#timer = setInterval(() => this.look(), watchEveryMs)
    this.#timer.unref()
  }

  /** Asks the operating system now. */
  look(): DescriptorHealth {
    const health = descriptorHealth(
      Object.fromEntries(Object.entries(this.processes()).map(([name, pid]) => [name, pid === undefined ? undefined : descriptorUse(pid)])),
    )
    if (health.ok && this.#short) this.alarms.clear('descriptors.runningOut')
    // Once: it is checked every few seconds, and each raising is a log line.
    if (!health.ok && !this.#short) this.alarms.raise('descriptors.runningOut', health.detail)
    this.#short = !health.ok
    return health
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
