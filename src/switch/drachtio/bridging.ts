import type { Bridge, BridgeEnd, BridgeResult, HangUp } from '../port.js'
import { ChannelGone } from './channel-socket.js'
import { asError } from '../../common/errors.js'
import type { DrachtioLeg } from './leg.js'

/** FreeSWITCH says "invalid uuid" when a channel is going; this much later we know it, too. */
const farewellMs = 150

/** How far apart the losses of two channels of one media server may be noticed. */
const otherLossMs = 100

/** Connects two legs of one pair of servers. */
export async function bridge(a: DrachtioLeg, b: DrachtioLeg, options: { readonly signal: AbortSignal }): Promise<BridgeResult> {
  const gone = (): BridgeResult | undefined => (a.ended ? { kind: 'hungUp', leg: a } : b.ended ? { kind: 'hungUp', leg: b } : undefined)
  const cancelled = (): boolean => options.signal.aborted
  const before = gone()
  if (before) return before
  if (cancelled()) return { kind: 'cancelled' }
  const holds = [a.player.hold(), b.player.hold()]
  try {
    let answer: string
    for (const { channel } of [b, a]) channel.resumes(false)
    try {
      answer = await a.channel.api('uuid_bridge', b.channel.id)
    } catch (error) {
      // It may have been made, and only the answer was lost. No parties may be connected without our knowing.
      answer = error instanceof ChannelGone ? '-ERR invalid uuid' : asError(error).message
    }
    if (!answer.startsWith('+OK')) {
      // A channel that is going was certainly not bridged; after any other answer, or none, it may have been.
      if (!/^-ERR invalid uuid/i.test(answer)) await part(a)
      else for (const { channel } of [a, b]) channel.resumes(true)
      await farewell(a, b)
      return gone() ?? { kind: 'failed', why: answer }
    }
    const live = new DrachtioBridge(a, b)
    const during = gone()
    if (during) return during
    if (cancelled()) {
      await live.unbridge()
      return { kind: 'cancelled' }
    }
    return { kind: 'bridged', bridge: live, at: Date.now() }
  } finally {
    for (const release of holds) release()
  }
}

/** Takes over the bridge of two legs that were taken over. */
export function rejoin(a: DrachtioLeg, b: DrachtioLeg): BridgeResult {
  if (a.ended) return { kind: 'hungUp', leg: a }
  if (b.ended) return { kind: 'hungUp', leg: b }
  if (a.bridgedWith !== b.channel.id || b.bridgedWith !== a.channel.id) return { kind: 'failed', why: 'the two do not hear each other' }
  return { kind: 'bridged', bridge: new DrachtioBridge(a, b), at: Date.now() }
}

async function farewell(a: DrachtioLeg, b: DrachtioLeg): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([a.hungUp, b.hungUp, new Promise((resolve) => (timer = setTimeout(resolve, farewellMs)))])
  clearTimeout(timer)
}

/**
 * Takes a leg out of its bridge, into silence. Only the one is transferred, the other follows by `park_after_bridge`: transferring
 * both (`-both`) sometimes leaves the first one in a state in which it never does anything again.
 */
async function part(leg: DrachtioLeg): Promise<void> {
  const answer = await leg.channel.api('uuid_transfer', 'park inline').catch((error: unknown) => asError(error).message)
  if (!answer.startsWith('+OK')) await leg.channel.api('uuid_park').catch(() => undefined)
}

class DrachtioBridge implements Bridge {
  readonly ended: Promise<BridgeEnd>
  readonly #a: DrachtioLeg
  readonly #b: DrachtioLeg
  #settle: (end: BridgeEnd) => void = () => undefined
  #over = false
  #unbridging: Promise<void> | undefined

  constructor(a: DrachtioLeg, b: DrachtioLeg) {
    this.#a = a
    this.#b = b
    this.ended = new Promise((resolve) => (this.#settle = resolve))
    // The bridge has stopped whatever was playing.
    a.player.cutOff()
    b.player.cutOff()
    for (const leg of [a, b]) {
      leg.hearTones(false)
      this.#watch(leg)
      void this.ended.then(() => {
        if (!leg.ended) leg.hearTones(true)
      })
    }
  }

  unbridge(): Promise<void> {
    return (this.#unbridging ??= this.#unbridge())
  }

  async #unbridge(): Promise<void> {
    if (this.#over) return
    this.#end({ kind: 'unbridged' })
    await part(this.#a)
  }

  #watch(leg: DrachtioLeg): void {
    const tell = (hangUp: HangUp) => this.#end({ kind: 'hungUp', first: leg, hangUp })
    const tellMove = (): void => void this.#moved()
    leg.atEnd.add(tell)
    leg.atMove.add(tellMove)
    void this.ended.then(() => {
      leg.atEnd.delete(tell)
      leg.atMove.delete(tellMove)
    })
    if (leg.ended) tell(leg.ended)
  }

  /** The media server of one or both is lost: it is over when both have another one, or one of them has gone. */
  async #moved(): Promise<void> {
    const lostAt = Math.min(Date.now(), ...[this.#a, this.#b].flatMap(({ moving, pair }) => (moving ? [pair.media.lastHeardAt] : [])))
    // Each learns of its loss by its own connection.
    await new Promise((resolve) => setTimeout(resolve, otherLossMs))
    while (this.#a.moving || this.#b.moving) await Promise.all([this.#a.settled(), this.#b.settled()])
    this.#end({ kind: 'moved', apartMs: Math.max(0, Date.now() - lostAt) })
  }

  #end(end: BridgeEnd): void {
    if (this.#over) return
    this.#over = true
    this.#settle(end)
  }
}
