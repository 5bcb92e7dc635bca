import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { frame, FrameReader } from '../../src/embedded/drachtio/frame-reader.js'
import type { EmbeddedSwitchAddresses } from '../../src/embedded/settings.js'
import { compareEsl, compareFrames, compareSip, sipOf, type Difference } from './comparison.js'
import { EslReader, type LiveEsl } from './esl-reader.js'
import { StreamQueue } from './stream-queue.js'
import type { EslMessage, Step, Transcript } from './transcript.js'

/** How long one answer may take. Generous: a slow machine must not fail, and a real difference shows at once anyway. */
const PATIENCE_MS = 15_000

export interface ReplayOptions {
  /** Texts of the recording that are exchanged before anything else: paths of files, what is not spoken. */
  readonly exchange: Readonly<Record<string, string>>
}

/**
 * Plays the application's and the phones' part of a recorded session against a live switch, and compares what comes back with what came
 * back then. Names that the servers make (ids, tags, ports) are learned as they come and put into what is sent later.
 */
export class Replay {
  readonly differences: Difference[] = []
  readonly #transcript: Transcript
  readonly #where: EmbeddedSwitchAddresses
  readonly #names = new Map<string, string>()
  /** `call-id sequence` of the recording -> sequence now. */
  readonly #sequences = new Map<string, string>()
  readonly #frames = new StreamQueue<string>()
  readonly #esl = new Map<string, { readonly socket: Socket; readonly queue: StreamQueue<LiveEsl> }>()
  readonly #dialled = new StreamQueue<Socket>()
  readonly #phones = new Map<string, { readonly socket: UdpSocket; readonly queue: StreamQueue<string> }>()
  readonly #mediaPorts = new Map<string, number>()
  readonly #keypad = createSocket('udp4')
  #app: Socket | undefined
  #listener: Server | undefined
  #outbound = 0

  constructor(transcript: Transcript, where: EmbeddedSwitchAddresses, options: ReplayOptions) {
    this.#transcript = transcript
    this.#where = where
    for (const [then, now] of Object.entries(options.exchange)) this.#names.set(then, now)
  }

