import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import { keyInInfo } from '../protocols/sip/key-in-info.js'
import type { Transport } from '../protocols/sip/transport.js'
import { audioOffer, readAudioAnswer } from '../protocols/sdp/offer-answer.js'
import { withoutKeys } from '../protocols/sdp/security.js'
import type { OfferDecision, Session } from '../protocols/sip/session.js'
import { UserAgent, type IncomingInvite } from '../protocols/sip/user-agent.js'
import { EventBus } from '../eventsocket/event-bus.js'
import type { ChannelMessage, EventSocketHost } from '../eventsocket/event-socket-host.js'
import { EventSocketServer } from '../eventsocket/event-socket-server.js'
import { HeaderBlock } from '../eventsocket/header-block.js'
import type { Faults } from '../faults.js'
import { hostForUri } from '../protocols/sip/endpoint.js'
import type { BoundAddress } from '../listening.js'
import type { MediaChannel } from '../media/media-channel.js'
import { PortsExhausted, type MediaEngineOptions } from '../media/media-engine.js'
import type { Media } from '../media/media.js'
import { isOutOfDescriptors } from '../descriptors.js'
import type { ShortageKind } from '../shortages.js'
import type { FreeswitchSettings } from '../settings.js'
import { API_COMMANDS, type ApiSurroundings } from './api-commands.js'
import { APPLICATIONS } from './applications.js'
import { channelFacts, DIALPLAN_VARIABLES, outboundSocket, setUpVariables } from './call-set-up.js'
import { Channel, type ChannelSurroundings } from './channel.js'
import { EndpointSignalling } from './endpoint-signalling.js'
import { EventFactory } from './event-factory.js'
import { heartbeat } from './heartbeat.js'
import { answerTo, applyAgreement, LocalAudio, noteAgreement, noteOffer, type ExternalAddresses } from './negotiated-media.js'

const DEFAULT_PROFILE = 'drachtio_mrf'
const DEFAULT_MAX_SESSIONS = 1000
const DEFAULT_HEARTBEAT_SECONDS = 20

/** Headers that mod_sofia adds to its answers, beside those of the SIP stack. */
const ANSWER_HEADERS = [
  ['Accept', 'application/sdp'],
  ['Allow-Events', 'talk, hold, conference, refer'],
  ['Content-Disposition', 'session'],
] as const

export type MediaFactory = (options: MediaEngineOptions) => Media

/**
 * FreeSWITCH's part: a SIP profile whose every call is answered and handed to the application named in `X-esl-outbound`, the event sockets, and
 * the audio.
 */
export class FreeswitchRole implements EventSocketHost, ChannelSurroundings, ApiSurroundings {
  readonly password: string
  readonly bus = new EventBus()
  readonly applications = APPLICATIONS
  readonly events: EventFactory
  readonly engine: Media
  readonly profile: string
  readonly sipAddress: string
  readonly maxSessions: number
  sessionsMade = 0
  readonly #settings: FreeswitchSettings
  readonly #transport: Transport
  readonly #external: ExternalAddresses
  readonly #agent: UserAgent
  readonly #sockets: EventSocketServer
  readonly #faults: Faults
  readonly #channels = new Map<string, Channel>()
  readonly #logLine: (line: string) => void
  readonly #shortage: (kind: ShortageKind, detail: string) => void
  #setting = 0
  #peak = 0
  #heartbeat: NodeJS.Timeout | undefined

