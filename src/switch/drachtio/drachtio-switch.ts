import type {
  AdoptResult,
  BridgeResult,
  DialledBefore,
  DialledTarget,
  DialOptions,
  DialResult,
  IncomingCall,
  Leg,
  PlainSwitch,
  Reach,
  Registration,
  ServerHealth,
  SwitchHealth,
} from '../port.js'
import { adopt } from './adopting.js'
import { bridge, rejoin } from './bridging.js'
import { asError } from '../../common/errors.js'
import { atMost } from './deadline.js'
import { dial } from './dialling.js'
import { readHandle, readRinging } from './handle.js'
import { DrachtioIncomingCall } from './incoming.js'
import { DrachtioLeg } from './leg.js'
import { DrachtioRegistration } from './registration.js'
import { ServerPair } from './server-pair.js'
import type { DrachtioSwitchSettings, Notice, ServerSet } from './settings.js'
import { Signalling } from './signalling.js'
import { TrunkBoard } from './trunk-board.js'

const closeMs = 8_000
/** An engine that starts has a flow to take calls within this time. */
const openMs = 5_000
/** A leg that another engine had at a FreeSWITCH which this one cannot reach is moved from it after this long: we may only be connecting. */
const awayMs = 3_000
/** Channels asked at the same time which engine owns them. */
const askedAtOnce = 10
/** How often two legs are bridged again because one had to be moved meanwhile. */
const bridgesAtMost = 3

/** The port's one implementation for production: any number of drachtio servers, each with its FreeSWITCHes. */
export class DrachtioSwitch implements PlainSwitch {
  readonly #signallings: readonly Signalling[]
  readonly #pairs: readonly ServerPair[]
  readonly #trunks: TrunkBoard
  readonly #notice: (notice: Notice) => void
  readonly #waiting = new Set<DrachtioIncomingCall>()
  readonly #healthListeners = new Set<(health: SwitchHealth) => void>()
  #opened: () => void = () => undefined
  /** Resolves when there is a flow to take calls. */
  readonly #open = new Promise<void>((resolve) => (this.#opened = resolve))
  #incoming: ((call: IncomingCall) => Promise<void>) | undefined
  #register: (registration: Registration) => Promise<void> = async (registration) => registration.respond(405)
  #lastHealth = ''
  #asked = 0
  #closing: Promise<void> | undefined

  readonly #words: DrachtioSwitchSettings['words']

