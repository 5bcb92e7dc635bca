import { payloadTypes, type Law } from './sound.js'

export interface Description {
  readonly address: string
  readonly port: number
  readonly payloads: readonly number[]
  readonly telephoneEventType: number | undefined
  readonly direction: string
  readonly origin: string
}

let session = 1000

/** What the phone offers or answers. `codecs` may name ones that nobody has, to provoke a 488. */
export function write(options: {
  port: number
  laws: readonly Law[]
  telephoneEvents?: boolean
  direction?: string
  alien?: boolean
  version?: number
  address?: string
}): string {
  const types = options.alien === true ? [18] : options.laws.map((law) => payloadTypes[law])
  const events = options.telephoneEvents !== false && options.alien !== true
  return [
    'v=0',
    `o=phone ${session++} ${options.version ?? 1} IN IP4 127.0.0.1`,
    's=-',
    `c=IN IP4 ${options.address ?? '127.0.0.1'}`,
    't=0 0',
    `m=audio ${options.port} RTP/AVP ${[...types, ...(events ? [101] : [])].join(' ')}`,
    ...(options.alien === true ? ['a=rtpmap:18 G729/8000'] : options.laws.map((law) => `a=rtpmap:${payloadTypes[law]} ${law}/8000`)),
    ...(events ? ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'] : []),
    'a=ptime:20',
    `a=${options.direction ?? 'sendrecv'}`,
    '',
  ].join('\r\n')
}

export function read(text: string): Description {
  const media = /^m=audio (\d+) (\S+) (.*)$/m.exec(text)
  const address = /^c=IN IP4 (\S+)/m.exec(text)?.[1]
  if (media === null || address === undefined) throw new Error(`not a description: ${text}`)
  const events = /^a=rtpmap:(\d+) telephone-event\/8000/im.exec(text)?.[1]
  return {
    address,
    port: Number(media[1]),
    payloads: media[3]!.trim().split(' ').map(Number),
    telephoneEventType: events === undefined ? undefined : Number(events),
    direction: /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(text)?.[1] ?? 'sendrecv',
    origin: /^o=(.*?)\r?$/m.exec(text)?.[1] ?? '',
  }
}
