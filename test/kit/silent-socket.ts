import type { MediaSocket, SocketPeer } from '../../src/embedded/media/media-socket.js'

/** A socket that stores what is sent. */
export class SilentSocket implements MediaSocket {
  readonly port = 4000
  readonly sent: Buffer[] = []
  onPacket: (data: Buffer, from: SocketPeer, now: number) => void = () => undefined
  onError: (error: Error) => void = () => undefined
  send(data: Buffer): void {
    this.sent.push(Buffer.from(data))
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}
