import type { HuntCandidate, HuntOrder } from '../directory/model.js'
import { targetInFacts } from '../facts/target-in-facts.js'
import type { RungBefore } from '../watch-list/rung-before.js'

/**
 * The order of ringing: the rota's, or the candidate rung longest ago first. Bad numbers come after good ones
 * (within one person, and people with only bad numbers after the others), and nobody is left out.
 */
export function inHuntOrder(candidates: readonly HuntCandidate[], order: HuntOrder, past: RungBefore): readonly HuntCandidate[] {
  const watched = (candidate: HuntCandidate) => candidate.targets.every((target) => past.isWatched(targetInFacts(target)))
  const ranked = candidates.map((candidate) => ({
    ...candidate,
    targets: goodFirst(candidate.targets, (target) => past.isWatched(targetInFacts(target))),
  }))
  // Array.prototype.sort is stable: candidates rung at the same time, or never, keep the rota's order.
  if (order === 'leastRecentlyRung') ranked.sort((a, b) => (past.lastRungAt(a.key) ?? 0) - (past.lastRungAt(b.key) ?? 0))
  return goodFirst(ranked, watched)
}

function goodFirst<T>(list: readonly T[], isBad: (entry: T) => boolean): readonly T[] {
  return [...list.filter((entry) => !isBad(entry)), ...list.filter(isBad)]
}
