import type {
  Audio,
  HangUp,
  Heard,
  Key,
  KeySource,
  Leg,
  LegEnding,
  ListenOptions,
  Moved,
  NoWords,
  Played,
  Recording,
  RecordResult,
} from '../port.js'
import { Ear } from './ear.js'
import { Listening } from './listening.js'
import type { Act } from './temperament.js'
import { Settlement, type World } from './world.js'

export interface VirtualLegOptions {
  readonly world: World
  readonly party: 'caller' | 'called'
  /** The owner of this telephone. */
  readonly number: string
  /** Called once, when the party's telephone is free again. */
  readonly onDown: () => void
}

/** One party of the virtual telephone world, answered. */
export class VirtualLeg implements Leg {
  readonly id: string
  readonly party: 'caller' | 'called'
  readonly number: string
  readonly hungUp: Promise<HangUp>
  /** Everything that was played to this party, by the moment at which each piece began. */
  readonly heard: { readonly at: number; readonly audio: Audio }[] = []
  readonly #world: World
  readonly #options: VirtualLegOptions
  readonly #end = new Settlement<HangUp>()
  readonly #released = new Settlement<void>()
  readonly #ear: Ear
  readonly #listening: Listening
  readonly #countDown: () => void
  readonly #atEnd = new Set<(hangUp: HangUp) => void>()
  /** Running recordings, by path: each stops itself. */
  readonly #recordings = new Map<string, () => void>()
  #playing:
    | {
        readonly finish: (how: 'cancelled' | 'hungUp') => void
        readonly suspend: () => void
        readonly goOn: (lead: readonly Audio[]) => void
      }
    | undefined
  #bridged = false
  readonly #atMove = new Set<() => void>()
  readonly #movedListeners = new Set<(moved: Moved) => void>()
  #moves = 0
  /** Settles when this party has a media server again, or has gone; undefined: it has one. */
  #lost: Settlement<void> | undefined
  #cancelMove: () => void = () => undefined
  afterMove: readonly Audio[] = []
  #ended: HangUp | undefined

  constructor(options: VirtualLegOptions) {
    this.#options = options
    this.#world = options.world
    this.party = options.party
    this.number = options.number
    this.id = `${options.party}-${this.#world.serial()}`
    this.hungUp = this.#end.promise
    this.#ear = new Ear(this.#now())
    this.#listening = new Listening(this.#world, this.id)
    this.#countDown = this.#world.opened('legs')
    this.#world.tell({ what: 'legUp', leg: this.id, party: this.party, number: this.number })
  }

  get ended(): HangUp | undefined {
    return this.#ended
  }

  get handle(): string {
    return this.#moves === 0 ? this.id : `${this.id}/${this.#moves}`
  }

  /** The engine that had it died: what it waited for no longer matters. A leg that is not bridged hears nothing from now on. */
  orphaned(): void {
    this.#listening.finish('cancelled')
    this.#playing?.finish('cancelled')
  }

  get isBridged(): boolean {
    return this.#bridged
  }

  /** The longest silence that this party had to hear so far, ms. */
  get longestSilenceMs(): number {
    return this.#ear.longestSilenceMs(this.#ended === undefined ? this.#now() : this.#endedAt)
  }

  #endedAt = 0

  // What the engine does

