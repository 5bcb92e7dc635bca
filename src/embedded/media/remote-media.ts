import type { Fingerprint } from '../protocols/sdp/security.js'
import type { Media } from './media.js'
import type { MediaChannel } from './media-channel.js'
import { PortsExhausted, type MediaFault } from './media-engine.js'
import type { MediaCommand, MediaReport, Ref, Refusal } from './media-messages.js'
import { Questions } from './questions.js'
import { RemoteChannel, type RemoteLine } from './remote-channel.js'
import { RemotePlay } from './remote-play.js'
import { RemoteRecording } from './remote-recording.js'
import { StatsBoard } from './stats-board.js'

type Report<Kind extends MediaReport['kind']> = Extract<MediaReport, { kind: Kind }>

/**
 * The signalling's end of the messages: media that run in another thread. Commands of one turn of the loop go out together, in their order,
 * and before whatever the signalling sends next has reached a party.
 */
export class RemoteMedia implements Media, RemoteLine {
  readonly ready: Promise<string | undefined>
  readonly #post: (commands: readonly MediaCommand[]) => void
  readonly #onFault: (fault: MediaFault) => void
  readonly #channels = new Map<Ref, RemoteChannel>()
  readonly #opening = new Questions<Report<'opened'>>()
  readonly #plays = new Map<Ref, RemotePlay>()
  readonly #recordings = new Map<Ref, RemoteRecording>()
  readonly #moves = new Questions<Report<'moved'>>()
  readonly #digits = new Questions<'sent' | 'stopped'>()
  readonly #closes = new Questions<undefined>()
  readonly #end = new Questions<undefined>()
  readonly #security = new Questions<Fingerprint>()
  #preparing: Promise<Fingerprint> | undefined
  #decodesOpus = false
  #expecting = false
  #outgoing: MediaCommand[] = []
  #lastRef = 0
  #settleReady: (warning: string | undefined) => void = () => undefined
  #lost: string | undefined
  #closing: Promise<void> | undefined

