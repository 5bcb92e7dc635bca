import { isIP } from 'node:net'
import { LAWS, type Law } from './law.js'
import type { ChannelMedia, OpusMedia } from './media-channel.js'
import type { RemoteAddress } from './source-latch.js'

/** Samples a ms. */
export const RATE = 8
/** Units of an RTP timestamp a sample, in G.711 and in Opus (RFC 7587 section 4.1). */
export const G711_TICKS = 1
export const OPUS_TICKS = 6
const PTIMES = [10, 20, 30, 40, 60]

/** @throws TypeError when the address is not of the channel's family, or a number is out of range. @param localAddress of the channel */
export function checkMedia(media: ChannelMedia, localAddress: string): void {
  const { remoteAddress, remotePort, ptimeMs = 20, payloadType, telephoneEventPayloadType, opus } = media
  if (isIP(remoteAddress) !== isIP(localAddress))
    throw new TypeError(`not an address of this channel's family: ${JSON.stringify(remoteAddress)}`)
  if (!Number.isInteger(remotePort) || remotePort < 0 || remotePort > 65535) throw new TypeError(`not a port: ${remotePort}`)
  if (!PTIMES.includes(ptimeMs)) throw new TypeError(`not a packet time: ${ptimeMs} ms (one of ${PTIMES.join(', ')})`)
  for (const type of [payloadType, telephoneEventPayloadType, opus?.payloadType, opus?.telephoneEventPayloadType]) {
    if (type !== undefined && (!Number.isInteger(type) || type < 0 || type > 127)) throw new TypeError(`not a payload type: ${type}`)
  }
}

/** The agreement with the party, in the form that packets need. */
export class AgreedMedia {
  readonly law: Law
  readonly payloadType: number
  /** Payload type of events to the party; undefined: it takes none. */
  readonly eventPayloadType: number | undefined
  /** Undefined: the party is sent no Opus, and none of it is taken. */
  readonly opus: OpusMedia | undefined
  readonly ptimeMs: number
  readonly ptimeSamples: number
  /** We send to the party. */
  readonly sends: boolean
  /** We take what it sends. */
  readonly receives: boolean
  /** The signalled address of its RTCP. */
  readonly rtcpPort: number
  readonly #remotePort: number
  readonly #takenEventPayloadTypes: readonly number[]

  /** @param media checked (`checkMedia`) */
  constructor(media: ChannelMedia) {
    const { direction, ptimeMs = 20, telephoneEventPayloadType } = media
    this.law = LAWS[media.codec]
    this.payloadType = media.payloadType ?? this.law.staticPayloadType
    this.eventPayloadType = telephoneEventPayloadType
    this.opus = media.opus
    this.#takenEventPayloadTypes = [
      ...(telephoneEventPayloadType === undefined ? [] : [telephoneEventPayloadType]),
      ...(media.takenEventPayloadTypes ?? []),
    ]
    this.ptimeMs = ptimeMs
    this.ptimeSamples = ptimeMs * RATE
    this.sends = direction === 'sendrecv' || direction === 'sendonly'
    this.receives = direction === 'sendrecv' || direction === 'recvonly'
    this.#remotePort = media.remotePort
    this.rtcpPort = media.remoteRtcpPort ?? media.remotePort + 1
  }

  /** The law of a payload type: the one agreed, or the static number of the other, which some phones use after offering both. */
  lawOf(payloadType: number): Law | undefined {
    if (payloadType === this.payloadType) return this.law
    if (payloadType === LAWS.PCMU.staticPayloadType) return LAWS.PCMU
    return payloadType === LAWS.PCMA.staticPayloadType ? LAWS.PCMA : undefined
  }

  /** Timestamp units a sample of events of that payload type; undefined: not a type that is taken. */
  eventTicks(payloadType: number): number | undefined {
    if (this.#takenEventPayloadTypes.includes(payloadType)) return G711_TICKS
    return this.opus?.takenEventPayloadTypes.includes(payloadType) === true ? OPUS_TICKS : undefined
  }

  /** Payload type and clock of events sent beside audio of that clock. Undefined: the party takes none. */
  eventsBeside(ticks: number): { readonly payloadType: number; readonly ticks: number } | undefined {
    const wide = ticks === OPUS_TICKS ? this.opus?.telephoneEventPayloadType : undefined
    if (wide !== undefined) return { payloadType: wide, ticks: OPUS_TICKS }
    return this.eventPayloadType === undefined ? undefined : { payloadType: this.eventPayloadType, ticks: G711_TICKS }
  }

  /** Address for reports: as signalled, or the port after the one at which the party was found. */
  rtcpPortAt(remote: RemoteAddress): number | undefined {
    const port = remote.port === this.#remotePort ? this.rtcpPort : remote.port + 1
    return port <= 65_535 ? port : undefined
  }
}
