import type { AdoptResult } from '../port.js'
import { Channel } from './channel.js'
import { asError } from '../../common/errors.js'
import type { LegIdentity } from './handle.js'
import { DrachtioLeg } from './leg.js'
import { LaterParty } from './later-party.js'
import { findPlace } from './moving.js'
import { PartyDialog } from './party-dialog.js'
import { offerToParty, Origin } from './sdp.js'
import type { ServerPair } from './server-pair.js'
import type { Refreshing } from './session-timer.js'
import { openStandingChannel } from './standing-channel.js'
import { StandingDialog } from './standing-dialog.js'

/** How often the party of a leg that was taken over is asked whether it is still there: drachtio-server 0.9.10 tells no application of its BYE. */
const presenceMs = 1_000

/** Takes over a leg of a dead engine. Clears away the rest of one that has ended meanwhile. Never rejects. */
export async function adopt(pair: ServerPair, identity: LegIdentity, isOurs: () => Promise<boolean> = always): Promise<AdoptResult> {
  const { socket, srf } = pair.signalling
  if (socket === undefined) return { kind: 'failed', why: pair.signalling.detail }
  const dialogs = [new StandingDialog(srf, socket, identity.party)]
  const [partyDialog] = dialogs as [StandingDialog]
  try {
    const { media, channel: channelId } = identity
    if (media === undefined || channelId === undefined) {
      if ((await partyDialog.exists()) === true && !(await isOurs())) {
        forget(dialogs)
        return { kind: 'gone', why: 'the call came again, to another engine' }
      }
      return await adoptWithoutChannel(pair, identity, partyDialog)
    }
    const standing = pair.media.up
      ? await openStandingChannel(pair.media.access, channelId).catch((error: unknown) => unreached(pair, error))
      : undefined
    if (standing === undefined) return await adoptWithoutChannel(pair, identity, partyDialog)
    pair.media.holdBack(standing.connection)
    const mediaDialog = new StandingDialog(srf, socket, media, standing.told)
    dialogs.push(mediaDialog)
    const channel = new Channel(standing.endpoint, mediaDialog.asDialog(), standing.connection, pair.media, () => pair.signalling.up)
    channel.takenOver()
    if (pair.incarnation !== undefined) await channel.claim(pair.incarnation).catch(() => undefined)
    const origins = originsOf(identity)
    const leg = new DrachtioLeg(pair, channel, origins, identity.leg)
    leg.secured = identity.secured
    const party = new PartyDialog(partyDialog.asDialog(), leg, refreshingOf(identity))
    const [there] = await Promise.all([partyDialog.exists(), mediaDialog.exists()])
    // FreeSWITCH has just lost it, and the party is still there.
    if (there === true && !leg.ended && channel.gone) {
      void channel.release()
      return await adoptWithoutChannel(pair, identity, partyDialog)
    }
    if (there !== true || leg.ended) {
      await channel.release()
      forget(dialogs)
      return { kind: there === undefined ? 'failed' : 'gone', why: whyNot(pair, there) }
    }
    // What was being played is no longer relevant.
    if (standing.peer === undefined) await channel.api('uuid_break', 'all').catch(() => undefined)
    leg.begin(party, described(standing.description, pair, origins.party), standing.peer)
    watchPresence(leg, partyDialog)
    return { kind: 'adopted', leg }
  } catch (error) {
    forget(dialogs)
    return { kind: 'failed', why: asError(error).message }
  }
}

/** It has died or frozen, and that has not been noticed yet: the party does not wait for it. */
function unreached(pair: ServerPair, error: unknown): undefined {
  pair.notice({ level: 'warn', text: pair.media.describe(`a channel cannot be taken over: ${asError(error).message}`) })
}

const always = (): Promise<boolean> => Promise.resolve(true)

/** The media server has lost the channel, or is lost itself, or none is known. If the party is still there, it is moved to another one. */
async function adoptWithoutChannel(lost: ServerPair, identity: LegIdentity, dialog: StandingDialog): Promise<AdoptResult> {
  const there = await dialog.exists()
  if (there !== true) {
    if (there === undefined) await new Promise<void>((resolve) => dialog.destroy({}, () => resolve()))
    else forget([dialog])
    return { kind: there === undefined ? 'failed' : 'gone', why: whyNot(lost, there) }
  }
  const here = identity.channel === undefined && lost.best.ready ? lost.best : undefined
  const origins = { party: originsOf(identity).party, media: new Origin() }
  const later = new LaterParty('')
  const party = new PartyDialog(dialog.asDialog(), later, refreshingOf(identity))
  const { secured } = identity
  const by = (source: string | undefined) => lost.describer(source)
  const placed = await findPlace(
    here ?? lost,
    here,
    () => ({ party, origins, described: '', secured, by }),
    () => !dialog.connected,
  )
  if (placed.kind !== 'placed') {
    await party.bye().catch(() => undefined)
    return { kind: 'gone', why: placed.why }
  }
  const leg = new DrachtioLeg(placed.pair, placed.channel, origins, identity.leg ?? identity.channel ?? placed.channel.id)
  leg.secured = secured
  leg.begin(party, placed.described)
  leg.told(placed.told)
  later.handOver(leg)
  watchPresence(leg, dialog)
  return { kind: 'adopted', leg, moved: true }
}

function whyNot({ signalling }: ServerPair, there: boolean | undefined): string {
  return there === undefined ? `${signalling.name} does not say whether the call is still there` : 'the party has hung up'
}

function originsOf({ origins }: LegIdentity): { readonly party: Origin; readonly media: Origin } {
  return { party: new Origin(origins[0]), media: new Origin(origins[1]) }
}

function refreshingOf({ party: { refresher, seconds } }: LegIdentity): Refreshing | undefined {
  return refresher === undefined || seconds === undefined ? undefined : { refresher, seconds }
}

/** Our description, as the party was told it. A channel that has moved into the other family says so itself. */
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
