import type { CodecName } from './settings.js'

/**
 * Session descriptions (RFC 4566, offers and answers by RFC 3264), as far as one audio stream over plain RTP needs them. What a
 * party says is never handed on: the media server is told one codec and one address, the party is told what the media server has
 * chosen, under an origin line of our own. So nothing of one party's description (user name, host, software) can reach another.
 */

/** One audio stream as a party described it, reduced to what is used. */
export interface PartyAudio {
  readonly address: string
  readonly port: number
  readonly codec: { readonly payloadType: number; readonly map: string; readonly format?: string }
  readonly telephoneEvents: { readonly payloadType: number; readonly map: string } | undefined
  readonly direction: Direction
  readonly ptimeMs: number | undefined
  /** Every media line of the description, so that an answer can refuse the others one by one. */
  readonly mediaLines: readonly MediaLine[]
  /** Which of them is this stream. */
  readonly index: number
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

interface MediaLine {
  readonly kind: string
  readonly port: number
  readonly protocol: string
  readonly formats: readonly string[]
  readonly attributes: readonly string[]
  readonly connection: string | undefined
}

/** The origin line of one session that we describe; the version rises with every change (RFC 3264 section 8). */
export class Origin {
  readonly #id = Math.floor(Math.random() * 2 ** 40)
  #version = 0
  #last = ''

