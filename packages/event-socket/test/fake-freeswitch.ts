import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** The other end of one event socket: gives the commands as they come, and says what a test tells it to. */
export class FakeEnd {
  readonly commands: string[] = []
  #text = ''
  #waiting: (() => void)[] = []

  constructor(readonly socket: Socket) {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      this.#text += chunk.toString()
      for (let end = this.#text.indexOf('\n\n'); end !== -1; end = this.#text.indexOf('\n\n')) {
        this.commands.push(this.#text.slice(0, end))
        this.#text = this.#text.slice(end + 2)
      }
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  /** Waits for the command with this number, from 0. */
  async command(index: number): Promise<string> {
    for (;;) {
      const command = this.commands[index]
      if (command !== undefined) return command
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  say(text: string): void {
    this.socket.write(text)
  }

  reply(text: string): void {
    this.say(`Content-Type: command/reply\nReply-Text: ${text}\n\n`)
  }

  api(body: string): void {
    this.say(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`)
  }

  event(headers: Readonly<Record<string, string>>): void {
    const text = `${Object.entries(headers)
      .map(([name, value]) => `${name}: ${encodeURIComponent(value)}\n`)
      .join('')}\n`
    this.say(`Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-plain\n\n${text}`)
  }
}

/** A FreeSWITCH that is dialled. */
export async function listening(): Promise<{ readonly server: Server; readonly port: number; readonly accepted: () => Promise<FakeEnd> }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: (server.address() as AddressInfo).port,
    accepted: async () => {
      const [socket] = (await once(server, 'connection')) as [Socket]
      return new FakeEnd(socket)
    },
  }
}

/** A FreeSWITCH that dials for a channel. */
export async function dialling(port: number): Promise<FakeEnd> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return new FakeEnd(socket)
}
