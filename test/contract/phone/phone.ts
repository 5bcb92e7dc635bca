import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { PhoneMedia } from './media.js'
import { all, header, method, parse, print, status, tag, uriOf, type Message } from './message.js'
import { read, write, type Description } from './sdp.js'
import type { Law } from './sound.js'

const random = () => Math.random().toString(36).slice(2, 12)

export interface Seen {
  readonly at: number
  readonly message: Message
}

export interface CallOptions {
  readonly laws?: readonly Law[]
  readonly telephoneEvents?: boolean
  /** INVITE without SDP: the other side offers in its 200. */
  readonly lateOffer?: boolean
  /** A codec that nobody has. */
  readonly alien?: boolean
  /** What it says its media address is; default 127.0.0.1, where it is. */
  readonly mediaAddress?: string
  /** The port that it says; default: its own. */
  readonly mediaPort?: number
  readonly from?: string
  readonly headers?: readonly (readonly [string, string])[]
}

/** A SIP phone over UDP for tests: one socket, any number of calls, no retransmission of its own (loopback). */
export class TestPhone {
  readonly calls: PhoneCall[] = []
  /** Everything that came in. */
  readonly seen: Seen[] = []
  /** What to do with a call that comes in; default: nothing (it is left ringing in silence). */
  onCall: (call: PhoneCall) => void = () => undefined
  readonly #socket: Socket
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (data, from) => this.#take(data.toString(), from))
  }

  static async open(): Promise<TestPhone> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new TestPhone(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  get uri(): string {
    return `sip:phone@127.0.0.1:${this.port}`
  }

  /** Places a call. The promise is settled once the INVITE is out. */
  async call(uri: string, options: CallOptions = {}): Promise<PhoneCall> {
    const media = await PhoneMedia.open()
    const call = new PhoneCall(this, media, { uri, ...options })
    this.calls.push(call)
    call.invite()
    return call
  }

  /** REGISTER, once. @returns the final response */
  register(registrar: string, addressOfRecord: string, contact: string): Promise<Message> {
    const callId = random()
    const target = /@([\d.]+):(\d+)/.exec(registrar)
    this.send(
      print(`REGISTER ${registrar.replace(/[^:@]+@/, '')} SIP/2.0`, [
        ['Via', `SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${random()}`],
        ['From', `${addressOfRecord};tag=${random()}`],
        ['To', addressOfRecord],
        ['Call-ID', callId],
        ['CSeq', '1 REGISTER'],
        ['Contact', contact],
        ['Max-Forwards', '70'],
      ]),
      Number(target?.[2]),
      target?.[1] ?? '127.0.0.1',
    )
    return until(
      () => this.seen.find((each) => header(each.message, 'Call-ID') === callId && (status(each.message) ?? 0) >= 200)?.message,
      3_000,
      'no answer to REGISTER',
    )
  }

  /** The next call that comes in, already or within the time. */
  async nextCall(withinMs = 15_000): Promise<PhoneCall> {
    return until(() => this.calls.find((call) => call.incoming && !call.taken), withinMs, 'no call came in').then((call) => {
      call.taken = true
      return call
    })
  }

  send(text: string, port: number, address: string): void {
    this.#socket.send(text, port, address)
  }

  /** May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const call of this.calls) call.media.close()
    this.#socket.close()
  }

  #take(text: string, from: RemoteInfo): void {
    if (text.trim() === '') return
    const message = parse(text)
    const at = performance.now()
    this.seen.push({ at, message })
    const callId = header(message, 'Call-ID')
    const call = this.calls.find((candidate) => candidate.callId === callId)
    if (call !== undefined) return call.take(message, from, at)
    if (method(message) === 'INVITE' && tag(header(message, 'To')) === undefined) {
      void PhoneMedia.open().then((media) => {
        if (this.calls.some((candidate) => candidate.callId === callId)) return media.close()
        const incoming = new PhoneCall(this, media, { request: message, from, at })
        this.calls.push(incoming)
        this.onCall(incoming)
      })
    }
  }
}

/** One dialog of the phone, either way. Requests from the far end within it are answered with 200 unless `refuse` says otherwise. */
export class PhoneCall {
  readonly callId: string
  readonly incoming: boolean
  taken = false
  readonly seen: Seen[] = []
  /** First 180 or 183. */
  ringingAt: number | undefined
  /** The 200, sent or received. */
  answeredAt: number | undefined
  /** Final refusal that came, for a call that we placed. */
  refused: { at: number; status: number; message: Message } | undefined
  /** CANCEL or BYE from the far end. */
  cancelledAt: number | undefined
  byeAt: number | undefined
  remoteDescription: Description | undefined
  readonly at: number
  readonly request: Message
  /** Answer in-dialog requests of this method with this status. */
  readonly refuse = new Map<string, number>()
  /** When re-INVITEs came, and what the next ones are answered with in place of 200. */
  readonly reinvitedAt: number[] = []
  readonly reinviteRefusals: number[] = []
  readonly #localTag = random()
  #remoteTarget: string
  #peer: { address: string; port: number }
  #cseq = 1
  #branch = ''
  #from: string
  #to: string
  #version = 1
  #lastResponse: string | undefined
  #laws: readonly Law[]
  #lateOffer: boolean
  readonly #waiting = new Map<string, (response: Message) => void>()

  constructor(
    readonly phone: TestPhone,
    readonly media: PhoneMedia,
    readonly origin: ({ uri: string } & CallOptions) | { request: Message; from: RemoteInfo; at: number },
  ) {
    if ('request' in origin) {
      this.incoming = true
      this.request = origin.request
      this.at = origin.at
      this.seen.push({ at: origin.at, message: origin.request })
      this.callId = header(origin.request, 'Call-ID')!
      this.#remoteTarget = uriOf(header(origin.request, 'Contact'))
      this.#peer = { address: origin.from.address, port: origin.from.port }
      this.#from = `${header(origin.request, 'To')!};tag=${this.#localTag}`
      this.#to = header(origin.request, 'From')!
      this.#laws = ['PCMA', 'PCMU']
      this.#lateOffer = origin.request.body === ''
      if (origin.request.body !== '') this.#applyRemote(origin.request.body)
      this.#respond(this.request, 100)
    } else {
      this.incoming = false
      this.callId = random()
      this.at = performance.now()
      this.#remoteTarget = origin.uri
      const target = /@([\d.]+):(\d+)/.exec(origin.uri)
      this.#peer = { address: target?.[1] ?? '127.0.0.1', port: Number(target?.[2] ?? 5060) }
      this.#from = `${origin.from ?? '<sip:gp@127.0.0.1>'};tag=${this.#localTag}`
      this.#to = `<${origin.uri}>`
      this.#laws = origin.laws ?? ['PCMA', 'PCMU']
      this.#lateOffer = origin.lateOffer === true
      this.request = parse('INVITE')
    }
  }

  // ---- as the caller

  invite(): void {
    const origin = this.origin as { uri: string } & CallOptions
    this.media.telephoneEventType = origin.telephoneEvents === false ? undefined : 101
    const body = this.#lateOffer
      ? ''
      : write({
          port: origin.mediaPort ?? this.media.port,
          laws: this.#laws,
          telephoneEvents: origin.telephoneEvents ?? true,
          alien: origin.alien ?? false,
          ...(origin.mediaAddress === undefined ? {} : { address: origin.mediaAddress }),
        })
    this.#request('INVITE', body, [...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]), ...(origin.headers ?? [])])
  }

  /** CANCEL of the INVITE that is under way. */
  cancel(): void {
    this.phone.send(
      print(`CANCEL ${this.#remoteTarget} SIP/2.0`, [
        ['Via', `SIP/2.0/UDP 127.0.0.1:${this.phone.port};branch=${this.#branch}`],
        ['From', this.#from],
        ['To', this.#to],
        ['Call-ID', this.callId],
        ['CSeq', '1 CANCEL'],
        ['Max-Forwards', '70'],
      ]),
      this.#peer.port,
      this.#peer.address,
    )
  }

  // ---- as the called party

  ring(code = 180, reason = 'Ringing'): void {
    this.#respond(this.request, code, reason)
  }

  answer(options: { laws?: readonly Law[]; telephoneEvents?: boolean; headers?: readonly (readonly [string, string])[] } = {}): void {
    if (options.laws !== undefined) this.#laws = options.laws
    this.#respond(
      this.request,
      200,
      'OK',
      [['Content-Type', 'application/sdp'], ...(options.headers ?? [])],
      this.#localDescription(options.telephoneEvents !== false),
    )
    this.answeredAt = performance.now()
    this.media.start()
  }

  /** 183 with a description, and voice before the answer. */
  earlyMedia(): void {
    this.#respond(this.request, 183, 'Session Progress', [['Content-Type', 'application/sdp']], this.#localDescription(true))
    this.media.start()
  }

  /** 200 with a codec that was not offered. */
  answerAlien(): void {
    this.#respond(this.request, 200, 'OK', [['Content-Type', 'application/sdp']], write({ port: this.media.port, laws: [], alien: true }))
    this.answeredAt = performance.now()
  }

  reject(code: number, reason = 'No', headers: readonly (readonly [string, string])[] = []): void {
    this.#respond(this.request, code, reason, headers)
  }

  // ---- within the dialog

  bye(): number {
    void this.inDialog('BYE')
    this.media.stop()
    return performance.now()
  }

  /** INFO with a key, in the form that Cisco invented (`application/dtmf-relay`) or the bare one (`application/dtmf`). */
  info(key: string, form: 'dtmf-relay' | 'dtmf' = 'dtmf-relay'): Promise<Message> {
    return this.inDialog('INFO', form === 'dtmf' ? key : `Signal=${key}\r\nDuration=160\r\n`, [['Content-Type', `application/${form}`]])
  }

  /** Re-INVITE; resolves with the final response after the ACK. `direction` undefined: without SDP. */
  async reinvite(
    direction: string | undefined,
    media: { readonly port: number; readonly address?: string } = this.media,
    laws = this.#laws,
  ): Promise<Message> {
    this.#version++
    const body =
      direction === undefined
        ? ''
        : write({
            port: media.port,
            laws,
            direction,
            version: this.#version,
            ...(media.address === undefined ? {} : { address: media.address }),
          })
    const response = await this.inDialog('INVITE', body, body === '' ? [] : [['Content-Type', 'application/sdp']])
    return response
  }

  inDialog(name: string, body = '', headers: readonly (readonly [string, string])[] = []): Promise<Message> {
    return new Promise((resolve, reject) => {
      const cseq = this.#request(name, body, headers)
      const timer = setTimeout(() => {
        this.#waiting.delete(`${cseq} ${name}`)
        if (name === 'BYE') resolve(parse('SIP/2.0 408 nothing came'))
        else reject(new Error(`no answer to ${name}`))
      }, 5_000)
      this.#waiting.set(`${cseq} ${name}`, (response) => {
        clearTimeout(timer)
        resolve(response)
      })
    })
  }

  // ---- waiting

  async answered(withinMs = 15_000): Promise<this> {
    await until(
      () => this.answeredAt,
      withinMs,
      () => `not answered${this.refused === undefined ? '' : `: ${this.refused.message.startLine}`}`,
    )
    return this
  }

  ended(withinMs = 15_000): Promise<number> {
    return until(() => this.byeAt ?? this.cancelledAt, withinMs, 'the far end did not hang up')
  }

  refusal(withinMs = 15_000): Promise<{ at: number; status: number; message: Message }> {
    return until(() => this.refused, withinMs, 'not refused')
  }

  // ---- the wire

  take(message: Message, from: RemoteInfo, at: number): void {
    this.seen.push({ at, message })
    const name = method(message)
    if (name !== undefined) return this.#takeRequest(name, message, from, at)
    const code = status(message)!
    const cseq = header(message, 'CSeq')!
    if (cseq.endsWith(' INVITE') && !this.incoming && cseq.startsWith('1 ')) return this.#takeInviteResponse(code, message, at)
    if (code < 200) return
    if (cseq.endsWith(' INVITE')) {
      this.#ack(message, Number(cseq.split(' ')[0]), code)
      if (code === 200 && message.body !== '') this.#applyRemote(message.body)
    }
    this.#waiting.get(cseq)?.(message)
    this.#waiting.delete(cseq)
  }

  #takeInviteResponse(code: number, message: Message, at: number): void {
    if (code > 100 && code < 200) this.ringingAt ??= at
    if (code < 200) return
    this.#ack(message, 1, code)
    if (code >= 300) {
      this.refused ??= { at, status: code, message }
      return
    }
    if (this.answeredAt !== undefined) return
    this.#to = header(message, 'To')!
    this.#remoteTarget = uriOf(header(message, 'Contact'))
    this.#applyRemote(message.body)
    this.answeredAt = at
    this.media.start()
  }

  #takeRequest(name: string, message: Message, from: RemoteInfo, at: number): void {
    switch (name) {
      case 'INVITE':
        if (tag(header(message, 'To')) === undefined) {
          if (this.#lastResponse !== undefined) this.phone.send(this.#lastResponse, from.port, from.address)
          return
        }
        this.reinvitedAt.push(at)
        if (this.reinviteRefusals.length > 0) return this.#respond(message, this.reinviteRefusals.shift() ?? 488)
        this.#applyRemote(message.body)
        return this.#respond(message, 200, 'OK', [['Content-Type', 'application/sdp']], this.#localDescription(true))
      case 'ACK':
        if (message.body !== '' && this.#lateOffer) this.#applyRemote(message.body)
        return
      case 'CANCEL':
        this.#respond(message, 200)
        if (this.answeredAt === undefined) {
          this.cancelledAt ??= at
          this.#respond(this.request, 487, 'Request Terminated')
        }
        return
      case 'BYE':
        this.byeAt ??= at
        this.media.stop()
        return this.#respond(message, 200)
      default:
        return this.#respond(message, this.refuse.get(name) ?? 200)
    }
  }

  #localDescription(telephoneEvents: boolean): string {
    this.media.telephoneEventType = telephoneEvents ? 101 : undefined
    const offered = this.remoteDescription?.payloads
    const laws = offered === undefined ? this.#laws : this.#laws.filter((law) => offered.includes(law === 'PCMU' ? 0 : 8)).slice(0, 1)
    this.media.law = laws[0] ?? 'PCMA'
    return write({ port: this.media.port, laws, telephoneEvents, version: this.#version })
  }

  #applyRemote(body: string): void {
    const description = read(body)
    this.remoteDescription = description
    this.media.remote = { address: description.address, port: description.port }
    const first = description.payloads.find((type) => type === 0 || type === 8)
    if (first !== undefined) this.media.law = first === 0 ? 'PCMU' : 'PCMA'
    if (this.#lateOffer && !this.incoming && this.media.telephoneEventType !== undefined)
      this.media.telephoneEventType = description.telephoneEventType
  }

  #request(name: string, body: string, headers: readonly (readonly [string, string])[]): number {
    const cseq = this.#cseq++
    const branch = `z9hG4bK${random()}`
    if (name === 'INVITE' && cseq === 1) this.#branch = branch
    const text = print(
      `${name} ${this.#remoteTarget} SIP/2.0`,
      [
        ['Via', `SIP/2.0/UDP 127.0.0.1:${this.phone.port};branch=${branch}`],
        ['From', this.#from],
        ['To', this.#to],
        ['Call-ID', this.callId],
        ['CSeq', `${cseq} ${name}`],
        ['Contact', `<${this.phone.uri}>`],
        ['Max-Forwards', '70'],
        ['Allow', 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE'],
        ...headers,
      ],
      body,
    )
    this.phone.send(text, this.#peer.port, this.#peer.address)
    return cseq
  }

  #ack(response: Message, cseq: number, code: number): void {
    const answersOffer = code === 200 && this.#lateOffer && cseq === 1
    if (answersOffer) this.#applyRemote(response.body)
    const refreshWithoutOffer = code === 200 && cseq > 1 && this.seen.length > 0 && this.#lastInviteHadNoBody
    const body = answersOffer || refreshWithoutOffer ? this.#localDescription(this.media.telephoneEventType !== undefined) : ''
    this.phone.send(
      print(
        `ACK ${code < 300 ? uriOf(header(response, 'Contact')) : this.#remoteTarget} SIP/2.0`,
        [
          ['Via', code < 300 ? `SIP/2.0/UDP 127.0.0.1:${this.phone.port};branch=z9hG4bK${random()}` : (all(response, 'Via')[0] ?? '')],
          ['From', this.#from],
          ['To', header(response, 'To')!],
          ['Call-ID', this.callId],
          ['CSeq', `${cseq} ACK`],
          ['Max-Forwards', '70'],
          ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
        ],
        body,
      ),
      this.#peer.port,
      this.#peer.address,
    )
  }

  #lastInviteHadNoBody = false

  /** Re-INVITE without an offer (a session refresh as some call servers send it). */
  async refreshWithoutOffer(): Promise<Message> {
    this.#lastInviteHadNoBody = true
    const response = await this.reinvite(undefined)
    this.#lastInviteHadNoBody = false
    return response
  }

  #respond(request: Message, code: number, reason = 'OK', headers: readonly (readonly [string, string])[] = [], body = ''): void {
    const to = header(request, 'To')!
    const text = print(
      `SIP/2.0 ${code} ${reason}`,
      [
        ...all(request, 'Via').map((via): [string, string] => ['Via', via]),
        ...all(request, 'Record-Route').map((route): [string, string] => ['Record-Route', route]),
        ['From', header(request, 'From')!],
        ['To', tag(to) === undefined && code > 100 ? `${to};tag=${this.#localTag}` : to],
        ['Call-ID', this.callId],
        ['CSeq', header(request, 'CSeq')!],
        ['Contact', `<${this.phone.uri}>`],
        ...headers,
      ],
      body,
    )
    if (request === this.request) this.#lastResponse = text
    this.phone.send(text, this.#peer.port, this.#peer.address)
  }
}

/** Polls until there is a value; rejects after the time. */
export async function until<T>(probe: () => T | undefined, withinMs: number, what: string | (() => string)): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const value = probe()
    if (value !== undefined) return value
    if (performance.now() > end) throw new Error(typeof what === 'string' ? `${what} (${withinMs} ms)` : `${what()} (${withinMs} ms)`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
