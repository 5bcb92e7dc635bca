import type { RecordingHandle } from './media-channel.js'
import { MediaEngine, PortsExhausted, type MediaEngineOptions } from './media-engine.js'
import type { MediaCommand, MediaReport, Ref, Refusal } from './media-messages.js'
import type { PlayHandle } from './play-source.js'
import type { RtpChannel } from './rtp-channel.js'
import { StatsBoard } from './stats-board.js'

type Command<Kind extends MediaCommand['kind']> = Extract<MediaCommand, { kind: Kind }>

/** The media's end of the messages: carries out commands on an engine of its own, and reports the results. */
export class MediaHost {
  readonly #engine: MediaEngine
  readonly #tell: (report: MediaReport) => void
  readonly #channels = new Map<Ref, RtpChannel>()
  readonly #plays = new Map<Ref, PlayHandle>()
  readonly #recordings = new Map<Ref, RecordingHandle>()

  constructor(options: Omit<MediaEngineOptions, 'onFault'>, tell: (report: MediaReport) => void) {
    this.#tell = tell
    this.#engine = new MediaEngine({ ...options, onFault: (fault) => tell({ kind: 'fault', fault }) })
  }

  /** A command for a channel, play or recording that has ended meanwhile does nothing. */
  carryOut(command: MediaCommand): void {
    switch (command.kind) {
      case 'open':
        void this.#open(command)
        return
      case 'useFamily':
        void this.#useFamily(command)
        return
      case 'configure':
        this.#channels.get(command.channel)?.configure(command.media, command.settings)
        return
      case 'mediaTimeout':
        this.#channels.get(command.channel)?.setMediaTimeout(command.ms, command.settings)
        return
      case 'play':
        this.#play(command)
        return
      case 'stopPlay':
        this.#plays.get(command.play)?.stop()
        return
      case 'stopPlaying':
        this.#channels.get(command.channel)?.stopPlaying()
        return
      case 'sendDigits':
        void this.#sendDigits(command)
        return
      case 'detectInband':
        this.#channels.get(command.channel)?.setInbandDetection(command.on)
        return
      case 'record':
        void this.#record(command)
        return
      case 'stopRecording':
        void this.#recordings.get(command.recording)?.stop()
        return
      case 'bridge':
      case 'unbridge':
        this.#join(command)
        return
      case 'close':
        void this.#close(command.channel)
        return
      case 'losePackets':
        this.#engine.losePackets(command)
        return
      case 'prepareSecurity':
        this.#engine.prepareSecurity().then(
          (fingerprint) => this.#tell({ kind: 'secured', fingerprint, decodesOpus: this.#engine.decodesOpus }),
          (error: unknown) => this.#tell({ kind: 'notSecured', why: error instanceof Error ? error.message : String(error) }),
        )
        return
      case 'expectSecurity':
        this.#engine.expectSecurity()
        return
      case 'areYouAlive':
        this.#tell({ kind: 'alive' })
        return
      case 'end':
        void this.#engine.close().then(() => this.#tell({ kind: 'ended' }))
    }
  }

  async #open({ channel: ref, id, board }: Command<'open'>): Promise<void> {
    try {
      const channel = await this.#engine.createChannel({ id, board: new StatsBoard(board) })
      this.#channels.set(ref, channel)
      channel.on('digit', (digit) => this.#tell({ kind: 'digit', channel: ref, digit }))
      channel.on('firstRtp', () => this.#tell({ kind: 'firstRtp', channel: ref }))
      channel.on('mediaTimeout', ({ silentMs, settings }) => this.#tell({ kind: 'mediaTimeout', channel: ref, silentMs, settings }))
      this.#tell({ kind: 'opened', channel: ref, address: channel.localAddress, port: channel.localPort, ssrcOut: channel.stats.ssrcOut })
    } catch (error) {
      this.#tell({ kind: 'refused', channel: ref, why: refusal(error) })
    }
  }

  async #useFamily({ channel: ref, question, family }: Command<'useFamily'>): Promise<void> {
    const channel = this.#channels.get(ref)
    const there = (await channel?.useFamily(family)) ?? false
    this.#tell({ kind: 'moved', channel: ref, question, there, address: channel?.localAddress ?? '', port: channel?.localPort ?? 0 })
  }

  #play({ channel, play: ref, source }: Command<'play'>): void {
    const play = this.#channels.get(channel)?.play(source)
    if (!play) {
      this.#tell({ kind: 'playEnded', play: ref, end: { reason: 'stopped', playedMs: 0, lastSample: 0 } })
      return
    }
    this.#plays.set(ref, play)
    void play.started.then((started) => {
      if (started) this.#tell({ kind: 'playStarted', play: ref })
    })
    void play.ended.then((end) => {
      this.#plays.delete(ref)
      this.#tell({ kind: 'playEnded', play: ref, end })
    })
  }

  async #sendDigits({ channel, question, digits, durationMs, gapMs }: Command<'sendDigits'>): Promise<void> {
    const options = { ...(durationMs !== undefined && { durationMs }), ...(gapMs !== undefined && { gapMs }) }
    const how = (await this.#channels.get(channel)?.sendDigits(digits, options)) ?? 'stopped'
    this.#tell({ kind: 'digitsSent', question, how })
  }

  async #record({ channel, recording: ref, path, options }: Command<'record'>): Promise<void> {
    try {
      const recording = await this.#channels.get(channel)?.startRecording(path, options)
      if (!recording) throw new Error('the channel is closed')
      this.#recordings.set(ref, recording)
      this.#tell({ kind: 'recording', recording: ref })
      const result = await recording.ended
      this.#recordings.delete(ref)
      this.#tell({ kind: 'recordingEnded', recording: ref, result })
    } catch (error) {
      this.#tell({ kind: 'notRecording', recording: ref, why: error instanceof Error ? error.message : String(error) })
    }
  }

  #join({ kind, a, b }: Command<'bridge' | 'unbridge'>): void {
    const [one, other] = [this.#channels.get(a), this.#channels.get(b)]
    if (!one || !other) return
    if (kind === 'bridge') this.#engine.bridge(one, other)
    else this.#engine.unbridge(one, other)
  }

  async #close(ref: Ref): Promise<void> {
    const channel = this.#channels.get(ref)
    this.#channels.delete(ref)
    await channel?.close()
    this.#tell({ kind: 'closed', channel: ref })
  }
}

function refusal(error: unknown): Refusal {
  if (error instanceof PortsExhausted) return { kind: 'portsExhausted', from: error.from, to: error.to }
  const { message, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) }
  return { kind: 'error', message, ...(code !== undefined && { code }) }
}
