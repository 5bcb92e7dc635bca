import type { Arrived } from './channel.js'
import { ChannelGone } from './channel-socket.js'
import type { Place } from './own-ports.js'
import type { PartyQuest } from './party-media.js'

/** Pauses between looks, ms: often while the party may be waiting to be heard, then less. */
const pauses = [60, 60, 80, 100, 150, 200, 250]
const laterMs = 500
/** FreeSWITCH looks at six packets (`rtp_auto_adjust_threshold`): a party not found elsewhere by then is where it was supposed to be. */
const windowPackets = 10
/** How long a party that is supposed to be somewhere is looked for elsewhere. */
const limitMs = 5_000
/** Pauses after a stranger, in which no other source can come in, ms. The third ends the search: the stranger means it. */
const shutMs = [250, 1_000]
/** One that is nowhere yet is waited for; the embedded switch looks for five seconds at a time. */
const againMs = 4_000

/** The results of a search. */
export interface SearchEnd {
  /** The party has been found: from now on it is there, and nowhere else. */
  found(place: Place): void
  /** It has not shown itself elsewhere: it is where it was supposed to be, if anywhere. Whatever came before was not certain to be from it. */
  supposed(): void
  /** A stranger sent to the port, and was turned away. */
  stranger(address: string): void
}

/**
 * Finds a party that cannot be told from its description: behind NAT, or described by a sender that could name any host. The media server
 * is asked whom it has heard; a sender that is not where the party may be is turned away, before anything but silence is sent.
 */
export class PartySearch {
  readonly #arrived: () => Promise<Arrived>
  readonly #quest: PartyQuest
  readonly #end: SearchEnd
  readonly #heard: Promise<void>
  #letHear: () => void = () => undefined
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(arrived: () => Promise<Arrived>, quest: PartyQuest, end: SearchEnd) {
    this.#arrived = arrived
    this.#quest = quest
    this.#end = end
    this.#heard = new Promise((resolve) => (this.#letHear = resolve))
    void this.#search()
  }

  get over(): boolean {
    return this.#over
  }

  /** Settles when the search is over, however. */
  get ended(): Promise<void> {
    return this.#heard
  }

  /** Ends it: there is a new description, or the leg is over. */
  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#letHear()
  }

  async #search(): Promise<void> {
    const { supposed } = this.#quest
    const began = performance.now()
    let lookedAt = began
    let before = await this.#look()
    let strangers = 0
    for (let looks = 0; !this.#isOver(); looks++) {
      await this.#pause(pauses[looks] ?? laterMs)
      const now = await this.#look()
      if (this.#isOver() || now === undefined) continue
      if (now.found && this.#quest.isAt(now.found)) return this.#settle(now.found)
      if (supposed && now.found === undefined && now.packets - (before?.packets ?? 0) >= windowPackets) return this.#settle(supposed)
      if (now.found) {
        this.#end.stranger(now.found.address)
        await this.#quest.settle(supposed).catch(() => undefined)
        const shut = shutMs[strangers++]
        if (shut === undefined) return this.#giveUp()
        await this.#pause(shut)
      } else if (supposed && performance.now() - began > limitMs) {
        await this.#quest.settle(supposed).catch(() => undefined)
        return this.#giveUp()
      } else if (performance.now() - lookedAt < againMs) continue
      if (this.#isOver()) return
      await this.#quest.look().catch(() => undefined)
      lookedAt = performance.now()
      before = await this.#look()
    }
  }

  async #settle(place: Place): Promise<void> {
    await this.#quest.settle(place).catch(() => undefined)
    if (this.over) return
    this.stop()
    this.#end.found(place)
  }

  #isOver(): boolean {
    return this.#over
  }

  #giveUp(): void {
    if (this.over) return
    this.stop()
    this.#end.supposed()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => (this.#timer = setTimeout(resolve, ms)))
  }

  #look(): Promise<Arrived | undefined> {
    return this.#arrived().catch((error: unknown) => {
      // The caller gave up before the leg existed.
      if (error instanceof ChannelGone) this.stop()
      return undefined
    })
  }
}
