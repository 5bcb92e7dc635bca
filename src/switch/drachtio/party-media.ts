import { readAddress } from '../../embedded/protocols/sdp/address.js'
import type { CodecName } from '../../embedded/protocols/sdp/codecs.js'
import { ReinviteRefused } from './channel.js'
import { mediaSource, type MediaSource, type TakenFrom } from './media-source.js'
import type { Place } from './own-ports.js'
import {
  addressFor,
  answersTo,
  askForFamily,
  describeToMediaServer,
  familyOf,
  hears,
  describeByIce,
  isFoundByIce,
  offerToParty,
  type Origin,
  type PartyAudio,
} from './sdp.js'

/** The statuses by which a media server says that it cannot do what was described, for any engine (RFC 3261 21.4.26, 21.6.4). */
export const NOT_ACCEPTABLE: ReadonlySet<number> = new Set([415, 488, 606])
/** Ports at which nothing listens: discard (RFC 863), and one that is reserved. FreeSWITCH does nothing when it is told the same place twice. */
const NOWHERE = [9, 1] as const

/** The side of `Channel` that describes a party to the media server. */
export interface Described {
  /** Where the media server itself has this channel. */
  readonly place: Place | undefined
  /** Rejects with `ReinviteRefused` or `DeadlinePassed`. */
  describe(sdp: string): Promise<string>
  /** As `describe`, of a party that has answered what was offered with the media server's own key: that is kept. */
  describeAnswered(sdp: string): Promise<string>
  lookAt(hosts: readonly string[]): Promise<void>
}

/** The origin of a description, and how to read it. */
export interface Describer {
  /** IP address from which the party's signalling comes; undefined: not known. */
  readonly signalling: string | undefined
  readonly taken: TakenFrom
  /** See `mediaSource`. */
  readonly trusted?: boolean
  /** Whether we listen there ourselves: nothing is sent to ourselves. */
  isOurs(address: string, port: number): boolean
  /** Whether an address is one of this machine's. */
  isHere?(address: string): boolean
  /** What was found out about a party before, by `PartyQuest.key`: one with the same description is still there. */
  readonly known?: { readonly key: string; readonly place: Place } | undefined
}

/** The description given to the media server, and its answer. */
export interface Told {
  readonly answer: string
  /** Undefined where the party's address is certain. */
  readonly quest: PartyQuest | undefined
}

/** A party yet to be found. */
export interface PartyQuest {
  readonly key: string
  /** Where it may be. */
  isAt(place: Place): boolean
  /** Where it is, as described to the media server; undefined: nowhere, nothing is sent before it has been found. */
  readonly supposed: Place | undefined
  /** Searches (again), as at the beginning. */
  look(): Promise<unknown>
  /** It is there, and nowhere else; undefined: nowhere at all. */
  settle(at: Place | undefined): Promise<unknown>
}

/**
 * Tells the media server where a party is.
 *
 * A media server that has no address in the family in which the party wants its audio is given the address that the party's
 * signalling comes from: a party with two families sends to our address anyway, and the media server sends to where that comes from.
 * @returns undefined when the two have nothing in common, or the party describes a place of ours: 488
 * @throws (rejects) what `describe` rejects with, other than a refusal of what was described
 */
export async function describeParty(channel: Described, party: PartyAudio, origin: Origin, by: Describer): Promise<Told | undefined> {
  const wanted = addressFor(party, by.signalling)
  if (isFoundByIce(party)) {
    // FreeSWITCH does so for a channel that was made with ICE, and for no other.
    const answer = await acceptable(channel.describe(describeByIce(party, origin)))
    return answer === undefined ? undefined : { answer, quest: undefined }
  }
  const first = await tell(
    channel,
    party,
    origin,
    party.stream.media.address.kind === 'unknown'
      ? guessed(wanted, by)
      : mediaSource(wanted, by.signalling, by.taken, by.trusted, (address) => by.isHere?.(address) === true),
    by,
  )
  if (first !== undefined) return first
  const guess = readAddress(by.signalling ?? '')
  return guess.kind !== 'unicast' || guess.family === family(wanted)
    ? undefined
    : tell(channel, party, origin, guessed(guess.address, by), by)
}

/** A party that names no place is looked for where its signalling comes from. */
function guessed(address: string, by: Describer): MediaSource {
  return { address, learnFrom: by.taken === 'signalled' ? undefined : address, afterHeard: false }
}

function family(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

/**
 * Our offer to a party that has not spoken yet, in the address family in which its signalling is reached.
 * @param codecs ours, by preference
 * @returns an offer in the media server's first family where it has no address in that one
 * @throws (rejects) Error when the media server offers no plain RTP audio; what `describe` rejects with
 */
export async function offerTo(
  channel: Described & { readonly offer: string },
  wanted: 4 | 6,
  codecs: readonly CodecName[],
  origins: { readonly media: Origin; readonly party: Origin },
): Promise<string> {
  const codec = codecs.find((each) => each === 'PCMA' || each === 'PCMU')
  if (wanted === 4 || codec === undefined) return offerToParty(channel.offer, codecs, origins.party)
  const moved = await acceptable(channel.describe(askForFamily(wanted, codec, origins.media)))
  return offerToParty(channel.offer, codecs, origins.party, moved !== undefined && familyOf(moved) === wanted ? moved : undefined)
}

async function tell(channel: Described, party: PartyAudio, origin: Origin, source: MediaSource, by: Describer): Promise<Told | undefined> {
  const { address, learnFrom, afterHeard } = source
  const { port } = party.stream.media
  if (by.isOurs(address, port)) return undefined
  let last: Place | undefined
  const own = channel.place?.address ?? ''
  const nowhere = (): Place => ({
    address: family(own) === family(address) && own !== '' ? own : family(address) === 6 ? '::1' : '127.0.0.1',
    port: NOWHERE.find((each) => each !== last?.port) ?? NOWHERE[0],
  })
  const describe = (at: Place): Promise<string> => {
    last = at
    const described = describeToMediaServer(party, at.address, origin, at.port)
    return party.offeredKey === undefined ? channel.describe(described) : channel.describeAnswered(described)
  }
  const move = async (to: Place): Promise<string> => {
    // FreeSWITCH keeps a stranger whom it has taken for the party until it is told of another place.
    if (last?.address === to.address && last.port === to.port) await describe(nowhere())
    return describe(to)
  }
  const settle = async (at?: Place): Promise<string> => {
    await channel.lookAt([])
    return move(at ?? nowhere())
  }
  const key = `${address} ${port} ${learnFrom ?? ''}`
  const certain = by.known?.key === key ? by.known.place : learnFrom === undefined && !afterHeard ? { address, port } : undefined
  const supposed = afterHeard && hears(party) ? undefined : { address, port }
  const look = async (): Promise<string> => {
    await channel.lookAt(learnFrom === undefined || learnFrom === address ? [address] : [address, learnFrom])
    return move(supposed ?? nowhere())
  }
  const answer = await acceptable(certain ? settle(certain) : look())
  if (answer === undefined || !answersTo(party, answer, family(address))) return undefined
  if (certain) return { answer, quest: undefined }
  const isAt = (place: Place): boolean =>
    (place.address === address && (place.port === port || learnFrom === address)) || (place.address === learnFrom && learnFrom !== address)
  return { answer, quest: { key, supposed, isAt, look, settle } }
}

/** @returns undefined where the media server cannot do what was described */
async function acceptable(answer: Promise<string>): Promise<string | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ReinviteRefused && NOT_ACCEPTABLE.has(error.status)) return undefined
    throw error
  }
}
