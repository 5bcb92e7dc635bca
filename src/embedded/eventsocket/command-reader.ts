/** One command from an event-socket client: a first line, then headers, then a body where `Content-Length` says so. */
export interface Command {
  readonly line: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** The client does not speak the protocol; the connection is closed. */
export class CommandSyntaxError extends Error {
  override readonly name = 'CommandSyntaxError'
}

/** FreeSWITCH's own limit on one packet of headers. */
const MAX_HEAD_BYTES = 1024 * 1024
const MAX_BODY_BYTES = 8 * 1024 * 1024

/** Takes bytes as they come and gives whole commands. Lines end in LF or CRLF; empty lines before a command are skipped. */
export class CommandReader {
  #buffer: Buffer = Buffer.alloc(0)
  /** Up to here no end of a head has been found. */
  #searched = 0
  #head: { line: string; headers: Map<string, string>; bodyBytes: number } | undefined

  /** @throws CommandSyntaxError when a command is longer than any real one */
  push(chunk: Buffer): Command[] {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    const commands: Command[] = []
    for (;;) {
      const command = this.#next()
      if (command === undefined) return commands
      commands.push(command)
    }
  }

  #next(): Command | undefined {
    if (this.#head === undefined) {
      const end = this.#endOfHead()
      if (end === undefined) return undefined
      this.#head = parseHead(this.#buffer.toString('utf8', 0, end.text))
      this.#buffer = this.#buffer.subarray(end.next)
      this.#searched = 0
    }
    const head = this.#head
    if (this.#buffer.length < head.bodyBytes) return undefined
    this.#head = undefined
    const body = this.#buffer.toString('utf8', 0, head.bodyBytes)
    this.#buffer = this.#buffer.subarray(head.bodyBytes)
    return { line: head.line, headers: head.headers, body }
  }

  #endOfHead(): { text: number; next: number } | undefined {
    let skip = 0
    while (skip < this.#buffer.length && (this.#buffer[skip] === 0x0a || this.#buffer[skip] === 0x0d)) skip++
    if (skip > 0) this.#buffer = this.#buffer.subarray(skip)
    for (let at = this.#buffer.indexOf(0x0a, this.#searched); at !== -1; at = this.#buffer.indexOf(0x0a, at + 1)) {
      if (this.#buffer[at + 1] === 0x0a) return { text: at, next: at + 2 }
      if (this.#buffer[at + 1] === 0x0d && this.#buffer[at + 2] === 0x0a) return { text: at, next: at + 3 }
    }
    // The last bytes may be the beginning of the end.
    this.#searched = Math.max(0, this.#buffer.length - 3)
    if (this.#buffer.length > MAX_HEAD_BYTES) throw new CommandSyntaxError('command without end')
    return undefined
  }
}

function parseHead(text: string): { line: string; headers: Map<string, string>; bodyBytes: number } {
  const [line = '', ...rest] = text.split(/\r?\n/)
  const headers = new Map<string, string>()
  for (const header of rest) {
    const colon = header.indexOf(':')
    if (colon > 0) headers.set(header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim())
  }
  const length = headers.get('content-length') ?? ''
  const bodyBytes = /^\d+$/.test(length) ? Number(length) : 0
  if (bodyBytes > MAX_BODY_BYTES) throw new CommandSyntaxError('body too long')
  return { line: line.trim(), headers, bodyBytes }
}
