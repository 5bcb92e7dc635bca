import { asError } from '../../common/errors.js'
import { Channel } from './channel.js'
import { channelTrouble, inWords } from './channel-trouble.js'
import type { MediaLink } from './media-link.js'
import type { DescribedParty } from './media-srf.js'
import type { Place } from './own-ports.js'
import type { Notice } from './settings.js'
import type { Signalling } from './signalling.js'

/** An idle channel is exchanged for a fresh one after this time, so that no time-out of the media server can have caught it. */
const freshMs = 5 * 60_000
/** How often the size of the store is reviewed. */
const reviewMs = 10_000
/** Channels that are made at the same time, at most. */
const widthAtMost = 4
/** Pauses between attempts while FreeSWITCH makes no channels. */
const retryMs = [250, 500, 1_000, 2_000, 5_000]
/** A channel that goes by itself sooner than this counts as failed. */
const shortestLifeMs = 1_000

/** A channel whose media server has answered. It arrives when the party has taken that answer. */
export interface ChannelToCome {
  readonly answer: string
  readonly channel: Promise<Channel>
  /** The channel is no longer wanted: it is not waited for, and released if it comes anyway. */
  readonly letGo: () => void
}

/**
 * Channels of FreeSWITCH that are made before they are needed, so that an INVITE leaves, or is answered, without waiting for one
 * (making one costs a SIP transaction, a TCP connection and the setting of its variables: 20 to 50 ms). The store grows when a call
 * had to wait, and shrinks again when none has for a while.
 */
export class WarmChannels {
  readonly #link: MediaLink
  readonly #signalling: Signalling
  readonly #variables: Readonly<Record<string, string>>
  readonly #least: number
  readonly #most: number
  readonly #notice: (notice: Notice) => void
  readonly #changed: () => void
  readonly #ready: Channel[] = []
  /** Every channel that was made and has not gone. */
  readonly #alive = new Set<Channel>()
  #target: number
  /** Channels on their way into the store. */
  readonly #making = new Set<Promise<void>>()
  #missed = false
  #review: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  /** Failures since the last channel that came and stayed. */
  #failures = 0
  #trouble: string | undefined
  #proven = false
  #forgetLoss: (() => void) | undefined
  #closed = false

  /**
   * @param variables set on every channel before it is handed out
   * @param changed called when channels can be made, or no longer can
   */
  constructor(
    link: MediaLink,
    signalling: Signalling,
    variables: Readonly<Record<string, string>>,
    size: { least: number; most: number },
    notice: (notice: Notice) => void,
    changed: () => void,
  ) {
    this.#link = link
    this.#signalling = signalling
    this.#variables = variables
    this.#least = size.least
    this.#most = Math.max(size.least, size.most)
    this.#target = size.least
    this.#notice = notice
    this.#changed = changed
  }

  /** Whether FreeSWITCH has ever made a channel, and made the last one requested. */
  get working(): boolean {
    return this.#proven && this.#trouble === undefined
  }

  /** Why there are no channels, in words for an operator; undefined while there are. */
  get trouble(): string | undefined {
    return this.#trouble ?? (this.#proven ? undefined : 'the first channel is being made')
  }

  get idle(): number {
    return this.#ready.length
  }

  /** Addresses of the RTP ports of all channels, spare or not. */
  *places(): Iterable<Place> {
    for (const channel of this.#alive) {
      if (channel.gone) this.#alive.delete(channel)
      else if (channel.place !== undefined) yield channel.place
    }
  }

