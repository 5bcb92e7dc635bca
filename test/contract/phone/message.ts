/** Just enough SIP text for a test phone; written apart from `src/embedded/protocols/sip`, so that a misreading there is not shared here. */
export interface Message {
  /** `INVITE sip:x SIP/2.0` or `SIP/2.0 200 OK`. */
  readonly startLine: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export function parse(text: string): Message {
  const split = text.indexOf('\r\n\r\n')
  const [startLine = '', ...lines] = text.slice(0, split === -1 ? text.length : split).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
  })
  return { startLine, headers, body: split === -1 ? '' : text.slice(split + 4) }
}

export function print(startLine: string, headers: readonly (readonly [string, string])[], body = ''): string {
  const lines = [startLine, ...headers.map(([name, value]) => `${name}: ${value}`), `Content-Length: ${Buffer.byteLength(body)}`]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

export function header(message: Message, name: string): string | undefined {
  return message.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

export function all(message: Message, name: string): string[] {
  return message.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

export function method(message: Message): string | undefined {
  return message.startLine.startsWith('SIP/2.0') ? undefined : message.startLine.split(' ')[0]
}

export function status(message: Message): number | undefined {
  return message.startLine.startsWith('SIP/2.0') ? Number(message.startLine.split(' ')[1]) : undefined
}

export function tag(value: string | undefined): string | undefined {
  return /;tag=([^;>\s]+)/.exec(value ?? '')?.[1]
}

export function uriOf(value: string | undefined): string {
  return /<([^>]+)>/.exec(value ?? '')?.[1] ?? (value ?? '').split(';')[0] ?? ''
}
