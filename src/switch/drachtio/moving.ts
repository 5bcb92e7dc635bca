import type { Channel } from './channel.js'
import { asError } from './deadline.js'
import type { PartyDialog } from './party-dialog.js'
import { describeParty, encryptedOfferTo, offerTo, type Describer, type Told } from './party-media.js'
import { offerToParty, placeOf, readPartyAnswer, type Origin } from './sdp.js'
import type { ServerPair } from './server-pair.js'

/** What came of taking a party to another channel. `unavailable`: of the channel; another one may do. */
export type Placed =
  | { readonly kind: 'placed'; readonly described: string; readonly told: Told }
  | { readonly kind: 'refused' | 'gone' | 'unavailable'; readonly why: string }

/** Whom a channel is for, and what is known of them. */
export interface Placing {
  readonly party: PartyDialog
  readonly origins: { readonly media: Origin; readonly party: Origin }
  /** What we last described to the party: the family of its address is the party's. */
  readonly described: string
  /** The party encrypts with keys of the descriptions, and goes on so. */
  readonly encrypted: boolean
  readonly by: (source: string | undefined) => Describer
}

/**
 * Tells a party by re-INVITE that we are at another channel from now on, and the channel where the party is. The dialog is drachtio-server's and stands, whatever became of the media
 * server. Never rejects; the channel is the caller's to release.
 */
export async function place(pair: ServerPair, channel: Channel, { party, origins, described, encrypted, by }: Placing): Promise<Placed> {
  try {
    const family = placeOf(described)?.address.includes(':') === true ? 6 : 4
    const offer = encrypted
      ? await encryptedOfferTo(channel, family, pair.codecs, origins)
      : family === 6
        ? await offerTo(channel, 6, pair.codecs, origins)
        : offerToParty(channel.offer, pair.codecs, origins.party)
    const answer = await party.offer(offer)
    if (answer.kind !== 'answered') return answer
    const audio = readPartyAnswer(answer.sdp, offer, pair.codecs)
    const told = audio && (await describeParty(channel, audio, origins.media, by(answer.source)))
    return told === undefined
      ? { kind: 'refused', why: 'its answer has no codec in common with us' }
      : { kind: 'placed', described: offer, told }
  } catch (error) {
    return { kind: 'unavailable', why: asError(error).message }
  }
}

/** A party is without a media server at most so long until one is found that takes it. */
const findMs = 5_000
const lookAgainMs = 100
/** A channel that is lost again and again is not the media server's fault: so many moves in so much time. */
const movesAtMost = 4
const movesWithinMs = 60_000

/** Counts the moves of a leg. */
export class MoveCount {
  readonly #moves: number[] = []

  /** @returns whether the leg may be moved once more */
  again(now = performance.now()): boolean {
    while (this.#moves[0] !== undefined && now - this.#moves[0] > movesWithinMs) this.#moves.shift()
    return this.#moves.push(now) <= movesAtMost
  }
}

/** A channel with the party at it. */
export interface NewPlace {
  readonly pair: ServerPair
  readonly channel: Channel
  readonly placed: Extract<Placed, { readonly kind: 'placed' }>
}

/**
 * Looks for a media server that takes a party, for a while: one may be on its way up.
 * @param from where the party was
 * @param to where it has to be; undefined: anywhere
 * @param over whether the party has gone meanwhile
 */
export async function findPlace(
  from: ServerPair,
  to: ServerPair | undefined,
  placing: () => Placing,
  over: () => boolean,
): Promise<NewPlace | { readonly kind: 'refused' | 'gone' | 'unavailable'; readonly why: string }> {
  const until = performance.now() + findMs
  let why = 'there is no other media server'
  while (!over() && performance.now() < until) {
    const pair = to ?? (await from.another())
    const channel = await pair?.takeChannel().catch((error: unknown) => {
      why = asError(error).message
      return undefined
    })
    if (pair === undefined || channel === undefined) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
      continue
    }
    // Its loss shows by `gone`.
    channel.onLost = () => undefined
    const placed = over() ? ({ kind: 'gone', why: 'the party has hung up' } as const) : await place(pair, channel, placing())
    if (placed.kind === 'placed' && !channel.gone && !over()) return { pair, channel, placed }
    void channel.release()
    if (placed.kind === 'refused' || placed.kind === 'gone') return placed
    if (placed.kind === 'unavailable') why = placed.why
  }
  return { kind: 'unavailable', why }
}
