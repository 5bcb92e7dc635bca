import { EventEmitter } from 'node:events'
import { isIP } from 'node:net'
import { checkMedia } from './agreed-media.js'
import { checkDigits } from './digit-sender.js'
import type { ChannelMedia, ChannelStats, MediaChannel, MediaChannelEvents, RecordingHandle, RecordingOptions } from './media-channel.js'
import type { MediaCommand, MediaReport, Ref } from './media-messages.js'
import type { PlayHandle, PlaySource } from './play-source.js'
import { RemotePlay } from './remote-play.js'
import { RemoteRecording } from './remote-recording.js'
import type { RemoteAddress } from './source-latch.js'
import type { StatsBoard } from './stats-board.js'

/** The way to the other thread, as a channel uses it. */
export interface RemoteLine {
  nextRef(): Ref
  command(command: MediaCommand): void
  play(play: RemotePlay): void
  record(recording: RemoteRecording): void
  /** Settles with the report that answers. */
  move(question: Ref): Promise<{ readonly there: boolean; readonly address: string; readonly port: number }>
  digits(question: Ref): Promise<'sent' | 'stopped'>
  closed(channel: Ref): Promise<void>
}

/** A channel in another thread. */
export class RemoteChannel extends EventEmitter<MediaChannelEvents> implements MediaChannel {
  readonly id: string
  readonly ref: Ref
  /** As it is bridged on this side; the other side follows in the order of the commands. */
  peer: RemoteChannel | undefined
  readonly #line: RemoteLine
  readonly #board: StatsBoard
  readonly #ssrcOut: number
  readonly #plays = new Set<RemotePlay>()
  #local: RemoteAddress
  /** Counts what was configured and set. */
  #settings = 0
  #closing: Promise<void> | undefined

  constructor(id: string, ref: Ref, local: RemoteAddress, ssrcOut: number, board: StatsBoard, line: RemoteLine) {
    super()
    this.id = id
    this.ref = ref
    this.#local = local
    this.#ssrcOut = ssrcOut
    this.#board = board
    this.#line = line
  }

  get localAddress(): string {
    return this.#local.address
  }

  get localPort(): number {
    return this.#local.port
  }

  get stats(): ChannelStats {
    return { ...this.#board.read().stats, ssrcOut: this.#ssrcOut }
  }

  get found(): RemoteAddress | undefined {
    const { found, settings } = this.#board.read()
    return settings === this.#settings ? found : undefined
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  async useFamily(family: 4 | 6): Promise<boolean> {
    if (this.closed) return false
    if (isIP(this.#local.address) === family) return true
    const question = this.#line.nextRef()
    const moved = this.#line.move(question)
    this.#line.command({ kind: 'useFamily', channel: this.ref, question, family })
    const { there, address, port } = await moved.catch(() => ({ there: false, ...this.#local }))
    if (address !== '') this.#local = { address, port }
    return there
  }

  configure(media: ChannelMedia): void {
    checkMedia(media, this.#local.address)
    if (this.closed) return
    this.#line.command({ kind: 'configure', channel: this.ref, media, settings: ++this.#settings })
  }

  play(source: PlaySource): PlayHandle {
    const ref = this.#line.nextRef()
    const play = new RemotePlay(ref, () => this.#line.command({ kind: 'stopPlay', play: ref }))
    if (this.closed) {
      play.end({ reason: 'stopped', playedMs: 0, lastSample: 0 })
      return play
    }
    this.#plays.add(play)
    void play.ended.then(() => this.#plays.delete(play))
    this.#line.play(play)
    this.#line.command({ kind: 'play', channel: this.ref, play: ref, source })
    return play
  }

  stopPlaying(): number {
    if (this.#plays.size > 0) this.#line.command({ kind: 'stopPlaying', channel: this.ref })
    return this.#plays.size
  }

  sendDigits(digits: string, options: { readonly durationMs?: number; readonly gapMs?: number } = {}): Promise<'sent' | 'stopped'> {
    checkDigits(digits)
    if (this.closed) return Promise.resolve('stopped')
    const question = this.#line.nextRef()
    const sent = this.#line.digits(question)
    this.#line.command({ kind: 'sendDigits', channel: this.ref, question, digits, ...options })
    return sent
  }

  setInbandDetection(on: boolean): void {
    this.#line.command({ kind: 'detectInband', channel: this.ref, on })
  }

  setMediaTimeout(ms: number): void {
    this.#line.command({ kind: 'mediaTimeout', channel: this.ref, ms, settings: ++this.#settings })
  }

  async startRecording(path: string, options: RecordingOptions = {}): Promise<RecordingHandle> {
    const ref = this.#line.nextRef()
    const recording = new RemoteRecording(ref, path, () => this.#line.command({ kind: 'stopRecording', recording: ref }))
    this.#line.record(recording)
    this.#line.command({ kind: 'record', channel: this.ref, recording: ref, path, options })
    await recording.begun
    return recording
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #close(): Promise<void> {
    this.part()
    const closed = this.#line.closed(this.ref)
    this.#line.command({ kind: 'close', channel: this.ref })
    return closed
  }

  part(): void {
    if (this.peer) this.peer.peer = undefined
    this.peer = undefined
  }

  heard(report: Extract<MediaReport, { kind: 'digit' | 'firstRtp' | 'mediaTimeout' }>): void {
    if (this.closed) return
    switch (report.kind) {
      case 'digit':
        this.emit('digit', report.digit)
        return
      case 'firstRtp':
        this.emit('firstRtp')
        return
      case 'mediaTimeout':
        // One that was overtaken by a new description is about the one before.
        if (report.settings === this.#settings) this.emit('mediaTimeout', { silentMs: report.silentMs, settings: report.settings })
    }
  }
}
