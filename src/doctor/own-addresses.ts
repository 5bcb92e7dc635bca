import { addressesHere } from '../switch/drachtio/own-ports.js'
import { fine, wrong, type Finding } from './finding.js'

const anywhere = new Set(['0.0.0.0', '::'])

/** Loopback as a whole counts. @param setting as in the settings file */
export function ownAddress(setting: string, address: string, own: ReadonlySet<string> = addressesHere()): Finding {
  if (anywhere.has(address) || own.has(address) || /^127\./.test(address)) return fine(`${setting} ${address}: an address of this machine`)
  return wrong(`${setting} ${address}: this machine has no such address`, `give one of ${[...own].join(', ')}`)
}
