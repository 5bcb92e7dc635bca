/** What an application sends: the fields of the first line, and the SIP message in outline behind it. */
export interface AppFrame {
  /** The application's own number for this message; the answer carries it. */
  readonly id: string
  readonly fields: readonly string[]
  readonly startLine: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** Reads one frame. Never throws: what is missing is empty. */
export function parseAppFrame(text: string): AppFrame {
  const lineEnd = text.indexOf('\r\n')
  const meta = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const [id = '', ...fields] = meta.split('|')
  if (lineEnd < 0) return { id, fields, startLine: '', headers: [], body: '' }
  const rest = text.slice(lineEnd + 2)
  const headEnd = rest.indexOf('\r\n\r\n')
  const head = headEnd < 0 ? rest : rest.slice(0, headEnd)
  const body = headEnd < 0 ? '' : rest.slice(headEnd + 4)
  const [startLine = '', ...lines] = head.split('\r\n')
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    // Lines that are no headers are left out, as by drachtio-server.
    return colon <= 0 || !/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(name) ? [] : [[name, line.slice(colon + 1).trim()]]
  })
  return { id, fields, startLine, headers, body }
}

/** Source or destination of a message, for the first line of a frame to an application. */
export interface MessageMeta {
  readonly source: 'network' | 'application'
  readonly bytes: number
  readonly protocol: string
  readonly address: string
  readonly port: number
}

/** `network|541|udp|127.0.0.1|6300|06:45:37.809559` */
export function printMeta(meta: MessageMeta): string {
  return `${meta.source}|${meta.bytes}|${meta.protocol}|${meta.address}|${meta.port}|${timeOfDay()}`
}

/** UTC, to the microsecond: `06:45:37.809559`. */
export function timeOfDay(): string {
  const now = performance.timeOrigin + performance.now()
  const micros = Math.floor((now % 1) * 1000)
  return `${new Date(now).toISOString().slice(11, 23)}${`${micros}`.padStart(3, '0')}`
}
