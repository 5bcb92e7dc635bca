import type Srf from 'drachtio-srf'
import { splitHeader } from '../party-address.js'
import type { Registration } from '../port.js'
import { sourceOf } from './source.js'

/** RFC 3261 section 10.2.1.1: where neither Contact nor Expires says otherwise. */
const defaultExpiresSeconds = 3_600

/** A REGISTER, as received. */
export class DrachtioRegistration implements Registration {
  readonly addressOfRecord: string
  readonly contacts: Registration['contacts']
  readonly source: Registration['source']
  readonly #request: Srf.Request
  readonly #response: Srf.Response

  constructor(request: Srf.Request, response: Srf.Response) {
    this.#request = request
    this.#response = response
    this.addressOfRecord = uriIn(request.get('To') ?? '')
    this.contacts = contactsOf(request.get('Contact'), request.get('Expires'))
    this.source = sourceOf(request)
  }

  get responded(): boolean {
    return this.#response.finalResponseSent
  }

  header(name: string): string | undefined {
    return this.#request.get(name)
  }

  respond(status: number, options: { readonly reason?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<void> {
    if (this.responded) return Promise.resolve()
    const headers = options.headers ?? {}
    try {
      if (options.reason === undefined) this.#response.send(status, { headers })
      else this.#response.send(status, options.reason, { headers })
    } catch {
      // drachtio has just gone; the phone registers again.
    }
    return Promise.resolve()
  }
}

/**
 * @param contact Contact headers, joined by commas; `*` (with Expires 0) stands for all of them
 * @param expires Expires header, the default for each
 */
export function contactsOf(contact: string | undefined, expires: string | undefined): Registration['contacts'] {
  const fallback = seconds(expires) ?? defaultExpiresSeconds
  return splitHeader(contact ?? '', ',').map((part) => {
    const entry = part.trim()
    const parameters = entry.includes('>') ? entry.slice(entry.indexOf('>') + 1) : entry.slice(entry.indexOf(';'))
    return { uri: uriIn(entry), expiresSeconds: seconds(/;\s*expires\s*=\s*"?([^;"\s]+)/i.exec(parameters)?.[1]) ?? fallback }
  })
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : undefined
}

/** The URI of a name-addr (`"Name" <sip:x;y>`), or of an addr-spec, whose parameters then belong to the header. */
function uriIn(text: string): string {
  return /<([^<>]*)>/.exec(text)?.[1]?.trim() ?? text.split(';')[0]?.trim() ?? ''
}
