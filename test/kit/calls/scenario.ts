import { heardText } from '../../../src/demo/virtual-speech.js'
import type { CallRecord } from '../../../src/facts/call-record.js'
import type { CallFactType } from '../../../src/facts/events.js'
import type { Key, LegEnding } from '../../../src/switch/port.js'
import type { Refusal } from '../../../src/switch/virtual/temperament.js'
import type { VirtualCaller, Arrival } from '../../../src/switch/virtual/virtual-caller.js'
import type { VirtualLeg } from '../../../src/switch/virtual/virtual-leg.js'
import type { VirtualPhone } from '../../../src/switch/virtual/virtual-phone.js'
import { CallWorld, type CallWorldOptions } from './call-world.js'

/** A scenario waits at most this long for anything, ms of virtual time. */
const promptTimeoutMs = 10 * 60_000

/** A call told as it happens: `gp.dials(...)`, `gp.hears('menu-for')`, `second.answers()`. Every step waits in virtual time. */
export class Scenario {
  readonly world: CallWorld

  constructor(options: CallWorldOptions) {
    this.world = new CallWorld({ oneWayMs: 2, ...options })
  }

  caller(number = '+441632960001'): ScenarioCaller {
    return new ScenarioCaller(this, number)
  }

  /** A telephone that rings until the scenario does something with it. */
  phone(number: string): ScenarioPhone {
    return new ScenarioPhone(this, this.world.telephone.phone(number))
  }

  async passes(seconds: number): Promise<void> {
    await this.world.clock.advance(seconds * 1_000)
  }

  async until(what: string, done: () => boolean): Promise<void> {
    // Some steps have no timer: time also moves on in small steps.
    let tick = (): void => undefined
    const again = (): void => {
      tick = this.world.clock.after(20, again)
    }
    again()
    const came = await this.world.clock.runUntil(done, promptTimeoutMs)
    tick()
    if (!came) throw new Error(`it never came to this: ${what}`)
  }

  /** Every call has ended, and nothing is open anywhere. */
  async isOver(): Promise<void> {
    await this.until('every call is over', () => this.world.desk.liveCalls === 0)
    await this.passes(1)
    const leftovers = this.world.leftovers()
    if (leftovers !== undefined) throw new Error(`after the last call there are still ${leftovers}`)
    const [fault] = this.world.faults
    if (fault !== undefined) throw new Error('a fault in the program', { cause: fault })
    const misuse = this.world.telephone.world.trace.find((entry) => entry.what === 'misuse')
    if (misuse?.what === 'misuse') throw new Error(`the port was misused: ${misuse.detail}`)
  }

  /** The record of the only call, or of the `nth`, from 1. */
  record(nth = 1): CallRecord {
    const record = this.world.records()[nth - 1]
    if (!record) throw new Error(`there is no call ${nth}`)
    return record
  }

  facts(type: CallFactType): number {
    return this.world.log.told.filter((event) => event.type === type).length
  }
}

/** A party on the telephone. */
abstract class Person {
  #heardUpTo = 0
  protected abstract readonly who: string
  abstract get leg(): VirtualLeg | undefined

  constructor(protected readonly scenario: Scenario) {}

