import { huntCandidates, sessionsOn } from './rota.js'
import { knownTimeZone } from './time-zone.js'
import type { Directory, HuntCandidate, Line } from './model.js'

/** How far ahead to look: every session of a weekly pattern occurs by then. */
const horizonDays = 7

/** The people rung from an instant on (ms since the epoch), in order. */
export interface NextOn {
  readonly at: number
  readonly candidates: readonly HuntCandidate[]
}

/**
 * When the people rung for a line next change, and to whom. After a gap with nobody on, the same people count as a change.
 * @returns undefined: nobody else within a week
 */
export function nextOn(directory: Directory, line: Line, atMs: number): NextOn | undefined {
  const rota = directory.rotas.get(line.id)
  if (rota === undefined) return undefined
  const today = knownTimeZone(line.timeZone).dayAt(atMs)
  const edges = new Set<number>()
  // Yesterday's session may end today.
  for (let day = today - 1; day <= today + horizonDays; day++)
    for (const { from, to } of sessionsOn(rota, line.timeZone, day)) edges.add(from).add(to)
  let before = keysOf(huntCandidates(directory, line, atMs))
  for (const edge of [...edges].filter((one) => one > atMs).sort((a, b) => a - b)) {
    const candidates = huntCandidates(directory, line, edge)
    const keys = keysOf(candidates)
    if (keys !== before && candidates.length > 0) return { at: edge, candidates }
    before = keys
  }
  return undefined
}

function keysOf(candidates: readonly HuntCandidate[]): string {
  return candidates.map(({ key }) => key).join(' ')
}
