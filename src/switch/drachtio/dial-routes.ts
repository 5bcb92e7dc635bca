import type { DialledTarget, SrtpWish } from '../port.js'
import type { Trunk } from './settings.js'

/** Where one INVITE goes. */
export interface Route {
  readonly uri: string
  /** Next hop, where that differs from the URI. */
  readonly via?: string
  readonly trunk: Trunk | undefined
  /** Host of From: the far end takes it for our domain. */
  readonly domain: string
  readonly srtp: SrtpWish
  /** Why SRTP is not used after all. */
  readonly plainAfter?: string
  /** There is another trunk to try when this one is silent. */
  readonly another?: boolean
  /** The session interval that a 422 requires, seconds. */
  readonly minSeconds?: number
}

/** The routes to a target, in the order in which to try them. */
export function routesTo(target: DialledTarget, trunks: readonly Trunk[]): Route[] {
  if (target.kind === 'number') {
    return trunks.map((trunk, index) => ({
      uri: `sip:${target.number.replace(/[^\d+*#]/g, '')}@${trunk.address}`,
      trunk,
      srtp: trunk.srtp ?? 'off',
      domain: hostOf(trunk.address),
      another: index < trunks.length - 1,
    }))
  }
  const host = /^sips?:(?:[^@\s]*@)?([^;?\s]+)\S*$/i.exec(target.uri)?.[1]
  return host === undefined
    ? []
    : [
        {
          uri: target.uri,
          ...(target.via === undefined ? {} : { via: target.via }),
          trunk: undefined,
          srtp: target.srtp ?? 'off',
          domain: hostOf(host),
        },
      ]
}

function hostOf(address: string): string {
  return address.split(';')[0]?.replace(/:\d+$/, '') ?? address
}

/** A registered browser, over the WebSocket on which it registered. */
export function isBrowser({ via = '' }: Route): boolean {
  return /;transport=wss?$/i.test(via)
}

/** The next hop is given as an IPv6 literal: a party there may have nothing else. */
export function isOverIPv6({ uri, via }: Route): boolean {
  return /^sips?:(?:[^@\s]*@)?\[/i.test(via ?? uri)
}
