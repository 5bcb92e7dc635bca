/**
 * The cost of the media engine: N bridged calls (two legs each, 50 packets a second each way), with or without stereo recording.
 * The engine runs in a child process, whose CPU time and memory are measured; this process plays all the phones.
 * By hand: `node scripts/run.mjs bench/media-relay.ts [calls] [seconds] [recorded|plain] [auto|native|node]`
 */
import { fork, type ChildProcess } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SocketsChoice } from '../src/embedded/media/media-messages.js'
import { startThreadedMedia } from '../src/embedded/media/threaded-media.js'
import { writeRtpHeader } from '../src/embedded/protocols/rtp/packet.js'

export interface MediaRelayOptions {
  readonly calls: number
  readonly seconds: number
  readonly recorded: boolean
  /** How the engine sends and receives; default `node`, as the switch does. */
  readonly sockets?: SocketsChoice
}

export interface MediaRelayResult extends MediaRelayOptions {
  /** CPU seconds (user and system) that one call takes in a minute. */
  readonly cpuSecondsPerCallMinute: number
  /** Share of one core that the engine used. */
  readonly coreShare: number
  /** Phone to phone, through the engine, ms; this process's own delays are in it. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly packetsSent: number
  readonly packetsLost: number
  /** Resident memory that one call (two legs, its recording) takes, MB: after the run, against the idle engine. */
  readonly memoryMbPerCall: number
}

/** Sockets that play the phones of all calls. */
const PHONE_SOCKETS = 8
/** Before anything is counted: ports warm, code compiled. */
const WARM_UP_SECONDS = 2
const FRAME_MS = 20
const PACKET_BYTES = 172

interface Order {
  readonly calls: number
  /** Phone port of each leg: two a call. */
  readonly phonePorts: readonly number[]
  readonly folder: string | undefined
}

interface Usage {
  readonly cpuMicroseconds: number
  readonly rss: number
}

type ToEngine = { readonly kind: 'open'; readonly order: Order } | { readonly kind: 'usage' } | { readonly kind: 'close' }
type FromEngine =
  | { readonly kind: 'ready'; readonly idleRss: number; readonly ports: readonly number[] }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'closed' }

/** Runs one measurement. @throws Error when the engine's process dies or does not answer */
export async function benchMediaRelay(options: MediaRelayOptions): Promise<MediaRelayResult> {
  const folder = options.recorded ? await mkdtemp(join(tmpdir(), 'media-relay-')) : undefined
  const phones = await Promise.all(Array.from({ length: PHONE_SOCKETS }, openPhone))
  const child = fork(fileURLToPath(import.meta.url), ['engine', options.sockets ?? 'node'], { serialization: 'advanced' })
  try {
    const legs = Array.from({ length: options.calls * 2 }, (_, leg) => phones[leg % PHONE_SOCKETS]?.address().port ?? 0)
    const ready = await ask(child, { kind: 'open', order: { calls: options.calls, phonePorts: legs, folder } }, 'ready')
    const traffic = new Traffic(phones, ready.ports)
    traffic.start()
    await sleep(WARM_UP_SECONDS * 1000)
    const before = await ask(child, { kind: 'usage' }, 'usage')
    traffic.count()
    await sleep(options.seconds * 1000)
    const after = await ask(child, { kind: 'usage' }, 'usage')
    traffic.stop()
    await sleep(200)
    const cpuSeconds = (after.usage.cpuMicroseconds - before.usage.cpuMicroseconds) / 1e6
    return {
      ...options,
      cpuSecondsPerCallMinute: (cpuSeconds / options.seconds / options.calls) * 60,
      coreShare: cpuSeconds / options.seconds,
      delayMs: traffic.delays(),
      packetsSent: traffic.sent,
      packetsLost: traffic.sent - traffic.received,
      memoryMbPerCall: (after.usage.rss - ready.idleRss) / options.calls / 1e6,
    }
  } finally {
    await ask(child, { kind: 'close' }, 'closed').catch(() => undefined)
    child.disconnect()
    for (const phone of phones) phone.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  }
}

function openPhone(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: 4 << 20,
      sendBufferSize: 4 << 20,
      lookup: (host, family, callback) => callback(null, host, Number(family)),
    })
    socket.once('error', reject).bind(0, '127.0.0.1', () => resolve(socket))
  })
}

/** All phones: each leg sends a packet every 20 ms, the legs evenly spread over that time; each packet carries when it was sent. */
class Traffic {
  readonly #phones: readonly Socket[]
  readonly #ports: readonly number[]
  readonly #packets: Buffer[]
  #timer: NodeJS.Timeout | undefined
  #begun = 0
  #turn = 0
  #counting = false
  #countedFrom = Infinity
  #delays = new Float64Array(1 << 22)
  sent = 0
  received = 0

