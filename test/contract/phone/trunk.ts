import { createHash, randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { all, header, method, parse, print, status, tag, uriOf, type Message } from './message.js'
import { until, type Seen } from './phone.js'
import { write } from './sdp.js'

export interface TrunkOptions {
  /** Default: it says 200 to OPTIONS. `false`: it is silent to them. */
  readonly options?: boolean
  readonly address?: string
}

/** A SIP trunk for tests, over UDP: every INVITE goes to `onInvite`, retransmissions left out. Without one it is silent. */
export class TestTrunk {
  /** Everything that came in, retransmissions included. */
  readonly seen: Seen[] = []
  readonly invites: TrunkInvite[] = []
  onInvite: (invite: TrunkInvite) => void = () => undefined
  readonly #socket: Socket
  #closed = false

  private constructor(
    socket: Socket,
    private readonly settings: TrunkOptions,
  ) {
    this.#socket = socket
    socket.on('message', (data, from) => this.#take(data.toString(), from))
  }

  static async open(settings: TrunkOptions = {}): Promise<TestTrunk> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, settings.address ?? '127.0.0.1', resolve))
    return new TestTrunk(socket, settings)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** As the settings have it. */
  get address(): string {
    return `${this.#socket.address().address}:${this.port}`
  }

  /** Start lines of all that came in. */
  get methods(): readonly string[] {
    return this.seen.map(({ message }) => method(message) ?? `${status(message) ?? 0}`)
  }

  nextInvite(count = 1, withinMs = 30_000): Promise<TrunkInvite> {
    return until(
      () => this.invites[count - 1],
      withinMs,
      () => `INVITE ${count} did not come: ${this.methods.join(' ')}`,
    )
  }

  /** What came in of this method, in order. */
  of(name: string): readonly Message[] {
    return this.seen.map(({ message }) => message).filter((message) => method(message) === name)
  }

  send(text: string, to: RemoteInfo): void {
    if (!this.#closed) this.#socket.send(text, to.port, to.address)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.close()
  }

  #take(text: string, from: RemoteInfo): void {
    if (text.trim() === '') return
    const message = parse(text)
    this.seen.push({ at: performance.now(), message })
    switch (method(message)) {
      case 'INVITE': {
        const known = this.invites.find((invite) => invite.branch === branchOf(message))
        if (known) return known.repeat()
        const invite = new TrunkInvite(this, message, from)
        this.invites.push(invite)
        return this.onInvite(invite)
      }
      case 'CANCEL':
        this.send(print('SIP/2.0 200 OK', echoed(message, 'c')), from)
        return this.invites.find((invite) => invite.branch === branchOf(message))?.cancel()
      case 'OPTIONS':
        if (this.settings.options !== false) this.send(print('SIP/2.0 200 OK', echoed(message, 'o')), from)
        return
      case 'BYE':
        return this.send(print('SIP/2.0 200 OK', echoed(message, 'b')), from)
      default:
    }
  }
}

/** One INVITE transaction at a trunk. */
export class TrunkInvite {
  readonly at = performance.now()
  readonly branch: string
  cancelledAt: number | undefined
  /** Whether a CANCEL is answered with 487 by itself. */
  obeys = true
  readonly #tag = randomBytes(4).toString('hex')
  #last: string | undefined
  #final = false

  constructor(
    private readonly trunk: TestTrunk,
    readonly message: Message,
    private readonly from: RemoteInfo,
  ) {
    this.branch = branchOf(message)
  }

  get cseq(): number {
    return Number(header(this.message, 'CSeq')?.split(' ')[0])
  }

  get callId(): string {
    return header(this.message, 'Call-ID') ?? ''
  }

  /** User of the request line. */
  get dialled(): string {
    return /^INVITE sips?:([^@]*)@/.exec(this.message.startLine)?.[1] ?? ''
  }

  reply(code: number, reason = 'X', headers: readonly (readonly [string, string])[] = [], body = ''): void {
    if (this.#final) return
    this.#final = code >= 200
    this.#last = print(
      `SIP/2.0 ${code} ${reason}`,
      [...echoed(this.message, code > 100 ? this.#tag : undefined), ['Contact', `<sip:trunk@${this.trunk.address}>`], ...headers],
      body,
    )
    this.trunk.send(this.#last, this.from)
  }

  /** 200 with a description; no voice is ever sent. */
  answer(): void {
    this.reply(200, 'OK', [['Content-Type', 'application/sdp']], write({ port: this.trunk.port, laws: ['PCMA'] }))
  }

  challenge(code: 401 | 407, challenge: string): void {
    this.reply(code, 'Who are you', [[code === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate', challenge]])
  }

  /** Hangs up after the answer. */
  bye(): void {
    const to = header(this.message, 'To') ?? ''
    const bye = print(`BYE ${uriOf(header(this.message, 'Contact'))} SIP/2.0`, [
      ['Via', `SIP/2.0/UDP ${this.trunk.address};branch=z9hG4bK${randomBytes(6).toString('hex')}`],
      ['From', `${to};tag=${this.#tag}`],
      ['To', header(this.message, 'From') ?? ''],
      ['Call-ID', this.callId],
      ['CSeq', '1 BYE'],
      ['Max-Forwards', '70'],
    ])
    this.trunk.send(bye, this.from)
  }

  repeat(): void {
    if (this.#last !== undefined) this.trunk.send(this.#last, this.from)
  }

  cancel(): void {
    this.cancelledAt ??= performance.now()
    if (this.obeys) this.reply(487, 'Request Terminated')
  }
}

/** The credentials of a request, read; undefined where there are none. `right`: MD5 with qop=auth over this password (RFC 2617 section 3.2.2). */
export function credentialsOf(
  message: Message,
  password: string,
): { readonly fields: Readonly<Record<string, string>>; readonly right: boolean; readonly header: string } | undefined {
  const name = ['Authorization', 'Proxy-Authorization'].find((each) => header(message, each) !== undefined)
  if (name === undefined) return undefined
  const fields: Record<string, string> = {}
  for (const [, key = '', quoted, bare] of (header(message, name) ?? '').matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g))
    fields[key] = quoted ?? bare ?? ''
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const { username = '', realm = '', nonce = '', nc = '', cnonce = '', qop = '', uri = '', response = '' } = fields
  const expected = md5(
    `${md5(`${username}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:${qop}:${md5(`${method(message) ?? ''}:${uri}`)}`,
  )
  return { fields, right: qop === 'auth' && response === expected, header: name }
}

function branchOf(message: Message): string {
  return /branch=([^;\s]+)/.exec(header(message, 'Via') ?? '')?.[1] ?? ''
}

function echoed(message: Message, toTag: string | undefined): [string, string][] {
  const to = header(message, 'To') ?? ''
  return [
    ...all(message, 'Via').map((via): [string, string] => ['Via', via]),
    ['From', header(message, 'From') ?? ''],
    ['To', toTag === undefined || tag(to) !== undefined ? to : `${to};tag=${toTag}`],
    ['Call-ID', header(message, 'Call-ID') ?? ''],
    ['CSeq', header(message, 'CSeq') ?? ''],
  ]
}
