import { createSocket, type Socket } from 'node:dgram'
import { stat } from 'node:fs/promises'
import type Srf from 'drachtio-srf'
import { audioSection } from '../../embedded/protocols/sdp/write.js'
import { Channel } from './channel.js'
import { channelTrouble, type ChannelTrouble } from './channel-trouble.js'
import { asError } from '../../common/errors.js'
import { atMost, withDeadline } from './deadline.js'
import { isLocal } from './dial-responses.js'
import { MediaLink } from './media-link.js'
import { Origin } from './sdp.js'
import type { ServerSet } from './settings.js'
import { Signalling } from './signalling.js'

const connectMs = 5_000
/** A missing file is reported at once; one that plays for this long exists. */
const playMs = 600
const optionsMs = 5_000

/** The results of the trial channel. */
export type ChannelTrial =
  | { readonly kind: 'notTried'; readonly why: string }
  | ({ readonly kind: 'refused' } & ChannelTrouble)
  | {
      readonly kind: 'made'
      /** FreeSWITCH's description, from before there was a party. */
      readonly offer: string
      /** Whether FreeSWITCH found the prompt. */
      readonly played: boolean
      /** Octets of the recording as found on *this* machine; undefined: nothing is there, or nothing was recorded. */
      readonly recordedOctets: number | undefined
      /** RTP packets that FreeSWITCH sent here. */
      readonly heard: { readonly packets: number; readonly octetsEach: number }
    }

/** The answer to OPTIONS. */
export type OptionsAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly challenges: readonly string[] }
  | { readonly kind: 'silent'; readonly why: string }

/**
 * A drachtio-server and its FreeSWITCH, used for a moment as the engine uses them, beside an engine that may be running: it subscribes to no
 * requests, so no call comes here; the one channel that it makes is released again.
 */
export class ServersOnTrial {
  readonly #signalling: Signalling
  readonly #link: MediaLink
  readonly #waiting = new Set<() => void>()

  constructor(set: ServerSet) {
    const changed = () => {
      for (const look of [...this.#waiting]) look()
    }
    this.#signalling = new Signalling(set.drachtio, changed, () => undefined)
    this.#link = new MediaLink(set, this.#signalling, changed, () => undefined)
  }

  /** Resolves when both are connected, or are not within 5 s. */
  async open(): Promise<void> {
    this.#signalling.connect()
    this.#link.connect()
    await withDeadline<undefined>('the servers', connectMs, (resolve) => {
      const look = () => {
        if (this.#signalling.up && this.#link.up) resolve(undefined)
      }
      this.#waiting.add(look)
      look()
    }).catch(() => undefined)
    this.#waiting.clear()
  }

  get signalling(): { readonly up: boolean; readonly detail: string } {
    return this.#signalling
  }

  get media(): { readonly up: boolean; readonly detail: string } {
    return this.#link
  }

  /**
   * Makes a channel, describes a party of our own to it, plays and records.
   * @param files.record a file for FreeSWITCH to write, which the caller of this deletes; undefined: nothing is recorded
   */
  async tryChannel(files: { readonly play: string; readonly record: string | undefined }): Promise<ChannelTrial> {
    const down = [this.signalling, this.media].filter(({ up }) => !up)
    if (down.length > 0) return { kind: 'notTried', why: down.map(({ detail }) => detail).join('; ') }
    const ear = await Ear.open(this.#link.listenAddress)
    let channel: Channel | undefined
    try {
      channel = await this.#make()
      return await this.#use(channel, ear, files)
    } catch (error) {
      return { kind: 'refused', ...channelTrouble(error, this.#link.profile, this.#link.listenAddress) }
    } finally {
      await channel?.release()
      ear.close()
    }
  }

  async #make(): Promise<Channel> {
    const endpoint = await this.#link.createEndpoint()
    const { dialog, conn } = endpoint
    if (dialog === null || conn === null) throw new Error('the channel was gone before it was there')
    return new Channel(endpoint, dialog, conn, this.#link, () => this.#signalling.up)
  }

  async #use(
    channel: Channel,
    ear: Ear,
    { play, record }: { readonly play: string; readonly record: string | undefined },
  ): Promise<ChannelTrial> {
    await channel.run('multiset', '^^|RECORD_STEREO=true|RECORD_MIN_SEC=0|record_sample_rate=8000|enable_file_write_buffering=false')
    const audio = audioSection({
      port: ear.port,
      codecs: [{ codec: 'PCMA', payloadType: 8 }],
      events: [],
      ptimeMs: 20,
      direction: 'sendrecv',
    })
    await channel.describe(new Origin().describe(this.#link.listenAddress, [audio]))
    await channel.codecSettled()
    if (record !== undefined) await channel.run('record_session', record)
    const played = await this.#plays(channel, play)
    if (record !== undefined) await channel.run('stop_record_session', record)
    return { kind: 'made', offer: channel.offer, played, recordedOctets: await octetsOf(record), heard: ear.heard }
  }

  async #plays(channel: Channel, path: string): Promise<boolean> {
    const over = channel.execute('playback', path).then((event) => event.getHeader('Application-Response') ?? '')
    const early = await Promise.race([over, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), playMs))])
    if (early !== undefined) return early === 'FILE PLAYED'
    await channel.api('uuid_break')
    await atMost(playMs, over)
    return true
  }

  /**
   * Sends OPTIONS through drachtio-server, from where the calls go.
   * @param address `host:port`, with `;transport=tcp` where wanted
   */
  async askTrunk(address: string, headers: Readonly<Record<string, string>> = {}): Promise<OptionsAnswer> {
    if (!this.#signalling.up) return { kind: 'silent', why: this.#signalling.detail }
    try {
      return await withDeadline<OptionsAnswer>('OPTIONS', optionsMs, (resolve, reject) =>
        this.#signalling.srf.request(`sip:${address}`, { method: 'OPTIONS', headers }, (error, request) => {
          if (!request) return reject(error)
          request.on('response', (response: Srf.Response) => {
            const challenges = ['www-authenticate', 'proxy-authenticate'].flatMap((name) =>
              response.has(name) ? [response.get(name) ?? ''] : [],
            )
            // drachtio-server itself answers 408 and 503 where nothing came.
            resolve(
              isLocal(response)
                ? { kind: 'silent', why: `${response.status} ${response.reason}` }
                : { kind: 'answered', status: response.status, challenges },
            )
          })
        }),
      )
    } catch (error) {
      return { kind: 'silent', why: asError(error).message }
    }
  }

  async close(): Promise<void> {
    await this.#link.close()
    this.#signalling.close()
  }
}

async function octetsOf(file: string | undefined): Promise<number | undefined> {
  if (file === undefined) return undefined
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  )
}

/** Counts the RTP packets received. */
class Ear {
  #packets = 0
  #octets = 0

  private constructor(private readonly socket: Socket) {
    socket.on('message', (packet) => {
      this.#packets++
      this.#octets = packet.length
    })
  }

  static async open(address: string): Promise<Ear> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(0, address, resolve)
    })
    return new Ear(socket)
  }

  get port(): number {
    return this.socket.address().port
  }

  get heard(): { readonly packets: number; readonly octetsEach: number } {
    return { packets: this.#packets, octetsEach: this.#octets }
  }

  close(): void {
    this.socket.close()
  }
}
