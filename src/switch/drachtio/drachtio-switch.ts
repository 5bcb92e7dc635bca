import type { AdoptResult, BridgeResult, DialledTarget, DialOptions, DialResult, IncomingCall, Leg, PlainSwitch, Reach, Registration, SwitchHealth } from '../port.js'
import { adopt } from './adopting.js'
import { bridge, rejoin } from './bridging.js'
import { asError, atMost } from './deadline.js'
import { dial } from './dialling.js'
import { readHandle } from './handle.js'
import { DrachtioIncomingCall } from './incoming.js'
import { DrachtioLeg } from './leg.js'
import { DrachtioRegistration } from './registration.js'
import { ServerPair } from './server-pair.js'
import type { DrachtioSwitchSettings, Notice } from './settings.js'
import { TrunkBoard } from './trunk-board.js'

const closeMs = 8_000
/** An engine that starts has somebody to take calls within this time. */
const openMs = 5_000

/** The port's one implementation for production: any number of drachtio servers, each with its FreeSWITCH. */
export class DrachtioSwitch implements PlainSwitch {
  readonly #pairs: readonly ServerPair[]
  readonly #trunks: TrunkBoard
  readonly #notice: (notice: Notice) => void
  readonly #waiting = new Set<DrachtioIncomingCall>()
  readonly #healthListeners = new Set<(health: SwitchHealth) => void>()
  #opened: () => void = () => undefined
  /** Resolves when there is somebody to take calls. */
  readonly #open = new Promise<void>((resolve) => (this.#opened = resolve))
  #incoming: ((call: IncomingCall) => Promise<void>) | undefined
  #register: (registration: Registration) => Promise<void> = async (registration) => registration.respond(405)
  #lastHealth = ''
  #closing: Promise<void> | undefined

  readonly #words: DrachtioSwitchSettings['words']

  constructor(settings: DrachtioSwitchSettings) {
    this.#words = settings.words
    this.#notice = settings.onNotice ?? (() => undefined)
    this.#trunks = new TrunkBoard(settings.trunks, settings.onTrunk ? { onChange: settings.onTrunk } : {})
    this.#pairs = settings.servers.map((set) => new ServerPair(set, settings, () => this.#changed(), this.#notice))
    for (const pair of this.#pairs) {
      const { srf } = pair.signalling
      srf.invite((request, response) => void this.#onInvite(new DrachtioIncomingCall(pair, request, response)))
      srf.register((request, response) => void this.#onRegister(new DrachtioRegistration(request, response)))
      srf.options((_request, response) => response.send(this.#closing || !this.health().ready ? 503 : 200))
    }
  }

  connect(): void {
    for (const pair of this.#pairs) pair.connect()
  }

  onIncoming(handler: (call: IncomingCall) => Promise<void>): void {
    this.#incoming = handler
    this.#opened()
  }

  onRegister(handler: (registration: Registration) => Promise<void>): void {
    this.#register = handler
  }

  async dial(target: DialledTarget, options: DialOptions): Promise<DialResult> {
    if (options.signal.aborted) return { kind: 'cancelled' }
    if (this.#closing) return { kind: 'failed', fault: 'ours', reason: 'the switch is being closed' }
    const pair = options.near instanceof DrachtioLeg ? options.near.pair : this.#pairFor()
    if (!pair) return { kind: 'failed', fault: 'ours', reason: this.#pairs.flatMap((each) => [each.signalling.detail, each.mediaDetail]).join('; ') }
    return dial(pair, this.#trunks, target, options)
  }

  async bridge(a: Leg, b: Leg, options: { readonly signal: AbortSignal }): Promise<BridgeResult> {
    if (!(a instanceof DrachtioLeg) || !(b instanceof DrachtioLeg)) throw new Error('legs of another switch')
    if (a.pair !== b.pair) return { kind: 'failed', why: 'the two are on different media servers' }
    return bridge(a, b, options)
  }

  async adopt(handle: string): Promise<AdoptResult> {
    const identity = readHandle(handle)
    if (identity === undefined) return { kind: 'failed', why: 'the handle of the leg is none of this version' }
    const pair = this.#pairs.find((each) => each.goesBy(identity.servers))
    if (!pair) return { kind: 'failed', why: `${identity.servers.join(' and ')} are none of our servers` }
    return adopt(pair, identity)
  }

  reach(handle: string): Reach {
    const identity = readHandle(handle)
    const pair = identity && this.#pairs.find((each) => each.goesBy(identity.servers))
    if (!pair) return 'unknown'
    return pair.signalling.up && pair.media.up ? 'there' : 'away'
  }

  rejoin(a: Leg, b: Leg): BridgeResult {
    if (!(a instanceof DrachtioLeg) || !(b instanceof DrachtioLeg)) throw new Error('legs of another switch')
    return rejoin(a, b)
  }

  health(): SwitchHealth {
    const ready = !this.#closing && this.#pairs.some((pair) => pair.ready)
    return {
      ready,
      signalling: { up: this.#pairs.some((pair) => pair.signalling.up), detail: this.#pairs.map((pair) => pair.signalling.detail).join('; ') },
      media: { up: this.#pairs.some((pair) => pair.mediaUp), detail: this.#pairs.map((pair) => pair.mediaDetail).join('; ') },
      legs: this.#pairs.reduce((sum, pair) => sum + pair.legs.size, 0),
    }
  }

  hearsWords(): boolean {
    return this.#words?.ready ?? false
  }

  /** Channels that are kept ready, without a party. */
  get idleChannels(): number {
    return this.#pairs.reduce((sum, pair) => sum + pair.warm.idle, 0)
  }

  onHealth(listener: (health: SwitchHealth) => void): () => void {
    this.#healthListeners.add(listener)
    return () => this.#healthListeners.delete(listener)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#waiting].map((call) => call.reject(503)))
    await atMost(closeMs, Promise.all(this.#pairs.map((pair) => pair.close())))
  }

  async #onInvite(call: DrachtioIncomingCall): Promise<void> {
    if (this.#closing) return call.reject(503)
    if (!call.schemeServed) return call.reject(416)
    if (call.unsupported.length > 0) return call.reject(420, { headers: { Unsupported: call.unsupported.join(', ') } })
    if (call.shortInterval) return call.reject(422, { headers: call.shortInterval })
    if ([...this.#waiting].some((other) => call.isCopyOf(other))) return call.reject(482)
    this.#waiting.add(call)
    try {
      // Calls that come while an engine starts: those of one that died have waited for this moment.
      if (this.#incoming === undefined) await atMost(openMs, this.#open)
      await (this.#incoming?.(call) ?? call.reject(503))
    } catch (error) {
      this.#notice({ level: 'error', text: `call ${call.id}: ${asError(error).stack ?? String(error)}` })
    }
    this.#waiting.delete(call)
    if (!call.answering) await call.reject(500)
  }

  async #onRegister(registration: DrachtioRegistration): Promise<void> {
    try {
      await this.#register(registration)
    } catch (error) {
      this.#notice({ level: 'error', text: `registration of ${registration.addressOfRecord}: ${asError(error).stack ?? String(error)}` })
    }
    await registration.respond(500)
  }

  /** The pair that is up and has the fewest legs. */
  #pairFor(): ServerPair | undefined {
    return this.#pairs.filter((pair) => pair.ready).sort((one, other) => one.legs.size - other.legs.size)[0]
  }

  #changed(): void {
    const health = this.health()
    const text = JSON.stringify(health)
    if (text === this.#lastHealth) return
    this.#lastHealth = text
    for (const listener of [...this.#healthListeners]) listener(health)
  }
}
