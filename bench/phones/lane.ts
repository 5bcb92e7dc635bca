import type { Socket } from 'node:dgram'
import { performance } from 'node:perf_hooks'
import type { CallTimes, Habit } from './commands.js'
import type { WebSocket } from 'ws'
import { authorization, parseChallenge } from '../../src/embedded/protocols/sip/digest.js'
import { BrowserVoice, opusToneHz } from './browser-line.js'
import { addressIn, header, lines, print, readSdp, sdp, type Message } from './message.js'
import { Stream, type Crowd } from './voice.js'

const answerWithinMs = 20_000
/** After the caller has hung up the specialist is asked for the outcome; a phone that does not hear that hangs up after this long. */
const questionWithinMs = 2_000
const eventType = 101

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Ringing = Writable<CallTimes['ringing'][number]>
type Times = Writable<Omit<CallTimes, 'ringing'>> & { ringing: Ringing[] }

/** A lane's surroundings: a socket each for callers and specialists, and the engine's address. */
export interface Surroundings {
  readonly callerSocket: Socket
  readonly specialistSocket: Socket
  readonly engine: { readonly address: string; readonly port: number }
  readonly crowd: Crowd
  /** The caller is a browser, which signals over this, and authenticates by digest. */
  readonly browser?: { readonly socket: WebSocket; readonly user: string; readonly password: string; readonly opus: boolean } | undefined
}

/** One caller, one line of the directory, and the phones on its rota; one call at a time. */
export class Lane {
  #callId = ''
  #tag = ''
  #remote: { readonly to: string; readonly target: string } | undefined
  #branch = 0
  #times: Times = { lane: 0, inviteAt: 0, ringing: [] }
  #answeredAtPlace: number | undefined
  #settled: { readonly resolve: () => void; readonly done: (times: CallTimes) => boolean } | undefined

  #caller: Stream | undefined
  /** A browser caller's voice. */
  #browser: BrowserVoice | undefined
  #offer = ''
  #authorization: string | undefined
  #cseq = 1
  #specialist: Stream | undefined
  #dialog: Dialog | undefined

  constructor(
    readonly index: number,
    private readonly number: string,
    private readonly habits: readonly Habit[],
    private readonly around: Surroundings,
  ) {}

  /** One whole call: until both hear each other, `talkMs` more, then the caller hangs up. */
  async call(talkMs: number, abandon: boolean): Promise<CallTimes> {
    await this.connect(abandon)
    if (this.#times.failed === undefined) {
      await new Promise((resolve) => setTimeout(resolve, talkMs))
      await this.hangUp()
    }
    this.#closeStreams()
    return this.#times
  }

  /** Rings and stays up. @returns what happened until both hear each other (or, to be abandoned, until a phone rings) */
  async connect(abandon = false): Promise<CallTimes> {
    this.#closeStreams()
    this.#browser = this.around.browser && new BrowserVoice(this.around.browser.opus)
    const offer = await this.#browser?.offer()
    this.#caller = await Stream.open(this.around.crowd, this.index * 2, this.#browser)
    this.#specialist = await Stream.open(this.around.crowd, this.index * 2 + 1)
    if (this.around.browser?.opus) this.#specialist.peerToneHz = opusToneHz
    this.#callId = `bench-${process.pid}-${this.index}-${++calls}`
    this.#tag = `c${calls}`
    this.#branch = 0
    this.#remote = undefined
    this.#dialog = undefined
    this.#answeredAtPlace = undefined
    this.#times = { lane: this.index, inviteAt: performance.now(), ringing: [] }
    this.#cseq = 1
    this.#authorization = undefined
    this.#offer = offer ?? sdp(this.#caller.port, eventType)
    this.#send('INVITE', this.#cseq, this.#offer)
    const there = abandon ? () => this.#times.ringing.length > 0 && this.#times.okAt !== undefined : () => this.#bothHear()
    await this.#until(there)
    this.#collectHearing()
    if (this.#caller.firstSoundAt !== undefined) this.#times.callerHeardAt = this.#caller.firstSoundAt
    if (!there()) this.#times.failed ??= `not connected within ${answerWithinMs / 1_000} s`
    return this.#times
  }

  /** The caller hangs up; the specialist does so when asked for the outcome. Resolves when the call is over for both. */
  async hangUp(): Promise<void> {
    if (!this.#remote || this.#times.failed !== undefined) return
    this.#caller?.stop()
    this.#specialist?.expectSound()
    this.#times.callerByeAt = performance.now()
    this.#send('BYE', this.#cseq + 1)
    const ringing = this.#answered()
    if (ringing) void this.#hearQuestion(ringing)
    await this.#until((times) =>
      times.ringing.every((one) => one.refusedAt !== undefined || one.cancelAt !== undefined || one.overAt !== undefined),
    )
    this.#closeStreams()
  }

  #closeStreams(): void {
    this.#caller?.close()
    this.#specialist?.close()
  }

