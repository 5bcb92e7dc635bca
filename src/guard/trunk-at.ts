import type { IncomingCall } from '../switch/port.js'
import { placeOf } from './dial-plan.js'

/**
 * The trunk from whose address a call came. A carrier may send from any port, so a single trunk at the host matches; among several, and on this
 * machine, where every port is another party, the port decides.
 * @param trunks `address` as in the settings: `host`, `host:port`, with `;transport=`. Host names are not resolved: a trunk with one is never found.
 */
export function trunkAt(
  { address, port }: IncomingCall['source'],
  trunks: readonly { readonly name: string; readonly address: string }[],
): string | undefined {
  const from = placeOf(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
  const there = trunks.map((trunk) => ({ name: trunk.name, ...placeOf(trunk.address) })).filter(({ host }) => host === from.host)
  const exact = there.find((trunk) => trunk.port === from.port)
  if (exact) return exact.name
  return there.length === 1 && !from.thisMachine ? there[0]?.name : undefined
}
