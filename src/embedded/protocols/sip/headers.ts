import { headerKey, LIST_HEADERS } from './header-names.js'
import { splitList } from './text.js'

/** One header line: the name as it was written, the value unfolded and trimmed. */
export interface HeaderLine {
  readonly name: string
  readonly value: string
}

interface Line extends HeaderLine {
  readonly key: string
}

/**
 * The headers of a message in their order, with the names as they were written. Look-ups ignore case and know the compact
 * forms: `headers.get('Call-ID')` finds `i: abc`.
 */
export class Headers {
  #lines: Line[] = []

  constructor(lines: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of lines) this.add(name, value)
  }

  /** Value of the first line of that name, the whole line even where the header is a list. */
  get(name: string): string | undefined {
    const key = headerKey(name)
    for (const line of this.#lines) if (line.key === key) return line.value
    return undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** The names of all lines in the form in which they are compared: lower case, compact forms expanded. */
  keys(): string[] {
    return this.#lines.map((line) => line.key)
  }

  /** Values of all lines of that name, unsplit. */
  lines(name: string): string[] {
    const key = headerKey(name)
    const found: string[] = []
    for (const line of this.#lines) if (line.key === key) found.push(line.value)
    return found
  }

  /** All values of that name, lists split at their commas (RFC 3261 7.3.1). */
  values(name: string): string[] {
    const lines = this.lines(name)
    return LIST_HEADERS.has(headerKey(name)) ? lines.flatMap(splitList) : lines
  }

  /** Whether a list of option tags or methods (Supported, Require, Allow) names `token`, in any case. */
  lists(name: string, token: string): boolean {
    const wanted = token.toLowerCase()
    return this.values(name).some((value) => value.toLowerCase() === wanted)
  }

  /** Replaces every line of that name by one, which stands where the first one stood (or at the end). */
  set(name: string, value: string): this {
    const key = headerKey(name)
    const at = this.#lines.findIndex((line) => line.key === key)
    if (at < 0) return this.add(name, value)
    this.#lines[at] = { name: this.#lines[at]?.name ?? name, key, value }
    for (let i = this.#lines.length - 1; i > at; i--) if (this.#lines[i]?.key === key) this.#lines.splice(i, 1)
    return this
  }

  /** Appends a line. */
  add(name: string, value: string): this {
    this.#lines.push({ name, key: headerKey(name), value })
    return this
  }

  /** Puts a line in front of all others of that name (or of all lines where there is none): for Via, Route, Record-Route. */
  prepend(name: string, value: string): this {
    const key = headerKey(name)
    const at = this.#lines.findIndex((line) => line.key === key)
    this.#lines.splice(Math.max(at, 0), 0, { name, key, value })
    return this
  }

  /** Replaces the first value of a list header, leaving the others on its line alone. */
  replaceFirstValue(name: string, value: string): this {
    const key = headerKey(name)
    const at = this.#lines.findIndex((line) => line.key === key)
    const line = this.#lines[at]
    if (line === undefined) return this.add(name, value)
    const rest = splitList(line.value).slice(1)
    this.#lines[at] = { name: line.name, key, value: [value, ...rest].join(', ') }
    return this
  }

  remove(name: string): this {
    const key = headerKey(name)
    this.#lines = this.#lines.filter((line) => line.key !== key)
    return this
  }

  get size(): number {
    return this.#lines.length
  }

  /** The lines in order. */
  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.#lines.values()
  }

  clone(): Headers {
    const copy = new Headers()
    copy.#lines = this.#lines.slice()
    return copy
  }
}
