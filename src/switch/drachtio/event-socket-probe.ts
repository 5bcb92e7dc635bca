import { connect } from 'node:net'
import { withDeadline } from './deadline.js'

export interface ProbeTarget {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly profile: string
}

/**
 * Checks, on a connection of our own, what drachtio-fsmrf will need: the password is right, the SIP profile exists and
 * listens. `mrf.connect` must not find out by itself: with a wrong secret it never settles, after a refused connection it goes on
 * trying in the background, and without the profile it throws out of a socket's event handler.
 * @throws Error in words for an operator
 */
export async function probeEventSocket(target: ProbeTarget, withinMs: number): Promise<void> {
  const socket = connect({ host: target.host, port: target.port })
  try {
    await withDeadline<undefined>('event socket', withinMs, (resolve, reject) => {
      let received = ''
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('the event socket closed the connection')))
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        for (;;) {
          const frame = takeFrame(received)
          if (frame === undefined) return
          received = frame.rest
          const type = /^Content-Type: (\S+)/m.exec(frame.head)?.[1]
          if (type === 'auth/request') socket.write(`auth ${target.secret}\n\n`)
          else if (type === 'text/rude-rejection') return reject(new Error('the event socket refuses our address (its access list)'))
          else if (type === 'command/reply') {
            if (!/^Reply-Text: \+OK/m.test(frame.head)) return reject(new Error('the event socket does not accept the password'))
            socket.write('api sofia status\n\n')
          } else if (type === 'api/response') {
            // The pattern that drachtio-fsmrf looks for.
            const found = new RegExp(`^\\s*${target.profile}\\s.*sip:mod_sofia@(?:[0-9]{1,3}\\.){3}[0-9]{1,3}:\\d+`, 'm').test(frame.body)
            return found ? resolve(undefined) : reject(new Error(`FreeSWITCH has no SIP profile ${target.profile} that listens`))
          }
        }
      })
    })
  } finally {
    socket.removeAllListeners('close')
    socket.destroy()
  }
}

function takeFrame(text: string): { head: string; body: string; rest: string } | undefined {
  const end = text.indexOf('\n\n')
  if (end === -1) return undefined
  const head = text.slice(0, end)
  const length = Number(/^Content-Length: (\d+)/m.exec(head)?.[1] ?? 0)
  const bodyStart = end + 2
  if (text.length < bodyStart + length) return undefined
  return { head, body: text.slice(bodyStart, bodyStart + length), rest: text.slice(bodyStart + length) }
}