  constructor(phones: readonly Socket[], ports: readonly number[]) {
    this.#phones = phones
    this.#ports = ports
    this.#packets = ports.map(() => Buffer.alloc(PACKET_BYTES, 0xd5))
    for (const phone of phones) phone.on('message', (data) => this.#arrived(data))
  }

  start(): void {
    this.#begun = performance.now()
    this.#timer = setInterval(() => this.#send(), 1)
  }

  count(): void {
    this.#counting = true
    this.#countedFrom = performance.now()
  }

  stop(): void {
    this.#counting = false
    clearInterval(this.#timer)
  }

  delays(): MediaRelayResult['delayMs'] {
    const sorted = this.#delays.subarray(0, Math.min(this.received, this.#delays.length)).sort()
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { p50: at(0.5), p99: at(0.99), max: at(1) }
  }

  #send(): void {
    const legs = this.#ports.length
    const due = Math.floor(((performance.now() - this.#begun) / FRAME_MS) * legs)
    for (; this.#turn < due; this.#turn++) {
      const leg = this.#turn % legs
      const round = Math.floor(this.#turn / legs)
      const packet = this.#packets[leg]
      const phone = this.#phones[leg % PHONE_SOCKETS]
      if (!packet || !phone) continue
      writeRtpHeader(packet, round === 0, 0, round & 0xffff, (round * 160) >>> 0, leg + 1)
      packet.writeDoubleLE(performance.now(), 12)
      phone.send(packet, this.#ports[leg] ?? 0, '127.0.0.1')
      if (this.#counting) this.sent++
    }
  }

  #arrived(data: Buffer): void {
    if (data.length !== PACKET_BYTES) return
    const sentAt = data.readDoubleLE(12)
    // Silence frames from before the first relayed packet carry no time.
    if (!(sentAt >= this.#countedFrom && sentAt < 1e12)) return
    if (this.received < this.#delays.length) this.#delays[this.received] = performance.now() - sentAt
    this.received++
  }
}

function ask<Kind extends FromEngine['kind']>(
  child: ChildProcess,
  question: ToEngine,
  kind: Kind,
): Promise<Extract<FromEngine, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(new Error(`the engine does not answer ${question.kind}`))), 60_000)
    const onMessage = (message: unknown) => {
      const answer = message as FromEngine
      if (answer.kind === kind) settle(() => resolve(answer as Extract<FromEngine, { kind: Kind }>))
    }
    const onExit = () => settle(() => reject(new Error('the engine has died')))
    const settle = (how: () => void) => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      how()
    }
    child.on('message', onMessage).on('exit', onExit)
    child.send(question)
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

// ---- the child process ----

function runEngine(sockets: SocketsChoice): void {
  const engine = startThreadedMedia(
    new URL('../src/embedded/media/media-thread.js', import.meta.url),
    { address: '127.0.0.1', portRange: [20_000, 29_999] },
    sockets,
    (why) => {
      throw new Error(why)
    },
  )
  const answer = (message: FromEngine) => process.send?.(message)
  const open = async ({ calls, phonePorts, folder }: Order) => {
    await engine.ready
    const idleRss = process.memoryUsage().rss
    const ports: number[] = []
    for (let call = 0; call < calls; call++) {
      const [a, b] = await Promise.all(
        ['a', 'b'].map(async (side, index) => {
          const channel = await engine.createChannel({ id: `${call}${side}` })
          const remotePort = phonePorts[call * 2 + index] ?? 0
          channel.configure({
            remoteAddress: '127.0.0.1',
            remotePort,
            codec: 'PCMU',
            telephoneEventPayloadType: 101,
            direction: 'sendrecv',
          })
          return channel
        }),
      )
      if (!a || !b) throw new Error('no channels')
      ports.push(a.localPort, b.localPort)
      engine.bridge(a, b)
      if (folder !== undefined) await a.startRecording(join(folder, `${call}.wav`), { stereo: true })
    }
    answer({ kind: 'ready', idleRss, ports })
  }
  process.on('message', (message) => {
    const question = message as ToEngine
    switch (question.kind) {
      case 'open':
        void open(question.order)
        return
      case 'usage': {
        const { user, system } = process.cpuUsage()
        answer({ kind: 'usage', usage: { cpuMicroseconds: user + system, rss: process.memoryUsage().rss } })
        return
      }
      case 'close':
        void engine.close().then(() => answer({ kind: 'closed' }))
    }
  })
  // This process always ends with its parent.
  process.on('disconnect', () => process.exit(0))
}

if (process.argv[2] === 'engine' && process.send) {
  runEngine(process.argv[3] as SocketsChoice)
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [calls = '100', seconds = '10', how = 'recorded', sockets = 'node'] = process.argv.slice(2)
  console.log(
    JSON.stringify(
      await benchMediaRelay({
        calls: Number(calls),
        seconds: Number(seconds),
        recorded: how === 'recorded',
        sockets: sockets as SocketsChoice,
      }),
      undefined,
      2,
    ),
  )
}
