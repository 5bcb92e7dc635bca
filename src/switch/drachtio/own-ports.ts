import { networkInterfaces } from 'node:os'
import { readAddress } from '../../embedded/protocols/sdp/address.js'
import { reachOf } from './media-source.js'

/** An address and port, IPv6 without brackets. */
export interface Place {
  readonly address: string
  readonly port: number
}

/**
 * Our own ports. A party that describes one of them as its own would make us talk to ourselves, or to another call, for ever.
 * @param media RTP ports of channels; RTCP is the port behind each
 * @param sip where parties' signalling comes in
 * @param here the addresses of this machine
 */
export function isOurPlace(asked: Place, media: Iterable<Place>, sip: readonly Place[], here: ReadonlySet<string>): boolean {
  let portIsOurs = false
  for (const { address, port } of media) {
    if (asked.port !== port && asked.port !== port + 1) continue
    if (asked.address === address) return true
    portIsOurs = true
  }
  for (const { address, port } of sip) {
    if (asked.port !== port) continue
    if (asked.address === address) return true
    portIsOurs = true
  }
  // The same port at another address of this machine.
  return portIsOurs && (here.has(asked.address) || reachOf(asked.address) === 'loopback')
}

/** `udp/127.0.0.1:5060,tcp/[::1]:5060` (drachtio-server says so when it is connected) -> the places named in it. */
export function placesIn(text: string): Place[] {
  return [...text.matchAll(/(?:\[([0-9a-f:.]+)\]|(?<![\w.])(\d+\.\d+\.\d+\.\d+)):(\d{1,5})/gi)].flatMap(([, six, four, port]) => {
    const address = readAddress(six ?? four ?? '')
    return address.kind === 'unicast' ? [{ address: address.address, port: Number(port) }] : []
  })
}

/** Asking the system takes as long as a good part of an answer; an address that comes or goes is noticed this much later, ms. */
const addressesKnownMs = 5_000
let known: { readonly at: number; readonly addresses: ReadonlySet<string> } | undefined

/** The addresses of this machine, as they were at most five seconds ago. */
export function addressesHere(): ReadonlySet<string> {
  const now = performance.now()
  if (known === undefined || now - known.at > addressesKnownMs)
    known = {
      at: now,
      addresses: new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))),
    }
  return known.addresses
}
