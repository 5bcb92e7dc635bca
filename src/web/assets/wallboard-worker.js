// Shared by all tabs of a browser on the same board: one connection for them all. Its name is the stream's address.
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
