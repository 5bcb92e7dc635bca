import { RECEIVE_BUFFER_BYTES, SEND_BUFFER_BYTES } from './dgram-sockets.js'
import type { MediaSocket, MediaSockets, SocketPeer } from './media-socket.js'
import { SOCKET_ADDRESS_BYTES, SystemError, type NativeLibrary } from './native-library.js'

/** The thread's event loop gets its turn this often at least, ms: timers, files. */
const TURN_MS = 5
/** The same while work of the event loop is waited for. */
const EXPECTING_MS = 1
/** The largest useful datagram: audio of 60 ms is 492 bytes. Longer ones are cut, and then fail as packets. */
const MAX_BYTES = 2048
const EAGAIN = -11
const ECONNREFUSED = -111
const ENOBUFS = -105

/**
 * Sockets by system calls, for a thread that has nothing else to do: it waits for packets, and for the next beat, in one call that blocks the
 * thread, and gives the event loop its turn every 5 ms, or at once when `interrupt` is written to or `turnSoon` is called.
 */
export class NativeSockets implements MediaSockets {
  /** An event counter of the system (eventfd): the sender of a message to the thread adds one. Stays open: that sender must close it. */
  readonly interrupt: number
  readonly #library: NativeLibrary
  readonly #sockets = new Map<number, NativeSocket>()
  #beat: (() => void) | undefined
  #beatAt = Infinity
  #scheduled = false
  #turnWanted = false
  #expecting = 0

  constructor(library: NativeLibrary) {
    this.#library = library
    this.interrupt = library.eventCounter()
    library.poll.add(this.interrupt)
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
  async open(address: string, port: number): Promise<MediaSocket> {
    const library = this.#library
    const fd = library.bound(address, port, { receive: RECEIVE_BUFFER_BYTES, send: SEND_BUFFER_BYTES })
    const socket = new NativeSocket(library, fd, library.portOf(fd), () => this.#sockets.delete(fd))
    library.poll.add(fd)
    this.#sockets.set(fd, socket)
    this.#schedule()
    return socket
  }

  beatAt(time: number, beat: () => void): void {
    this.#beatAt = time
    this.#beat = beat
    this.#schedule()
  }

  cancelBeat(): void {
    this.#beatAt = Infinity
    this.#beat = undefined
  }

  turnSoon(): void {
    this.#turnWanted = true
  }

  async expecting<T>(work: Promise<T>): Promise<T> {
    this.#expecting++
    try {
      return await work
    } finally {
      this.#expecting--
    }
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    this.#turnWanted = false
    let now = performance.now()
    const until = now + (this.#expecting > 0 ? EXPECTING_MS : TURN_MS)
    // An error on the way is reported as uncaught; packets and beats go on.
    try {
      do {
        this.#receive(Math.max(0, Math.min(until, this.#beatAt) - now))
        now = performance.now()
        if (now >= this.#beatAt) this.#runBeat()
      } while (now < until && this.#mayGoOn)
    } finally {
      // Without sockets the thread rests in its event loop.
      if (this.#sockets.size > 0 || this.#beat) this.#schedule()
    }
  }

  /** The event loop need not have its turn yet. */
  get #mayGoOn(): boolean {
    return !this.#turnWanted && this.#sockets.size > 0
  }

  #receive(waitMs: number): void {
    const { poll } = this.#library
    // Rounded up: a wait that ends too early would only begin again.
    const count = poll.wait(Math.ceil(waitMs))
    if (count === 0) return
    const now = performance.now()
    for (let index = 0; index < count; index++) {
      const fd = poll.ready(index)
      const socket = this.#sockets.get(fd)
      if (socket) socket.receive(now)
      else if (fd === this.interrupt) {
        this.#library.clearEventCounter(fd)
        this.#turnWanted = true
      }
    }
  }

  #runBeat(): void {
    const beat = this.#beat
    this.cancelBeat()
    beat?.()
  }
}

// One datagram at a time: each is processed before the next is read.
const datagram = Buffer.alloc(MAX_BYTES)
const from = Buffer.alloc(SOCKET_ADDRESS_BYTES)
const fromWords = new Uint32Array(from.buffer, from.byteOffset, SOCKET_ADDRESS_BYTES / 4)
/** Views of the datagram by their length. */
const views = new Map<number, Buffer>()

class NativeSocket implements MediaSocket {
  readonly port: number
  onPacket: (data: Buffer, from: SocketPeer, now: number) => void = () => undefined
  onError: (error: Error) => void = () => undefined
  readonly #library: NativeLibrary
  readonly #onClose: () => void
  #fd: number
  #peer: SocketPeer = { address: '', port: 0 }
  readonly #peerWords = new Uint32Array(SOCKET_ADDRESS_BYTES / 4)
  #toAddress = ''
  #toPort = 0
  #to: Buffer | undefined

  constructor(library: NativeLibrary, fd: number, port: number, onClose: () => void) {
    this.#library = library
    this.#fd = fd
    this.port = port
    this.#onClose = onClose
  }

  /** Takes a received datagram. @param now monotonic ms */
  receive(now: number): void {
    const bytes = this.#library.receive(this.#fd, datagram, from)
    if (bytes < 0) {
      if (bytes !== EAGAIN && bytes !== ECONNREFUSED) this.onError(new SystemError('recvfrom', -bytes))
      return
    }
    let view = views.get(bytes)
    if (!view) views.set(bytes, (view = datagram.subarray(0, bytes)))
    this.onPacket(view, this.#sender(), now)
  }

  #sender(): SocketPeer {
    const before = this.#peerWords
    // Family, port and IPv4 address are in the first two words; of IPv6 the address is in the third to the sixth.
    const same =
      before[0] === fromWords[0] &&
      before[1] === fromWords[1] &&
      (this.#isIpv4 ||
        (before[2] === fromWords[2] && before[3] === fromWords[3] && before[4] === fromWords[4] && before[5] === fromWords[5]))
    if (same) return this.#peer
    before.set(fromWords)
    this.#peer = { address: this.#library.addressIn(from), port: from.readUInt16BE(2) }
    return this.#peer
  }

  get #isIpv4(): boolean {
    return ((fromWords[0] ?? 0) & 0xffff) === 2
  }

  send(packet: Buffer, port: number, address: string): void {
    if (this.#fd < 0) return
    if (port !== this.#toPort || address !== this.#toAddress) {
      this.#toPort = port
      this.#toAddress = address
      this.#to = this.#library.socketAddress(address, port)
    }
    if (!this.#to) return
    const sent = this.#library.send(this.#fd, packet, packet.length, this.#to)
    if (sent < 0 && sent !== EAGAIN && sent !== ENOBUFS && sent !== ECONNREFUSED)
      this.onError(new SystemError('sendto', -sent, `${address}:${port}`))
  }

  close(): Promise<void> {
    if (this.#fd >= 0) {
      this.#library.close(this.#fd)
      this.#onClose()
      this.#fd = -1
    }
    return Promise.resolve()
  }
}
