import { dtmfTone } from '../protocols/rtp/dtmf-tones.js'
import type { AgreedMedia } from './agreed-media.js'
import { DigitSender } from './digit-sender.js'
import { SampleSource } from './frame-source.js'
import type { OutboundRtp } from './outbound-rtp.js'
import type { Player } from './player.js'
import type { RemoteAddress } from './source-latch.js'

/** A bridged peer that has sent nothing for this long is silent: we send silence in its stead, ms. */
const RELAY_SILENT_MS = 200
const BEAT_SAMPLES = 160
/** Frames that are sent at once to make up for a late beat; the rest follow with the next beats. */
const CATCH_UP = 2
/** A stream that is this far ahead of the clock when a frame is due has one to spare; a late beat makes it less, never more. 15 ms. */
const AHEAD_SAMPLES = 120
/** More than this behind, what was missed is not sent any more: the timestamps jump instead. 200 ms. */
const GIVE_UP_SAMPLES = 1600

/** Filled and used within one call. */
const frame = new Int16Array(480)

/** What the party hears beside its peer, frame by frame: keys, what is played, silence. */
export class Voice {
  readonly player: Player
  readonly digits = new DigitSender()
  readonly #outbound: OutboundRtp
  readonly #silenceWhenIdle: boolean
  #owed = 0

  constructor(player: Player, outbound: OutboundRtp, silenceWhenIdle: boolean) {
    this.player = player
    this.#outbound = outbound
    this.#silenceWhenIdle = silenceWhenIdle
  }

  /** The bridged peer must not be heard now. */
  get hasTheFloor(): boolean {
    return this.digits.sendingEvent || this.player.active
  }

  /**
   * The 20 ms beat. @param to undefined: there is nowhere to send to. @param due how many periods have passed. @param now monotonic ms.
   * @param position the engine's clock
   */
  beat(agreed: AgreedMedia, to: RemoteAddress | undefined, due: number, now: number, position: number): void {
    this.#owed += due * BEAT_SAMPLES
    if (this.#owed > GIVE_UP_SAMPLES) {
      this.#owed = agreed.ptimeSamples
      this.#outbound.stream.skip()
    }
    const most = CATCH_UP * Math.max(1, Math.floor(BEAT_SAMPLES / agreed.ptimeSamples))
    for (let sent = 0; sent < most && this.#owed >= agreed.ptimeSamples; sent++) {
      this.#owed -= agreed.ptimeSamples
      this.#sendFrame(agreed, to, now, position)
    }
  }

  /**
   * A prompt does not wait for the next beat when only silence was being sent: its first frame goes out now, and the stream runs one
   * frame ahead of the clock until a silence is left out.
   */
  startAtOnce(agreed: AgreedMedia, to: RemoteAddress | undefined, now: number, position: number): void {
    if (!this.digits.idle || now - this.#outbound.relayedAt < RELAY_SILENT_MS || this.#outbound.stream.lead(position) > agreed.ptimeSamples)
      return
    this.#sendFrame(agreed, to, now, position)
  }

  readonly soundKey = (digit: string, durationMs: number): void => {
    this.player.playNow(new SampleSource(dtmfTone(digit, { durationMs })))
  }

  stop(): void {
    this.player.stopAll()
    this.digits.stop()
  }

  #sendFrame(agreed: AgreedMedia, remote: RemoteAddress | undefined, now: number, position: number): void {
    const outbound = this.#outbound
    const to = agreed.sends ? remote : undefined
    if (!this.digits.idle) {
      const { eventPayloadType } = agreed
      const event = this.digits.next(agreed.ptimeMs, eventPayloadType === undefined ? this.soundKey : undefined)
      if (event) {
        if (to && eventPayloadType !== undefined) outbound.event(agreed, eventPayloadType, to, position, event)
        return
      }
    }
    const filled = this.player.fill(frame, agreed.ptimeSamples)
    if (filled > 0) {
      if (to) outbound.audio(agreed, to, position, frame, filled === 2)
      else outbound.stream.skip()
      return
    }
    const relayed = now - outbound.relayedAt < RELAY_SILENT_MS
    // A stream that runs ahead of the clock (a prompt that began at once, a relayed talk spurt) leaves this silence out.
    const ahead = outbound.stream.lead(position) >= AHEAD_SAMPLES
    if (!to || relayed || ahead || !this.#silenceWhenIdle) outbound.stream.skip()
    else outbound.silence(agreed, to, position)
  }
}
