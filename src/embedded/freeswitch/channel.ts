import { randomUUID } from 'node:crypto'
import { HeaderBlock } from '../eventsocket/header-block.js'
import type { EventBus } from '../eventsocket/event-bus.js'
import type { EventSocketConnection } from '../eventsocket/event-socket-connection.js'
import type { ChannelMessage, ControlledChannel } from '../eventsocket/event-socket-host.js'
import type { MediaChannel, RecordingHandle } from '../media/media-channel.js'
import type { ApplicationTable } from './applications.js'
import { callStateNumber, ChannelData, type ChannelFacts } from './channel-data.js'
import { hangupCause, type CallState, type HangupCause } from './channel-states.js'
import type { EventFactory } from './event-factory.js'
import { playbackFileType, type PlaybackHost } from './playback.js'
import type { RunningApplication } from './running-application.js'

/** The SIP side of a channel. */
export interface ChannelSignalling {
  /** Sends BYE. Called at most once, and not when the far end has hung up itself. */
  bye(cause: HangupCause): void
}

export interface ChannelSurroundings {
  readonly events: EventFactory
  readonly bus: EventBus
  readonly applications: ApplicationTable
  log(line: string): void
  /** The channel is over; its ports may still be closing. */
  ended(channel: Channel): void
}

/** Who ended the channel: decides which client gets what, in which order. */
export type HangupOrigin = 'application' | 'api' | 'farEnd' | 'media'

interface Frame {
  readonly application: string
  readonly argument: string
  readonly uuid: string
  readonly running: RunningApplication
}

/** A key press of unknown length (FreeSWITCH's default of 2000 samples at 8 kHz, in ms). */
const DEFAULT_KEY_MS = 250

/**
 * One call of the FreeSWITCH role: its variables and events, its audio, and the applications that run on it. Modes, as `Channel-State` shows them:
 * - `CS_INIT`: from the INVITE to the answer;
 * - `CS_EXECUTE`: answered; the `socket` application waits underneath (or, after a transfer, `park`), and what the client sends runs on top
 *   of it, nested: a new application suspends a running playback;
 * - `CS_SOFT_EXECUTE`/`CS_EXCHANGE_MEDIA`: bridged by `uuid_bridge` to `peer`; what waited underneath has completed;
 * - `CS_PARK`: the peer of a bridge has gone, `park_after_bridge` keeps this one;
 * - `CS_HANGUP`: over. Entered once, in `hangup`, from any mode.
 */
export class Channel implements ControlledChannel, PlaybackHost {
  readonly data: ChannelData
  readonly media: MediaChannel
  readonly recordings = new Map<string, RecordingHandle>()
  /** The bridged peer. */
  peer: Channel | undefined
  /** The application's socket for this channel, once it is open. */
  connection: EventSocketConnection | undefined
  readonly #around: ChannelSurroundings
  readonly #signalling: ChannelSignalling
  readonly #frames: Frame[] = []
  #underneath: { readonly application: string; readonly argument: string; readonly uuid: string } | undefined
  #hangup: { readonly cause: HangupCause; readonly origin: HangupOrigin; finished: boolean } | undefined
  #depth = 0

  constructor(facts: ChannelFacts, media: MediaChannel, signalling: ChannelSignalling, around: ChannelSurroundings) {
    this.data = new ChannelData(facts)
    this.media = media
    this.#signalling = signalling
    this.#around = around
    media.on('digit', ({ digit, durationMs, source, timestamp }) => {
      this.keyPressed(digit, durationMs, source, timestamp)
    })
    media.on('mediaTimeout', () => {
      this.hangup('MEDIA_TIMEOUT', 'media')
    })
  }

  get uuid(): string {
    return this.data.facts.uuid
  }

  get name(): string {
    return this.data.facts.name
  }

  get over(): boolean {
    return this.#hangup !== undefined
  }

  connectData(): string {
    return this.#build('CHANNEL_DATA', [this.data.profile(), ...this.data.full()]).plainHeaders()
  }

