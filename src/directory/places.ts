/**
 * Places of a list's items, as ascending numbers. As many as possible stay: moving one item changes one number.
 * @param before the existing places
 * @param order the wanted order
 * @returns the new or changed places
 */
export function placesFor(before: ReadonlyMap<string, number>, order: readonly string[]): ReadonlyMap<string, number> {
  const staying = longestRising(order.map((id) => before.get(id)))
  const places = new Map<string, number>()
  for (let start = 0; start < order.length;) {
    if (staying.has(start)) {
      start++
      continue
    }
    let end = start
    while (end < order.length && !staying.has(end)) end++
    const [low, high] = [before.get(order[start - 1] ?? ''), before.get(order[end] ?? '')]
    for (let index = start; index < end; index++) {
      const share = (index - start + 1) / (end - start + 1)
      const place =
        low !== undefined && high !== undefined
          ? low + (high - low) * share
          : low !== undefined
            ? low + index - start + 1
            : (high ?? 0) - (end - index)
      places.set(order[index] ?? '', place)
    }
    start = end
  }
  // No number is left between two items split too often: then all are renumbered.
  const all = order.map((id) => places.get(id) ?? before.get(id) ?? 0)
  return all.every((place, index) => index === 0 || place > (all[index - 1] ?? 0)) ? places : new Map(order.map((id, index) => [id, index]))
}

/** The indexes of the longest ascending subsequence; items without a number are skipped. */
function longestRising(values: readonly (number | undefined)[]): ReadonlySet<number> {
  /** The index of the lowest end of a subsequence of each length. */
  const ends: number[] = []
  const before: number[] = []
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((values[ends[middle] ?? 0] ?? 0) < value) low = middle + 1
      else high = middle
    }
    before[index] = low === 0 ? -1 : (ends[low - 1] ?? -1)
    ends[low] = index
  }
  const rising = new Set<number>()
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) rising.add(index)
  return rising
}
