/**
 * Everything that a question gives page by page, one page in memory at a time.
 * @param ask the next page; its argument is the last one of the page before
 */
export async function* paged<T>(pageSize: number, ask: (limit: number, after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<T> {
  let after: T | undefined
  do {
    const page: readonly T[] = await ask(pageSize, after)
    yield* page
    after = page.length < pageSize ? undefined : page.at(-1)
  } while (after !== undefined)
}

/** Names in one statement. */
const namedInOne = 500

/** A list in parts that one statement can name. */
export function* partsOf<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += namedInOne) yield list.slice(start, start + namedInOne)
}