  constructor(settings: DrachtioSwitchSettings) {
    this.#words = settings.words
    this.#notice = settings.onNotice ?? (() => undefined)
    this.#trunks = new TrunkBoard(settings.trunks, settings.onTrunk ? { onChange: settings.onTrunk } : {})
    const homes = settings.servers.map((set) => this.#home(set, settings))
    this.#signallings = homes.map(({ signalling }) => signalling)
    this.#pairs = homes.flatMap(({ pairs }) => pairs)
    for (const { signalling, pairs } of homes) {
      const { srf } = signalling
      srf.invite((request, response) => void this.#onInvite(new DrachtioIncomingCall(pairs[0], request, response)))
      srf.register((request, response) => void this.#onRegister(new DrachtioRegistration(request, response)))
      srf.options((_request, response) => response.send(this.#closing || !this.health().ready ? 503 : 200))
    }
  }

  /** One drachtio-server, with all the FreeSWITCHes that it may use. */
  #home(
    set: ServerSet,
    settings: DrachtioSwitchSettings,
  ): { readonly signalling: Signalling; readonly pairs: readonly [ServerPair, ...ServerPair[]] } {
    const signalling: Signalling = new Signalling(set.drachtio, () => connectionChanged(), this.#notice, settings.certainty)
    const pair = (freeswitch: ServerSet['freeswitch'], spare: boolean) =>
      new ServerPair(signalling, { ...set, freeswitch }, settings, () => this.#changed(), this.#notice, spare)
    const pairs = [pair(set.freeswitch, false), ...(set.others ?? []).map((other) => pair(other, other.spare))] as const
    for (const each of pairs) each.siblings = pairs
    const connectionChanged = (): void => {
      for (const each of pairs) each.connectionChanged()
    }
    return { signalling, pairs }
  }

  connect(): void {
    for (const signalling of this.#signallings) signalling.connect()
    for (const { media } of this.#pairs) media.connect()
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
    const pair = options.near instanceof DrachtioLeg ? await near(options.near) : this.#pairFor()
    if (!pair)
      return { kind: 'failed', fault: 'ours', reason: this.#pairs.flatMap((each) => [each.signalling.detail, each.mediaDetail]).join('; ') }
    return dial(pair, this.#trunks, target, options)
  }

  async bridge(a: Leg, b: Leg, options: { readonly signal: AbortSignal }): Promise<BridgeResult> {
    if (!(a instanceof DrachtioLeg) || !(b instanceof DrachtioLeg)) throw new Error('legs of another switch')
    for (let tries = 1; ; tries++) {
      await Promise.all([a.settled(), b.settled()])
      const [ofA, ofB] = [a.channel, b.channel]
      const result = (await together(a, b))
        ? await bridge(a, b, options)
        : ({ kind: 'failed', why: 'the two are on different media servers' } as const)
      const moved = a.moving || b.moving || a.channel !== ofA || b.channel !== ofB
      if (result.kind !== 'failed' || !moved || tries === bridgesAtMost) return result
    }
  }

  async adopt(handle: string, _dialled?: DialledBefore, isOurs?: () => Promise<boolean>): Promise<AdoptResult> {
    const identity = readHandle(handle)
    if (identity === undefined) return { kind: 'failed', why: 'the handle of the leg is not one of this version' }
    const pair = this.#pairs.find((each) => each.goesBy(identity.servers))
    if (!pair) return { kind: 'failed', why: `${identity.servers.join(' and ')} are none of our servers` }
    return adopt(pair, identity, isOurs)
  }

  async callOff(handle: string): Promise<void> {
    const ringing = readRinging(handle)
    const pair = ringing && this.#pairs.find(({ names, signalling }) => names[0] === ringing.server && signalling.up)
    if (pair) await pair.signalling.callOff(ringing)
  }

  reach(handle: string): Reach {
    const identity = readHandle(handle)
    const pair = identity && this.#pairs.find((each) => each.goesBy(identity.servers))
    if (!pair) return 'unknown'
    if (!pair.signalling.up) return 'away'
    return pair.media.up || (pair.media.downForMs > awayMs && pair.siblings.some(({ ready }) => ready)) ? 'there' : 'away'
  }

  /**
   * Whether another engine has taken over channels of ours: the servers say so when neither database nor Redis can. Some channels at a time, others the next time. Never rejects.
   */
  async takenByOthers(): Promise<boolean> {
    const legs = this.#pairs.flatMap((pair) => [...pair.legs].map((leg) => ({ channel: leg.channel, own: pair.incarnation })))
    const some = legs.slice(this.#asked % Math.max(1, legs.length)).slice(0, askedAtOnce)
    this.#asked = this.#asked + askedAtOnce < legs.length ? this.#asked + askedAtOnce : 0
    const owners = await Promise.all(some.map(async ({ channel, own }) => ({ owner: await channel.owner().catch(() => undefined), own })))
    return owners.some(({ owner, own }) => owner !== undefined && owner !== own)
  }

  rejoin(a: Leg, b: Leg): BridgeResult {
    if (!(a instanceof DrachtioLeg) || !(b instanceof DrachtioLeg)) throw new Error('legs of another switch')
    return rejoin(a, b)
  }

  health(): SwitchHealth {
    const ready = !this.#closing && this.#pairs.some((pair) => pair.ready)
    return {
      ready,
      signalling: { up: this.#signallings.some(({ up }) => up), detail: this.#signallings.map(({ detail }) => detail).join('; ') },
      media: { up: this.#pairs.some((pair) => pair.mediaUp), detail: [...new Set(this.#pairs.map((pair) => pair.mediaDetail))].join('; ') },
      legs: this.#pairs.reduce((sum, pair) => sum + pair.legs.size, 0),
      servers: [
        ...this.#signallings.map(({ name, up, detail }) => ({
          kind: 'drachtio' as const,
          name: name.replace(/^drachtio /, ''),
          up,
          detail,
        })),
        ...[...new Set(this.#pairs.map(({ media }) => media.name))].map((name) => this.#healthOf(name)),
      ],
    }
  }

  /** For a FreeSWITCH shared by several drachtio-servers: channels are made through one that is up. */
  #healthOf(freeswitch: string): ServerHealth {
    const pairs = this.#pairs.filter(({ media }) => media.name === freeswitch)
    const usable = pairs.filter(({ signalling }) => signalling.up)
    const up = usable.length === 0 ? pairs.some(({ media }) => media.up) : usable.some(({ mediaUp }) => mediaUp)
    const [pair] = usable.length === 0 ? pairs : usable
    return { kind: 'freeswitch', name: freeswitch, up, detail: pair?.mediaDetail ?? '' }
  }

  hearsWords(): boolean {
    return this.#words?.ready ?? false
  }

  /** Channels kept ready, without a party. */
  get idleChannels(): number {
    return this.#pairs.reduce((sum, pair) => sum + pair.warm.idle, 0)
  }

  onHealth(listener: (health: SwitchHealth) => void): () => void {
    this.#healthListeners.add(listener)
    return () => this.#healthListeners.delete(listener)
  }

  async leaveNewCalls(): Promise<void> {
    await Promise.all(this.#signallings.map((signalling) => signalling.leaveNewRequests(['invite', 'register', 'options'])))
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#waiting].map((call) => call.reject(503)))
    await atMost(closeMs, Promise.all(this.#pairs.map((pair) => pair.close())))
    for (const signalling of this.#signallings) signalling.close()
  }

  async #onInvite(call: DrachtioIncomingCall): Promise<void> {
    if (this.#closing) return call.reject(503)
    if (!call.schemeServed) return call.reject(416)
    if (call.unsupported.length > 0) return call.reject(420, { headers: { Unsupported: call.unsupported.join(', ') } })
    if (call.shortInterval) return call.reject(422, { headers: call.shortInterval })
    if ([...this.#waiting].some((other) => call.isCopyOf(other))) return call.reject(482)
    this.#waiting.add(call)
    try {
      // Calls that come while an engine starts: those of a dead one have waited for this moment.
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

  /** The pair that is up and has the fewest legs; a spare one where there is no other. */
  #pairFor(): ServerPair | undefined {
    return this.#pairs
      .filter((pair) => pair.ready)
      .sort((one, other) => Number(one.spare) - Number(other.spare) || one.legs.size - other.legs.size)[0]
  }

  #changed(): void {
    const health = this.health()
    const text = JSON.stringify(health)
    if (text === this.#lastHealth) return
    this.#lastHealth = text
    for (const listener of [...this.#healthListeners]) listener(health)
  }
}

/** Where to ring a party that will be connected with that leg. */
async function near(leg: DrachtioLeg): Promise<ServerPair> {
  await leg.settled()
  return leg.pair.ready ? leg.pair : leg.pair.best
}

/** Two parties can hear each other only at one media server: the second is moved to that of the first. */
async function together(a: DrachtioLeg, b: DrachtioLeg): Promise<boolean> {
  const { name } = a.pair.media
  if (b.pair.media.name === name || a.ended || b.ended) return true
  const pair = b.pair.siblings.find(({ media }) => media.name === name)
  return pair !== undefined && (await b.moveTo(pair))
}
