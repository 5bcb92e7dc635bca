import type { PartyEvents } from './party-dialog.js'

/**
 * Buffers the events of a party before its leg exists. FreeSWITCH makes a channel with ICE and DTLS, and goes on with it only when the party has taken the
 * answer and shaken hands: the party's dialog is older than the channel.
 */
export class LaterParty implements PartyEvents {
  readonly #described: string
  readonly #there: Promise<PartyEvents>
  #arrive: (leg: PartyEvents) => void = () => undefined
  #leg: PartyEvents | undefined
  #gone = false
  #before: ((leg: PartyEvents) => void)[] = []

  /**
   * @param described what the party has been told
   * @param onGone it has gone before its leg was there: do not wait for its handshake
   */
  constructor(
    described: string,
    private readonly onGone: () => void = () => undefined,
  ) {
    this.#described = described
    this.#there = new Promise((resolve) => (this.#arrive = resolve))
  }

  /** The leg exists now, and gets all events that it has missed. */
  handOver(leg: PartyEvents): void {
    this.#leg = leg
    for (const tell of this.#before.splice(0)) tell(leg)
    this.#arrive(leg)
  }

  /** It has hung up before its leg was there. */
  get isGone(): boolean {
    return this.#gone
  }

  gone(...what: Parameters<PartyEvents['gone']>): void {
    this.#gone = true
    this.#tell((leg) => leg.gone(...what))
    if (!this.#leg) this.onGone()
  }

  key(...what: Parameters<PartyEvents['key']>): void {
    this.#tell((leg) => leg.key(...what))
  }

  async describe(...what: Parameters<PartyEvents['describe']>): Promise<string | undefined> {
    return (await this.#there).describe(...what)
  }

  async answered(...what: Parameters<PartyEvents['answered']>): Promise<void> {
    return (await this.#there).answered(...what)
  }

  described(): string {
    return this.#leg?.described() ?? this.#described
  }

  #tell(what: (leg: PartyEvents) => void): void {
    if (this.#leg) what(this.#leg)
    else this.#before.push(what)
  }
}
