'use strict'

const { EventEmitter } = require('node:events')
const { Connection } = require('./connection.js')

/** Takes the connections that FreeSWITCH makes for its channels (`socket <address> async full`), on a server that the application made. */
class Server extends EventEmitter {
  /** @type {import('node:net').Server} */
  server
  /** @type {Map<string, Connection>} */
  #connections = new Map()
  #count = 0

  /**
   * @param {{ readonly server: import('node:net').Server }} options
   * @param {() => void} [ready] called in a later turn
   */
  constructor({ server }, ready) {
    super()
    this.server = server
    server.on('connection', (socket) => this.#take(socket))
    if (ready) process.nextTick(ready)
  }

  getCountOfConnections() {
    return this.#connections.size
  }

  /**
   * Takes no more connections. Those that there are go on.
   * @param {(error?: Error) => void} [closed]
   */
  close(closed) {
    this.server.close(closed)
  }

  /** @param {import('node:net').Socket} socket */
  #take(socket) {
    const id = String(++this.#count)
    const connection = new Connection(socket)
    this.#connections.set(id, connection)
    connection.on('esl::ready', () => this.emit('connection::ready', connection, id))
    connection.on('esl::end', () => {
      this.#connections.delete(id)
      this.emit('connection::close', connection, id)
    })
    this.emit('connection::open', connection, id)
  }
}

module.exports = { Server }
