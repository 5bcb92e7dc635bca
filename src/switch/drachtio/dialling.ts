import { asError } from '../../common/errors.js'
import type { DialledTarget, DialOptions, DialResult } from '../port.js'
import { failed, nextTrunkMayHelp, trunkSignOf } from './dial-outcome.js'
import { isBrowser, isOverIPv6, routesTo, type Route } from './dial-routes.js'
import { Invitation, type Attempt, type Prepared } from './invitation.js'
import { Origin } from './sdp.js'
import { encryptsNot, type ServerPair } from './server-pair.js'
import type { TrunkBoard } from './trunk-board.js'

/**
 * Rings one target; rings it again, at another media server, if its own dies while it rings. A number goes through the trunks in their order; the next trunk is
 * tried only when the one before refused the call itself or was silent, before any telephone can have rung. Failing over is part of the ring time.
 */
export async function dial(pair: ServerPair, trunks: TrunkBoard, target: DialledTarget, options: DialOptions): Promise<DialResult> {
  const routes = routesTo(target, target.kind === 'number' ? trunks.inOrder(options.trunks) : [])
  if (routes.length === 0)
    return {
      kind: 'failed',
      fault: 'ours',
      reason: target.kind === 'number' ? 'there is no trunk for this telephone number' : 'not a SIP URI',
    }
  const began = performance.now()
  let last: DialResult = { kind: 'cancelled' }
  const left = (): number => options.ringMs - (performance.now() - began)
  for (const route of routes) {
    if (left() <= 0) return last.kind === 'failed' ? last : { kind: 'noAnswer', rangMs: Math.round(performance.now() - began) }
    const first = await attempt(pair, route, { ...options, ringMs: left() })
    const stale = first.stale === true && route.trunk?.user !== undefined
    const again = (stale || first.minSeconds !== undefined || first.mediaLost) && left() > 0
    const asAsked = first.minSeconds === undefined ? route : { ...route, minSeconds: first.minSeconds }
    const second = again ? await attempt(pair.best, asAsked, { ...options, ringMs: left() }) : first
    const plainAfter =
      route.srtp === 'optional' && !second.rang && left() > 0 ? (second.notEncrypted ?? refusedDescription(second.result)) : undefined
    if (plainAfter !== undefined) {
      const why = second.notEncrypted ?? `${route.trunk ? `trunk "${route.trunk.name}"` : 'a telephone'} takes no SRTP (${plainAfter})`
      pair.notice({ level: 'warn', text: `${why}: this call is in the clear` })
    }
    const { result, rang, retryAfterSeconds } =
      plainAfter === undefined ? second : await attempt(pair.best, { ...asAsked, srtp: 'off', plainAfter }, { ...options, ringMs: left() })
    last = result
    const sign = route.trunk && trunkSignOf(result, rang, retryAfterSeconds)
    if (route.trunk && sign) trunks.tell(route.trunk.name, sign)
    if (result.kind !== 'failed' || !nextTrunkMayHelp(result, rang)) return result
  }
  return last
}

/** @returns the answer to a description that the far end refused (RFC 3261 21.4.26) */
function refusedDescription(result: DialResult): string | undefined {
  return result.kind === 'failed' && result.status === 488 ? `488 ${result.reason}`.trim() : undefined
}

/** One INVITE, from the channel to the result. Releases whatever it opened and does not hand over. */
async function attempt(pair: ServerPair, route: Route, options: DialOptions): Promise<Attempt> {
  const cancelled = (): boolean => options.signal.aborted
  if (cancelled()) return { result: { kind: 'cancelled' }, rang: false }
  const origins = { media: new Origin(), party: new Origin() }
  try {
    const taken = await pair.orElsewhere(
      (each) => channelFor(each, route, origins),
      () => !cancelled(),
    )
    if (taken === undefined) return { result: failed('ours', encryptsNot), rang: false, notEncrypted: encryptsNot }
    const { at, channel, encrypted } = taken
    if (!cancelled()) return await new Invitation(at, route, options, { channel, origins, encrypted }).send()
    if (encrypted === undefined) at.warm.giveBack(channel)
    else void channel.release()
    return { result: { kind: 'cancelled' }, rang: false }
  } catch (error) {
    return { result: cancelled() ? { kind: 'cancelled' } : failed('ours', asError(error).message), rang: false }
  }
}

/** @returns with our offer, where it is encrypted; undefined where the media server does not encrypt */
async function channelFor(
  at: ServerPair,
  route: Route,
  origins: Prepared['origins'],
): Promise<({ readonly at: ServerPair } & Pick<Prepared, 'channel' | 'encrypted'>) | undefined> {
  if (route.srtp === 'off' || isBrowser(route)) return { at, channel: await at.takeChannel(), encrypted: undefined }
  const taken = await at.takeEncryptedChannel(isOverIPv6(route) ? 6 : 4, origins)
  return taken && { at, channel: taken.channel, encrypted: taken.offer }
}