  async run(): Promise<void> {
    await this.#prepare()
    try {
      for (const [index, step] of this.#transcript.steps.entries()) await this.#perform(step, index)
    } finally {
      this.#close()
    }
  }

  async #prepare(): Promise<void> {
    const udp = this.#where.drachtio.sip.find(({ protocol }) => protocol === 'udp')
    this.#names.set('127.0.0.1:5060', `127.0.0.1:${udp?.port ?? 0}`)
    this.#names.set('127.0.0.1:5080', `127.0.0.1:${this.#where.freeswitch.sip.port}`)
    this.#listener = createServer({ allowHalfOpen: true }, (socket) => {
      this.#dialled.push(socket)
    }).listen(0, '127.0.0.1')
    await once(this.#listener, 'listening')
    const { port } = this.#listener.address() as { port: number }
    const all = JSON.stringify(this.#transcript.steps)
    const then = /X-esl-outbound: (127\.0\.0\.1:\d+)/.exec(all)?.[1]
    if (then !== undefined) this.#names.set(then, `127.0.0.1:${port}`)
    for (const phone of new Set(this.#transcript.steps.map(({ on }) => on).filter((on) => on.startsWith('phone:')))) {
      // A phone that never said anything was a closed port, and has to be one now.
      const silent = !this.#transcript.steps.some((step) => step.on === phone && step.do === 'phone')
      const socket = createSocket('udp4')
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      this.#names.set(`127.0.0.1:${phone.slice('phone:'.length)}`, `127.0.0.1:${socket.address().port}`)
      if (silent) {
        socket.close()
        continue
      }
      const queue = new StreamQueue<string>()
      socket.on('message', (message) => {
        const text = message.toString('utf8')
        if (text.trim() !== '') queue.push(text)
      })
      this.#phones.set(phone, { socket, queue })
    }
  }

  async #perform(step: Step, index: number): Promise<void> {
    const note = (what: string, then: unknown, now: unknown): void => {
      this.differences.push({ step: index, on: step.on, what, recorded: String(then), live: String(now) })
    }
    switch (step.do) {
      case 'open':
        await this.#open(step.on)
        return
      case 'opened':
        await this.#opened(step.on, note)
        return
      case 'app':
        this.#app?.write(frame(this.#appText(step.text ?? '')))
        return
      case 'esl':
        this.#esl.get(step.on)?.socket.write(`${this.#now(step.text ?? '')}\n\n`)
        return
      case 'phone':
        this.#phones
          .get(step.on)
          ?.socket.send(this.#sipText(step.text ?? ''), Number(this.#now('127.0.0.1:5060').split(':')[1]), '127.0.0.1')
        return
      case 'server':
        await this.#expectFrame(step.text ?? '', note)
        return
      case 'sip':
        await this.#expectSip(step, note)
        return
      case 'fs':
        await this.#expectEsl(step, note)
        return
      case 'closes':
        if (step.on === 'DRACHTIO') return
        if ((await this.#esl.get(step.on)?.queue.closed(PATIENCE_MS)) !== true) note('end of connection', 'closed', 'open')
        return
      case 'close':
        if (step.on === 'DRACHTIO') this.#app?.end()
        else this.#esl.get(step.on)?.socket.end()
    }
  }

  async #open(on: string): Promise<void> {
    if (on === 'DRACHTIO') {
      const { address, port } = this.#where.drachtio.app
      const socket = connect(port, address).setNoDelay(true)
      this.#app = socket
      const reader = new FrameReader()
      socket.on('data', (chunk) => {
        for (const text of reader.push(chunk)) this.#frames.push(text)
      })
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      return
    }
    const { address, port } = this.#where.freeswitch.eventSocket
    const socket = connect({ port, host: address, allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    this.#listen(on, socket)
  }

  async #opened(on: string, note: (what: string, then: unknown, now: unknown) => void): Promise<void> {
    this.#outbound++
    const socket = await this.#dialled.take(PATIENCE_MS)
    if (socket === undefined) note('outbound connection', `number ${this.#outbound}`, 'none')
    else this.#listen(on, socket)
  }

  #listen(on: string, socket: Socket): void {
    const queue = new StreamQueue<LiveEsl>()
    const reader = new EslReader()
    socket.on('data', (chunk) => {
      for (const message of reader.push(chunk)) queue.push(message)
    })
    socket.on('end', () => {
      queue.close()
    })
    socket.on('error', () => {
      queue.close()
    })
    this.#esl.set(on, { socket, queue })
  }

  async #expectFrame(recorded: string, note: (what: string, then: unknown, now: unknown) => void): Promise<void> {
    const live = await this.#frames.takeWhere((frame) => this.#same(recorded, frame), PATIENCE_MS)
    if (live === undefined) {
      note('message to the application', firstLines(recorded), 'none')
      return
    }
    compareFrames(recorded, live, note)
    this.#learnSip(sipOf(recorded), sipOf(live))
    const then = recorded.split(/\r?\n/, 1)[0]?.split('|') ?? []
    const now = live.split('\r\n', 1)[0]?.split('|') ?? []
    for (const [at, word] of then.entries())
      if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(word) && now[at] !== undefined) this.#learn(word, now[at])
  }

  async #expectSip(step: Step, note: (what: string, then: unknown, now: unknown) => void): Promise<void> {
    const start = startOf(step.text ?? '')
    const phone = this.#phones.get(step.on)
    if (phone === undefined) return
    const live = await phone.queue.takeWhere((text) => startOf(text) === start, PATIENCE_MS)
    if (live === undefined) {
      note('message to the phone', firstLines(step.text ?? ''), 'none')
      return
    }
    compareSip(step.text ?? '', live, note)
    this.#learnSip(step.text, live)
  }

  async #expectEsl(step: Step, note: (what: string, then: unknown, now: unknown) => void): Promise<void> {
    const recorded = step.message
    const connection = this.#esl.get(step.on)
    if (!recorded || !connection) return
    if (recorded.kind === 'event' && recorded.values['Event-Name'] === 'HEARTBEAT') return
    if (recorded.kind === 'event' && recorded.values['Event-Name'] === 'DTMF') this.#press(step.on, recorded.values['DTMF-Digit'] ?? '1')
    // Replies and events keep their order each among themselves; since commands are carried out at once, the one may overtake the other.
    const lane = recorded.kind === 'reply' || recorded.kind === 'api'
    const inLane = (message: LiveEsl): boolean => (message.kind === 'reply' || message.kind === 'api') === lane && !isHeartbeat(message)
    const first = await connection.queue.lookWhere(inLane, PATIENCE_MS)
    const wanted = nameOf(recorded)
    const outOfOrder = first !== undefined && nameOf(first) !== wanted
    if (outOfOrder) note('order on the event socket', wanted, nameOf(first))
    const live = await connection.queue.takeWhere(
      (message) => (outOfOrder ? inLane(message) && nameOf(message) === wanted : message === first),
      PATIENCE_MS,
    )
    if (live === undefined) {
      note('message on the event socket', JSON.stringify(recorded).slice(0, 300), 'none')
      return
    }
    compareEsl(recorded, live, this.#transcript.shapes, note)
    if ((recorded.kind === 'event' || recorded.kind === 'connect') && (live.kind === 'event' || live.kind === 'connect')) {
      this.#learn(recorded.values['Unique-ID'] ?? '', live.values['Unique-ID'] ?? '')
      if (live.kind === 'connect') this.#mediaPorts.set(step.on, Number(live.values.variable_local_media_port))
    }
  }

  /** Whether a frame is today's counterpart of a recorded one: the answer to the same message, or the same SIP message of the same call. */
  #same(recorded: string, live: string): boolean {
    const then = recorded.split(/\r?\n/, 1)[0]?.split('|') ?? []
    const now = live.split('\r\n', 1)[0]?.split('|') ?? []
    if (then[1] !== now[1]) return false
    if (then[1] === 'response') return then[2] === now[2]
    const a = sipOf(recorded) ?? ''
    const b = sipOf(live) ?? ''
    const callId = /^Call-ID: *(\S+)/im
    const mine = callId.exec(a)?.[1] ?? ''
    return startOf(a) === startOf(b) && (this.#names.get(mine) ?? mine) === callId.exec(b)?.[1]
  }

  /** What a phone does whose key press was recorded as an event only: an RFC 4733 event of 100 ms. */
  #press(on: string, digit: string): void {
    const port = this.#mediaPorts.get(on)
    if (port === undefined) return
    for (let index = 0; index < 8; index++) {
      const packet = Buffer.alloc(16)
      packet.writeUInt8(0x80, 0)
      packet.writeUInt8(index === 0 ? 0xe5 : 0x65, 1)
      packet.writeUInt16BE(500 + index, 2)
      packet.writeUInt32BE(48_000, 4)
      packet.writeUInt32BE(0x5ee5, 8)
      packet.writeUInt8('0123456789*#ABCD'.indexOf(digit), 12)
      packet.writeUInt8(index < 5 ? 10 : 0x8a, 13)
      packet.writeUInt16BE(160 * Math.min(index + 1, 5), 14)
      this.#keypad.send(packet, port, '127.0.0.1')
    }
  }

  #learn(then: string, now: string): void {
    if (then.length >= 5 && now !== '') this.#names.set(then, now)
  }

  #learnSip(then: string | undefined, now: string | undefined): void {
    if (then === undefined || now === undefined) return
    const pairs: [RegExp][] = [
      [/^(?:Call-ID|i): *(\S+)/im],
      [/^From:.*;tag=([^;\s]+)/im],
      [/^To:.*;tag=([^;\s]+)/im],
      [/^Via:.*;branch=([^;\s]+)/im],
      [/^o=\S+ (\d+)/m],
      [/^m=audio (\d+)/m],
    ]
    for (const [pattern] of pairs) {
      const a = pattern.exec(then)?.[1]
      const b = pattern.exec(now)?.[1]
      if (a !== undefined && b !== undefined) this.#learn(a, b)
    }
    const callId = /^Call-ID: *(\S+)/im.exec(then)?.[1] ?? ''
    const a = /^CSeq: *(\d+)/im.exec(then)?.[1]
    const b = /^CSeq: *(\d+)/im.exec(now)?.[1]
    if (a !== undefined && b !== undefined) this.#sequences.set(`${callId} ${a}`, b)
  }

  /** A text of the recording with today's names. */
  #now(text: string): string {
    const names = [...this.#names.keys()].sort((a, b) => b.length - a.length)
    const pattern = new RegExp(names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g')
    return text.replace(pattern, (name) => this.#names.get(name) ?? name)
  }

  #sipText(text: string): string {
    const callId = /^Call-ID: *(\S+)/im.exec(text)?.[1] ?? ''
    const sequenced = text.replace(
      /^(CSeq: *)(\d+)/im,
      (_, head: string, sequence: string) => head + (this.#sequences.get(`${callId} ${sequence}`) ?? sequence),
    )
    const [head = '', ...rest] = this.#now(sequenced).split(/\n\n/)
    const body = rest.length === 0 ? '' : `${rest.join('\n\n').trimEnd().replace(/\n/g, '\r\n')}\r\n`
    const length = body.trim() === '' ? 0 : Buffer.byteLength(body)
    return `${head
      .trimEnd()
      .replace(/^Content-Length:.*$/im, `Content-Length: ${length}`)
      .replace(/\n/g, '\r\n')}\r\n\r\n${length === 0 ? '' : body}`
  }

  #appText(text: string): string {
    const end = text.indexOf('\n')
    if (end < 0) return this.#now(text)
    return `${this.#now(text.slice(0, end))}\r\n${this.#sipText(text.slice(end + 1))}`
  }

  #close(): void {
    this.#app?.destroy()
    this.#keypad.close()
    for (const { socket } of this.#esl.values()) socket.destroy()
    for (const { socket } of this.#phones.values()) socket.close()
    this.#listener?.close()
  }
}

/** Method or status of a SIP message, with the method that a response answers. */
function startOf(text: string): string {
  const start = text.split(/\r?\n/, 1)[0] ?? ''
  const method = /^CSeq: *\d+ +(\S+)/im.exec(text)?.[1] ?? ''
  return `${start.startsWith('SIP/') ? start.slice(8, 11) : (start.split(' ', 1)[0] ?? '')} ${method}`
}

/** What tells messages of one event socket apart: the event, the application and what the client calls its execution. */
function nameOf(message: LiveEsl | EslMessage): string {
  if (message.kind !== 'event') return message.kind
  const { values } = message
  return [
    values['Event-Name'],
    values.Application ?? '',
    MADE_BY_CLIENT.has(values.Application ?? '') ? (values['Application-UUID'] ?? '') : '',
    fileName(values['Playback-File-Path'] ?? ''),
  ]
    .join(' ')
    .trim()
}

/** The last part of a path: folders differ, and what stands in for a local stream is a tone. */
function fileName(path: string): string {
  return path.startsWith('local_stream') ? 'tone_stream://%(60000,0,400)' : path.replace(/^\/.*\//, '').replace(/^proof\.mp3$/, 'beep.wav')
}

/** Applications that clients start, so that the number of the execution is theirs. */
const MADE_BY_CLIENT = new Set(['playback', 'play_and_get_digits', 'set', 'multiset', 'record_session', 'stop_record_session', 'hangup'])

function isHeartbeat(message: LiveEsl): boolean {
  return message.kind === 'event' && message.values['Event-Name'] === 'HEARTBEAT'
}

function firstLines(text: string): string {
  return text.split(/\r?\n/).slice(0, 2).join(' / ')
}
