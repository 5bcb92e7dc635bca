import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { isSameSecret } from '../admission.js'
import type { Faults } from '../faults.js'
import { CommandReader, type Command } from './command-reader.js'
import type { EventListener } from './event-bus.js'
import type { ControlledChannel, EventSocketHost } from './event-socket-host.js'
import { Subscription } from './subscription.js'
import type { SwitchEvent } from './switch-event.js'

const GOODBYE = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'
/** A connection that does not read: beyond this many unsent bytes it is cut off rather than kept in memory. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024
/** `linger` without a number of seconds. */
const LINGER_FOR_EVER_SECONDS = 600

/**
 * One event-socket connection. Modes:
 * - *inbound*: a client has dialled us. It must `auth` first; anything else before that is `-ERR command not found` and the wrong
 *   password ends the connection.
 * - *outbound*: we have dialled the application for one channel (`socket <address> async full`). It is trusted, sends `connect` for
 *   the channel's data, and gets a disconnect notice when the channel is over (at once, or after `linger`).
 * `closed` is entered once, from any mode, in `#over`.
 */
export class EventSocketConnection implements EventListener {
  readonly subscription = new Subscription()
  readonly #socket: Socket
  readonly #host: EventSocketHost
  readonly #faults: Faults
  readonly #reader = new CommandReader()
  readonly #controlled: ControlledChannel | undefined
  readonly #onClosed: (connection: EventSocketConnection) => void
  readonly #onAuthenticated: () => void
  #authenticated: boolean
  #closing = false
  #closed = false
  #corked = false
  #resumes = false
  #lingerSeconds: number | undefined
  #lingerTimer: NodeJS.Timeout | undefined

