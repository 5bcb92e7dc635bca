import { openIntervalsOn } from './hours.js'
import type { Directory, Line } from './model.js'
import { huntCandidates, sessionsOn } from './rota.js'
import type { Interval } from './span.js'
import { knownTimeZone } from './time-zone.js'

/**
 * When a line is open and nobody who can be rung is on, between two instants: for a rota's keeper to see before callers do.
 * @returns the gaps in order, at full length
 */
export function rotaGaps(directory: Directory, line: Line, fromMs: number, toMs: number): readonly Interval[] {
  const zone = knownTimeZone(line.timeZone)
  const rota = directory.rotas.get(line.id)
  const open: Interval[] = []
  /** The instants at which the people on can change. */
  const edges = new Set<number>()
  for (let day = zone.dayAt(fromMs) - 1; day <= zone.dayAt(toMs); day++) {
    for (const interval of openIntervalsOn(line, day)) open.push({ from: Math.max(interval.from, fromMs), to: Math.min(interval.to, toMs) })
    for (const session of rota === undefined ? [] : sessionsOn(rota, line.timeZone, day)) edges.add(session.from).add(session.to)
  }
  const gaps: Interval[] = []
  for (const interval of open) {
    const cuts = [
      interval.from,
      ...[...edges].filter((edge) => edge > interval.from && edge < interval.to).sort((a, b) => a - b),
      interval.to,
    ]
    for (const [index, from] of cuts.entries()) {
      const to = cuts[index + 1]
      if (to === undefined || to <= from || huntCandidates(directory, line, from).length > 0) continue
      const last = gaps.at(-1)
      if (last?.to === from) gaps[gaps.length - 1] = { from: last.from, to }
      else gaps.push({ from, to })
    }
  }
  return gaps
}
