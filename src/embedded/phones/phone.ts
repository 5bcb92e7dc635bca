import { hostForUri } from '../protocols/sip/endpoint.js'
import type { AudioAgreement } from '../protocols/sdp/offer-answer.js'
import type { Direction } from '../protocols/sdp/description.js'
import type { ModifyResult, OfferDecision, Session, SessionEnd } from '../protocols/sip/session.js'
import { SocketTransport } from '../protocols/sip/socket-transport.js'
import { UserAgent, type HeaderPairs, type IncomingInvite, type InviteResult, type RegisterResult } from '../protocols/sip/user-agent.js'
import type { AudioCounts, AudioLine } from './audio-line.js'
import { Changes, Disappointed } from './expectation.js'
import { hearingOf, type Hearing } from './hearing.js'
import { PhoneCall, type KeyForm } from './phone-call.js'
import { Registration } from './registration.js'
import type { PhoneOptions } from './phone-options.js'
import { PhoneLog, type MomentName } from './phone-log.js'

export type { KeyForm } from './phone-call.js'

/** The result of a call that the phone placed. */
export type DialOutcome = { readonly kind: 'connected' } | Exclude<InviteResult, { readonly kind: 'answered' }>

const USER_AGENT = 'Ringround phone'

/**
 * A simulated SIP phone: it registers, places and takes real calls over SIP and RTP, speaks with a tone of its own, and hears which tones
 * come back. Its methods are named after what a person does with a phone. One call at a time; a second caller gets 486.
 */
export class Phone {
  readonly name: string
  readonly log = new PhoneLog()
  readonly userAgent: UserAgent
  /** Called when it starts to ring: a temperament takes over here. */
  onRinging: (() => void) | undefined
  keyForm: KeyForm
  readonly #options: PhoneOptions
  readonly #transport: SocketTransport
  #toneHz: number
  #call: PhoneCall | undefined
  #ringing: IncomingInvite | undefined
  /** Picked up; the ACK has not come yet. */
  #answering: IncomingInvite | undefined
  #lastLine: AudioLine | undefined
  #lastSession: Session | undefined
  readonly #changes = new Changes()
  readonly #registration: Registration

  private constructor(options: PhoneOptions, transport: SocketTransport) {
    this.name = options.name
    this.keyForm = options.keyForm ?? 'rfc4733'
    this.#options = options
    this.#toneHz = options.toneHz ?? 0
    this.#transport = transport
    this.userAgent = new UserAgent({
      transport,
      user: this.user,
      displayName: options.name,
      userAgentHeader: USER_AGENT,
      ...(options.timers === undefined ? {} : { timers: options.timers }),
    })
    this.#registration = new Registration(this.userAgent, options.auth)
    this.userAgent.onInvite = (invite) => this.#rung(invite)
  }

  /** Opens its sockets. Rejects with `ListenError` when a port asked for is taken. */
  static async open(options: PhoneOptions): Promise<Phone> {
    const transport = await SocketTransport.open({
      address: options.address ?? '127.0.0.1',
      port: options.port ?? 0,
      protocols: [options.protocol ?? 'udp'],
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    })
    return new Phone(options, transport)
  }

  get user(): string {
    return this.#options.user ?? (this.name.toLowerCase().replace(/[^a-z0-9]+/g, '-') || 'phone')
  }

  get port(): number {
    return this.#transport.listeners[0]?.port ?? 0
  }

  /** The address at which it can be rung. */
  get uri(): string {
    const address = this.#transport.listeners[0]?.address ?? '127.0.0.1'
    return `sip:${this.user}@${hostForUri(address)}:${this.port}${this.#options.protocol === 'tcp' ? ';transport=tcp' : ''}`
  }