  constructor(
    socket: Socket,
    options: {
      readonly host: EventSocketHost
      readonly faults: Faults
      /** Given for an outbound connection. */
      readonly controlled?: ControlledChannel
      readonly onAuthenticated?: () => void
      readonly onClosed: (connection: EventSocketConnection) => void
    },
  ) {
    this.#socket = socket
    this.#host = options.host
    this.#faults = options.faults
    this.#controlled = options.controlled
    this.#authenticated = options.controlled !== undefined
    this.#onClosed = options.onClosed
    this.#onAuthenticated = options.onAuthenticated ?? (() => undefined)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#read(chunk)
    })
    socket.on('end', () => {
      this.#farewell()
    })
    socket.on('error', () => {
      socket.destroy()
    })
    socket.on('close', () => {
      this.#over()
    })
    if (!this.#authenticated) this.#write('Content-Type: auth/request\n\n')
    this.#host.bus.file(this)
  }

  /** The channel goes on with its dialplan when the connection ends (`resume`). */
  get resumes(): boolean {
    return this.#resumes
  }

  deliver(event: SwitchEvent): void {
    if (this.#closing) return
    this.#write(event.frame(this.subscription.format))
  }

  /** The channel is over: the notice, then the end; with `linger` the end comes later. */
  channelGone(): void {
    if (this.#closing || this.#lingerTimer) return
    if (this.#lingerSeconds === undefined) {
      this.#farewell()
      return
    }
    const channel = this.#controlled
    this.#write(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${channel?.uuid ?? ''}\nContent-Disposition: linger\n` +
        `Channel-Name: ${channel?.name ?? ''}\nLinger-Time: ${this.#lingerSeconds}\nContent-Length: 0\n\n`,
    )
    this.#lingerTimer = setTimeout(() => {
      this.#farewell()
    }, this.#lingerSeconds * 1000)
  }

  /** Cuts the connection without a word (fault, or the switch is stopping). */
  destroy(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    let commands: Command[]
    try {
      commands = this.#reader.push(chunk)
    } catch (error) {
      this.#host.log(`event socket: ${(error as Error).message}`)
      this.#socket.destroy()
      return
    }
    for (const command of commands) {
      if (this.#closing) return
      this.#answer(command)
    }
  }

  #answer(command: Command): void {
    const space = command.line.indexOf(' ')
    const word = (space < 0 ? command.line : command.line.slice(0, space)).toLowerCase()
    const rest = space < 0 ? '' : command.line.slice(space + 1).trim()
    if (word === 'exit' || word === '...') {
      this.#reply('+OK bye')
      this.#farewell()
    } else if (!this.#authenticated) this.#authenticate(word, rest)
    else this.#obey(word, rest, command)
  }

  #authenticate(word: string, password: string): void {
    if (word !== 'auth' || password === '') {
      this.#reply('-ERR command not found')
      return
    }
    if (isSameSecret(password, this.#host.password)) {
      this.#authenticated = true
      this.#onAuthenticated()
      this.#reply('+OK accepted')
      return
    }
    this.#reply('-ERR invalid')
    this.#farewell()
  }

  #obey(word: string, rest: string, command: Command): void {
    switch (word) {
      case 'api':
        this.#api(rest)
        return
      case 'bgapi':
        this.#backgroundApi(rest, command)
        return
      case 'sendmsg':
        this.#sendMessage(rest, command)
        return
      case 'sendevent':
        this.#sendEvent(rest, command)
        return
      case 'event':
        this.#reply(
          this.subscription.add(words(rest)) ? `+OK event listener enabled ${this.subscription.format}` : '-ERR no keywords supplied',
        )
        this.#host.bus.file(this)
        return
      case 'nixevent':
        this.#reply(this.subscription.remove(words(rest)) ? '+OK events nixed' : '-ERR no keywords supplied')
        return
      case 'noevents':
        this.#reply(this.subscription.clear() ? '+OK no longer listening for events' : '-ERR not listening for events')
        return
      case 'filter':
        this.#filter(rest)
        return
      case 'myevents':
        this.#myEvents(rest)
        return
      case 'connect':
        if (this.#controlled) this.#write(connectReply(this.#controlled))
        else this.#reply('-ERR command not found')
        return
      case 'getvar':
        this.#reply(this.#controlled ? (this.#controlled.variable(rest) ?? '') || '-ERR command not found' : '-ERR command not found')
        return
      case 'resume':
        if (this.#controlled) this.#resumes = true
        this.#reply(this.#controlled ? '+OK' : '-ERR command not found')
        return
      case 'linger':
        this.#linger(rest)
        return
      case 'nolinger':
        if (this.#controlled) this.#lingerSeconds = undefined
        this.#reply(this.#controlled ? '+OK will not linger' : '-ERR not controlling a session')
        return
      case 'divert_events':
        this.#divert(rest)
        return
      case 'log':
        // No log lines are ever sent (see README); the acknowledgement is what clients wait for.
        this.#reply(`+OK log level ${rest} [7]`)
        return
      case 'nolog':
        this.#reply('-ERR not loging')
        return
      default:
        this.#reply('-ERR command not found')
    }
  }

  #api(rest: string): void {
    const [name, argument] = split(rest)
    this.#writeApiReply(this.#host.api(name, argument) ?? `-ERR ${name} Command not found!\n`)
  }

  #backgroundApi(rest: string, command: Command): void {
    const [name, argument] = split(rest)
    const uuid = command.headers.get('job-uuid') ?? randomUUID()
    this.#write(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${uuid}\nJob-UUID: ${uuid}\n\n`)
    const reply = this.#host.api(name, argument) ?? `-ERR ${name} Command not found!\n`
    this.#host.backgroundJob({ uuid, command: name, argument, reply })
  }

  #sendMessage(rest: string, command: Command): void {
    const uuid = rest !== '' ? rest : (command.headers.get('session-id') ?? this.#controlled?.uuid ?? '')
    const channel = this.#controlled !== undefined && this.#controlled.uuid === uuid ? this.#controlled : this.#host.channel(uuid)
    if (channel === undefined) {
      this.#reply(`-ERR invalid session id [${uuid}]`)
      return
    }
    this.#reply('+OK')
    channel.message({ headers: command.headers, body: command.body })
  }

  #sendEvent(name: string, command: Command): void {
    const uuid = randomUUID()
    this.#host.clientEvent(name === '' ? 'CLONE' : name.toUpperCase(), { headers: command.headers, body: command.body }, uuid)
    this.#reply(`+OK ${uuid}`)
  }

  #filter(rest: string): void {
    const [first, second, ...more] = words(rest)
    if (first === undefined || second === undefined) {
      this.#reply('-ERR invalid syntax')
      return
    }
    const verb = first.toLowerCase()
    if (verb === 'delete') {
      const value = more.length > 0 ? more.join(' ') : undefined
      this.subscription.deleteFilter(second, value)
      this.#reply(`+OK filter deleted. [${second}][${value ?? ''}]`)
    } else {
      const header = verb === 'add' ? second : first
      const value = verb === 'add' ? more.join(' ') : [second, ...more].join(' ')
      this.subscription.addFilter(header, value)
      this.#reply(`+OK filter added. [${header}]=[${value}]`)
    }
    this.#host.bus.file(this)
  }

  #myEvents(rest: string): void {
    const args = words(rest)
    const uuid = this.#controlled?.uuid ?? args[0]
    if (uuid === undefined || (this.#controlled === undefined && this.#host.channel(uuid) === undefined)) {
      this.#reply(uuid === undefined ? '-ERR command not found' : '-ERR invalid uuid')
      return
    }
    if (this.subscription.ownUuid !== undefined) {
      this.#reply('-ERR aready enabled.')
      return
    }
    this.subscription.ownUuid = uuid
    if (args.some((arg) => arg.toLowerCase() === 'json')) this.subscription.format = 'json'
    this.subscription.add(MY_EVENTS)
    this.#host.bus.file(this)
    this.#reply('+OK Events Enabled')
  }

  #linger(rest: string): void {
    if (!this.#controlled) {
      this.#reply('-ERR not controlling a session')
      return
    }
    const seconds = /^\d+/.exec(rest)?.[0]
    this.#lingerSeconds = seconds === undefined ? LINGER_FOR_EVER_SECONDS : Number(seconds)
    this.#reply(seconds === undefined ? '+OK will linger' : `+OK will linger ${Number(seconds)} seconds`)
  }

  #divert(rest: string): void {
    if (!this.#controlled) this.#reply('-ERR not controlling a session.')
    else if (rest === '') this.#reply('-ERR missing value.')
    else this.#reply(rest.toLowerCase() === 'on' ? '+OK events diverted' : '+OK events not diverted')
  }

  #reply(text: string): void {
    this.#write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`)
  }

  #writeApiReply(text: string): void {
    const reply = text === '' ? '-ERR no reply\n' : text
    this.#write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(reply)}\n\n${reply}`)
  }

  /** One write per turn of the loop: events come in bursts, and each write is a system call. */
  #write(text: string): void {
    this.#faults.pass(this.#controlled ? 'event-socket-out' : 'event-socket-in', text, () => {
      if (this.#socket.destroyed || !this.#socket.writable) return
      if (this.#socket.writableLength > MAX_BACKLOG_BYTES) {
        this.#host.log('event socket: client does not read; connection cut')
        this.#socket.destroy()
        return
      }
      if (!this.#corked) {
        this.#corked = true
        this.#socket.cork()
        process.nextTick(() => {
          this.#corked = false
          this.#socket.uncork()
        })
      }
      this.#socket.write(text)
    })
  }

  #farewell(): void {
    if (this.#closing) return
    this.#closing = true
    clearTimeout(this.#lingerTimer)
    const session = this.#controlled ? `Controlled-Session-UUID: ${this.#controlled.uuid}\nContent-Disposition: disconnect\n` : ''
    this.#write(`Content-Type: text/disconnect-notice\n${session}Content-Length: ${GOODBYE.length}\n\n${GOODBYE}`)
    this.#socket.end()
  }

  #over(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closing = true
    clearTimeout(this.#lingerTimer)
    this.#host.bus.remove(this)
    this.#onClosed(this)
  }
}

/** What `myevents` subscribes to (mod_event_socket). */
const MY_EVENTS = [
  'CHANNEL_ANSWER',
  'CHANNEL_APPLICATION',
  'CHANNEL_BRIDGE',
  'CHANNEL_CREATE',
  'CHANNEL_DATA',
  'CHANNEL_DESTROY',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_ORIGINATE',
  'CHANNEL_UUID',
  'CHANNEL_OUTGOING',
  'CHANNEL_PARK',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_STATE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_UNPARK',
  'DETECTED_SPEECH',
  'DTMF',
  'NOTALK',
  'TALK',
]

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function split(text: string): [string, string] {
  const space = text.indexOf(' ')
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)]
}

function connectReply(channel: ControlledChannel): string {
  return `${channel.connectData()}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`
}
