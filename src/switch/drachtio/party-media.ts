import { readAddress } from '../../sdp/address.js'
import type { CodecName } from '../../sdp/codecs.js'
import { ReinviteRefused } from './channel.js'
import { addressFor, answersTo, askForFamily, describeToMediaServer, familyOf, offerToParty, type Origin, type PartyAudio } from './sdp.js'

/** The statuses by which a media server says that it cannot do what was described, whoever asks (RFC 3261 21.4.26, 21.6.4). */
const NOT_ACCEPTABLE: ReadonlySet<number> = new Set([415, 488, 606])

/** What the media server is told through: `Channel`. */
export interface Described {
  /** Rejects with `ReinviteRefused` or `DeadlinePassed`. */
  describe(sdp: string): Promise<string>
}

/**
 * Tells the media server where a party is.
 *
 * A media server that has no address in the family in which the party wants its audio is told of the address that the party's
 * signalling comes from: a party with two families sends to our address all the same, and the media server sends to where that comes from.
 * @param source IP address from which the party's signalling comes
 * @returns the media server's answer; undefined when the two have nothing in common: 488
 * @throws (rejects) what `describe` rejects with, other than a refusal of what was described
 */
export async function describeParty(channel: Described, party: PartyAudio, origin: Origin, source: string | undefined): Promise<string | undefined> {
  const wanted = addressFor(party, source)
  const answer = await tell(channel, describeToMediaServer(party, wanted, origin))
  if (answer !== undefined && answersTo(party, answer, family(wanted))) return answer
  const guess = readAddress(source ?? '')
  if (guess.kind !== 'unicast' || guess.family === family(wanted)) return undefined
  const second = await tell(channel, describeToMediaServer(party, guess.address, origin))
  return second !== undefined && answersTo(party, second, guess.family) ? second : undefined
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
export async function offerTo(channel: Described & { readonly offer: string }, wanted: 4 | 6, codecs: readonly CodecName[], origins: { readonly media: Origin; readonly party: Origin }): Promise<string> {
  const codec = codecs.find((each) => each === 'PCMA' || each === 'PCMU')
  if (wanted === 4 || codec === undefined) return offerToParty(channel.offer, codecs, origins.party)
  const moved = await tell(channel, askForFamily(wanted, codec, origins.media))
  return offerToParty(channel.offer, codecs, origins.party, moved !== undefined && familyOf(moved) === wanted ? moved : undefined)
}

async function tell(channel: Described, description: string): Promise<string | undefined> {
  try {
    return await channel.describe(description)
  } catch (error) {
    if (error instanceof ReinviteRefused && NOT_ACCEPTABLE.has(error.status)) return undefined
    throw error
  }
}
