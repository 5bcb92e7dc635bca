import { networkInterfaces } from 'node:os'
import { fine, wrong, type Finding } from './finding.js'

const anywhere = new Set(['0.0.0.0', '::'])

/** Addresses of this machine; loopback as a whole counts. */
export function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)))
}

/** @param setting as in the settings file */
export function ownAddress(setting: string, address: string, own: ReadonlySet<string> = ownAddresses()): Finding {
  if (anywhere.has(address) || own.has(address) || /^127\./.test(address)) return fine(`${setting} ${address}: an address of this machine`)
  return wrong(`${setting} ${address}: this machine has no such address`, `give one of ${[...own].join(', ')}`)
}
