import { getSystemErrorName } from 'node:util'

/**
 * The system calls of Linux that sockets for audio need, called directly (package koffi): Node's own sockets read twice from the system for each packet, into
 * a buffer of 64 kB, and make objects of it. All numbers are those of Linux on x86-64 and arm64.
 */
export interface NativeLibrary {
  /** A UDP socket, not blocking, bound. @throws SystemError */
  bound(address: string, port: number, bufferBytes: { readonly receive: number; readonly send: number }): number
  portOf(fd: number): number
  close(fd: number): void
  /** @returns bytes, or a negative error number. `from` is filled with the source. */
  receive(fd: number, into: Buffer, from: Buffer): number
  /** @returns bytes, or a negative error number */
  send(fd: number, packet: Buffer, bytes: number, to: Buffer): number
  /** An event counter that can be waited for. */
  eventCounter(): number
  clearEventCounter(fd: number): void
  readonly poll: NativePoll
  /** The address in a socket address, in its usual form. */
  addressIn(socketAddress: Buffer): string
  /** @returns undefined for no IP address */
  socketAddress(address: string, port: number): Buffer | undefined
}

/** Waits for several file descriptors at a time. */
export interface NativePoll {
  add(fd: number): void
  /** @returns how many are ready. @param ms at most */
  wait(ms: number): number
  /** The nth of those that are ready. */
  ready(index: number): number
  close(): void
}

export class SystemError extends Error {
  readonly code: string

  constructor(call: string, number: number, where = '') {
    const code = getSystemErrorName(-number)
    super(`${call} ${code}${where === '' ? '' : ` ${where}`}`)
    this.name = 'SystemError'
    this.code = code
  }
}

export const SOCKET_ADDRESS_BYTES = 28
const AF_INET = 2
const AF_INET6 = 10
const SOCK_DGRAM = 2
const NONBLOCK = 0o4000
const CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26
const EPOLL_CTL_ADD = 1
const EPOLLIN = 1
const EVENTS = 256

/** On x86-64 the event is packed. */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16
const EVENT_FD_AT = EVENT_BYTES - 8

/** @throws Error (rejects) with one line when it is not available here */
export async function loadNativeLibrary(): Promise<NativeLibrary> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64'))
    throw new Error(`not on ${process.platform} ${process.arch}`)
  const { default: koffi } = await import('koffi')
  // The C library of this process, whichever it is.
  const c = koffi.load(null)
  const socket = c.func('int socket(int, int, int)')
  const bind = c.func('int bind(int, void *, uint)')
  const getsockname = c.func('int getsockname(int, void *, void *)')
  const setsockopt = c.func('int setsockopt(int, int, int, void *, uint)')
  const closeFile = c.func('int close(int)')
  const read = c.func('intptr_t read(int, void *, size_t)')
  const recvfrom = c.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)')
  const sendto = c.func('intptr_t sendto(int, void *, size_t, int, void *, uint)')
  const eventfd = c.func('int eventfd(uint, int)')
  const createPoll = c.func('int epoll_create1(int)')
  const controlPoll = c.func('int epoll_ctl(int, int, int, void *)')
  const waitPoll = c.func('int epoll_wait(int, void *, int, int)')
  const toText = c.func('void *inet_ntop(int, void *, void *, uint)')
  const toBytes = c.func('int inet_pton(int, const char *, void *)')

  const checked = (call: string, result: number, where = ''): number => {
    if (result < 0) throw new SystemError(call, koffi.errno(), where)
    return result
  }
  const integer = (value: number): Buffer => {
    const buffer = Buffer.alloc(4)
    buffer.writeInt32LE(value)
    return buffer
  }
  const addressBytes = integer(SOCKET_ADDRESS_BYTES)
  const text = Buffer.alloc(64)

  const socketAddress = (address: string, port: number): Buffer | undefined => {
    const family = address.includes(':') ? AF_INET6 : AF_INET
    const result = Buffer.alloc(family === AF_INET6 ? SOCKET_ADDRESS_BYTES : 16)
    result.writeUInt16LE(family)
    result.writeUInt16BE(port, 2)
    return toBytes(family, address, result.subarray(family === AF_INET6 ? 8 : 4)) === 1 ? result : undefined
  }

  class Poll implements NativePoll {
    readonly #fd = checked('epoll_create1', createPoll(CLOEXEC) as number)
    readonly #events = Buffer.alloc(EVENTS * EVENT_BYTES)
    readonly #one = Buffer.alloc(EVENT_BYTES)

    add(fd: number): void {
      this.#one.writeUInt32LE(EPOLLIN)
      this.#one.writeInt32LE(fd, EVENT_FD_AT)
      checked('epoll_ctl', controlPoll(this.#fd, EPOLL_CTL_ADD, fd, this.#one) as number)
    }

    wait(ms: number): number {
      // A signal ends the wait early: nothing is ready then.
      return Math.max(0, waitPoll(this.#fd, this.#events, EVENTS, ms) as number)
    }

    ready(index: number): number {
      return this.#events.readInt32LE(index * EVENT_BYTES + EVENT_FD_AT)
    }

    close(): void {
      closeFile(this.#fd)
    }
  }

  return {
    poll: new Poll(),
    socketAddress,
    bound(address, port, { receive, send }) {
      const to = socketAddress(address, port)
      if (!to) throw new TypeError(`not an IP address: ${JSON.stringify(address)}`)
      const fd = checked('socket', socket(address.includes(':') ? AF_INET6 : AF_INET, SOCK_DGRAM | NONBLOCK | CLOEXEC, 0) as number)
      try {
        // Ports of the two families are allocated separately.
        if (address.includes(':')) checked('setsockopt', setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, integer(1), 4) as number)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, integer(receive), 4)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, integer(send), 4)
        checked('bind', bind(fd, to, to.length) as number, `${address}:${port}`)
        return fd
      } catch (error) {
        closeFile(fd)
        throw error
      }
    },
    portOf(fd) {
      const own = Buffer.alloc(SOCKET_ADDRESS_BYTES)
      checked('getsockname', getsockname(fd, own, integer(own.length)) as number)
      return own.readUInt16BE(2)
    },
    close(fd) {
      closeFile(fd)
    },
    receive(fd, into, from) {
      addressBytes.writeInt32LE(SOCKET_ADDRESS_BYTES)
      const bytes = recvfrom(fd, into, into.length, 0, from, addressBytes) as number
      return bytes < 0 ? -koffi.errno() : bytes
    },
    send(fd, packet, bytes, to) {
      const sent = sendto(fd, packet, bytes, 0, to, to.length) as number
      return sent < 0 ? -koffi.errno() : sent
    },
    eventCounter() {
      return checked('eventfd', eventfd(0, NONBLOCK | CLOEXEC) as number)
    },
    clearEventCounter(fd) {
      read(fd, text, 8)
    },
    addressIn(from) {
      const family = from.readUInt16LE()
      toText(family, from.subarray(family === AF_INET6 ? 8 : 4), text, text.length)
      return text.toString('latin1', 0, text.indexOf(0))
    },
  }
}
