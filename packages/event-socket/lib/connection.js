'use strict'

const { randomUUID } = require('node:crypto')
const { EventEmitter } = require('node:events')
const net = require('node:net')
const { FrameReader } = require('./frame-reader.js')
const { Pending } = require('./pending.js')
const { SocketEvent } = require('./socket-event.js')

/** FreeSWITCH has this long to accept us (inbound), or to say which channel it is (outbound). */
const GREETING_MS = 10_000
/** A connection that we ended is cut when the other side does not end its half within this time. */
const FAREWELL_MS = 2_000
/** A peer that does not read: beyond this many bytes the connection is given up rather than kept in memory. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024

/** @typedef {import('./pending.js').Answered} Answered */
/** @typedef {import('./pending.js').Execution} Execution */

/**
 * One connection to FreeSWITCH's event socket, with the interface of `event-socket.d.ts`.
 *
 * Two kinds: *inbound* dials FreeSWITCH and answers its `auth/request`; *outbound* was dialled by FreeSWITCH for one channel, and asks for that
 * channel's data by `connect`. Modes: greeting (until `esl::ready`), open, over. Over is entered once, in `#over`, and then everybody who still
 * waits for an answer gets one: an event whose Reply-Text and body begin with `-ERR`.
 */
class Connection extends EventEmitter {
  /** Null once the connection is over, or has been told to be. @type {net.Socket | null} */
  socket
  connecting = true
  authed = false
  closing = false
  #socket
  #inbound
  #password = ''
  #reader = new FrameReader()
  #pending = new Pending()
  /** @type {SocketEvent | null} */
  #channelData = null
  #outbox = ''
  #ended = false
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /**
   * `(host, port, password[, localAddress][, ready])`, or `(socket[, ready])`.
   * @param {string | net.Socket} first
   * @param {...unknown} rest
   */
  constructor(first, ...rest) {
    super()
    // Not counted: every conference may hang a listener on its connection.
    this.setMaxListeners(0)
    const ready = rest.at(-1)
    if (typeof ready === 'function') this.once('esl::ready', /** @type {() => void} */ (ready))
    this.#inbound = typeof first === 'string'
    if (typeof first === 'string') {
      const [port, password, localAddress] = rest
      this.#password = oneLine(String(password))
      this.#socket = net.connect({
        host: first,
        port: Number(port),
        noDelay: true,
        keepAlive: true,
        ...(typeof localAddress === 'string' ? { localAddress } : {}),
      })
      this.#socket.once('connect', () => this.#connected())
    } else {
      this.#socket = first
      first.setNoDelay(true)
    }
    this.socket = this.#socket
    this.#timer = setTimeout(() => this.#fail(new Error(`event socket: no greeting within ${GREETING_MS} ms`)), GREETING_MS)
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', (error) => this.#report(error))
    this.#socket.on('close', () => this.#over())
    if (!this.#inbound) {
      this.#connected()
      this.sendRecv('connect')
    }
  }

  /** Whether commands can be sent. */
  connected() {
    return !this.connecting && this.socket !== null
  }

  /** What FreeSWITCH said of the channel for which it dialled us; null for an inbound connection. */
  getInfo() {
    return this.#channelData
  }

  /**
   * `api`: a command of mod_commands.
   * @param {string} command
   * @param {string | readonly unknown[] | Answered} [args]
   * @param {Answered} [answered]
   */
  api(command, args, answered) {
    const words = typeof args === 'function' || args === undefined ? '' : typeof args === 'string' ? args : args.join(' ')
    this.#command(oneLine(words === '' ? `api ${command}` : `api ${command} ${words}`), typeof args === 'function' ? args : answered)
  }

  /**
   * Any command that is answered once.
   * @param {string} command
   * @param {Answered} [answered]
   */
  sendRecv(command, answered) {
    this.#command(oneLine(command), answered)
  }

  /**
   * Events of these names, added to those that were asked for before. They come in plain format, whose headers can be found without taking all of
   * it apart.
   * @param {string | readonly string[]} names
   * @param {Answered} [answered]
   */
  subscribe(names, answered) {
    this.sendRecv(`event plain ${typeof names === 'string' ? names : names.join(' ')}`, answered)
  }

  /**
   * Events of these names no more.
   * @param {string | readonly string[]} names
   * @param {Answered} [answered]
   */
  unsubscribe(names, answered) {
    this.sendRecv(`nixevent ${typeof names === 'string' ? names : names.join(' ')}`, answered)
  }

  /**
   * @param {string} header
   * @param {string} value
   * @param {Answered} [answered]
   */
  filter(header, value, answered) {
    this.sendRecv(`filter ${header} ${value}`, answered)
  }

  /**
   * Runs a dialplan application. A function alone hears of its completion and of nothing else: drachtio-fsmrf takes every call of it for a success.
   * @param {string} application
   * @param {string | Execution} [argument]
   * @param {string | Execution} [uuid] the channel, on an inbound connection
   * @param {Execution} [execution]
   * @returns {string} the Application-UUID of its events
   */
  execute(application, argument, uuid, execution) {
    const told = [argument, uuid, execution].find((each) => typeof each === 'function' || typeof each === 'object')
    const channel = this.#channelData?.getHeader('Unique-ID') ?? (typeof uuid === 'string' ? uuid : undefined)
    if (channel === undefined) throw new TypeError('event socket: execute without a channel')
    const id = randomUUID()
    const lines = [`sendmsg ${oneLine(channel)}`, 'call-command: execute', `execute-app-name: ${oneLine(application)}`, `event-uuid: ${id}`]
    if (typeof argument === 'string' && argument !== '') lines.push(`execute-app-arg: ${oneLine(argument)}`)
    if (told !== undefined && typeof told !== 'string') this.#pending.executes(id, told)
    this.#command(lines.join('\n'), (reply) => {
      const said = reply.getHeader('Reply-Text') ?? ''
      // It was never begun: nothing more will be heard of it.
      if (said.startsWith('-ERR')) this.#pending.failed(id, new Error(`event socket: ${application}: ${said.trim()}`))
    })
    return id
  }

  /** Ends the connection. Who waits for an answer gets one. */
  disconnect() {
    this.closing = true
    if (this.#ended || this.socket === null) return
    this.sendRecv('exit')
    this.#flush()
    this.socket = null
    this.#socket.end()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#socket.destroy(), FAREWELL_MS)
  }

  /**
   * A name that ends in `::*` takes away every listener below it, as a wildcard does.
   * @override
   * @param {string | symbol} [name]
   */
  removeAllListeners(name) {
    if (typeof name !== 'string' || !name.endsWith('::*'))
      return name === undefined ? super.removeAllListeners() : super.removeAllListeners(name)
    for (const each of this.eventNames()) if (typeof each === 'string' && each.startsWith(name.slice(0, -1))) super.removeAllListeners(each)
    return this
  }

  /**
   * One write for all commands of one turn of the loop: each write is a system call.
   * @param {string} text without line breaks at its end
   * @param {Answered} [answered]
   */
  #command(text, answered) {
    const fault =
      this.#ended || this.socket === null
        ? 'connection lost'
        : this.#pending.answers(answered, text.startsWith('api ') ? 'api/response' : 'command/reply')
    if (fault !== undefined) {
      if (answered) process.nextTick(() => this.#guard(answered, ...this.#pending.lost(fault)))
      if (fault !== 'connection lost') this.#fail(new Error(`event socket: ${fault}`))
      return
    }
    if (this.#outbox === '') process.nextTick(() => this.#flush())
    this.#outbox += `${text}\n\n`
  }

  #flush() {
    const text = this.#outbox
    this.#outbox = ''
    if (text === '' || this.#ended) return
    this.#socket.write(text)
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.#fail(new Error('event socket: FreeSWITCH does not read what it is sent'))
  }

  #connected() {
    this.connecting = false
    this.emit('esl::connect')
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    try {
      this.#reader.push(chunk, (frame) => {
        if (!this.#ended) this.#take(frame)
      })
    } catch (error) {
      this.#fail(/** @type {Error} */ (error))
    }
  }

  /** @param {import('./frame-reader.js').Frame} frame */
  #take(frame) {
    switch (frame.type) {
      case 'text/event-plain':
        return this.#event(SocketEvent.fromPlain(frame.body))
      case 'command/reply':
      case 'api/response':
        return this.#answer(frame, frame.type)
      case 'auth/request':
        return this.#logIn()
      case 'text/disconnect-notice':
        return this.#tell('esl::event::disconnect::notice', asEvent(frame))
      default:
        this.#tell(`esl::event::raw::${frame.type}`, asEvent(frame))
    }
  }

  /** @param {SocketEvent} event */
  #event(event) {
    const name = event.getType()
    const subject = event.getHeader('Job-UUID') ?? event.getHeader('Unique-ID') ?? event.getHeader('Core-UUID') ?? ''
    this.#tell(`esl::event::${name}::${subject}`, event)
    this.#tell(`esl::event::${name}::*`, event)
    if (name !== 'CHANNEL_EXECUTE_COMPLETE') return
    const completed = this.#pending.completed(event.getHeader('Application-UUID') ?? event.getHeader('Event-UUID') ?? '')
    if (completed) this.#guard(completed, event)
  }

  /**
   * @param {import('./frame-reader.js').Frame} frame
   * @param {import('./pending.js').AnswerType} type
   */
  #answer(frame, type) {
    const event = asEvent(frame)
    if (!this.#inbound && this.#channelData === null && event.getType() === 'CHANNEL_DATA') {
      this.#channelData = event
      this.#ready()
    }
    const { answered, unanswered } = this.#pending.answered(type)
    for (const each of unanswered) this.#guard(each, ...this.#pending.lost('no answer'))
    if (answered)
      this.#guard(answered, event, { 'Content-Type': frame.type, 'Content-Length': String(Buffer.byteLength(frame.body)) }, frame.body)
  }

  #logIn() {
    if (!this.#inbound || this.authed) return
    this.sendRecv(`auth ${this.#password}`, (reply) => {
      if (reply.getHeader('Reply-Text')?.startsWith('+OK') !== true) {
        this.emit('esl::event::auth::fail', reply)
        return this.#fail(new Error('the event socket does not accept the password'))
      }
      this.authed = true
      this.emit('esl::event::auth::success', reply)
      this.#ready()
    })
  }

  #ready() {
    clearTimeout(this.#timer)
    this.emit('esl::ready')
  }

  /**
   * A listener that throws is a fault of the program and comes out as one; the frames behind this one are taken all the same.
   * @param {string} name
   * @param {SocketEvent} event
   */
  #tell(name, event) {
    if (this.listenerCount(name) > 0) this.#guard((...about) => this.emit(name, ...about), event)
  }

  /**
   * @param {Answered | undefined} action
   * @param {SocketEvent} event
   * @param {Record<string, string>} [headers]
   * @param {string} [body]
   */
  #guard(action, event, headers = {}, body = event.body) {
    try {
      action?.(event, headers, body)
    } catch (error) {
      // A listener for the end may throw: that is no reason to end the process.
      if (this.#ended) this.#report(/** @type {Error} */ (error))
      else
        setImmediate(() => {
          throw error
        })
    }
  }

  /** @param {Error} error */
  #report(error) {
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }

  /** @param {Error} error */
  #fail(error) {
    if (this.#ended) return
    this.#socket.destroy()
    this.#report(error)
  }

  #over() {
    if (this.#ended) return
    this.#ended = true
    this.connecting = false
    this.socket = null
    this.#outbox = ''
    clearTimeout(this.#timer)
    this.emit('esl::end')
    this.#pending.settle('connection lost', (answered, ...about) => this.#guard(answered, ...about))
  }
}

/** @param {import('./frame-reader.js').Frame} frame */
function asEvent(frame) {
  return new SocketEvent(frame.head, frame.body)
}

/**
 * A line break would begin another header, or another command.
 * @param {string} text
 */
function oneLine(text) {
  if (/[\r\n]/.test(text)) throw new TypeError('event socket: a line break inside a command')
  return text
}

module.exports = { Connection }
