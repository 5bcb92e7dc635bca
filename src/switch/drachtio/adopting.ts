import type { AdoptResult } from '../port.js'
import { Channel } from './channel.js'
import { asError } from './deadline.js'
import type { LegIdentity } from './handle.js'
import { DrachtioLeg } from './leg.js'
import { PartyDialog } from './party-dialog.js'
import { offerToParty, Origin } from './sdp.js'
import type { ServerPair } from './server-pair.js'
import { openStandingChannel } from './standing-channel.js'
import { StandingDialog } from './standing-dialog.js'

/** How often it is asked whether the party of a leg that was taken over is still there: drachtio-server 0.9.10 tells its BYE to nobody. */
const presenceMs = 1_000

/** Takes over a leg that an engine which died has left. What is left of one that has ended meanwhile is cleared away. Never rejects. */
export async function adopt(pair: ServerPair, identity: LegIdentity): Promise<AdoptResult> {
  const { socket, srf } = pair.signalling
  if (socket === undefined) return { kind: 'failed', why: pair.signalling.detail }
  const dialogs = [new StandingDialog(srf, socket, identity.party)]
  const [partyDialog] = dialogs as [StandingDialog]
  try {
    const standing = await openStandingChannel(pair.media.access, identity.channel)
    pair.media.holdBack(standing?.connection ?? null)
    const mediaDialog = new StandingDialog(srf, socket, identity.media, standing?.told)
    dialogs.push(mediaDialog)
    if (standing === undefined) {
      const there = await partyDialog.exists()
      if (there !== false) await new Promise<void>((resolve) => partyDialog.destroy({}, () => resolve()))
      forget(dialogs)
      return { kind: 'gone', why: 'the media server has no such channel any more' }
    }
    const channel = new Channel(standing.endpoint, mediaDialog.asDialog(), standing.connection, pair.media, () => pair.signalling.up)
    channel.takenOver()
    const origins = { party: new Origin(identity.origins[0]), media: new Origin(identity.origins[1]) }
    const leg = new DrachtioLeg(pair, channel, origins)
    const party = new PartyDialog(partyDialog.asDialog(), leg, identity.party.refresher)
    const [there] = await Promise.all([partyDialog.exists(), mediaDialog.exists()])
    if (there !== true || leg.ended) {
      await channel.release()
      forget(dialogs)
      return there === undefined ? { kind: 'failed', why: `${pair.signalling.name} does not say whether the call is still there` } : { kind: 'gone', why: 'the party has hung up' }
    }
    // Whatever was being played was for a moment that has passed.
    if (standing.peer === undefined) await channel.api('uuid_break', 'all').catch(() => undefined)
    leg.begin(party, described(standing.description, pair, origins.party), standing.peer)
    watchPresence(leg, partyDialog)
    return { kind: 'adopted', leg }
  } catch (error) {
    forget(dialogs)
    return { kind: 'failed', why: asError(error).message }
  }
}

/** What the party has been told of us. A channel that has moved into the other family says so itself. */
function described(description: string, pair: ServerPair, origin: Origin): string {
  try {
    return offerToParty(description, pair.codecs, origin)
  } catch {
    return description
  }
}

function watchPresence(leg: DrachtioLeg, dialog: StandingDialog): void {
  const timer = setInterval(() => {
    void dialog.exists().then((there) => {
      if (there === false && !leg.ended) leg.gone('the call is not there any more', false)
    })
  }, presenceMs)
  void leg.hungUp.then(() => clearInterval(timer))
}

function forget(dialogs: readonly StandingDialog[]): void {
  for (const dialog of dialogs) if (dialog.connected) dialog.forget()
}
