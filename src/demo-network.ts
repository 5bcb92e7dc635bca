import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { DemoSettings } from './demo/demo-settings.js'

/** Where the telephone network of an engine without a trunk is simulated: a free port. */
export async function demoNetwork(): Promise<NonNullable<DemoSettings['network']>> {
  const address = '127.0.0.1'
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return { address, port }
}
