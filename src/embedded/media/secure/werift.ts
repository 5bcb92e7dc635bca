/** ICE, DTLS and SRTP: the package is large, and loaded only where somebody may come who encrypts. */
export type Werift = typeof import('werift')

let loading: Promise<Werift> | undefined

export function loadWerift(): Promise<Werift> {
  return (loading ??= import('werift'))
}
