import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** Other work of the machine during a measurement, in percent of all its processors. */
export interface OtherWork {
  /** Programs that are no part of the bench. */
  readonly others: number
  /** Taken by the hypervisor for other guests. */
  readonly stolen: number
}

/** Beyond this the machine was loaded, and the figures are worthless. */
const quietPercent = 10

export function loaded({ others, stolen }: OtherWork): boolean {
  return others + stolen > quietPercent
}

/** Starts watching. @returns the other work since; call it when the bench's processes have ended. Undefined without /proc */
export function watchOtherWork(): () => OtherWork | undefined {
  const before = read()
  const at = performance.now()
  return () => {
    const after = read()
    if (!before || !after) return undefined
    const all = ((performance.now() - at) / 1_000) * ticksPerSecond * cpus().length
    const percent = (ticks: number) => Math.max(0, Math.round((100 * ticks) / all))
    return { others: percent(after.busy - before.busy - (after.own - before.own)), stolen: percent(after.stolen - before.stolen) }
  }
}

/** USER_HZ: what /proc counts in; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** In ticks since the start: all processors; this process with those of its children that have ended, and theirs. */
function read(): { readonly busy: number; readonly stolen: number; readonly own: number } | undefined {
  try {
    // user nice system idle iowait irq softirq steal
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] =
      readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? []
    const text = readFileSync('/proc/self/stat', 'latin1')
    // utime stime cutime cstime, counted behind the name, which is in brackets.
    const own = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .reduce((sum, field) => sum + Number(field), 0)
    return { busy: user + nice + system + irq + softirq, stolen, own }
  } catch {
    return undefined
  }
}
