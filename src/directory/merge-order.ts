/** An order that two have changed at once. */
export interface MergedOrder {
  readonly order: readonly string[]
  /** Both have put what all three have into another order, and not into the same. Then `order` is that of `mine`. */
  readonly conflict: boolean
}

/**
 * The order of things after two have changed a list. Who has moved things keeps their order; what was added stands behind whatever it was added behind.
 * @param kept what is to be in the result, all of which `mine` or `theirs` has
 */
export function mergeOrder(
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
  kept: ReadonlySet<string>,
): MergedOrder {
  const [inBase, inMine, inTheirs] = [new Set(base), new Set(mine), new Set(theirs)]
  const common = (list: readonly string[]) => list.filter((key) => kept.has(key) && inBase.has(key) && inMine.has(key) && inTheirs.has(key))
  const [before, here, there] = [common(base), common(mine), common(theirs)]
  const [mineMoved, theirsMoved] = [!equal(before, here), !equal(before, there)]
  const spine = mineMoved ? here : there
  const onSpine = new Set(spine)
  const placed = new Set(spine)
  /** What comes behind each of the spine; under '' what comes before all of it. */
  const behind = new Map<string, string[]>()
  const added = (list: readonly string[]) => list.filter((key) => kept.has(key) && !onSpine.has(key)).join('\n')
  // Whichever of them is called mine, the result is the same.
  const lists = added(mine) <= added(theirs) ? [mine, theirs] : [theirs, mine]
  for (const list of lists) {
    let anchor = ''
    for (const key of list) {
      if (onSpine.has(key)) anchor = key
      else if (kept.has(key) && !placed.has(key)) {
        placed.add(key)
        const run = behind.get(anchor)
        if (run === undefined) behind.set(anchor, [key])
        else run.push(key)
      }
    }
  }
  const order = [...(behind.get('') ?? []), ...spine.flatMap((key) => [key, ...(behind.get(key) ?? [])])]
  return { order, conflict: mineMoved && theirsMoved && !equal(here, there) }
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index])
}
