import { VirtualClock } from '../../src/clock/virtual-clock.js'
import type { Audio, Leg } from '../../src/switch/port.js'
import { VirtualSwitch } from '../../src/switch/virtual/virtual-switch.js'
import type { VirtualCaller } from '../../src/switch/virtual/virtual-caller.js'
import type { Temperament } from '../../src/switch/virtual/temperament.js'
import type { VirtualLeg } from '../../src/switch/virtual/virtual-leg.js'
import type { VirtualPhone } from '../../src/switch/virtual/virtual-phone.js'
import type { MediaWorld } from './media-contract.js'
import type { Caller, Left, Manner, Person, RungPhone } from './world.js'

const refusals = { 404: 'badNumber', 480: 'unavailable', 486: 'busy', 603: 'declined' } as const

/** The telephone world in memory and in virtual time. */
export class VirtualWorld implements MediaWorld {
  readonly clock = new VirtualClock(1_750_000_000_000)
  readonly switch: VirtualSwitch
  #phones = 0

  /** @param oneWayMs from us to a phone or back: 0, or long enough for things to cross */
  constructor(oneWayMs: number, latencyMs: number) {
    this.switch = new VirtualSwitch({
      clock: this.clock,
      oneWayMs,
      latencyMs: () => latencyMs,
      durationMs: (audio) => this.#durationMs(audio),
    })
  }

  call(options: { readonly alien?: boolean } = {}): Promise<Caller> {
    const caller = this.switch.arrive({
      callerNumber: '01865000001',
      dialledNumber: '7001',
      ...(options.alien === true ? { noCommonCodec: true } : {}),
    })
    return Promise.resolve(new VirtualPerson(caller))
  }

  phone(manner: Manner): Promise<RungPhone> {
    const temperament: Temperament =
      manner === 'never'
        ? { kind: 'neverAnswers' }
        : 'refusesWith' in manner
          ? { kind: 'refuses', afterMs: 0, how: refusals[manner.refusesWith] }
          : { kind: 'answers', afterMs: manner.answersAfterMs, then: [] }
    return Promise.resolve(new VirtualRungPhone(this.switch.phone(`+44163296${1000 + ++this.#phones}`, () => temperament)))
  }

  async leftBy(engine: 'withCaller' | 'withTalk' | 'withBothUntold'): Promise<Left> {
    let callHandle = ''
    const answered = new Promise<Leg>((resolve) => {
      this.switch.onIncoming(async (call) => {
        callHandle = call.handle
        const answer = await call.answer()
        if (answer.kind === 'answered') resolve(answer.leg)
      })
    })
    const caller = await this.call()
    const leg = await this.settled(answered)
    const recording = this.spool()
    await this.settled(leg.record(recording, { signal: new AbortController().signal }))
    void leg.play([{ kind: 'tone', tone: 'ringback' }])
    if (engine === 'withCaller') return { caller, callerHandle: leg.handle, other: undefined, recording }
    const phone = await this.phone({ answersAfterMs: 0 })
    let sent = ''
    const dialled = await this.settled(
      this.switch.dial(phone.target, {
        from: { number: '1' },
        ringMs: 3_000,
        signal: new AbortController().signal,
        onSent: ({ handle = '' }) => (sent = handle),
      }),
    )
    if (dialled.kind !== 'answered' || !phone.person) throw new Error('nobody answered')
    if (engine === 'withBothUntold') return { caller, callerHandle: callHandle, other: { person: phone.person, handle: sent }, recording }
    await this.settled(this.switch.bridge(leg, dialled.leg, { signal: new AbortController().signal }))
    return { caller, callerHandle: leg.handle, other: { person: phone.person, handle: dialled.leg.handle }, recording }
  }

  file(ms: number): Audio {
    return { kind: 'file', path: `/prompts/${ms}.wav` }
  }

  spool(): string {
    return '/spool/x.wav'
  }

  async settled<T>(promise: Promise<T>, withinMs = 30_000): Promise<T> {
    const done: string[] = []
    const mark = () => void done.push('done')
    promise.then(mark, mark)
    if (!(await this.clock.runUntil(() => done.length > 0, withinMs))) throw new Error(`not settled within ${withinMs} virtual ms`)
    return promise
  }

  elapse(ms: number): Promise<void> {
    return this.clock.advance(ms)
  }

  async eventually(holds: () => boolean): Promise<void> {
    if (!(await this.clock.runUntil(holds, 5_000))) throw new Error(`never came true: ${String(holds)}`)
  }

  now(): number {
    return this.clock.monotonic()
  }

  async leaks(): Promise<string[]> {
    await this.clock.advance(1_000)
    return Object.entries(this.switch.world.open).flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]))
  }

  async mediaDies(): Promise<void> {
    this.switch.loseMedia({ forMs: 400 })
    await this.clock.advance(0)
  }

  mediaIsBack(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    await this.settled(this.switch.close())
  }

  #durationMs(audio: Audio): number {
    if (audio.kind === 'file') return Number(/(\d+)\.wav$/.exec(audio.path)?.[1])
    return audio.kind === 'silence' ? audio.ms : audio.tone === 'beep' ? 400 : Infinity
  }
}

class VirtualPerson implements Caller {
  constructor(readonly caller: VirtualCaller) {}

  press(key: Parameters<VirtualLeg['press']>[0]): void {
    this.caller.press(key)
  }

  hangUp(): void {
    this.caller.hangUp()
  }

  get released(): boolean {
    return this.caller.isOver
  }

  get refusedWith(): number | undefined {
    return this.caller.refusedWith
  }
}

class VirtualRungPhone implements RungPhone {
  readonly #phone: VirtualPhone

  constructor(phone: VirtualPhone) {
    this.#phone = phone
  }

  get target(): RungPhone['target'] {
    return { kind: 'number', number: this.#phone.number }
  }

  get ringing(): boolean {
    return this.#phone.ringing !== undefined
  }

  get person(): Person | undefined {
    const leg = this.#phone.legs.at(-1)
    return leg === undefined
      ? undefined
      : {
          press: (key) => leg.press(key),
          hangUp: () => leg.hangUp(),
          get released() {
            return leg.ended !== undefined
          },
        }
  }

  answer(): void {
    this.#phone.ringing?.answer()
  }
}
