import { connect, type Socket } from 'node:net'
import type { Access } from './application-port.js'

const timeoutMs = 4_000

/** FreeSWITCH's event socket as the doctor uses it: only `api`, without events. */
export interface EventSocket {
  /** @returns the body, trimmed. Rejects when none comes in time. */
  api(command: string): Promise<string>
  close(): void
}

export type EventSocketAnswer =
  | { readonly kind: 'open'; readonly socket: EventSocket }
  | { readonly kind: 'unreachable'; readonly why: string }
  | { readonly kind: 'accessList' | 'password' }

interface Frame {
  readonly type: string
  readonly head: string
  readonly body: string
}

/** Logs in to an event socket. */
export function openEventSocket({ host, port, secret }: Access): Promise<EventSocketAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const refuse = (answer: EventSocketAnswer) => {
      socket.destroy()
      resolve(answer)
    }
    const client = new Client(socket)
    socket.setTimeout(timeoutMs, () => refuse({ kind: 'unreachable', why: `no answer within ${timeoutMs} ms` }))
    socket.on('error', (error: NodeJS.ErrnoException) => refuse({ kind: 'unreachable', why: error.code ?? error.message }))
    socket.on('close', () => refuse({ kind: 'unreachable', why: 'it closed the connection' }))
    client.onFrame = ({ type, head }) => {
      if (type === 'auth/request') socket.write(`auth ${secret}\n\n`)
      else if (type === 'text/rude-rejection') refuse({ kind: 'accessList' })
      else if (type === 'command/reply') {
        if (!/^Reply-Text: \+OK/m.test(head)) return refuse({ kind: 'password' })
        socket.setTimeout(0)
        resolve({ kind: 'open', socket: client })
      }
    }
  })
}

class Client implements EventSocket {
  onFrame: (frame: Frame) => void = () => undefined
  readonly #waiting: ((body: string) => void)[] = []
  #received = Buffer.alloc(0)

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      for (let frame = this.#take(); frame; frame = this.#take()) {
        if (frame.type === 'api/response') this.#waiting.shift()?.(frame.body.trim())
        else this.onFrame(frame)
      }
    })
  }

  api(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${command}: no answer within ${timeoutMs} ms`)), timeoutMs)
      this.#waiting.push((body) => {
        clearTimeout(timer)
        resolve(body)
      })
      this.socket.write(`api ${command}\n\n`)
    })
  }

  close(): void {
    this.socket.destroy()
  }

  /** Header lines, an empty line, and a body of Content-Length octets. */
  #take(): Frame | undefined {
    const end = this.#received.indexOf('\n\n')
    if (end === -1) return undefined
    const head = this.#received.subarray(0, end).toString('utf8')
    const length = Number(/^Content-Length: (\d+)/m.exec(head)?.[1] ?? 0)
    if (this.#received.length < end + 2 + length) return undefined
    const body = this.#received.subarray(end + 2, end + 2 + length).toString('utf8')
    this.#received = this.#received.subarray(end + 2 + length)
    return { type: /^Content-Type: (\S+)/m.exec(head)?.[1] ?? '', head, body }
  }
}
