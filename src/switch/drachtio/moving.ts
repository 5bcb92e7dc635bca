import type { Channel } from './channel.js'
import { asError } from '../../common/errors.js'
import type { Secured } from './handle.js'
import type { PartyDialog, PartyOffer } from './party-dialog.js'
import { describeParty, offerTo, type Describer, type Told } from './party-media.js'
import { answerToParty, describeByIce, isFoundByIce, offerToParty, placeOf, readPartyAnswer, readPartyOffer, type Origin } from './sdp.js'
import { encryptsNot, type ServerPair } from './server-pair.js'

/** The result of moving a party to another channel. `unavailable`: the channel; another one may do. */
export type Placed = NewPlace | Unplaced

/** A channel with the party at it. */
export interface NewPlace {
  readonly kind: 'placed'
  readonly pair: ServerPair
  readonly channel: Channel
  readonly described: string
  readonly told: Told
}

interface Unplaced {
  readonly kind: 'refused' | 'gone' | 'unavailable'
  readonly why: string
}

/** The party for which a channel is, and what is known of it. */
export interface Placing {
  readonly party: PartyDialog
  readonly origins: { readonly media: Origin; readonly party: Origin }
  /** Our last description for the party: its address family is the party's. */
  readonly described: string
  /** How the party encrypts, before and after. */
  readonly secured: Secured | undefined
  readonly by: (source: string | undefined) => Describer
}

/**
 * Takes a channel of that media server, tells the party by re-INVITE that we are there from now on, and the channel where the party is. The dialog is in drachtio-server and stands,
 * whatever happened to the former media server. Never rejects.
 * @param over whether the party has gone meanwhile
 */
export async function placeAt(pair: ServerPair, placing: Placing, over: () => boolean): Promise<Placed> {
  let channel: Channel | undefined
  const placed = await (async (): Promise<Placed> => {
    try {
      const taken = await take(pair, placing)
      channel = taken.channel
      // Its loss shows by `gone`.
      channel.onLost = () => undefined
      return over() ? partyOver : await tell(pair, taken, placing)
    } catch (error) {
      return { kind: 'unavailable', why: asError(error).message }
    }
  })()
  return kept(placed, channel, over)
}

/** A channel without a party is released. */
function kept(placed: Placed, channel: Channel | undefined, over: () => boolean): Placed {
  const stays = placed.kind === 'placed' && !placed.channel.gone && !over()
  if (!stays) void channel?.release()
  if (stays || placed.kind !== 'placed') return placed
  return over() ? partyOver : { kind: 'unavailable', why: 'the media server has lost the channel' }
}

const partyOver: Unplaced = { kind: 'gone', why: 'the party has hung up' }

/** A channel, and our offer from it where it was made for a party that encrypts. */
interface Taken {
  readonly channel: Channel
  readonly encrypted?: string
}

async function take(pair: ServerPair, { secured, described, origins }: Placing): Promise<Taken> {
  if (secured !== 'keys') return { channel: await pair.takeChannel() }
  const taken = await pair.takeEncryptedChannel(familyIn(described), origins)
  if (taken === undefined) throw new Error(encryptsNot)
  return { channel: taken.channel, encrypted: taken.offer }
}

function familyIn(described: string): 4 | 6 {
  return placeOf(described)?.address.includes(':') === true ? 6 : 4
}

async function tell(pair: ServerPair, { channel, encrypted }: Taken, { party, origins, described, by }: Placing): Promise<Placed> {
  const offer =
    encrypted ??
    (familyIn(described) === 6 ? await offerTo(channel, 6, pair.codecs, origins) : offerToParty(channel.offer, pair.codecs, origins.party))
  const answer = await party.offer(offer)
  if (answer.kind !== 'answered') return answer
  const audio = readPartyAnswer(answer.sdp, offer, pair.codecs)
  const told = audio && (await describeParty(channel, audio, origins.media, by(answer.source)))
  return told === undefined ? nothingInCommon : { kind: 'placed', pair, channel, described: offer, told }
}

const nothingInCommon: Unplaced = { kind: 'refused', why: 'its answer has no codec in common with us' }

/**
 * The same for a browser: it is asked for an offer (a re-INVITE without one, RFC 3261 section 14.2), and is answered in the ACK, for FreeSWITCH answers ICE and DTLS on a channel made
 * for that, and never offers them. The offer is valid for whichever media server takes it.
 */
async function placeByIce(pair: ServerPair, placing: Placing, offered: PartyOffer, over: () => boolean): Promise<Placed> {
  const { origins } = placing
  const audio = readPartyOffer(offered.sdp, pair.codecsTaken, 'secured')
  if (audio === undefined || !isFoundByIce(audio)) return nothingInCommon
  let channel: Channel | undefined
  const placed = await (async (): Promise<Placed> => {
    try {
      const description = describeByIce(audio, origins.media)
      const coming = await pair.takeChannelFor(description)
      const answer = coming && answerToParty(audio, coming.answer, origins.party)
      if (coming === undefined || answer === undefined) {
        coming?.letGo()
        return nothingInCommon
      }
      offered.answer(answer)
      channel = await coming.channel
      channel.onLost = () => undefined
      return { kind: 'placed', pair, channel, described: answer, told: { answer: await channel.describe(description), quest: undefined } }
    } catch (error) {
      // An offer can be answered only once.
      return { kind: offered.isAnswered() ? 'refused' : 'unavailable', why: asError(error).message }
    }
  })()
  return kept(placed, channel, over)
}

/** How long a party may be without a media server until one is found that takes it. */
const findMs = 5_000
const lookAgainMs = 100
/** A channel that is lost again and again is not the media server's fault: at most this many moves in this time. */
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
): Promise<Placed> {
  const until = performance.now() + findMs
  let last: Unplaced = { kind: 'unavailable', why: 'there is no other media server' }
  let offered: PartyOffer | undefined
  while (!over() && performance.now() < until) {
    const pair = to ?? (await from.another())
    if (pair !== undefined) {
      const wanted = placing()
      if (wanted.secured === 'dtls' && offered === undefined) {
        const asked = await wanted.party.askForOffer()
        if (asked.kind !== 'offered') return asked
        offered = asked
      }
      const placed = offered ? await placeByIce(pair, wanted, offered, over) : await placeAt(pair, wanted, over)
      if (placed.kind === 'unavailable') last = placed
      else {
        if (placed.kind !== 'placed') offered?.letGo()
        return placed
      }
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
  offered?.letGo()
  return last
}
