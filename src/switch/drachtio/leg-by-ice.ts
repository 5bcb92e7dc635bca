import { asError } from '../../common/errors.js'
import type { LaterParty } from './later-party.js'
import { DrachtioLeg } from './leg.js'
import { findPlace } from './moving.js'
import type { PartyDialog } from './party-dialog.js'
import { Origin } from './sdp.js'
import type { ComingChannel } from './server-pair.js'

/** A browser that has been answered, and whose channel comes with its handshake. */
export interface ByIce {
  readonly coming: ComingChannel
  /** The party's description, as the media server has been told it. */
  readonly description: string
  /** Our description, as the party has been told it. */
  readonly described: string
  readonly origins: { readonly media: Origin; readonly party: Origin }
  readonly party: PartyDialog
  readonly later: LaterParty
}

/** Its leg, once the channel is there. A browser whose media server has gone meanwhile is moved to another one. Rejects where no channel comes. */
export async function legByIce(browser: ByIce): Promise<DrachtioLeg> {
  const leg = await atItsChannel(browser).catch((error: unknown) => atAnother(browser, asError(error)))
  browser.later.handOver(leg)
  return leg
}

async function atItsChannel({ coming, description, described, origins, party }: ByIce): Promise<DrachtioLeg> {
  const channel = await coming.channel
  await channel.describe(description)
  const leg = new DrachtioLeg(coming.pair, channel, origins)
  leg.secured = 'dtls'
  leg.begin(party, described)
  return leg
}

/** @param error why there is no channel at the intended media server: if that is up, the browser did not complete the handshake */
async function atAnother({ coming: { pair }, described, origins, party, later }: ByIce, error: Error): Promise<DrachtioLeg> {
  if (pair.media.up) throw error
  const fresh = { party: origins.party, media: new Origin() }
  const placed = await findPlace(
    pair,
    undefined,
    () => ({ party, origins: fresh, described, secured: 'dtls', by: (source) => pair.describer(source) }),
    () => later.isGone,
  )
  if (placed.kind !== 'placed') throw new Error(`${error.message}; ${placed.why}`)
  const leg = new DrachtioLeg(placed.pair, placed.channel, fresh)
  leg.secured = 'dtls'
  leg.begin(party, placed.described)
  leg.told(placed.told)
  return leg
}