  #answered(): Ringing | undefined {
    return this.#answeredAtPlace === undefined ? undefined : this.#times.ringing[this.#answeredAtPlace]
  }

  async #hearQuestion(ringing: Ringing): Promise<void> {
    const until = performance.now() + questionWithinMs
    while (this.#specialist?.firstSoundAt === undefined && ringing.overAt === undefined && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5))
    ringing.questionAt = this.#specialist?.firstSoundAt
    if (ringing.overAt === undefined) this.#dialog?.bye()
    this.#specialist?.stop()
    ringing.overAt ??= performance.now()
    this.#settle()
  }

  /** A response to the caller. */
  takeResponse(message: Message): void {
    const status = message.status ?? 0
    if (header(message, 'Call-ID') !== this.#callId || status < 200) return
    const cseq = header(message, 'CSeq')
    if (!cseq.endsWith('INVITE')) return
    const to = header(message, 'To')
    if (status < 300) this.#remote ??= { to, target: addressIn(header(message, 'Contact')) }
    this.#ack(to, status)
    if (status === 401 && this.#authorization === undefined && this.#prove(message)) return
    if (status >= 300) {
      this.#times.failed = `refused with ${status}`
      this.#times.refused = { at: performance.now(), status }
      this.#settle()
      return
    }
    if (this.#times.okAt !== undefined) return
    this.#times.okAt = performance.now()
    const remote = readSdp(message)
    if (remote) this.#caller?.start(remote)
    void this.#browser?.takes(message.text.slice(message.text.indexOf('\r\n\r\n') + 4))
    this.#settle()
  }

  /** Challenged, a browser calls again with credentials. @returns false: not a browser */
  #prove(message: Message): boolean {
    const { browser, engine } = this.around
    const challenge = parseChallenge(header(message, 'WWW-Authenticate'))
    if (browser === undefined || challenge === undefined) return false
    const uri = `sip:${this.number}@${engine.address}:${engine.port}`
    this.#authorization = authorization(
      challenge,
      { username: browser.user, password: browser.password },
      { method: 'INVITE', uri },
      1,
      `c${this.index}`,
    )
    this.#send('INVITE', ++this.#cseq, this.#offer)
    return true
  }

  /** The engine hangs up on the caller. */
  takeBye(): void {
    this.#caller?.stop()
    this.#times.failed ??= 'the engine hung up'
    this.#settle()
  }

  get callId(): string {
    return this.#callId
  }

  /** The phone at this place of the rota is rung. */
  takeInvite(place: number, message: Message, dialog: Dialog): void {
    const ringing: Ringing = { inviteAt: performance.now() }
    this.#times.ringing[place] = ringing
    dialog.respond(message, 180, 'Ringing')
    switch (this.habits[place]) {
      case 'busy':
        dialog.respond(message, 486, 'Busy Here')
        ringing.refusedAt = performance.now()
        return
      case 'noAnswer':
      case undefined:
        this.#settle()
        return
      case 'accept': {
        this.#answeredAtPlace = place
        const remote = readSdp(message)
        if (!this.#specialist) return
        this.#dialog = dialog
        dialog.respond(message, 200, 'OK', sdp(this.#specialist.port, remote?.eventType ?? eventType))
        ringing.answerAt = performance.now()
        if (remote) this.#specialist.start(remote)
        void this.#accept(ringing)
      }
    }
  }

  takeCancel(place: number): void {
    const ringing = this.#times.ringing[place]
    if (ringing) ringing.cancelAt = performance.now()
    this.#settle()
  }

  takeSpecialistBye(place: number): void {
    const ringing = this.#times.ringing[place]
    if (ringing) ringing.overAt ??= performance.now()
    this.#specialist?.stop()
    this.#settle()
  }

  close(): void {
    this.#closeStreams()
  }

  /** Presses 1 as soon as the whisper is heard. */
  async #accept(ringing: Ringing): Promise<void> {
    const specialist = this.#specialist
    if (!specialist) return
    const until = performance.now() + 3_000
    while (specialist.firstSoundAt === undefined && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    ringing.keyAt = await specialist.press(1).catch(() => undefined)
    while (!this.#bothHear() && performance.now() < until + answerWithinMs) await new Promise((resolve) => setTimeout(resolve, 5))
    this.#settle()
  }

  #bothHear(): boolean {
    return this.#caller?.hearsPeerAt !== undefined && this.#specialist?.hearsPeerAt !== undefined
  }

  #collectHearing(): void {
    const ringing = this.#answered()
    if (!ringing) return
    ringing.firstPacketAt = this.#specialist?.firstPacketAt
    ringing.whisperAt = this.#specialist?.firstSoundAt
    ringing.hearsCallerAt = this.#specialist?.hearsPeerAt
    this.#times.hearsSpecialistAt = this.#caller?.hearsPeerAt
    if (this.#browser?.readyAt !== undefined && this.#caller?.firstPacketAt !== undefined)
      this.#times.voiceBothWaysAt = Math.max(this.#browser.readyAt, this.#caller.firstPacketAt)
  }

  #until(done: (times: CallTimes) => boolean): Promise<void> {
    if (done(this.#times)) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settled = undefined
        resolve()
      }, answerWithinMs)
      this.#settled = {
        done,
        resolve: () => {
          clearTimeout(timer)
          this.#settled = undefined
          resolve()
        },
      }
    })
  }

  #settle(): void {
    if (this.#settled && (this.#times.failed !== undefined || this.#settled.done(this.#times))) this.#settled.resolve()
  }

  /** A request of the caller. Within the call it goes to the Contact of the 200. */
  #send(method: string, cseq: number, body = '', to?: { readonly uri: string; readonly tagged: string; readonly branch: number }): void {
    const { address, port } = this.around.engine
    const own = this.around.callerSocket.address().port
    const dialled = `sip:${this.number}@${address}:${port}`
    const text = print(
      `${method} ${to?.uri ?? this.#remote?.target ?? dialled} SIP/2.0`,
      [
        `Via: SIP/2.0/${this.around.browser ? 'WS' : 'UDP'} 127.0.0.1:${own};rport;branch=z9hG4bK${this.#callId}-${to?.branch ?? ++this.#branch}`,
        'Max-Forwards: 70',
        `From: <sip:${this.around.browser?.user ?? `0163296${String(this.index).padStart(4, '0')}`}@127.0.0.1:${own}>;tag=${this.#tag}`,
        `To: ${to?.tagged ?? this.#remote?.to ?? `<${dialled}>`}`,
        `Call-ID: ${this.#callId}`,
        `CSeq: ${cseq} ${method}`,
        ...(method === 'INVITE' && this.#authorization !== undefined ? [`Authorization: ${this.#authorization}`] : []),
        `Contact: <sip:caller${this.index}@127.0.0.1:${own}${this.around.browser ? ';transport=ws' : ''}>`,
      ],
      body,
    )
    if (this.around.browser) this.around.browser.socket.send(text)
    else this.around.callerSocket.send(text, port, address)
  }

  /** The ACK of a refusal belongs to the INVITE's transaction and has its branch (RFC 3261, 17.1.1.3); that of a 200 has its own. */
  #ack(to: string, status: number): void {
    if (status < 300) this.#send('ACK', this.#cseq)
    else
      this.#send('ACK', this.#cseq, '', {
        uri: `sip:${this.number}@${this.around.engine.address}:${this.around.engine.port}`,
        tagged: to,
        branch: this.#branch,
      })
  }
}