  play(audio: readonly Audio[], options: { readonly signal?: AbortSignal; readonly loop?: boolean } = {}): Promise<Played> {
    const world = this.#world
    world.tell({ what: 'playAsked', leg: this.id })
    if (this.#ended) return Promise.resolve({ kind: 'hungUp' })
    if (options.signal?.aborted) return Promise.resolve({ kind: 'cancelled', ms: 0 })
    this.#playing?.finish('cancelled')
    if (this.#bridged) world.tell({ what: 'misuse', detail: `play on ${this.id} while it is bridged` })
    const done = new Settlement<Played>()
    const closed = world.opened('plays')
    let startedAt: number | undefined
    let cancelTimer = (): void => undefined
    let cancelBreak = (): void => undefined
    let lead: readonly Audio[] = []
    const finish = (how: 'finished' | 'cancelled' | 'hungUp' | 'failed'): void => {
      const ms = startedAt === undefined ? 0 : this.#now() - startedAt
      if (
        !done.settle(
          how === 'hungUp' ? { kind: 'hungUp' } : how === 'failed' ? { kind: 'failed', why: 'a fault was asked for' } : { kind: how, ms },
        )
      )
        return
      cancelTimer()
      cancelBreak()
      offAbort()
      closed()
      if (this.#playing === playing) this.#playing = undefined
      if (!this.#bridged) this.#ear.hearsNothing(this.#now())
    }
    const playing = {
      finish,
      suspend: (): void => {
        cancelTimer()
        cancelBreak()
        this.#ear.hearsNothing(this.#now())
      },
      goOn: (words: readonly Audio[]): void => {
        lead = words
        begin()
      },
    }
    this.#playing = playing
    const offAbort = world.onAbort(options.signal, () => finish('cancelled'))
    const fault = world.fault('play')
    const piece = (index: number): void => {
      const next = index < lead.length ? lead[index] : audio[index - lead.length]
      if (next === undefined) {
        const again = options.loop === true && audio.some((each) => world.durationMs(each) > 0)
        if (again) piece(lead.length)
        else finish('finished')
        return
      }
      if (!this.#bridged) this.heard.push({ at: this.#now(), audio: next })
      if (next.kind === 'silence') this.#ear.hearsNothing(this.#now())
      else this.#ear.hearsSomething(this.#now())
      const ms = world.durationMs(next)
      cancelTimer = ms === Infinity ? () => undefined : world.clock.after(ms, () => piece(index + 1))
    }
    const begin = (): void => {
      startedAt = this.#now()
      if (fault?.kind === 'breaks') cancelBreak = world.clock.after(fault.afterMs, () => finish('failed'))
      piece(0)
    }
    if (fault?.kind === 'fails') cancelTimer = world.clock.after(fault.afterMs, () => finish('failed'))
    else if (this.#lost === undefined) this.#soon(world.latencyMs('play'), begin, (cancel) => (cancelTimer = cancel))
    return done.promise
  }

  listenFor(options: ListenOptions): Promise<Heard> {
    return this.#listening.listenFor(options, this.#ended !== undefined)
  }

  followVoice(): () => void {
    if (!this.#ended) this.#listening.follow()
    return () => this.#listening.noWords('lost')
  }

  dropKeys(): void {
    this.#listening.dropKeys()
  }

  async record(path: string, options: { readonly signal: AbortSignal }): Promise<RecordResult> {
    const world = this.#world
    const fault = world.fault('record')
    if (fault?.kind === 'fails') {
      await this.#pause(fault.afterMs)
      return { kind: 'failed', why: 'a fault was asked for' }
    }
    await this.#pause(world.latencyMs('record'))
    await this.settled()
    if (this.#ended) return { kind: 'hungUp' }
    if (options.signal.aborted) return { kind: 'failed', why: 'cancelled' }
    const closed = world.opened('recordings')
    world.tell({ what: 'recordingStarted', leg: this.id, path })
    let stopped = false
    const stop = (): void => {
      if (stopped) return
      stopped = true
      this.#atEnd.delete(stop)
      this.#recordings.delete(path)
      closed()
      world.tell({ what: 'recordingStopped', leg: this.id, path })
    }
    this.#atEnd.add(stop)
    this.#recordings.set(path, stop)
    return { kind: 'recording', recording: this.recordingOn(path) }
  }

  recordingOn(path: string): Recording {
    return {
      path,
      startedAt: this.#world.clock.now(),
      stop: () => {
        this.#recordings.get(path)?.()
        return Promise.resolve()
      },
    }
  }

  close(): Promise<void> {
    this.#down('released')
    return this.#released.promise
  }

  // What the party does

  act(acts: readonly Act[]): void {
    for (const act of acts) {
      const cancel = this.#world.clock.after(act.atMs, () => {
        this.#atEnd.delete(cancel)
        if (act.does === 'press') this.press(act.key, act.source)
        else if (act.does === 'say') this.say(act.word, act.confidence)
        else if (act.does === 'talk') this.talk(act.how)
        else if (act.does === 'hangUp') this.hangUp()
        else this.break(act.ending)
      })
      this.#atEnd.add(cancel)
    }
  }

  press(key: Key, source: KeySource = 'rfc4733'): void {
    // Keys and words come with the voice.
    if (this.#ended || this.#lost) return
    this.#world.tell({ what: 'pressed', leg: this.id, key })
    this.#ear.hearsClick(this.#now())
    const at = this.#world.clock.now()
    this.#fromParty(() => this.#listening.pressed({ key, source, at }))
  }

  say(word: string, confidence = 0.9): void {
    if (this.#ended || this.#lost) return
    this.#world.tell({ what: 'said', leg: this.id, word })
    this.#fromParty(() => this.#listening.said(word, confidence))
  }

  /** Speaks as a voicemail greeting does, which is noticed where the voice is followed. */
  talk(how: Exclude<NoWords, 'lost'>): void {
    if (this.#ended) return
    this.#world.tell({ what: 'talked', leg: this.id })
    this.#fromParty(() => this.#listening.noWords(how))
  }

  hangUp(): void {
    this.#fromParty(() => this.#down('hangup'))
  }

  break(ending: Exclude<LegEnding, 'hangup' | 'released'>): void {
    this.#down(ending)
  }

  // What the switch does

  /** Resolves when this party has a media server, or has gone. */
  async settled(): Promise<void> {
    while (this.#lost) await this.#lost.promise
  }

  outlive(): void {
    // It outlives every engine.
  }

  onMoved(listener: (moved: Moved) => void): () => void {
    this.#movedListeners.add(listener)
    return () => this.#movedListeners.delete(listener)
  }

  /**
   * The media server of this party dies: it hears nothing until it has been moved to another one.
   * @param refuses it refuses to be moved: the leg ends
   */
  loseMedia({ forMs, refuses = false }: { readonly forMs: number; readonly refuses?: boolean }): void {
    if (this.#ended) return
    const lostAt = this.#now()
    const bridged = this.#bridged
    this.#world.tell({ what: 'mediaLost', leg: this.id })
    this.#lost ??= new Settlement<void>()
    this.#playing?.suspend()
    this.#listening.noWords('lost')
    for (const stop of [...this.#recordings.values()]) stop()
    for (const tell of [...this.#atMove]) tell()
    this.#cancelMove()
    this.#cancelMove = this.#world.clock.after(forMs, () => {
      if (refuses) return this.#down('mediaLost')
      this.#found()
      this.#moves++
      this.#world.tell({ what: 'moved', leg: this.id })
      if (this.#playing) this.#playing.goOn(bridged ? [] : this.afterMove)
      else if (!bridged && this.afterMove.length > 0) void this.play(this.afterMove)
      for (const tell of [...this.#movedListeners]) tell({ silentMs: this.#now() - lostAt })
    })
  }

  #found(): void {
    const lost = this.#lost
    this.#lost = undefined
    lost?.settle()
  }

  /** Called by the switch at the moment of the bridge. @param onEnd called when this leg ends while it is bridged @param onLost called when its media server dies */
  joined(onEnd: (hangUp: HangUp) => void, onLost: () => void): () => void {
    this.#bridged = true
    this.#atMove.add(onLost)
    this.#playing?.finish('cancelled')
    this.#ear.hearsSomething(this.#now())
    this.#atEnd.add(onEnd)
    return () => {
      this.#bridged = false
      this.#atEnd.delete(onEnd)
      this.#atMove.delete(onLost)
      this.#ear.hearsNothing(this.#now())
    }
  }

  #down(ending: LegEnding): void {
    if (this.#ended) return
    const hangUp = { ending, at: this.#world.clock.now() }
    this.#ended = hangUp
    this.#endedAt = this.#now()
    this.#world.tell({ what: 'legDown', leg: this.id, hangUp })
    this.#cancelMove()
    this.#found()
    this.#playing?.finish('hungUp')
    this.#listening.finish('hungUp')
    for (const tell of [...this.#atEnd]) tell(hangUp)
    this.#atEnd.clear()
    this.#end.settle(hangUp)
    const gone = (): void => {
      this.#countDown()
      this.#options.onDown()
      this.#released.settle()
    }
    this.#soon(this.#world.oneWayMs, gone, () => undefined)
  }

  #fromParty(effect: () => void): void {
    this.#soon(this.#world.oneWayMs, effect, () => undefined)
  }

  #pause(ms: number): Promise<void> {
    return ms > 0 ? new Promise((resolve) => void this.#world.clock.after(ms, resolve)) : Promise.resolve()
  }

  /** Now when there is nothing to wait for, else after `ms`. */
  #soon(ms: number, action: () => void, keepCancel: (cancel: () => void) => void): void {
    if (ms > 0) keepCancel(this.#world.clock.after(ms, action))
    else action()
  }

  #now(): number {
    return this.#world.clock.monotonic()
  }
}
