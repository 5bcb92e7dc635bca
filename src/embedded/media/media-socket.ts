/** Source or destination of a datagram. For incoming ones it is the same object as long as the source is the same. */
export interface SocketPeer {
  readonly address: string
  readonly port: number
}

/** A UDP socket for audio. */
export interface MediaSocket {
  readonly port: number
  /**
   * Takes each datagram. `data` may be changed, and is valid only until this returns: copy it to keep it.
   * @param now monotonic ms
   */
  onPacket: (data: Buffer, from: SocketPeer, now: number) => void
  /** Called with an error of the system; the socket goes on. */
  onError: (error: Error) => void
  /** Sends, or drops what the system does not take. `packet` must not be changed before the next turn of the loop. */
  send(packet: Buffer, port: number, address: string): void
  /** Settles when the port is free. May be called twice. */
  close(): Promise<void>
}

/** A kind of sockets. */
export interface MediaSockets {
  /** Binds one. Rejects with the operating system's error (`EADDRINUSE`, ...), with nothing left open. @param port 0: any free one */
  open(address: string, port: number): Promise<MediaSocket>
  /** Calls `beat` once, at about this time (monotonic ms), unless `cancelBeat` comes before. A new time replaces the one before. */
  beatAt(time: number, beat: () => void): void
  cancelBeat(): void
  /** Something waits for the event loop: a promise, a message. */
  turnSoon(): void
  /** Work of the event loop, of files above all, that is waited for: packets must not hold it up. @returns `work` */
  expecting<T>(work: Promise<T>): Promise<T>
}
