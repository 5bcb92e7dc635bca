import { createServer } from 'node:net'

/**
 * Checks whether FreeSWITCH's outbound event sockets can be accepted at this address. drachtio-fsmrf does not: where it cannot listen, it throws out
 * of a socket's event handler.
 * @throws Error in words for an operator
 */
export async function checkOwnAddress(address: string): Promise<void> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new Error(
            `nobody can listen at ${address} on this machine (${error.code ?? error.message}): give an address of it as freeswitch.listenAddress`,
          ),
        ),
      )
      server.listen(0, address, resolve)
    })
  } finally {
    server.close()
  }
}
