/** ICE, DTLS and SRTP: the package is large, and loaded only when a party encrypts, or soon may (`Media.expectSecurity`). */
export type Werift = typeof import('werift')

let loading: Promise<Werift> | undefined

export function loadWerift(): Promise<Werift> {
  return (loading ??= import('werift'))
}
