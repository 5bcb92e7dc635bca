import type { EventFormat, SwitchEvent } from './switch-event.js'
import { eventNameOf } from './event-names.js'

/** What one connection wants to hear: the state behind `event`, `nixevent`, `noevents`, `myevents` and `filter`. */
export class Subscription {
  format: EventFormat = 'plain'
  #enabled = false
  #all = false
  readonly #names = new Set<string>()
  readonly #nixed = new Set<string>()
  readonly #subclasses = new Set<string>()
  readonly #filters: { readonly header: string; readonly value: string }[] = []
  /** The value of the only filter that lets anything pass, where it names a channel. */
  #filteredUuid: string | undefined
  /** `myevents`: only events of this channel. */
  ownUuid: string | undefined

  /** The one channel that this connection can hear of, when a filter says so: spares asking it about all others. */
  get onlyUuid(): string | undefined {
    return this.ownUuid ?? this.#filteredUuid
  }

  get enabled(): boolean {
    return this.#enabled
  }

  /**
   * `event <format> <names>`. After `CUSTOM` every word is a subclass.
   * @returns false when no known event name was among the words (`-ERR no keywords supplied`)
   */
  add(words: readonly string[]): boolean {
    let known = 0
    let custom = false
    words.forEach((word, index) => {
      const format = index === 0 ? word.toLowerCase() : ''
      if (format === 'plain' || format === 'json') this.format = format
      else if (custom) this.#subclasses.add(word)
      else {
        const name = eventNameOf(word)
        if (name === undefined) return
        known++
        if (name === 'CUSTOM') custom = true
        if (name === 'ALL') {
          this.#all = true
          this.#nixed.clear()
        } else {
          this.#names.add(name)
          this.#nixed.delete(name)
        }
      }
    })
    if (known > 0) this.#enabled = true
    return known > 0
  }

  /** `nixevent <names>`. @returns false when no known event name was among the words */
  remove(words: readonly string[]): boolean {
    let known = 0
    let custom = false
    for (const word of words) {
      if (custom) {
        this.#subclasses.delete(word)
        continue
      }
      const name = eventNameOf(word)
      if (name === undefined) continue
      known++
      if (name === 'CUSTOM') custom = true
      else if (name === 'ALL') {
        this.#all = false
        this.#names.clear()
      } else {
        this.#names.delete(name)
        this.#nixed.add(name)
      }
    }
    return known > 0
  }

  /** `noevents`. @returns false when nothing was listened for */
  clear(): boolean {
    const was = this.#enabled
    this.#enabled = false
    this.#all = false
    this.#names.clear()
    this.#nixed.clear()
    this.#subclasses.clear()
    return was
  }

  addFilter(header: string, value: string): void {
    this.#filters.push({ header: header.toLowerCase(), value })
    this.#filtersChanged()
  }

  /** `filter delete <header> [<value>]`; `all` deletes every filter. */
  deleteFilter(header: string, value: string | undefined): void {
    const name = header.toLowerCase()
    for (let index = this.#filters.length - 1; index >= 0; index--) {
      const filter = this.#filters[index]
      if (filter !== undefined && (name === 'all' || (filter.header === name && (value === undefined || filter.value === value))))
        this.#filters.splice(index, 1)
    }
    this.#filtersChanged()
  }

  #filtersChanged(): void {
    // What excludes lets nothing pass.
    const [filter, ...more] = this.#filters.filter(({ value }) => !value.startsWith('-'))
    this.#filteredUuid =
      filter !== undefined && more.length === 0 && filter.header === 'unique-id' && /^[\w-]+$/.test(filter.value) ? filter.value : undefined
  }

  /** Whether an event of this name (and channel) could interest the connection: asked before the event is built. */
  mayWant(name: string, subclass: string | undefined, uuid: string | undefined): boolean {
    if (!this.#enabled) return false
    if (
      subclass !== undefined
        ? !(this.#all || this.#subclasses.has(subclass))
        : !(this.#all ? !this.#nixed.has(name) : this.#names.has(name))
    )
      return false
    const only = this.onlyUuid
    return only === undefined || only === uuid
  }

  /**
   * Filters, as FreeSWITCH applies them: with any filter, an event passes when at least one matches; a value that begins
   * with `-` excludes what it matches; `/.../` is a regular expression, which cannot exclude. Comparison without regard to case.
   */
  passes(event: SwitchEvent): boolean {
    if (this.ownUuid !== undefined && event.uuid !== this.ownUuid) return false
    if (this.#filters.length === 0 || (this.#filters.length === 1 && event.uuid !== undefined && event.uuid === this.#filteredUuid))
      return true
    let send = false
    for (const { header, value } of this.#filters) {
      const actual = event.header(header)
      if (actual === undefined) continue
      const positive = !value.startsWith('-')
      if (send && positive) continue
      if (matches(actual, positive ? value.replace(/^\+/, '') : value.slice(1), value.startsWith('/'))) send = positive
    }
    return send
  }
}

function matches(actual: string, wanted: string, isPattern: boolean): boolean {
  if (!isPattern) return actual.toLowerCase() === wanted.toLowerCase()
  const pattern = /^\/(.*)\/$/.exec(wanted)?.[1]
  if (pattern === undefined) return false
  try {
    return new RegExp(pattern).test(actual)
  } catch {
    return false
  }
}
