import type { AnswerOptions, AnswerResult, IncomingCall, Key } from '../port.js'
import type { Act } from './temperament.js'
import { VirtualLeg } from './virtual-leg.js'
import { Settlement, type World } from './world.js'

export interface Arrival {
  readonly callerNumber: string
  /** How the guard would count a caller who withholds their number. */
  readonly callerAccount?: string
  readonly dialledNumber: string
  /** The telephone has proved itself as this user's. */
  readonly device?: string
  /** What the caller does, from the moment when they are answered. */
  readonly then?: readonly Act[]
  /** Gives up (CANCEL) this long after the INVITE, when not answered or refused by then. */
  readonly givesUpAfterMs?: number
  readonly noCommonCodec?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** A caller who rings us. */
export class VirtualCaller {
  /** SIP status with which the call was refused. */
  refusedWith: number | undefined
  leg: VirtualLeg | undefined
  /** What the engine's handler sees. */
  readonly incoming: IncomingCall
  readonly #world: World
  readonly #arrival: Arrival
  readonly #abort = new AbortController()
  readonly #over = new Settlement<void>()
  readonly #dialInEnded: () => void
  #answering: Promise<AnswerResult> | undefined
  #cancelGivingUp: () => void

  constructor(world: World, arrival: Arrival) {
    this.#world = world
    this.#arrival = arrival
    this.#dialInEnded = world.opened('dials')
    this.#cancelGivingUp =
      arrival.givesUpAfterMs === undefined ? () => undefined : world.clock.after(arrival.givesUpAfterMs, () => this.hangUp())
    const headers = new Map(Object.entries(arrival.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
    this.incoming = {
      id: `call-${world.serial()}`,
      callerNumber: arrival.callerNumber,
      callerDisplayName: '',
      ...(arrival.callerAccount === undefined ? {} : { callerAccount: arrival.callerAccount }),
      dialledNumber: arrival.dialledNumber,
      ...(arrival.device === undefined ? {} : { device: arrival.device }),
      source: { address: '192.0.2.10', port: 5060, protocol: 'udp' },
      header: (name) => headers.get(name.toLowerCase()),
      signal: this.#abort.signal,
      handle: `caller-${world.serial()}`,
      answer: (options) => (this.#answering ??= this.#answer(options)),
      reject: (status) => {
        if (!this.#over.settled && this.leg === undefined) this.refusedWith = status
        this.#settle()
        return Promise.resolve()
      },
    }
  }

  /** Settles when the caller is no longer there: refused, hung up, released. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  get isOver(): boolean {
    return this.#over.settled
  }

  press(key: Key): void {
    this.leg?.press(key)
  }

  hangUp(): void {
    if (this.leg) return this.leg.hangUp()
    if (this.#over.settled) return
    this.#abort.abort()
    this.#settle()
  }

  /** The engine that had the call has gone, and has not answered: what that one was about to do has no effect. */
  handedOn(): void {
    this.#answering = undefined
  }

  async #answer({ when }: AnswerOptions = {}): Promise<AnswerResult> {
    const world = this.#world
    const fault = world.fault('answer')
    const waitMs = fault?.kind === 'fails' ? fault.afterMs : world.latencyMs('answer')
    if (waitMs > 0) await new Promise<void>((resolve) => void world.clock.after(waitMs, resolve))
    await when
    if (this.#over.settled) return { kind: 'cancelled' }
    if (fault?.kind === 'fails') {
      this.refusedWith = 500
      this.#settle()
      return { kind: 'failed', why: 'a fault was asked for' }
    }
    if (this.#arrival.noCommonCodec === true) {
      this.refusedWith = 488
      this.#settle()
      return { kind: 'noCommonCodec' }
    }
    this.#cancelGivingUp()
    const leg = new VirtualLeg({ world, party: 'caller', number: this.#arrival.callerNumber, onDown: () => this.#settle() })
    this.leg = leg
    leg.act(this.#arrival.then ?? [])
    return { kind: 'answered', leg }
  }

  #settle(): void {
    this.#cancelGivingUp()
    this.#dialInEnded()
    this.#over.settle()
  }
}