let calls = 0

/** A call as the phone that is rung sees it. */
export class Dialog {
  readonly #tag = `s${++dialogs}`
  #invite: Message | undefined

  constructor(
    private readonly socket: Socket,
    private readonly from: { readonly address: string; readonly port: number },
    private readonly reply = (text: string): void => socket.send(text, from.port, from.address),
  ) {}

  respond(request: Message, status: number, reason: string, body = ''): void {
    const to = header(request, 'To')
    const text = print(
      `SIP/2.0 ${status} ${reason}`,
      [
        ...lines(request, 'Via'),
        ...lines(request, 'Record-Route'),
        `From: ${header(request, 'From')}`,
        `To: ${to.includes(';tag=') ? to : `${to};tag=${this.#tag}`}`,
        `Call-ID: ${header(request, 'Call-ID')}`,
        `CSeq: ${header(request, 'CSeq')}`,
        `Contact: <sip:ward@127.0.0.1:${this.socket.address().port}>`,
      ],
      body,
    )
    if (request.method === 'INVITE' && status < 300) this.#invite = request
    this.reply(text)
  }

  /** Hangs up a call that was answered: From and To change places. */
  bye(): void {
    const invite = this.#invite
    if (!invite) return
    const own = this.socket.address().port
    const routes = lines(invite, 'Record-Route').map((line) => line.replace('Record-Route', 'Route'))
    this.socket.send(
      print(`BYE ${addressIn(header(invite, 'Contact'))} SIP/2.0`, [
        `Via: SIP/2.0/UDP 127.0.0.1:${own};rport;branch=z9hG4bK${this.#tag}-bye`,
        ...routes,
        'Max-Forwards: 70',
        `From: ${header(invite, 'To')};tag=${this.#tag}`,
        `To: ${header(invite, 'From')}`,
        `Call-ID: ${header(invite, 'Call-ID')}`,
        'CSeq: 1 BYE',
      ]),
      this.from.port,
      this.from.address,
    )
  }
}
let dialogs = 0
