/** Just enough SIP for phones that only meet one switch on loopback; cheap, so that the phones themselves are not measured. */

export interface Message {
  /** Of a request; undefined for a response. */
  readonly method: string | undefined
  /** Of a response. */
  readonly status: number | undefined
  readonly uri: string
  readonly text: string
}

export function parse(text: string): Message {
  const end = text.indexOf('\r\n')
  const first = text.slice(0, end)
  if (first.startsWith('SIP/2.0 ')) return { method: undefined, status: Number(first.slice(8, 11)), uri: '', text }
  const [method, uri = ''] = first.split(' ')
  return { method, status: undefined, uri, text }
}

/** The value of the first header of this name; empty when there is none. */
export function header(message: Message, name: string): string {
  const at = message.text.indexOf(`\r\n${name}: `)
  if (at < 0) return ''
  const from = at + name.length + 4
  return message.text.slice(from, message.text.indexOf('\r\n', from))
}

/** Every line of this header, as received. */
export function lines(message: Message, name: string): readonly string[] {
  return message.text.split('\r\n').filter((line) => line.startsWith(`${name}: `))
}

export function addressIn(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value
}

/** Where the other side wants its audio, and the payload type of its telephone-events. */
export function readSdp(
  message: Message,
): { readonly address: string; readonly port: number; readonly eventType: number | undefined } | undefined {
  const port = /\r\nm=audio (\d+)/.exec(message.text)?.[1]
  const address = /\r\nc=IN IP4 ([\d.]+)/.exec(message.text)?.[1]
  if (port === undefined || address === undefined) return undefined
  const events = /a=rtpmap:(\d+) telephone-event/.exec(message.text)?.[1]
  return { address, port: Number(port), eventType: events === undefined ? undefined : Number(events) }
}

export function sdp(port: number, eventType: number): string {
  return `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8 ${eventType}\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:${eventType} telephone-event/8000\r\na=fmtp:${eventType} 0-15\r\na=ptime:20\r\na=sendrecv\r\n`
}

export function print(first: string, headers: readonly string[], body = ''): string {
  return `${first}\r\n${headers.join('\r\n')}\r\n${body === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${body.length}\r\n\r\n${body}`
}
