/** The spoken parts of a directory: any object with these fields will do, so that this room depends on no other. */
export interface SpokenWorld {
  readonly organisations: Iterable<{ readonly spokenName: string }>
  readonly lines: Iterable<{
    readonly spokenName: string
    readonly blurb: string
    readonly closedMessage?: string
    readonly outcomes: readonly { readonly label: string }[]
  }>
  readonly pools: Iterable<{ readonly spokenName: string }>
}

/** Every name and every line's own words that a caller or a specialist may hear, once each. */
export function spokenNames(world: SpokenWorld): readonly string[] {
  const texts: string[] = []
  for (const { spokenName } of world.organisations) texts.push(spokenName)
  for (const line of world.lines)
    texts.push(line.spokenName, line.blurb, line.closedMessage ?? '', ...line.outcomes.map((outcome) => outcome.label))
  for (const { spokenName } of world.pools) texts.push(spokenName)
  return [...new Set(texts.filter((text) => text !== ''))]
}
