// The telephone itself: registers over the pages' WebSocket, calls, and is rung. phone.js shows it.
import { Inviter, Registerer, RegistererState, SessionDescriptionHandler, SessionState, UserAgent } from './sip-library.js'

/** Reconnect after this long; longer each time. */
const againMs = [500, 1_000, 2_000, 4_000, 8_000]
/** Wait this long for ICE candidates; the other side finds what is missing by then. */
const gatheringMs = 1_000
const registeredSeconds = 60
/** Dialled to rejoin a talk. If another engine has it, the INVITE goes to the engines in turn: 480 until it reaches that one. */
const comeBack = { number: 'return', status: 480, most: 40, againMs: 150 }

/** Close codes that end the connection for good; after others it reconnects. See docs/browser-calling.md */
const closedForGood = { 4001: 'sessionOver', 4004: 'refused' }

export class PhoneLine extends EventTarget {
  #agent
  #registerer
  #credentials
  #tries = 0
  #wanted = false
  #timer
  /** The current call; there is at most one. */
  call

  /** @param microphone returns the stream to send */
  constructor(microphone) {
    super()
    this.microphone = microphone
  }

  get user() {
    return this.#credentials?.user
  }

  get isReady() {
    return this.#registerer?.state === RegistererState.Registered && this.#agent?.isConnected() === true
  }

  get iceServers() {
    return this.#credentials?.iceServers ?? []
  }

  /** Asks for this session's telephone, connects and registers. The event `state` tells the result. */
  async start() {
    this.#wanted = true
    this.#tell('connecting')
    try {
      await this.#ask()
      await this.#build()
      await this.#agent.start()
      await this.#register()
    } catch (error) {
      this.#lost(error)
    }
  }

  /** Stops ringing and calling; ends a running call. */
  async stop() {
    this.#wanted = false
    clearTimeout(this.#timer)
    this.call?.hangUp()
    await this.#registerer?.unregister().catch(() => undefined)
    await this.#agent?.stop().catch(() => undefined)
    this.#agent = undefined
    this.#registerer = undefined
  }

  /** @param dialled a line's code, `**` and a practice's code, a Dial-In number */
  async dial(dialled) {
    const target = UserAgent.makeURI(`sip:${encodeURIComponent(dialled)}@${this.#credentials.realm}`)
    const inviter = () =>
      new Inviter(this.#agent, target, { earlyMedia: false, sessionDescriptionHandlerOptions: { iceGatheringTimeout: gatheringMs } })
    const first = inviter()
    const call = this.#own(new PhoneCall(first, 'out', this.microphone))
    const invite = (session, more) =>
      session.invite({
        requestDelegate: {
          onReject: ({ message: { statusCode } }) => {
            if (dialled !== comeBack.number || statusCode !== comeBack.status || more === 0) return call.refused(statusCode)
            const next = inviter()
            call.goOnWith(next)
            setTimeout(() => {
              if (this.call === call) invite(next, more - 1).catch(() => call.gone())
            }, comeBack.againMs)
          },
        },
      })
    await invite(first, comeBack.most)
    return call
  }

  async #ask() {
    const answer = await fetch('/api/browser-phone', { method: 'POST', headers: { accept: 'application/json' } })
    if (answer.status === 401 || answer.status === 403) throw new Failure('sessionOver')
    if (!answer.ok) throw new Failure('noAnswer')
    this.#credentials = await answer.json()
  }

  async #build() {
    const { user, password, realm, iceServers } = this.#credentials
    const agent = new UserAgent({
      uri: UserAgent.makeURI(`sip:${user}@${realm}`),
      authorizationUsername: user,
      authorizationPassword: password,
      // Requests within an incoming call come from this name too.
      contactName: user,
      transportOptions: {
        server: `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}/sip`,
        connectionTimeout: 8,
        traceSip: false,
      },
      sessionDescriptionHandlerFactory: (session, configuration) =>
        new Voice(session.userAgent.getLogger('voice'), () => this.microphone(), configuration),
      sessionDescriptionHandlerFactoryOptions: {
        iceGatheringTimeout: gatheringMs,
        peerConnectionConfiguration: { iceServers, bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' },
      },
      // A reloaded page rejoins its call, so nothing is hung up.
      autoStart: false,
      autoStop: false,
      logBuiltinEnabled: false,
      userAgentString: 'Ringround browser',
      delegate: {
        onConnect: () => undefined,
        onDisconnect: (error) => this.#lost(error),
        onInvite: (invitation) => this.#rung(invitation),
      },
    })
    this.#agent = agent
    this.#registerer = new Registerer(agent, { expires: registeredSeconds, refreshFrequency: 75 })
  }

  async #register() {
    await new Promise((resolve, reject) => {
      this.#registerer
        .register({
          requestDelegate: {
            onAccept: () => resolve(),
            onReject: ({ message }) => reject(new Failure(message.statusCode === 403 ? 'renew' : 'notRegistered')),
          },
        })
        .catch(reject)
    })
    this.#tries = 0
    this.#tell('ready')
  }

