/** Where the pages are, as a browser knows them. */
export interface Place {
  /** Host name without its port: what a passkey is bound to. */
  readonly host: string
  /** `https://pages.example.nhs.uk`. */
  readonly origin: string
}

/** Undefined where browsers have no passkeys: under a bare address (W3C Web Authentication section 5.1.3). */
export function placeOf(url: string): Place | undefined {
  const { hostname, origin } = new URL(url)
  return /^[\d.]+$|^\[/.test(hostname) ? undefined : { host: hostname, origin }
}
