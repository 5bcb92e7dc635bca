import type { SipMessage } from './message.js'

/** The start line alone, for logs: `INVITE sip:a@b SIP/2.0`. */
export function startLine(message: SipMessage): string {
  return message.kind === 'request' ? `${message.method} ${message.uri} SIP/2.0` : `SIP/2.0 ${message.status} ${message.reason}`
}

/** The bytes of a message as they go on the wire, headers in their order, Content-Length made true (added at the end where missing). */
export function printMessage(message: SipMessage): Buffer {
  const { body } = message
  const head = printHead(message)
  return body.length === 0 ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body])
}

/** The same as text: for applications, whose protocol is text. */
export function printText(message: SipMessage): string {
  const { body } = message
  return body.length === 0 ? printHead(message) : printHead(message) + body.toString('utf8')
}

function printHead(message: SipMessage): string {
  const { body } = message
  let text = `${startLine(message)}\r\n`
  let hasLength = false
  for (const { name, value } of message.headers) {
    const first = name.charCodeAt(0) | 32
    if ((first === 99 && name.length === 14 && name.toLowerCase() === 'content-length') || (first === 108 && name.length === 1)) {
      if (!hasLength) text += `${name}: ${body.length}\r\n`
      hasLength = true
    } else text += `${name}: ${value}\r\n`
  }
  return text + (hasLength ? '\r\n' : `Content-Length: ${body.length}\r\n\r\n`)
}