  /** The connection is lost or could not be made: reconnects while a call goes on talking. */
  #lost(error) {
    if (!this.#wanted) return
    const code = Number(/code: (\d{4})/.exec(String(error?.message))?.[1])
    const why = error instanceof Failure ? error.why : (closedForGood[code] ?? 'noConnection')
    if (why === 'sessionOver' || why === 'refused') {
      void this.stop()
      return this.#tell('over', why)
    }
    this.#tell('lost', why)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#again(why), againMs[Math.min(this.#tries++, againMs.length - 1)])
  }

  async #again(why) {
    try {
      // A restarted switch or engine has forgotten the registration.
      if (this.#agent === undefined) return await this.start()
      if (why === 'renew' || why === 'notRegistered') {
        await this.#ask()
        this.#agent.options.authorizationPassword = this.#credentials.password
      }
      if (!this.#agent.isConnected()) await this.#agent.reconnect()
      await this.#register()
    } catch (error) {
      this.#lost(error)
    }
  }

  #rung(invitation) {
    if (this.call !== undefined) return void invitation.reject({ statusCode: 486 })
    const call = this.#own(new PhoneCall(invitation, 'in', this.microphone))
    invitation.delegate = { ...invitation.delegate, onCancel: () => call.gone() }
    this.dispatchEvent(new CustomEvent('rung', { detail: call }))
  }

  #own(call) {
    this.call = call
    call.addEventListener('over', () => {
      if (this.call === call) this.call = undefined
    })
    return call
  }

  #tell(state, why) {
    this.dispatchEvent(new CustomEvent('state', { detail: { state, why } }))
  }
}

class Failure extends Error {
  constructor(why) {
    super(why)
    this.why = why
  }
}

/**
 * The voice of one call. If the other side asks for a new offer, its media have moved (docs/survival.md): that needs a new peer connection, for browsers take one with the same certificate,
 * as servers of one make may have, for the one that they have.
 */
class Voice extends SessionDescriptionHandler {
  /** Called when there is a new connection. */
  onAnother = () => undefined

  getDescription(options, modifiers) {
    if (options?.onceMore && this._peerConnection?.signalingState === 'stable') this.#begin()
    return super.getDescription(options, modifiers)
  }

  #begin() {
    const before = this._peerConnection
    this._peerConnection = new RTCPeerConnection(this.sessionDescriptionHandlerConfiguration.peerConnectionConfiguration)
    this.initPeerConnectionEventHandlers()
    this._localMediaStream = new MediaStream()
    this.localMediaStreamConstraints = undefined
    before.close()
    this.onAnother()
  }
}

/** One call. Events: `up` (media agreed), `heard` (the remote voice can be played), `media` (the ICE state: `connected`, `failed` ...), `over` (`why`). */
export class PhoneCall extends EventTarget {
  #session
  #over = false
  #why
  isHeld = false

