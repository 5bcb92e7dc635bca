import { SMTPServer } from 'smtp-server'
import { onTestFinished } from 'vitest'

export interface Received {
  readonly to: readonly string[]
  /** The whole message, as it was sent. */
  readonly text: string
  readonly messageId: string
}

export interface MailServer {
  readonly url: string
  readonly received: readonly Received[]
  /** From now on it answers every recipient so; undefined: it takes mail. */
  says(refusal: { readonly code: number; readonly text: string } | undefined): void
}

/** A mail server on loopback that keeps what it is sent. */
export async function mailServer(port = 0): Promise<MailServer> {
  const received: Received[] = []
  let refusal: { readonly code: number; readonly text: string } | undefined
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ password }, _session, done) =>
      password === 'right' ? done(null, { user: 'ringround' }) : done(Object.assign(new Error('wrong password'), { responseCode: 535 })),
    onRcptTo: (_address, _session, done) =>
      refusal ? done(Object.assign(new Error(refusal.text), { responseCode: refusal.code })) : done(),
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        received.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          text,
          messageId: /^message-id: (.*)$/im.exec(text)?.[1]?.trim() ?? '',
        })
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.server.address()
  return {
    url: `smtp://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`,
    received,
    says: (said) => void (refusal = said),
  }
}