  constructor(post: (commands: readonly MediaCommand[]) => void, onFault: (fault: MediaFault) => void = () => undefined) {
    this.#post = post
    this.#onFault = onFault
    this.ready = new Promise((resolve) => (this.#settleReady = resolve))
  }

  async createChannel({ id }: { readonly id: string }): Promise<MediaChannel> {
    if (this.#closing) throw new Error('the media engine is closed')
    const channel = this.nextRef()
    const board = new StatsBoard()
    const opened = this.#opening.ask(channel)
    this.command({ kind: 'open', channel, id, board: board.buffer })
    const { address, port, ssrcOut } = await opened
    const made = new RemoteChannel(id, channel, { address, port }, ssrcOut, board, this)
    this.#channels.set(channel, made)
    return made
  }

  bridge(a: MediaChannel, b: MediaChannel): void {
    const [one, other] = [this.#own(a), this.#own(b)]
    if (!one || !other || one === other) throw new Error(`cannot bridge ${a.id} and ${b.id}: two open channels of this engine are needed`)
    if (one.peer === other) return
    one.part()
    other.part()
    one.peer = other
    other.peer = one
    this.command({ kind: 'bridge', a: one.ref, b: other.ref })
  }

  unbridge(a: MediaChannel, b: MediaChannel): boolean {
    const [one, other] = [this.#own(a), this.#own(b)]
    if (!one?.peer || one.peer !== other) return false
    one.part()
    this.command({ kind: 'unbridge', a: one.ref, b: other.ref })
    return true
  }

  prepareSecurity(): Promise<Fingerprint> {
    if (this.#preparing === undefined) {
      this.#preparing = this.#security.ask(0)
      this.command({ kind: 'prepareSecurity' })
    }
    return this.#preparing
  }

  get decodesOpus(): boolean {
    return this.#decodesOpus
  }

  expectSecurity(): void {
    if (this.#expecting || this.#preparing !== undefined) return
    this.#expecting = true
    this.command({ kind: 'expectSecurity' })
  }

  losePackets(share: { readonly in: number; readonly out: number }): void {
    this.command({ kind: 'losePackets', in: share.in, out: share.out })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()))
    const ended = this.#end.ask(0)
    this.command({ kind: 'end' })
    await ended
  }

  /** Asks for a sign of life. */
  askWhetherAlive(): void {
    this.command({ kind: 'areYouAlive' })
  }

  /** The other side has gone: whatever was waited for ends, with an error where it can say so. */
  lost(why: string): void {
    if (this.#lost !== undefined) return
    this.#lost = why
    this.#settleReady(why)
    this.#opening.fail(new Error(why))
    this.#moves.fail(new Error(why))
    this.#security.fail(new Error(why))
    this.#digits.settleAll('stopped')
    for (const play of [...this.#plays.values()]) play.end({ reason: 'stopped', playedMs: 0, lastSample: 0 })
    this.#plays.clear()
    for (const recording of [...this.#recordings.values()]) recording.lost(why)
    this.#recordings.clear()
    this.#closes.settleAll(undefined)
    this.#end.settleAll(undefined)
  }

  // ---- what the channels need ----

  nextRef(): Ref {
    return ++this.#lastRef
  }

  command(command: MediaCommand): void {
    if (this.#outgoing.push(command) === 1) queueMicrotask(this.#flush)
  }

  play(play: RemotePlay): void {
    if (this.#lost === undefined) this.#plays.set(play.ref, play)
    else play.end({ reason: 'stopped', playedMs: 0, lastSample: 0 })
  }

  record(recording: RemoteRecording): void {
    if (this.#lost === undefined) this.#recordings.set(recording.ref, recording)
    else recording.lost(this.#lost)
  }

  move(question: Ref): Promise<Report<'moved'>> {
    return this.#moves.ask(question)
  }

  digits(question: Ref): Promise<'sent' | 'stopped'> {
    return this.#digits.ask(question)
  }

  async closed(channel: Ref): Promise<void> {
    await this.#closes.ask(channel)
    this.#channels.delete(channel)
  }

  readonly #flush = (): void => {
    const commands = this.#outgoing
    this.#outgoing = []
    if (this.#lost === undefined) this.#post(commands)
  }

  #own(channel: MediaChannel): RemoteChannel | undefined {
    return channel instanceof RemoteChannel && !channel.closed && this.#channels.get(channel.ref) === channel ? channel : undefined
  }

  // ---- reports ----

  heard(report: MediaReport): void {
    switch (report.kind) {
      case 'ready':
        this.#settleReady(report.warning)
        return
      case 'opened':
        this.#opening.settle(report.channel, report)
        return
      case 'refused':
        this.#opening.fail(refused(report.why), report.channel)
        return
      case 'moved':
        this.#moves.settle(report.question, report)
        return
      case 'playStarted':
        this.#plays.get(report.play)?.begin()
        return
      case 'playEnded':
        this.#plays.get(report.play)?.end(report.end)
        this.#plays.delete(report.play)
        return
      case 'digitsSent':
        this.#digits.settle(report.question, report.how)
        return
      case 'digit':
      case 'firstRtp':
      case 'mediaTimeout':
        this.#channels.get(report.channel)?.heard(report)
        return
      case 'recording':
        this.#recordings.get(report.recording)?.begin()
        return
      case 'notRecording':
        this.#recordings.get(report.recording)?.refuse(report.why)
        this.#recordings.delete(report.recording)
        return
      case 'recordingEnded':
        this.#recordings.get(report.recording)?.end(report.result)
        this.#recordings.delete(report.recording)
        return
      case 'closed':
        this.#closes.settle(report.channel, undefined)
        return
      case 'fault':
        this.#onFault(report.fault)
        return
      case 'secured':
        this.#decodesOpus = report.decodesOpus
        this.#security.settle(0, report.fingerprint)
        return
      case 'notSecured':
        this.#security.fail(new Error(report.why), 0)
        return
      case 'alive':
        return
      case 'ended':
        this.#end.settle(0, undefined)
    }
  }
}

function refused(why: Refusal): Error {
  if (why.kind === 'portsExhausted') return new PortsExhausted(why.from, why.to)
  return Object.assign(new Error(why.message), why.code !== undefined && { code: why.code })
}
