import { isWebSocket, type Endpoint } from '../protocols/sip/endpoint.js'
import type { SipMessage } from '../protocols/sip/message.js'
import { parseUri } from '../protocols/sip/uri.js'

const MAX_REMEMBERED = 10_000

/**
 * Where browsers are. The host of a browser's Contact is made up (`df7jal23ls0d.invalid`, RFC 7118 5): it is reached over the WebSocket on which it
 * has named that Contact last, in a request that was accepted. So a browser that had to connect again keeps its calls.
 */
export class BrowserContacts {
  readonly #latest = new Map<string, Endpoint>()
  readonly #onBrowser: () => void

  /** @param onBrowser called whenever a browser has been accepted */
  constructor(onBrowser: () => void = () => undefined) {
    this.#onBrowser = onBrowser
  }

  /** A REGISTER or INVITE has been accepted. */
  named(message: SipMessage, source: Endpoint): void {
    if (!isWebSocket(source.protocol)) return
    this.#onBrowser()
    for (const { uri } of message.contacts) {
      const key = keyOf(uri)
      if (key === undefined) continue
      this.#latest.delete(key)
      this.#latest.set(key, source)
    }
    while (this.#latest.size > MAX_REMEMBERED) {
      const oldest = this.#latest.keys().next()
      if (!oldest.done) this.#latest.delete(oldest.value)
    }
  }

  /** Undefined: no such browser. */
  whereIs(contact: string): Endpoint | undefined {
    const key = keyOf(contact)
    return key === undefined ? undefined : this.#latest.get(key)
  }
}

/** Only hosts that lead nowhere by themselves, so that no Contact attracts requests meant for a real address. */
function keyOf(uri: string): string | undefined {
  const parsed = parseUri(uri)
  return parsed?.host.endsWith('.invalid') ? `${parsed.user}@${parsed.host}` : undefined
}
