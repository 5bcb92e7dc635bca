import type { Socket } from 'node:net'

/** Whether this engine is still the one that has its calls. */
export interface Certainty {
  /** False from the first instruction after a standstill in which other engines may have taken them. */
  readonly certain: boolean
  /** Resolves with `false` when it has lost them. */
  whenCertain(): Promise<boolean>
}

/**
 * Holds back everything that this engine writes to this socket while it is not certain that it still has its calls: a frozen engine wakes up in the middle of what it was about
 * to do (a ringing that is over, a party that is silent), and others may have continued its calls. Its writes leave, in order, when it is certain; where the calls
 * are lost, never.
 */
export function holdBack(socket: Socket | null | undefined, certainty: Certainty): void {
  if (!socket) return
  const write = socket.write.bind(socket) as (...all: readonly unknown[]) => boolean
  let held = false
  socket.write = (...all: readonly unknown[]) => {
    if (!held && !certainty.certain) {
      held = true
      socket.cork()
      void certainty.whenCertain().then((goesOn) => {
        if (!goesOn) return
        held = false
        socket.uncork()
      })
    }
    return write(...all)
  }
}
