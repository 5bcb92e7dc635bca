import type { EslMessage } from './transcript.js'

/** A message as it came, with its header names instead of a number of them. */
export type LiveEsl =
  | { readonly kind: 'event' | 'connect'; readonly names: readonly string[]; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'reply'; readonly head: Readonly<Record<string, string>> }
  | { readonly kind: 'api'; readonly body: string }
  | { readonly kind: 'disconnect'; readonly headers: readonly string[] }

/** Reads what FreeSWITCH says, as a client would: headers, an empty line, and a body as long as `Content-Length` says. */
export class EslReader {
  #text = ''

  push(chunk: Buffer): LiveEsl[] {
    this.#text += chunk.toString('latin1')
    const messages: LiveEsl[] = []
    for (;;) {
      this.#text = this.#text.replace(/^\n+/, '')
      const end = this.#text.indexOf('\n\n')
      if (end < 0) return messages
      const pairs = this.#text
        .slice(0, end)
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const)
      const head = Object.fromEntries(pairs)
      const length = Number(head['Content-Length'] ?? 0)
      if (this.#text.length < end + 2 + length) return messages
      const body = Buffer.from(this.#text.slice(end + 2, end + 2 + length), 'latin1').toString('utf8')
      this.#text = this.#text.slice(end + 2 + length)
      messages.push(read(pairs, head, body))
    }
  }
}

function read(pairs: readonly (readonly [string, string])[], head: Readonly<Record<string, string>>, body: string): LiveEsl {
  const names = pairs.map(([name]) => name)
  const type = head['Content-Type'] ?? ''
  if (type === 'text/event-json') {
    const values = JSON.parse(body) as Record<string, string>
    return { kind: 'event', names: Object.keys(values), values }
  }
  if (names[0] === 'Event-Name')
    return { kind: 'connect', names, values: Object.fromEntries(pairs.map(([name, value]) => [name, decodeURIComponent(value)])) }
  if (type === 'api/response') return { kind: 'api', body }
  if (type === 'text/disconnect-notice') return { kind: 'disconnect', headers: names }
  return { kind: 'reply', head }
}

export type { EslMessage }