  line(address: string, rest: string): string {
    const described = `${address}\n${rest}`
    if (described !== this.#last) this.#version++
    this.#last = described
    return `o=- ${this.#id} ${this.#version} IN IP4 ${address}`
  }
}

/** Payload types that mean a codec without being mapped (RFC 3551 table 4). */
const staticMaps: Readonly<Record<string, string>> = { '0': 'PCMU/8000', '8': 'PCMA/8000', '9': 'G722/8000' }

/**
 * The first audio stream over plain RTP that has a codec in common with ours.
 * @param codecs ours, by preference
 * @param prefer whose order decides between several common codecs: ours for an offer, theirs for an answer
 * @returns undefined when there is none: 488
 */
export function readPartyAudio(sdp: string, codecs: readonly CodecName[], prefer: 'ours' | 'theirs'): PartyAudio | undefined {
  const { session, media } = parse(sdp)
  const sessionConnection = connectionOf(session)
  const sessionDirection = directionOf(session)
  for (const [index, line] of media.entries()) {
    const address = line.connection ?? sessionConnection
    if (line.kind !== 'audio' || line.port === 0 || line.protocol.toUpperCase() !== 'RTP/AVP' || address === undefined) continue
    const found = line.formats.flatMap((format) => {
      const map = mapOf(line, format)
      const rank = codecs.findIndex((codec) => map?.toUpperCase().startsWith(`${codec}/`))
      return map === undefined || rank === -1 ? [] : [{ payloadType: Number(format), map, rank }]
    })
    const codec = prefer === 'ours' ? found.sort((a, b) => a.rank - b.rank)[0] : found[0]
    if (codec === undefined) continue
    const clock = codec.map.toUpperCase().startsWith('OPUS/') ? '48000' : '8000'
    const events = line.formats.find((format) => mapOf(line, format)?.toLowerCase() === `telephone-event/${clock}`)
    const format = attribute(line.attributes, `fmtp:${codec.payloadType} `)
    const ptime = Number(attribute(line.attributes, 'ptime:'))
    return {
      address,
      port: line.port,
      codec: { payloadType: codec.payloadType, map: codec.map, ...(format === undefined ? {} : { format }) },
      telephoneEvents: events === undefined ? undefined : { payloadType: Number(events), map: `telephone-event/${clock}` },
      direction: directionOf(line.attributes) ?? sessionDirection ?? 'sendrecv',
      ptimeMs: ptime > 0 ? ptime : undefined,
      mediaLines: media,
      index,
    }
  }
  return undefined
}

/** What the media server is told of a party: one codec, one address. */
export function describeToMediaServer(party: PartyAudio, origin: Origin): string {
  return write(origin, party.address, [audioLines(party.port, party, party.direction)])
}

/**
 * Our offer to a party.
 * @param mediaServerOffer what the media server offers on its endpoint: address and port are taken, the codecs are ours
 * @throws Error when the media server offers no plain RTP audio
 */
export function offerToParty(mediaServerOffer: string, codecs: readonly CodecName[], origin: Origin): string {
  const { session, media } = parse(mediaServerOffer)
  const line = media.find((each) => each.kind === 'audio' && each.protocol.toUpperCase() === 'RTP/AVP' && each.port !== 0)
  const address = line?.connection ?? connectionOf(session)
  if (line === undefined || address === undefined) throw new Error('the media server offers no audio over plain RTP')
  const formats = codecs.flatMap((codec) => {
    const format = line.formats.find((each) => mapOf(line, each)?.toUpperCase().startsWith(`${codec}/`))
    return format === undefined ? [] : [format]
  })
  if (formats.length === 0) throw new Error(`the media server offers none of ${codecs.join(', ')}`)
  const events = line.formats.filter((format) => mapOf(line, format)?.toLowerCase() === 'telephone-event/8000')
  return write(origin, address, [
    [
      `m=audio ${line.port} RTP/AVP ${[...formats, ...events].join(' ')}`,
      ...formats.flatMap((format) => {
        const parameters = attribute(line.attributes, `fmtp:${format} `)
        return [`a=rtpmap:${format} ${mapOf(line, format) ?? ''}`, ...(parameters === undefined ? [] : [`a=fmtp:${format} ${parameters}`])]
      }),
      ...events.flatMap((format) => [`a=rtpmap:${format} telephone-event/8000`, `a=fmtp:${format} 0-15`]),
      'a=ptime:20',
      'a=sendrecv',
    ],
  ])
}

/**
 * Our answer to a party's offer, media line by media line.
 * @param mediaServerAnswer what the media server answered to `describeToMediaServer`
 * @returns undefined when the media server did not take the codec
 */
export function answerToParty(party: PartyAudio, mediaServerAnswer: string, origin: Origin): string | undefined {
  const { session, media } = parse(mediaServerAnswer)
  const line = media.find((each) => each.kind === 'audio' && each.port !== 0)
  const address = line?.connection ?? connectionOf(session)
  if (line === undefined || address === undefined || !line.formats.includes(String(party.codec.payloadType))) return undefined
  const direction = directionOf(line.attributes) ?? directionOf(session) ?? mirrored[party.direction]
  const events = party.telephoneEvents !== undefined && line.formats.includes(String(party.telephoneEvents.payloadType)) ? party.telephoneEvents : undefined
  return write(
    origin,
    address,
    party.mediaLines.map((each, index) =>
      index === party.index ? audioLines(line.port, { ...party, telephoneEvents: events }, direction) : [`m=${each.kind} 0 ${each.protocol} ${each.formats.join(' ')}`],
    ),
  )
}

const mirrored: Readonly<Record<Direction, Direction>> = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' }

function audioLines(port: number, party: PartyAudio, direction: Direction): string[] {
  const { codec, telephoneEvents: events } = party
  return [
    `m=audio ${port} RTP/AVP ${[codec, ...(events === undefined ? [] : [events])].map((each) => each.payloadType).join(' ')}`,
    `a=rtpmap:${codec.payloadType} ${codec.map}`,
    ...(codec.format === undefined ? [] : [`a=fmtp:${codec.payloadType} ${codec.format}`]),
    ...(events === undefined ? [] : [`a=rtpmap:${events.payloadType} ${events.map}`, `a=fmtp:${events.payloadType} 0-15`]),
    `a=ptime:${party.ptimeMs ?? 20}`,
    `a=${direction}`,
  ]
}

function write(origin: Origin, address: string, media: readonly (readonly string[])[]): string {
  const rest = media.flat().join('\r\n')
  return ['v=0', origin.line(address, rest), 's=-', `c=IN IP4 ${address}`, 't=0 0', rest, ''].join('\r\n')
}

function parse(sdp: string): { session: readonly string[]; media: readonly MediaLine[] } {
  const sections: string[][] = [[]]
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('m=')) sections.push([])
    sections.at(-1)?.push(line)
  }
  const [session = [], ...rest] = sections
  const media = rest.flatMap((lines): MediaLine[] => {
    const match = /^m=(\S+) (\d+)(?:\/\d+)? (\S+) (.+)$/.exec(lines[0] ?? '')
    if (match === null) return []
    const [, kind = '', port = '0', protocol = '', formats = ''] = match
    return [{ kind, port: Number(port), protocol, formats: formats.trim().split(/\s+/), attributes: lines, connection: connectionOf(lines) }]
  })
  return { session, media }
}

function connectionOf(lines: readonly string[]): string | undefined {
  const line = lines.find((each) => each.startsWith('c='))
  return line === undefined ? undefined : /^c=IN IP[46] ([^\s/]+)/.exec(line)?.[1]
}

function directionOf(lines: readonly string[]): Direction | undefined {
  for (const line of lines) {
    const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(line)?.[1]
    if (direction !== undefined) return direction as Direction
  }
  return undefined
}

function attribute(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`a=${name}`))?.slice(2 + name.length).trim()
}

function mapOf(line: MediaLine, format: string): string | undefined {
  return attribute(line.attributes, `rtpmap:${format} `) ?? staticMaps[format]
}