  /** A channel without a party. Rejects when FreeSWITCH cannot make one. */
  take(): Promise<Channel> {
    if (this.#closed) return Promise.reject(new Error('the switch is being closed'))
    for (;;) {
      const channel = this.#ready.shift()
      if (!channel) break
      if (channel.gone) continue
      this.#fill()
      return Promise.resolve(channel)
    }
    // FreeSWITCH has just refused, and will be asked again in a moment: callers must not add to that.
    if (this.#trouble !== undefined && this.#retry !== undefined) return Promise.reject(new Error(this.#link.describe(this.#trouble)))
    this.#missed = true
    this.#target = Math.min(this.#most, this.#target + 2)
    this.#fill()
    return this.#make().then(
      (channel) => {
        this.#succeeded(channel)
        return channel
      },
      (error: unknown) => {
        this.#failed(error)
        throw asError(error)
      },
    )
  }

  /** A channel made for one party, from its description. Rejects when FreeSWITCH cannot make one. */
  async makeFor(described: string): Promise<ChannelToCome> {
    if (this.#closed) throw new Error('the switch is being closed')
    let answered: (sdp: string) => void = () => undefined
    const answer = new Promise<string>((resolve) => (answered = resolve))
    const unwanted = new AbortController()
    const channel = this.#make({ sdp: described, answered, unwanted: unwanted.signal })
    const letGo = (): void => {
      unwanted.abort()
      channel.then(
        (late) => late.release(),
        () => undefined,
      )
    }
    return { answer: await Promise.race([answer, channel.then(() => answer)]), channel, letGo }
  }

  /** Takes back a channel that was offered to a party which never sent it audio. */
  giveBack(channel: Channel): void {
    if (channel.used || channel.gone || this.#closed || this.#ready.length >= this.#most) void channel.release()
    else this.#keep(channel)
  }

  /** The connections are up: begins to fill the store. May be called again. */
  open(): void {
    if (this.#closed) return
    this.#review ??= setInterval(() => this.#look(), reviewMs).unref()
    // Their dialogs live on the connection to drachtio on which they began: after its loss nothing can be sent within them.
    this.#forgetLoss ??= this.#signalling.onLost(() => {
      this.#forgetLoss = undefined
      for (const channel of this.#ready.splice(0)) void channel.release()
    })
    this.#fill()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#review)
    clearTimeout(this.#retry)
    this.#forgetLoss?.()
    // A channel being made now is released on arrival: the connections must last until then.
    await Promise.all([...this.#ready.splice(0).map((channel) => channel.release()), ...this.#making])
  }

  #fill(): void {
    if (this.#closed || !this.#link.up || !this.#signalling.up || this.#retry !== undefined) return
    // Until FreeSWITCH has shown that it makes channels, it is asked for one at a time.
    const width = this.working ? widthAtMost : 1
    while (this.#ready.length + this.#making.size < this.#target && this.#making.size < width) {
      const making = this.#makeSpare().then(() => {
        this.#making.delete(making)
        if (this.#retry === undefined) this.#fill()
      })
      this.#making.add(making)
    }
  }

  async #makeSpare(): Promise<void> {
    try {
      const channel = await this.#make()
      this.#succeeded(channel)
      if (this.#closed || this.#ready.length >= this.#most) await channel.release()
      else this.#keep(channel)
    } catch (error) {
      this.#failed(error)
    }
  }

  #succeeded(channel: Channel): void {
    if (this.working) return
    if (this.#failures === 0) return this.#works()
    // After failures a channel counts once it has stayed for a while.
    setTimeout(() => {
      if (!channel.gone && !this.working) this.#works()
    }, shortestLifeMs).unref()
  }

  #works(): void {
    if (this.#trouble !== undefined) this.#notice({ level: 'info', text: this.#link.describe('makes channels again') })
    this.#proven = true
    this.#trouble = undefined
    this.#failures = 0
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#changed()
    this.#fill()
  }

  /** Reports it once, and waits longer each time: a misconfigured FreeSWITCH is not asked forty times a second. */
  #failed(error: unknown): void {
    if (this.#closed) return
    // The connection went while the channel was being made: the connection itself reports that.
    if (this.#link.up && this.#signalling.up) {
      this.#troubled(`makes no channels: ${inWords(channelTrouble(error, this.#link.profile, this.#link.listenAddress))}`)
    }
    this.#pause()
  }

  #troubled(trouble: string): void {
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    this.#notice({ level: 'error', text: this.#link.describe(trouble) })
    this.#changed()
  }

  #pause(): void {
    if (this.#retry !== undefined) return
    const pause = retryMs[Math.min(this.#failures++, retryMs.length - 1)] ?? 0
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#fill()
    }, pause)
  }

  #keep(channel: Channel): void {
    channel.onKey = () => undefined
    channel.onLost = ({ cause }) => {
      const index = this.#ready.indexOf(channel)
      if (index !== -1) this.#ready.splice(index, 1)
      void channel.release()
      if (performance.now() - channel.createdAt < shortestLifeMs && this.#link.up && this.#signalling.up && !this.#closed) {
        this.#troubled(`its channels end as soon as they are made: ${cause}`)
        this.#pause()
      }
      this.#fill()
    }
    this.#ready.push(channel)
  }

  async #make(party?: DescribedParty): Promise<Channel> {
    const endpoint = await this.#link.createEndpoint(party)
    const { dialog, conn } = endpoint
    if (dialog === null || conn === null) {
      dialog?.destroy({}, () => undefined)
      throw new Error('the channel was gone before it was there')
    }
    const channel = new Channel(endpoint, dialog, conn, this.#link, () => this.#signalling.up, party?.sdp)
    try {
      // Before anything else happens on it: some of them (the media time-out) only count when the party is described.
      await channel.order(
        'uuid_setvar_multi',
        Object.entries(this.#variables)
          .map(([name, value]) => `${name}=${value}`)
          .join(';'),
      )
      this.#alive.add(channel)
      return channel
    } catch (error) {
      await channel.release()
      throw error
    }
  }

  /** Once in a while: fewer when no call had to wait, fresh ones for old ones. */
  #look(): void {
    if (!this.#missed) this.#target = Math.max(this.#least, this.#target - 1)
    this.#missed = false
    for (const channel of this.#alive) if (channel.gone) this.#alive.delete(channel)
    const now = performance.now()
    const stale = this.#ready.findIndex((channel) => now - channel.createdAt > freshMs)
    const surplus = this.#ready.length > this.#target ? 0 : -1
    const index = stale !== -1 ? stale : surplus
    if (index !== -1) {
      for (const channel of this.#ready.splice(index, 1)) {
        channel.onLost = () => undefined
        void channel.release()
      }
    }
    this.#fill()
  }
}
