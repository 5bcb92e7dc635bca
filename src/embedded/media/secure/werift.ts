/** ICE, DTLS and SRTP: the package is large, and loaded when somebody comes who encrypts, or may come soon (`Media.expectSecurity`). */
export type Werift = typeof import('werift')

let loading: Promise<Werift> | undefined

export function loadWerift(): Promise<Werift> {
  return (loading ??= import('werift'))
}
