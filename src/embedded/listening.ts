import type { Server } from 'node:net'

/** A port could not be bound: one line, for the operator, that says what to change. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure'
}

export interface BoundAddress {
  readonly address: string
  readonly port: number
}

/** Turns the system's error into the operator's line. */
export function listenFailure(error: unknown, where: { address: string; port: number; what: string }): ListenFailure {
  const code = (error as NodeJS.ErrnoException).code
  const place = `${where.what} ${where.address}:${where.port}`
  if (code === 'EADDRINUSE') return new ListenFailure(`${place} is taken by another program; set another port`)
  if (code === 'EADDRNOTAVAIL')
    return new ListenFailure(`${place}: this machine does not have the address ${where.address}; set one that it has`)
  if (code === 'EACCES') return new ListenFailure(`${place}: not permitted; set a port above 1023`)
  return new ListenFailure(`${place}: ${error instanceof Error ? error.message : String(error)}`)
}

/** @throws ListenFailure */
export function listen(server: Server, where: { address: string; port: number; what: string }): Promise<BoundAddress> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenFailure(error, where))
    server.once('error', failed)
    server.listen(where.port, where.address, () => {
      server.removeListener('error', failed)
      server.on('error', () => undefined)
      const bound = server.address()
      resolve({ address: where.address, port: typeof bound === 'object' && bound !== null ? bound.port : where.port })
    })
  })
}

/** Closes a server whose connections are gone. Harmless when it never listened. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve()
      return
    }
    server.close(() => resolve())
  })
}