  /** Waits until something is said or sounded: the id of a sentence, a name, `ringback`. In order: earlier audio has been heard. */
  async hears(what: string): Promise<void> {
    const find = (): number =>
      (this.leg?.heard ?? []).findIndex(({ audio }, index) => index >= this.#heardUpTo && heardText(audio) === what)
    try {
      await this.scenario.until(`${this.who} hears ${what}`, () => find() >= 0)
    } catch (error) {
      const heard = (this.leg?.heard ?? []).slice(this.#heardUpTo).map(({ audio }) => heardText(audio))
      throw new Error(`${this.who} did not hear "${what}" but: ${heard.join(', ') || 'nothing'}`, { cause: error })
    }
    this.#heardUpTo = find() + 1
  }

  /** Everything said and sounded, in order. */
  heard(): readonly string[] {
    return (this.leg?.heard ?? []).map(({ audio }) => heardText(audio))
  }

  presses(keys: string): void {
    for (const key of keys) this.onTheLine().press(key as Key)
  }

  hangsUp(): void {
    this.onTheLine().hangUp()
  }

  breaks(ending: Exclude<LegEnding, 'hangup' | 'released'>): void {
    this.onTheLine().break(ending)
  }

  async isReleased(): Promise<void> {
    const leg = this.leg
    await this.scenario.until(`${this.who} is released`, () => leg === undefined || leg.ended !== undefined)
  }

  and(other: Person): { readonly hearEachOther: () => Promise<void> } {
    return {
      hearEachOther: () =>
        this.scenario.until(`${this.who} and ${other.who} hear each other`, () => {
          const bridged = this.scenario.world.telephone.world.trace.findLast(
            (entry) => entry.what === 'bridged' && entry.legs.includes(this.onTheLine().id),
          )
          return (
            bridged?.what === 'bridged' &&
            bridged.legs.includes(other.leg?.id ?? '') &&
            this.onTheLine().isBridged &&
            other.leg?.isBridged === true
          )
        }),
    }
  }

  protected onTheLine(): VirtualLeg {
    if (!this.leg) throw new Error(`${this.who} is not on the line`)
    return this.leg
  }
}

export class ScenarioCaller extends Person {
  call: VirtualCaller | undefined
  protected readonly who: string

  constructor(
    scenario: Scenario,
    readonly number: string,
  ) {
    super(scenario)
    this.who = `the caller ${number}`
  }

  get leg(): VirtualLeg | undefined {
    return this.call?.leg
  }

  /** Rings a number, and waits until it is answered or refused. */
  async dials(number: string, more: Partial<Arrival> = {}): Promise<void> {
    const call = this.scenario.world.telephone.arrive({ callerNumber: this.number, dialledNumber: number, ...more })
    this.call = call
    await this.scenario.until(`${this.who} is answered or refused`, () => call.leg !== undefined || call.isOver)
  }

  get refusedWith(): number | undefined {
    return this.call?.refusedWith
  }
}

export class ScenarioPhone extends Person {
  protected readonly who: string

  constructor(
    scenario: Scenario,
    readonly phone: VirtualPhone,
  ) {
    super(scenario)
    this.who = `the specialist ${phone.number}`
  }

  get leg(): VirtualLeg | undefined {
    return this.phone.legs.at(-1)
  }

  get isRinging(): boolean {
    return this.phone.ringing !== undefined
  }

  async rings(): Promise<void> {
    await this.scenario.until(`${this.who} is rung`, () => this.isRinging)
  }

  /** Rings for this many seconds and then stops. Rejects if it rang for longer or shorter. */
  async ringsFor(seconds: number): Promise<void> {
    await this.rings()
    const ringing = this.phone.ringing
    await this.scenario.until(`${this.who} rings no more`, () => this.phone.ringing !== ringing)
    const { trace } = this.scenario.world.telephone.world
    const last = (what: 'phoneRings' | 'phoneStops'): number =>
      trace.findLast((entry) => entry.what === what && entry.number === this.phone.number)?.at ?? 0
    const rang = (last('phoneStops') - last('phoneRings')) / 1_000
    if (Math.abs(rang - seconds) > 0.05) throw new Error(`${this.who} rang for ${rang} s instead of ${seconds} s`)
  }

  /** Waits for the ringing and picks up. */
  async answers(): Promise<void> {
    await this.rings()
    const calls = this.phone.legs.length
    this.phone.ringing?.answer()
    await this.scenario.until(`${this.who} is on the line`, () => this.phone.legs.length > calls)
  }

  async refuses(how: Refusal): Promise<void> {
    await this.rings()
    this.phone.ringing?.refuse(how)
  }

  get wasRung(): number {
    return this.phone.rung
  }
}
