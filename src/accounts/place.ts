/** The pages' address, as a browser knows it. */
export interface Place {
  /** Host name without its port: what a passkey is bound to. */
  readonly host: string
  /** `https://pages.example.nhs.uk`. */
  readonly origin: string
}

/** Undefined if browsers allow no passkeys: under a bare IP address (W3C Web Authentication section 5.1.3). */
export function placeOf(url: string): Place | undefined {
  const { hostname, origin } = new URL(url)
  return /^[\d.]+$|^\[/.test(hostname) ? undefined : { host: hostname, origin }
}