  /** The body of `uuid_dump`. */
  dump(): string {
    return `${this.#build('CHANNEL_DATA', this.data.full()).plainHeaders()}\n`
  }

  variable(name: string): string | undefined {
    return this.data.variable(name)
  }

  setVariable(name: string, value: string | undefined): void {
    this.data.setVariable(name, value)
    if (value === undefined || this.over) return
    // The two names under which a media time-out can be set in the middle of a call.
    if (name === 'rtp_timeout_sec') this.media.setMediaTimeout(Math.max(0, Number(value) || 0) * 1000)
    else if (name === 'media_timeout') this.media.setMediaTimeout(Math.max(0, Number(value) || 0))
  }

  /** `${name}` in an argument becomes the variable's value, or nothing. */
  expand(text: string): string {
    return text.includes('${') ? text.replace(/\$\{([^}]*)\}/g, (_, name: string) => this.variable(name) ?? '') : text
  }

  /** The INVITE has been answered: the channel goes to work. `argument` is that of the `socket` application, where there is one. */
  answered(underneath?: { readonly application: string; readonly argument: string }): void {
    this.data.answered()
    this.data.setState('CS_EXECUTE')
    this.data.setCallState('ACTIVE')
    this.publish('CHANNEL_ANSWER', 'full')
    if (!underneath) return
    const uuid = randomUUID()
    this.#underneath = { ...underneath, uuid }
    this.data.setVariable('current_application_data', underneath.argument)
    this.data.setVariable('current_application', underneath.application)
    this.publish('CHANNEL_EXECUTE', 'full', () => applicationHeaders(underneath.application, underneath.argument, { uuid }))
  }

  /** `sendmsg`: `execute` and `hangup`. Other call-commands are ignored, as the real server ignores what it does not know. */
  message(message: ChannelMessage): void {
    const { headers } = message
    const command = headers.get('call-command')
    if (command === 'hangup') this.hangup(headers.get('hangup-cause') ?? 'NORMAL_CLEARING', 'application')
    if (command !== 'execute') return
    const application = headers.get('execute-app-name') ?? ''
    let argument = headers.get('execute-app-arg') ?? ''
    if (argument === '' && headers.get('content-type')?.toLowerCase() === 'text/plain') argument = message.body
    if (application !== '') this.execute(application, argument, headers.get('event-uuid') ?? randomUUID())
  }

  /** Runs an application. An unknown one ends the call with DESTINATION_OUT_OF_ORDER, as on the real server. */
  execute(application: string, rawArgument: string, uuid: string): void {
    if (this.over) return
    const run = this.#around.applications.get(application)
    if (run === undefined) {
      this.#around.log(`channel ${this.uuid}: Invalid Application ${application}`)
      this.hangup('DESTINATION_OUT_OF_ORDER', 'application')
      return
    }
    const argument = this.expand(rawArgument)
    this.data.setVariable('current_application_response', undefined)
    this.data.setVariable('current_application', application)
    this.data.setVariable('current_application_data', argument === '' ? undefined : argument)
    this.publish('CHANNEL_EXECUTE', 'full', () => applicationHeaders(application, argument, { uuid }))
    let completed = false
    const done = (response?: string): void => {
      if (completed) return
      completed = true
      const at = this.#frames.findIndex((frame) => frame.uuid === uuid)
      if (at >= 0) this.#frames.splice(at, 1)
      if (response !== undefined) this.data.setVariable('current_application_response', response)
      this.#completed(application, argument, uuid)
    }
    this.#depth++
    const running = run(this, argument, done)
    this.#depth--
    // `completed` may have been set by `done` inside `run`: the compiler cannot see that.
    if (running !== undefined && !(completed as boolean)) this.#frames.push({ application, argument, uuid, running })
    else done()
    if (this.#hangup && this.#depth === 0) this.#finishHangup()
  }

  /** @param timestamp of its first RTP packet: each press is reported once, however its packets were numbered */
  keyPressed(digit: string, durationMs: number, source: string, timestamp?: number): void {
    if (this.over) return
    const duration = Math.round((durationMs > 0 ? durationMs : DEFAULT_KEY_MS) * 8)
    this.publish('DTMF', 'basic', () => [
      ['DTMF-Digit', digit],
      ['DTMF-Duration', `${duration}`],
      ['DTMF-Source', source],
      ...(timestamp === undefined ? [] : [['DTMF-Timestamp', `${timestamp}`] as const]),
    ])
    for (let index = this.#frames.length - 1; index >= 0; index--) {
      const running = this.#frames[index]?.running
      if (running?.key?.(digit) === true) return
    }
  }

  /** `uuid_break`: everything that runs ends, the topmost first. */
  break(): void {
    for (const frame of [...this.#frames].reverse()) frame.running.break()
  }

  playbackStarted(path: string): void {
    this.publish('PLAYBACK_START', 'full', () => playbackHeaders(path))
  }

  playbackStopped(path: string, status: 'done' | 'break'): void {
    this.publish('PLAYBACK_STOP', 'full', () => [...playbackHeaders(path), ['Playback-Status', status]])
  }

  setCallState(state: CallState): void {
    const before = this.data.callState
    if (before === state) return
    this.data.setCallState(state)
    this.publish('CHANNEL_CALLSTATE', 'basic', nothing, () => [
      ['Original-Channel-Call-State', before],
      ['Channel-Call-State-Number', callStateNumber(state)],
    ])
  }

  /** Ends whatever runs and whatever waits underneath, because the channel goes elsewhere (bridge, transfer). */
  redirect(): void {
    this.#abandonFrames('PLAYBACK ERROR')
    this.#completeUnderneath()
  }

  /** Waits in `application` from now on (after `uuid_transfer`). */
  waitIn(application: string): void {
    this.data.setState('CS_EXECUTE')
    const uuid = randomUUID()
    this.#underneath = { application, argument: '', uuid }
    this.data.setVariable('current_application_response', undefined)
    this.data.setVariable('current_application_data', undefined)
    this.data.setVariable('current_application', application)
    this.publish('CHANNEL_EXECUTE', 'full', () => applicationHeaders(application, '', { uuid }))
  }

  /**
   * The client's socket is gone. While the `socket` application is what keeps the channel, that ends the call, unless the client has asked that
   * it go on (`resume`, or the variable `socket_resume`): then it waits in what follows in the dialplan, `park`, and what runs on top of that runs on.
   */
  socketClosed(resumes: boolean): void {
    this.connection = undefined
    if (this.over || this.#underneath?.application !== 'socket') return
    if (!resumes) {
      this.hangup('NORMAL_CLEARING', 'api')
      return
    }
    this.#completeUnderneath()
    this.waitIn('park')
  }

  /**
   * Ends the channel. May be called at any moment, from within an application too; the first call decides.
   *
   * The order in which the client hears of it is the real server's: when the channel itself found out (application, media), the
   * events come before the disconnect notice; when another did it (`uuid_kill`, BYE), the notice comes first, and what the client
   * was waiting for on this socket never completes.
   */
  hangup(cause: string, origin: HangupOrigin): void {
    if (this.#hangup) return
    this.#hangup = { cause: hangupCause(cause), origin, finished: false }
    this.data.hungUp(this.#hangup.cause.name)
    if (origin !== 'farEnd') this.#signalling.bye(this.#hangup.cause)
    if (this.#depth === 0) this.#finishHangup()
  }

  #finishHangup(): void {
    const ending = this.#hangup
    if (!ending || ending.finished) return
    ending.finished = true
    const told = ending.origin === 'application' || ending.origin === 'media'
    if (!told) this.connection?.channelGone()
    this.#abandonFrames(undefined)
    this.#completeUnderneath()
    const { peer } = this
    this.peer = undefined
    if (peer) this.#unbridgedEvent(peer)
    this.data.setState('CS_HANGUP')
    this.setCallState('HANGUP')
    this.publish('CHANNEL_HANGUP', 'full')
    if (told) this.connection?.channelGone()
    this.publish('CHANNEL_HANGUP_COMPLETE', 'full')
    this.publish('CHANNEL_DESTROY', 'basic')
    peer?.peerGone(this)
    void this.media.close()
    this.#around.ended(this)
  }

  /** The bridge is over because the peer hung up: stays, parked, unless its variables say otherwise. */
  peerGone(peer: Channel): void {
    if (this.peer !== peer || this.over) return
    this.peer = undefined
    this.data.setVariable('last_bridge_to', peer.uuid)
    this.#unbridgedEvent(peer)
    if (this.variable('hangup_after_bridge') === 'true' || this.variable('park_after_bridge') !== 'true') {
      this.hangup('NORMAL_CLEARING', 'media')
      return
    }
    this.data.setState('CS_PARK')
    this.publish('CHANNEL_PARK', 'full')
  }

  /**
   * Publishes an event about this channel. It is built only if a listener wants it.
   * @param what `full`: with all variables; `basic`: without
   * @param after headers at the end
   * @param before headers in front
   */
  publish(name: string, what: 'full' | 'basic', after: () => HeaderPairs = nothing, before: () => HeaderPairs = nothing): void {
    this.#around.bus.publish({ name, uuid: this.uuid }, () =>
      this.#build(name, [...block(before()), ...this.data[what](), ...block(after())]),
    )
  }

  log(line: string): void {
    this.#around.log(`channel ${this.uuid}: ${line}`)
  }

  #build(name: string, blocks: readonly HeaderBlock[]): ReturnType<EventFactory['build']> {
    return this.#around.events.build({ name, uuid: this.uuid, blocks })
  }

  #unbridgedEvent(peer: Channel): void {
    this.publish('CHANNEL_UNBRIDGE', 'full', nothing, () => [
      ['Bridge-A-Unique-ID', this.uuid],
      ['Bridge-B-Unique-ID', peer.uuid],
    ])
  }

  #abandonFrames(response: string | undefined): void {
    for (const frame of this.#frames.splice(0).reverse()) {
      const own = frame.running.abandon()
      const said = own === undefined ? undefined : (response ?? own)
      if (said !== undefined) this.data.setVariable('current_application_response', said)
      this.#completed(frame.application, frame.argument, frame.uuid)
    }
  }

  #completeUnderneath(): void {
    const waiting = this.#underneath
    if (!waiting) return
    this.#underneath = undefined
    this.#completed(waiting.application, waiting.argument, waiting.uuid)
  }

  #completed(application: string, argument: string, uuid: string): void {
    const response = this.data.variable('current_application_response') ?? '_none_'
    this.publish('CHANNEL_EXECUTE_COMPLETE', 'full', () => applicationHeaders(application, argument, { uuid, response }))
  }
}

type HeaderPairs = readonly (readonly [string, string])[]

const nothing = (): HeaderPairs => []

function block(pairs: HeaderPairs): readonly HeaderBlock[] {
  return pairs.length === 0 ? [] : [new HeaderBlock(pairs)]
}

function applicationHeaders(
  application: string,
  argument: string,
  more: { readonly uuid: string; readonly response?: string },
): [string, string][] {
  const pairs: [string, string][] = [['Application', application]]
  if (argument !== '') pairs.push(['Application-Data', argument])
  if (more.response !== undefined) pairs.push(['Application-Response', more.response])
  pairs.push(['Application-UUID', more.uuid])
  return pairs
}

function playbackHeaders(path: string): [string, string][] {
  const type = playbackFileType(path)
  return type === undefined
    ? [['Playback-File-Path', path]]
    : [
        ['Playback-File-Type', type],
        ['Playback-File-Path', path],
      ]
}
