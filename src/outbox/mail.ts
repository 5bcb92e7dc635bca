import { messageOf } from '../common/errors.js'
import type { Letter } from './message.js'

/** The result of sending a letter. `refused`: for good (5xx): no such mailbox, or it takes no mail from us. `failed`: not now. */
export type Delivery = { readonly kind: 'sent' } | { readonly kind: 'refused' | 'failed'; readonly why: string }

/** Hands letters on. */
export interface Mail {
  /** @param id the same for every try of one message */
  send(letter: Letter, id: string): Promise<Delivery>
  close(): void
}

const withinMs = 30_000

/**
 * By SMTP.
 * @param url `smtp://user:password@host:587`, `smtps://host:465`
 * @param from `Ringround <advice@example.nhs.uk>`
 */
export async function smtpMail(url: string, from: string): Promise<Mail> {
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    url,
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^\s>]+)>?$/.exec(from)?.[1] ?? 'localhost'
  return {
    async send({ to, subject, text, html }, id) {
      try {
        await transport.sendMail({
          from,
          to,
          subject,
          text,
          html,
          messageId: `<${id}@${domain}>`,
          headers: { 'auto-submitted': 'auto-generated' },
        })
        return { kind: 'sent' }
      } catch (error) {
        const code = (error as { readonly responseCode?: number }).responseCode ?? 0
        return {
          kind: code >= 500 && code < 600 && isOfThis(error) ? 'refused' : 'failed',
          why: messageOf(error),
        }
      }
    },
    close: () => transport.close(),
  }
}

/** Whether the server refused this message rather than all of ours: once a wrong password is mended, the message goes. */
function isOfThis(error: unknown): boolean {
  return ['EENVELOPE', 'EMESSAGE'].includes((error as { readonly code?: string }).code ?? '')
}
