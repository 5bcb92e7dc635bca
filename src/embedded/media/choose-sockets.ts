import { DgramSockets } from './dgram-sockets.js'
import type { SocketsChoice } from './media-messages.js'
import type { MediaSockets } from './media-socket.js'
import { loadNativeLibrary } from './native-library.js'
import { NativeSockets } from './native-sockets.js'

interface Chosen {
  readonly sockets: MediaSockets
  /** See `NativeSockets.interrupt`. */
  readonly interrupt?: number
  /** A line for the operator: the choice was not available. */
  readonly warning?: string
}

/** The sockets asked for, or Node's own where the native ones are not available. Never rejects. */
export async function chooseSockets(choice: SocketsChoice): Promise<Chosen> {
  if (choice === 'node') return { sockets: new DgramSockets() }
  try {
    const sockets = new NativeSockets(await loadNativeLibrary())
    return { sockets, interrupt: sockets.interrupt }
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
    return { sockets: new DgramSockets(), warning: `audio: Node's own sockets are used, the native ones are not available here: ${why}` }
  }
}