  get state(): 'idle' | 'dialling' | 'ringing' | 'talking' {
    if (this.#ringing !== undefined) return 'ringing'
    if (this.#call === undefined) return 'idle'
    return this.#call.session === undefined ? 'dialling' : 'talking'
  }

  /** RTP packets of the present call, or of the last one. */
  get audioCounts(): AudioCounts {
    return this.#lastLine?.counts ?? { sent: 0, received: 0, lost: 0 }
  }

  /** Keys that came in as RFC 4733 events during the present or last call. */
  get keysHeard(): readonly string[] {
    return this.#lastLine?.keysHeard ?? []
  }

  get session(): Session | undefined {
    return this.#call?.session
  }

  get agreement(): AudioAgreement | undefined {
    return this.#call?.line.agreement
  }

  /** Registers with `sip:host:port` and keeps the registration fresh until it closes. */
  registers(
    registrar: string,
    options: { readonly expiresSeconds?: number; readonly addressOfRecord?: string } = {},
  ): Promise<RegisterResult> {
    return this.#registration.begin({ registrar, ...options })
  }

  /** Dials, and waits until the call is answered or has failed. `hangsUp` meanwhile cancels it. */
  async dials(uri: string, options: { readonly headers?: HeaderPairs } = {}): Promise<DialOutcome> {
    if (this.#call !== undefined || this.#ringing !== undefined) throw new Error(`${this.name} is already on a call`)
    const call = await this.#newCall()
    const { auth, lateOffer } = this.#options
    this.log.note('dialled')
    const result = await this.userAgent.invite(uri, {
      signal: call.abort.signal,
      onProvisional: ({ status }) => this.log.note(status === 180 ? 'ringback' : 'progress'),
      ...(lateOffer === true ? { answerOffer: (offer: string) => answerOf(call.answer(offer)) } : { sdp: call.offer() }),
      ...(auth === undefined ? {} : { auth }),
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    })
    if (result.kind !== 'answered') {
      this.log.note(result.kind === 'cancelled' ? 'gaveUp' : 'refused')
      await this.#drop(call)
      return result
    }
    if (lateOffer !== true) {
      const wrong = call.takeAnswer(result.session.remoteSdp ?? '')
      if (wrong !== undefined) {
        await result.session.bye()
        await this.#drop(call)
        return { kind: 'failed', why: 'badAnswer', detail: wrong }
      }
    }
    this.#talks(call, result.session)
    return { kind: 'connected' }
  }

  async #newCall(): Promise<PhoneCall> {
    const { address = '127.0.0.1', codecs, telephoneEvent } = this.#options
    const call = await PhoneCall.open({ address, sessionName: USER_AGENT, codecs, telephoneEvent })
    call.line.speak(this.#toneHz)
    this.#call = call
    this.#lastLine = call.line
    return call
  }

  #talks(call: PhoneCall, session: Session): void {
    call.session = session
    this.#lastSession = session
    session.handlers.offer = (offer) => {
      const decision = call.modified(offer)
      if (offer !== undefined && 'answer' in decision)
        this.log.note(call.line.agreement?.direction === 'sendrecv' ? 'wasResumed' : 'wasHeld')
      return decision
    }
    session.handlers.answered = (answer) => void call.takeAnswer(answer)
    this.log.note('connected')
    void session.ended.then(async (end) => {
      this.log.note(end.kind === 'remote' ? 'wasHungUpOn' : end.kind === 'local' ? 'hungUp' : 'lost')
      await this.#drop(call)
    })
    this.#changes.happened()
  }

  async #drop(call: PhoneCall): Promise<void> {
    if (this.#call === call) this.#call = undefined
    await call.line.close()
    this.#changes.happened()
  }

  #rung(invite: IncomingInvite): void {
    if (this.#call !== undefined || this.#ringing !== undefined) {
      this.log.note('wasBusy')
      invite.reject(486)
      return
    }
    this.#ringing = invite
    this.log.note('rung')
    invite.signal.addEventListener('abort', () => {
      this.log.note('stoppedRinging')
      this.#stopRinging(invite)
    })
    if (this.#options.ringsByItself !== false) invite.ring()
    this.#changes.happened()
    this.onRinging?.()
  }

  #stopRinging(invite: IncomingInvite): void {
    if (this.#ringing === invite) this.#ringing = undefined
    this.#changes.happened()
  }

  /** The INVITE for which it rings, to look at its headers. */
  get incoming(): IncomingInvite | undefined {
    return this.#ringing
  }

  /** Waits until it rings. @throws Disappointed */
  rings(options: { readonly withinMs?: number } = {}): Promise<IncomingInvite> {
    return this.#changes.until(
      () => this.#ringing,
      options.withinMs ?? 30_000,
      () => `${this.name} should ring, but is ${this.state}`,
    )
  }

  /** Waits until it stops ringing (without having been answered). @throws Disappointed */
  async stopsRinging(options: { readonly withinMs?: number } = {}): Promise<void> {
    await this.#changes.until(
      () => (this.#ringing === undefined ? true : undefined),
      options.withinMs ?? 30_000,
      () => `${this.name} should stop ringing`,
    )
  }

  /** Waits until it rings, and picks up. @returns whether there is a call now: the caller may have given up at that moment */
  async answers(options: { readonly withinMs?: number } = {}): Promise<boolean> {
    const invite = await this.rings(options)
    const call = await this.#newCall()
    const refuse = async (status: number) => {
      invite.reject(status)
      this.#stopRinging(invite)
      await this.#drop(call)
      return false
    }
    if (invite.signal.aborted) return refuse(487)
    const decision = invite.offer === undefined ? { answer: call.offer() } : call.answer(invite.offer)
    if ('reject' in decision) return refuse(decision.reject)
    const done = invite.answer(decision.answer)
    if (this.#ringing === invite) this.#ringing = undefined
    this.#answering = invite
    const result = await done
    this.#answering = undefined
    if (result.kind !== 'answered') {
      await this.#drop(call)
      return false
    }
    if (result.lateAnswer !== undefined) call.takeAnswer(result.lateAnswer)
    this.#talks(call, result.session)
    return true
  }

  /** Waits until it rings, and refuses: 603, or 486 for busy, or whatever is given. */
  async declines(status = 603, options: { readonly withinMs?: number } = {}): Promise<void> {
    const invite = await this.rings(options)
    invite.reject(status)
    this.log.note('declined')
    this.#stopRinging(invite)
  }

  /** Ends whatever is going on: a call, a call being set up, ringing. */
  async hangsUp(): Promise<void> {
    const ringing = this.#ringing
    const call = this.#call
    if (ringing !== undefined) {
      ringing.reject(480)
      this.#stopRinging(ringing)
    }
    const session = call?.session ?? this.#answering?.session
    if (session !== undefined) await session.bye()
    else call?.abort.abort()
  }

  /**
   * Waits until the call is over, whichever side ended it.
   * @returns how the present or last call ended; undefined where there never was one @throws Disappointed
   */
  async isHungUp(options: { readonly withinMs?: number } = {}): Promise<SessionEnd | undefined> {
    await this.#changes.until(
      () => (this.#call === undefined ? true : undefined),
      options.withinMs ?? 10_000,
      () => `${this.name} should be hung up on, but is ${this.state}`,
    )
    return this.#lastSession?.ended
  }

  /** Waits until there is a call. @throws Disappointed */
  async isConnected(options: { readonly withinMs?: number } = {}): Promise<void> {
    await this.#changes.until(
      () => this.#call?.session,
      options.withinMs ?? 10_000,
      () => `${this.name} should be connected, but is ${this.state}`,
    )
  }

  /** Presses keys, one after the other. @returns when the last one was through (monotonic ms) */
  async presses(
    keys: string,
    options: { readonly form?: KeyForm; readonly holdMs?: number; readonly gapMs?: number } = {},
  ): Promise<number> {
    const { form = this.keyForm, holdMs = 100, gapMs = 100 } = options
    let at = performance.now()
    for (const [index, key] of Array.from(keys).entries()) {
      if (index > 0) await this.waits(gapMs)
      const { call, session } = this.#talking(`press ${key}`)
      at = await call.press(session, key, form, holdMs)
      this.log.note('pressed', key)
    }
    return at
  }

  /** Puts the other side on hold with a re-INVITE. */
  async holds(direction: Direction = 'sendonly'): Promise<ModifyResult> {
    const { call, session } = this.#talking('hold')
    return call.changeDirection(session, direction)
  }

  /** Takes the other side back. */
  async resumes(): Promise<ModifyResult> {
    const { call, session } = this.#talking('resume')
    return call.changeDirection(session, 'sendrecv')
  }

  /** Changes its tone; 0: silence. */
  speaks(toneHz: number): void {
    this.#toneHz = toneHz
    this.#call?.line.speak(toneHz)
  }

  /** Plays samples (8 kHz) in place of its tone. Settles when they are out or the call is over. */
  async says(samples: Int16Array): Promise<void> {
    await this.#talking('speak').line.play(samples)
  }

  /** Stops sending RTP (or starts again). */
  goesDead(dead = true): void {
    this.#talking('go dead').line.mute(dead)
  }

  /** Writes what it hears from now on to a WAV file, until the call ends. */
  async records(path: string): Promise<void> {
    await this.#talking('record').line.record(path)
  }

  /** What it hears: `await gp.hears(440)`, `await gp.hearsSilence()`. */
  get hearing(): Hearing {
    return hearingOf(this.name, () => this.#call?.line.ear)
  }

  /** Waits until it hears that tone (several: together). @returns when it began (monotonic ms) @throws Disappointed */
  hears(frequencies: number | readonly number[], options: Parameters<Hearing['tone']>[1] = {}): Promise<number> {
    return this.hearing.tone(frequencies, options)
  }

  /** Lets time pass. */
  waits(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  #talking(purpose: string): { readonly call: PhoneCall; readonly line: AudioLine; readonly session: Session } {
    const call = this.#call
    if (call?.session === undefined) throw new Disappointed(`${this.name} cannot ${purpose}: it is ${this.state}`)
    return { call, line: call.line, session: call.session }
  }

  /** When something last happened (monotonic ms). */
  when(moment: MomentName): number | undefined {
    return this.log.last(moment)?.at
  }

  /** Hangs up, unregisters, closes its sockets. May be called twice. */
  async close(): Promise<void> {
    // The user agent ends any call, and does not wait long for a peer that has gone.
    if (this.#ringing !== undefined) await this.hangsUp()
    await this.#registration.end()
    await this.userAgent.close()
    if (this.#call !== undefined) await this.#drop(this.#call)
    await this.#transport.close()
  }
}

function answerOf(decision: OfferDecision): string | undefined {
  return 'answer' in decision ? decision.answer : undefined
}
