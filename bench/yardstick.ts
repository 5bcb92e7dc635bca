/**
 * This machine's times for the building blocks of every figure, without Ringround: absolute times do not carry over
 * from machine to machine; multiples of these do far better.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spread, type Spread } from './statistics.js'

/** As long as an INVITE with its SDP. */
export const messageBytes = 640
const pageBytes = 4_096

export interface Yardstick {
  /** A UDP message from a phone to the switch, over TCP to the engine, and all the way back: three processes, ms. One every 8 ms or so. */
  readonly message: Spread
  /** 4 kB appended to a file in the folder for temporary files, and fdatasync, ms. */
  readonly fsync: Spread
  /** A timer fires later than asked for, ms. */
  readonly lateness: Spread
  /** A fixed piece of work in JavaScript (text taken apart and put together, objects, maps), CPU ms. */
  readonly work: number
  /** CPU time that switch and engine spend on one message when they come 2,000 a second, microseconds. */
  readonly messageCpu: number
}

/** @param thorough a few seconds; otherwise half of that, to check whether the machine has changed meanwhile */
export async function measureYardstick(thorough: boolean): Promise<Yardstick> {
  const count = thorough ? 400 : 150
  const [message, messageCpu] = await measureMessage(count)
  return {
    message,
    fsync: await measureFsync(thorough ? 150 : 60),
    lateness: await measureLateness(thorough ? 150 : 60),
    work: measureWork(),
    messageCpu,
  }
}

class Phone {
  #answered: (() => void) | undefined
  #left = 0

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {
    socket.on('message', () => {
      if (--this.#left <= 0) this.#answered?.()
    })
  }

  static async open(port: number): Promise<Phone> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new Phone(socket, port)
  }

  /** All at once. Resolves when all are back. @throws Error when one is not back within 5 s */
  async send(count: number): Promise<void> {
    const message = Buffer.alloc(messageBytes, 0x20)
    this.#left = count
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the yardstick: a message on loopback was lost')), 5_000)
      this.#answered = () => {
        clearTimeout(timer)
        resolve()
      }
      for (let n = 0; n < count; n++) this.socket.send(message, this.port, '127.0.0.1')
    })
  }

  close(): void {
    this.socket.close()
  }
}

async function measureMessage(count: number): Promise<readonly [Spread, number]> {
  const children: ChildProcess[] = []
  const start = async (...args: readonly string[]) => {
    const child = fork(fileURLToPath(new URL('./yardstick-relay.js', import.meta.url)), args)
    children.push(child)
    return { child, port: (await answer<{ readonly port: number }>(child)).port }
  }
  let phone: Phone | undefined
  try {
    const engine = await start('engine')
    const relay = await start('switch', String(engine.port))
    phone = await Phone.open(relay.port)
    for (let n = 0; n < 50; n++) await phone.send(1)
    const times: number[] = []
    for (let n = 0; n < count; n++) {
      // Out of step with every clock. Rarely enough that processes have gone to sleep, as between the messages of calls.
      await pause(4 + (n % 9))
      const at = performance.now()
      await phone.send(1)
      times.push(performance.now() - at)
    }
    const cpu = async () => {
      let sum = 0
      for (const { child } of [engine, relay]) {
        child.send('cpu')
        sum += (await answer<{ readonly cpuMicros: number }>(child)).cpuMicros
      }
      return sum
    }
    // In handfuls, so that a good part of the messages finds a process awake, as in a crowd.
    const handfuls = count / 2
    for (let n = 0; n < 20; n++) await phone.send(8)
    const before = await cpu()
    for (let n = 0; n < handfuls; n++) {
      await phone.send(8)
      await pause(3)
    }
    return [spread(times), ((await cpu()) - before) / (handfuls * 8)]
  } finally {
    phone?.close()
    for (const child of children) child.disconnect()
  }
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('a process of the yardstick has ended'))
    child.once('exit', gone)
    child.once('message', (message) => {
      child.off('exit', gone)
      resolve(message as T)
    })
  })
}

async function measureFsync(count: number): Promise<Spread> {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-bench-'))
  const file = openSync(join(folder, 'yardstick'), 'w')
  const page = Buffer.alloc(pageBytes, 0x2e)
  try {
    const times: number[] = []
    for (let n = 0; n < count; n++) {
      await pause(2)
      const at = performance.now()
      writeSync(file, page)
      fdatasyncSync(file)
      times.push(performance.now() - at)
    }
    return spread(times)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureLateness(count: number): Promise<Spread> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const ms = 5 + (n % 13)
    const at = performance.now()
    await pause(ms)
    times.push(performance.now() - at - ms)
  }
  return spread(times)
}

/** Median of several rounds, without the first (code not yet compiled). */
function measureWork(): number {
  const rounds = Array.from({ length: 8 }, () => {
    const { user, system } = process.cpuUsage()
    work()
    const after = process.cpuUsage()
    return (after.user + after.system - user - system) / 1_000
  })
  return spread(rounds.slice(1)).median
}

const headers = Array.from({ length: 24 }, (_, n) => `X-Header-${n}: value ${n} of a message;tag=${n * 7919}`)

function work(): number {
  let sum = 0
  for (let n = 0; n < 900; n++) {
    const text = `INVITE sip:${n}@example.net SIP/2.0\r\n${headers.join('\r\n')}\r\n\r\n`
    const found = new Map(text.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
    const again = JSON.parse(JSON.stringify(Object.fromEntries(found))) as Record<string, string>
    sum += Buffer.byteLength(
      Object.entries(again)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    )
  }
  return sum
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
