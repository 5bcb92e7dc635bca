/** An order that two people changed at once. */
export interface MergedOrder {
  readonly order: readonly string[]
  /** Both sides reordered the common items, differently. Then `order` is that of `mine`. */
  readonly conflict: boolean
}

/**
 * The order of items after two people changed a list. The side that moved items keeps its order; an added item follows the one it was added after.
 * @param kept the items of the result, each in `mine` or `theirs`
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
  /** The items after each one of the spine; under '' those before all of it. */
  const behind = new Map<string, string[]>()
  const added = (list: readonly string[]) => list.filter((key) => kept.has(key) && !onSpine.has(key)).join('\n')
  // The result does not depend on which one is called mine.
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