  constructor(session, direction) {
    super()
    this.direction = direction
    this.goOnWith(session)
  }

  /** Switches to this session: the one before was refused, and the call is tried again. */
  goOnWith(session) {
    this.#session = session
    session.delegate = {}
    this.#describes()
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.#up()
      // The reason for a refusal comes a moment after the end.
      if (state === SessionState.Terminated)
        queueMicrotask(() => {
          if (this.#session === session) this.gone()
        })
    })
  }

  get isUp() {
    return this.#session.state === SessionState.Established
  }

  get connection() {
    return this.#session.sessionDescriptionHandler?.peerConnection
  }

  /** The remote voice. */
  get heard() {
    return this.#session.sessionDescriptionHandler?.remoteMediaStream
  }

  async answer() {
    await this.#session.accept({ sessionDescriptionHandlerOptions: { iceGatheringTimeout: gatheringMs } })
  }

  decline() {
    this.#session.reject({ statusCode: 603 }).catch(() => undefined)
  }

  hangUp() {
    const { state } = this.#session
    const ended =
      state === SessionState.Established
        ? this.#session.bye()
        : this.direction === 'out'
          ? this.#session.cancel()
          : this.#session.reject({ statusCode: 603 })
    ended?.catch(() => undefined)
    this.gone()
  }

  /** Sends a key: in the RTP stream if the other side takes it, else by SIP. */
  press(key) {
    if (this.#session.sessionDescriptionHandler?.sendDtmf(key, { duration: 120, interToneGap: 70 })) return
    this.#session
      .info({
        requestOptions: {
          body: { contentDisposition: 'render', contentType: 'application/dtmf-relay', content: `Signal=${key}\r\nDuration=120\r\n` },
        },
      })
      .catch(() => undefined)
  }

  /** @returns whether the other side agreed */
  async hold(held) {
    this.#session.sessionDescriptionHandlerOptionsReInvite = { hold: held, iceGatheringTimeout: gatheringMs }
    const agreed = await new Promise((resolve) => {
      this.#session
        .invite({ requestDelegate: { onAccept: () => resolve(true), onReject: () => resolve(false) } })
        .catch(() => resolve(false))
    })
    if (agreed) this.isHeld = held
    this.#describes()
    return agreed
  }

  /** Options for an offer that the other side asks for. */
  #describes() {
    this.#session.sessionDescriptionHandlerOptionsReInvite = {
      hold: this.isHeld,
      iceGatheringTimeout: gatheringMs,
      onceMore: true,
    }
  }

  /** Changes the microphone without a re-INVITE. */
  async speakInto(stream) {
    const [track] = stream.getAudioTracks()
    const sender = this.connection?.getSenders().find((one) => one.track?.kind === 'audio' || one.track === null)
    await sender?.replaceTrack(track)
  }

  refused(status) {
    this.#why = status
  }

  gone() {
    if (this.#over) return
    this.#over = true
    this.dispatchEvent(new CustomEvent('over', { detail: { why: this.#why } }))
  }

  #up() {
    const voice = this.#session.sessionDescriptionHandler
    const hear = () => this.dispatchEvent(new CustomEvent('heard', { detail: this.heard }))
    if (voice) voice.onAnother = () => this.#follow()?.addEventListener('track', hear, { once: true })
    const connection = this.#follow()
    this.dispatchEvent(new CustomEvent('up'))
    // A browser that answers with an offer of its own gets the other side's media only with the ACK.
    if (this.heard?.getAudioTracks().length > 0) hear()
    else connection?.addEventListener('track', hear, { once: true })
    if (connection) this.#tellMedia(connection)
  }

  /** @returns the current connection */
  #follow() {
    const { connection } = this
    connection?.addEventListener('iceconnectionstatechange', () => this.#tellMedia(connection))
    return connection
  }

  #tellMedia(connection) {
    this.dispatchEvent(new CustomEvent('media', { detail: connection.iceConnectionState }))
  }
}
