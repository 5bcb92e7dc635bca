// Shared by all tabs of a browser that watch the same board: one connection for all of them. Its name is the address of the stream.
import { follow } from './wallboard-stream.js'

const ports = new Set()
const stream = follow(self.name.split('#')[0], (message) => {
  for (const port of ports) port.postMessage(message)
})

self.addEventListener('connect', ({ ports: [port] }) => {
  port.addEventListener('message', ({ data }) => {
    if (data === 'all') {
      ports.add(port)
      const all = stream.all()
      if (all) port.postMessage(all)
    }
    if (data === 'leaving') ports.delete(port)
  })
  port.start()
})