  /**
   * @param transport of the SIP profile, bound already; the role closes it
   * @param media makes the audio engine
   * @param shortage called when a call is refused because something has run out
   */
  constructor(
    settings: FreeswitchSettings,
    transport: Transport,
    faults: Faults,
    log: (line: string) => void,
    media: MediaFactory,
    shortage: (kind: ShortageKind, detail: string) => void = () => undefined,
  ) {
    this.#settings = settings
    this.#transport = transport
    this.#faults = faults
    this.#logLine = log
    this.#shortage = shortage
    this.password = settings.password
    this.profile = settings.profile ?? DEFAULT_PROFILE
    this.maxSessions = settings.maxSessions ?? DEFAULT_MAX_SESSIONS
    const [listener] = transport.listeners
    this.sipAddress = listener ? `${hostForUri(listener.address)}:${listener.port}` : ''
    const { externalAddress, otherExternalAddress } = settings.rtp
    const [four, six] = [4, 6].map((family) =>
      [externalAddress, otherExternalAddress].find((each) => each !== undefined && isIP(each) === family),
    )
    this.#external = { ...(four === undefined ? {} : { 4: four }), ...(six === undefined ? {} : { 6: six }) }
    this.events = new EventFactory(settings.rtp.address)
    this.engine = media({
      address: settings.rtp.address,
      otherAddress: settings.rtp.otherAddress ?? loopbackOfOtherFamily(settings.rtp.address),
      portRange: [settings.rtp.firstPort, settings.rtp.lastPort],
      mediaTimeoutMs: (settings.mediaTimeoutSeconds ?? 0) * 1000,
      ...(settings.rtp.opus === undefined ? {} : { opus: settings.rtp.opus }),
      onFault: (fault) => {
        this.log(`media ${fault.kind}${fault.channelId === '' ? '' : ` of channel ${fault.channelId}`}: ${fault.message}`)
      },
    })
    this.#sockets = new EventSocketServer(this, faults)
    this.#agent = new UserAgent({
      transport,
      user: 'drachtio',
      userAgentHeader: 'drachtio-mrf media gateway',
      natAware: false,
      tryingAfterMs: 0,
    })
    this.#agent.onInvite = (invite) => {
      void this.#take(invite)
    }
  }

  get startedAt(): number {
    return this.events.startedAt
  }

  get eventSockets(): number {
    return this.#sockets.count
  }

  get transactions(): number {
    const { client, server, unacknowledged } = this.#agent.layer.counts
    return client + server + unacknowledged
  }

  /** Whether one more channel may be opened. */
  get hasRoom(): boolean {
    return this.channelCount < this.maxSessions
  }

  /** Whether there are ports for one more channel, found by taking them. */
  async hasFreePorts(): Promise<boolean> {
    try {
      await (await this.engine.createChannel({ id: randomUUID() })).close()
      return true
    } catch {
      return false
    }
  }

  /** @throws ListenFailure */
  async start(): Promise<BoundAddress> {
    const warning = await this.engine.ready
    if (warning !== undefined) this.log(warning)
    const bound = await this.#sockets.listen(this.#settings.eventSocket.address, this.#settings.eventSocket.port)
    const seconds = this.#settings.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS
    this.#heartbeat = setInterval(() => {
      this.bus.publish({ name: 'HEARTBEAT' }, () =>
        heartbeat(this.events, {
          channels: this.#channels.size,
          peak: this.#peak,
          maxSessions: this.maxSessions,
          sessionsMade: this.sessionsMade,
        }),
      )
    }, seconds * 1000)
    return bound
  }

  async stop(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#agent.onInvite = (invite) => {
      invite.reject(503)
    }
    await this.#sockets.close()
    await this.#agent.close(0)
    await this.engine.close()
    await this.#transport.close()
    this.#channels.clear()
  }

  /** Cuts event sockets (fault). */
  cutSockets(which: 'inbound' | 'outbound'): void {
    this.#sockets.cut(which)
  }

  channels(): Iterable<Channel> {
    return this.#channels.values()
  }

  channel(uuid: string): Channel | undefined {
    return this.#channels.get(uuid)
  }

  get channelCount(): number {
    return this.#channels.size + this.#setting
  }

  api(command: string, argument: string): string | undefined {
    return API_COMMANDS.get(command)?.(this, argument)
  }

  reloadXml(): void {
    this.bus.publish({ name: 'RELOADXML' }, () => this.events.build({ name: 'RELOADXML', blocks: [] }))
  }

  backgroundJob(job: { uuid: string; command: string; argument: string; reply: string }): void {
    this.bus.publish({ name: 'BACKGROUND_JOB' }, () => {
      const pairs: [string, string][] = [
        ['Job-UUID', job.uuid],
        ['Job-Command', job.command],
      ]
      if (job.argument !== '') pairs.push(['Job-Command-Arg', job.argument])
      return this.events.build({ name: 'BACKGROUND_JOB', blocks: [new HeaderBlock(pairs)], body: job.reply })
    })
  }

  clientEvent(name: string, message: ChannelMessage, eventUuid: string): void {
    const subclass = message.headers.get('event-subclass')
    const uuid = message.headers.get('unique-id')
    const about = { name, ...(subclass === undefined ? {} : { subclass }), ...(uuid === undefined ? {} : { uuid }) }
    this.bus.publish(about, () =>
      this.events.build({
        ...about,
        blocks: [
          new HeaderBlock([...message.headers].filter(([header]) => header !== 'content-length' && header !== 'event-subclass')),
          new HeaderBlock([['Event-UUID', eventUuid]]),
        ],
        ...(message.body === '' ? {} : { body: message.body }),
      }),
    )
  }

  log(line: string): void {
    this.#logLine(line)
  }

  ended(channel: Channel): void {
    this.#channels.delete(channel.uuid)
  }

  /** One INVITE: audio, answer, socket. */
  async #take(invite: IncomingInvite): Promise<void> {
    const target = outboundSocket(invite.request)
    if (target === undefined) {
      // The dialplan knows only calls that name their application.
      invite.reject(404)
      return
    }
    if (this.#faults.refuseChannels || !this.hasRoom) {
      if (!this.hasRoom) this.#shortage('channels', `${this.maxSessions} channels are open, which is as many as there may be`)
      // As FreeSWITCH says it: drachtio-server's own 503 is Service Unavailable.
      invite.reject(503, { reason: 'Maximum Calls In Progress' })
      return
    }
    const uuid = randomUUID()
    this.#setting++
    let media: MediaChannel
    try {
      media = await this.engine.createChannel({ id: uuid })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.log(`no channel: ${why}`)
      if (error instanceof PortsExhausted) this.#shortage('rtpPorts', why)
      else if (isOutOfDescriptors(error)) this.#shortage('descriptors', `no channel can be opened: ${why}`)
      invite.reject(503)
      return
    } finally {
      this.#setting--
    }
    if (invite.signal.aborted) {
      await media.close()
      return
    }
    await this.#answer(invite, uuid, media, target)
  }

  async #answer(
    invite: IncomingInvite,
    uuid: string,
    media: MediaChannel,
    target: { readonly address: string; readonly port: number },
  ): Promise<void> {
    const local = new LocalAudio(
      media,
      this.#external,
      () => this.engine.prepareSecurity(),
      () => this.engine.decodesOpus,
    )
    const facts = channelFacts(invite.request, invite.source, uuid, this.profile)
    const signalling = new EndpointSignalling(this.#faults)
    const answer = invite.offer === undefined ? undefined : await answerTo(invite.offer, media, local)
    if (answer?.ok === false || invite.signal.aborted) {
      if (answer?.ok === false) invite.reject(answer.status)
      await media.close()
      return
    }
    const { address } = local
    const sdp = answer === undefined ? audioOffer(local.next()) : answer.answer
    const channel = new Channel(facts, media, signalling, this)
    channel.data.setUp(
      setUpVariables(invite.request, invite.source, {
        facts,
        profile: this.profile,
        sipAddress: this.sipAddress,
        sessionId: ++this.sessionsMade,
        localAddress: address,
      }),
    )
    channel.data.setUp({ local_media_ip: address, local_media_port: `${media.localPort}` })
    if (answer === undefined) noteOffer(channel)
    else {
      applyAgreement(channel, answer.agreement, local)
      noteAgreement(channel, answer.agreement)
    }
    channel.data.setUp({ rtp_local_sdp_str: withoutKeys(sdp), ...DIALPLAN_VARIABLES, socket_host: target.address })
    this.#channels.set(uuid, channel)
    this.#peak = Math.max(this.#peak, this.#channels.size)
    channel.publish('CHANNEL_CREATE', 'full')
    const answered = invite.answer(sdp, ANSWER_HEADERS)
    channel.answered({ application: 'socket', argument: `${target.address}:${target.port} async full` })
    this.#dial(channel, target)
    const result = await answered
    if (result.kind !== 'answered') {
      channel.hangup(result.kind === 'cancelled' ? 'ORIGINATOR_CANCEL' : 'RECOVERY_ON_TIMER_EXPIRE', 'farEnd')
      return
    }
    if (result.lateAnswer !== undefined) this.#lateAnswer(channel, local, result.lateAnswer)
    this.#serve(channel, local, result.session)
    signalling.established(result.session)
  }

  #dial(channel: Channel, target: { readonly address: string; readonly port: number }): void {
    this.#sockets.dial(target, channel, {
      open: (connection) => {
        channel.connection = connection
        if (channel.over) connection.channelGone()
      },
      closed: (connection) => {
        channel.socketClosed(connection?.resumes === true || channel.variable('socket_resume') === 'true')
      },
    })
  }

  #serve(channel: Channel, local: LocalAudio, session: Session): void {
    session.handlers = {
      offer: (offer) => this.#renegotiate(channel, local, offer),
      answered: (sdp) => {
        this.#lateAnswer(channel, local, sdp)
      },
      info: (request) => {
        const pressed = keyInInfo(request.contentType, request.body.toString('utf8'))
        if (pressed) channel.keyPressed(pressed.key, pressed.durationMs, 'ENDPOINT')
        return 200
      },
    }
    void session.ended.then((end) => {
      if (end.kind !== 'local') channel.hangup(end.kind === 'remote' ? 'NORMAL_CLEARING' : 'RECOVERY_ON_TIMER_EXPIRE', 'farEnd')
    })
  }

  async #renegotiate(channel: Channel, local: LocalAudio, offer: string | undefined): Promise<OfferDecision> {
    if (offer === undefined) {
      const sdp = audioOffer(local.next())
      channel.data.setUp({ rtp_local_sdp_str: sdp })
      return { answer: sdp }
    }
    const reply = await answerTo(offer, channel.media, local)
    if (!reply.ok) return { reject: reply.status }
    if (channel.over) return { reject: 487 }
    channel.data.setUp({ local_media_ip: local.address, local_media_port: `${channel.media.localPort}` })
    applyAgreement(channel, reply.agreement, local)
    noteAgreement(channel, reply.agreement)
    channel.data.setUp({ switch_r_sdp: withoutKeys(offer), rtp_local_sdp_str: withoutKeys(reply.answer) })
    return { answer: reply.answer }
  }

  #lateAnswer(channel: Channel, local: LocalAudio, sdp: string): void {
    const reply = readAudioAnswer(sdp, local.next())
    channel.data.setUp({ switch_r_sdp: withoutKeys(sdp) })
    // Our offer had one address: an answer in the other family cannot be reached from there.
    if (!reply.ok || reply.agreement.remoteAddress.includes(':') !== local.address.includes(':')) {
      this.log(`channel ${channel.uuid}: late answer not understood: ${reply.ok ? 'it is in another address family' : reply.why}`)
      channel.hangup('INCOMPATIBLE_DESTINATION', 'application')
      return
    }
    applyAgreement(channel, reply.agreement, local)
    noteAgreement(channel, reply.agreement)
  }
}

/** A switch on loopback is on all of it: a softphone on this machine may want its audio in either family. */
function loopbackOfOtherFamily(address: string): string | undefined {
  return address.startsWith('127.') ? '::1' : address === '::1' ? '127.0.0.1' : undefined
}
