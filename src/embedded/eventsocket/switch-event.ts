import { HeaderBlock } from './header-block.js'

/** Formats of `event`: the only two that are spoken; `xml` is answered as unknown keyword. */
export type EventFormat = 'plain' | 'json'

/** One event as it goes to every connection that asked for it. Printed at most once per format. */
export class SwitchEvent {
  readonly name: string
  /** `Event-Subclass` of a CUSTOM event. */
  readonly subclass: string | undefined
  /** `Unique-ID` of the channel that it is about. */
  readonly uuid: string | undefined
  readonly #blocks: readonly HeaderBlock[]
  readonly #body: string | undefined
  #json: string | undefined
  #plain: string | undefined

  constructor(event: { name: string; subclass?: string; uuid?: string; blocks: readonly HeaderBlock[]; body?: string }) {
    this.name = event.name
    this.subclass = event.subclass
    this.uuid = event.uuid
    this.#blocks = event.blocks
    this.#body = event.body
  }

  header(name: string): string | undefined {
    for (const block of this.#blocks) {
      const value = block.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** The frame for the event socket, its header included. */
  frame(format: EventFormat): string {
    return format === 'json' ? (this.#json ??= this.#printJson()) : (this.#plain ??= this.#printPlain())
  }

  /** The headers alone in plain form: the answer to `connect` and the body of `uuid_dump`. */
  plainHeaders(): string {
    return this.#blocks.map((block) => block.plain).join('')
  }

  #printJson(): string {
    const members = this.#blocks.map((block) => block.json).filter((json) => json !== '')
    if (this.#body !== undefined) {
      members.push(`"Content-Length":"${Buffer.byteLength(this.#body)}"`, `"_body":${JSON.stringify(this.#body)}`)
    }
    const text = `{${members.join(',')}}`
    return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}`
  }

  #printPlain(): string {
    let text = this.plainHeaders()
    text += this.#body === undefined ? '\n' : `Content-Length: ${Buffer.byteLength(this.#body)}\n\n${this.#body}`
    return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-plain\n\n${text}`
  }
}
